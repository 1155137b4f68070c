"""Who may look through the kiosk's camera, how many frames go to a page, and which files."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest
import websockets

from kiosk.ar.frames import Image
from kiosk.ar.pictures import as_jpeg
from kiosk.session.screen import Prefs, ScreenName
from kiosk.session.state import Visit
from kiosk.web.ar.message import unpacked
from kiosk.web.ar.stream import NOT_HERE, NOT_YOURS, TAKEN_OVER
from tests.flows.looking import BRIDGE, GATE
from tests.integration.kiosk.camera import MODEL, Room, moving, until
from tests.integration.kiosk.served import ServedKiosk


@pytest.fixture
def room() -> Room:
    return moving()


@pytest.fixture
def kiosk(room: Room) -> Iterator[ServedKiosk]:
    with ServedKiosk(ar=room.view()) as served:
        until(lambda: served.host.state.around.ar.is_offered)
        yield served


async def test_nobody_else_may_look(kiosk: ServedKiosk, room: Room) -> None:
    address = kiosk.url.replace("http", "ws") + "/ar/stream"
    kiosk.show(Visit(name=ScreenName.AR))
    token = await the_token(kiosk)
    for origin in (None, "http://elsewhere.example", kiosk.url.replace("127.0.0.1", "localhost")):
        with pytest.raises(websockets.InvalidStatus, match="403"):
            await websockets.connect(address, origin=origin)  # type: ignore[arg-type]
    async with websockets.connect(address, origin=kiosk.url) as other:  # type: ignore[arg-type]
        await other.send("of an earlier start")
        await other.wait_closed()
        assert other.close_code == NOT_YOURS
    async with websockets.connect(address, origin=kiosk.url, compression="deflate") as first:  # type: ignore[arg-type]
        assert first.response is not None
        assert "Sec-WebSocket-Extensions" not in first.response.headers
        await first.send(token)
        head, jpeg = unpacked(await first.recv())  # type: ignore[arg-type]
        assert jpeg.startswith(b"\xff\xd8")
        await first.recv()
        # Two are under way: without a word of them there is no third.
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.4):
                await first.recv()
        await first.send(str(head["n"]))
        latest, _ = unpacked(await first.recv())  # type: ignore[arg-type]
        assert latest["n"] > head["n"] + 5, "what waited is the newest"
        async with websockets.connect(address, origin=kiosk.url) as second:  # type: ignore[arg-type]
            await second.send(token)
            await second.recv()
            await first.wait_closed()
            assert first.close_code == TAKEN_OVER
            assert sum(one.closed_at is None for one in room.opened) == 1
            kiosk.show(Visit(name=ScreenName.HOME))
            await second.wait_closed()
            assert second.close_code == NOT_HERE
    async with websockets.connect(address, origin=kiosk.url) as late:  # type: ignore[arg-type]
        await late.send(token)
        await late.wait_closed()
        assert late.close_code == NOT_HERE
    assert not room.is_on


async def test_a_frame_that_is_not_sent_is_not_coded(
    kiosk: ServedKiosk, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    coded: list[Image] = []

    def counted(image: Image) -> bytes:
        coded.append(image)
        return as_jpeg(image)

    monkeypatch.setattr("kiosk.web.ar.stream.as_jpeg", counted)
    kiosk.show(Visit(name=ScreenName.AR))
    address = kiosk.url.replace("http", "ws") + "/ar/stream"
    async with websockets.connect(address, origin=kiosk.url) as page:  # type: ignore[arg-type]
        await page.send(await the_token(kiosk))
        head, _ = unpacked(await page.recv())  # type: ignore[arg-type]
        await page.recv()
        # A page that is behind: the camera goes on, and what it gives is looked at.
        wanted = len(room.film.at) + 15
        await asyncio.to_thread(until, lambda: len(room.film.at) >= wanted)
        assert len(coded) == 2
        await page.send(str(head["n"]))
        await page.recv()
        assert len(coded) == 3


async def the_token(kiosk: ServedKiosk) -> str:
    async with httpx.AsyncClient() as client:
        text = (await client.get(kiosk.url)).text
    return text.partition('data-token="')[2].partition('"')[0]


async def test_files_of_packs_are_served_and_no_others(kiosk: ServedKiosk) -> None:
    async with httpx.AsyncClient(base_url=kiosk.url) as client:
        model = await client.get(MODEL)
        assert model.content[:4] == b"glTF"
        assert model.headers["content-type"] == "model/gltf-binary"
        for wrong in ("/ar/media/jiading/2/gate.glb", "/ar/media/jiading/1/..%2f..%2fetc/passwd"):
            assert (await client.get(wrong)).status_code == 404
        page = await client.get("/")
        kiosk.show(Visit(name=ScreenName.AR, exhibit=GATE, prefs=Prefs(lang="en")))
        assert (await client.get("/speech")).content == b"OggS en"
        # What its pack does not say is said by the kiosk's own voice, where there is one.
        for other in (Visit(name=ScreenName.AR), Visit(name=ScreenName.AR, exhibit=BRIDGE)):
            kiosk.show(other)
            assert b"OggS" not in (await client.get("/speech")).content
    assert "camera=()" in page.headers["permissions-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
