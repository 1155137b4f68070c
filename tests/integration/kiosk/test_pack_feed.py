"""Packs reach a kiosk from a real hub over a real broker: whole or not at all, whatever is cut."""

import asyncio
import contextlib
import hashlib
import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from contracts.ids import NodeId
from contracts.pack import AnnouncedPack, Packs, encode_packs
from contracts.topics import packs_topic
from kiosk.config_file import load
from kiosk.host import SessionHost
from kiosk.packs import Pack, PackFeed, PackShelf
from kiosk.packs.keys import open_shelf, present_keys
from kiosk.runtime import open_kiosk
from tests.accounts import bearer
from tests.integration.hub.running import Wire
from tests.integration.identity.district import District, run
from tests.packs import OTHER, PUBLIC, a_pack

KIOSK = NodeId("museum", "kiosk-1")
LARGE = 3_000_000
Shown = list[tuple[str, int]]


@dataclass
class CuttingLine:
    """A line to the hub that is cut after so many bytes of an answer; 0: never."""

    target: int
    cut_after: list[int] = field(default_factory=list)
    spoils: bool = False
    port: int = 0
    asked_from: list[int] = field(default_factory=list)
    """From which byte each request for a zip asked."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["CuttingLine"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        found = re.search(rb"Range: bytes=(\d+)-", request)
        self.asked_from.append(int(found[1]) if found else 0)
        left = self.cut_after.pop(0) if self.cut_after else None
        there, to_hub = await asyncio.open_connection("127.0.0.1", self.target)
        to_hub.write(request)
        sent = 0
        while chunk := await there.read(16_384):
            if self.spoils and sent > 16_384:
                chunk = b"\xff" * len(chunk)
            if left is not None and sent + len(chunk) > left:
                break
            sent += len(chunk)
            writer.write(chunk)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        writer.close()
        to_hub.close()


@dataclass
class Screen:
    """What the feed told of, newest last."""

    told: list[Shown] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    def show(self, packs: tuple[Pack, ...]) -> None:
        self.told.append([(pack.manifest.pack, pack.manifest.version) for pack in packs])


async def shown(screen: Screen, wanted: Shown) -> None:
    """Wait until the feed told of exactly these packs."""
    await comes(lambda: screen.told[-1:] == [wanted], lambda: f"{screen.told}, not {wanted}")


async def comes(is_so: Callable[[], object], why: Callable[[], str] = lambda: "") -> None:
    for _ in range(3000):
        if is_so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(why())


@contextlib.asynccontextmanager
async def feeding(shelf: PackShelf, url: str, wire: Wire | None = None) -> AsyncIterator[Screen]:
    """Run a feed, fed with what a kiosk hears on its venue's topic."""
    screen = Screen()
    feed = PackFeed(shelf, url, screen.show, again_seconds=0.05)
    tasks = [asyncio.create_task(feed.run(), name="feed")]

    async def hear() -> None:
        heard = 0
        while wire is not None:
            payloads = wire.payloads(packs_topic(KIOSK.venue))
            for payload in payloads[heard:]:
                feed.take(payload)
            heard = len(payloads)
            await asyncio.sleep(0.02)

    tasks.append(asyncio.create_task(hear(), name="hear"))
    try:
        yield screen
    finally:
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    district = District(tmp_path_factory.mktemp("district"))
    with district.broker, district.hub:
        yield district


def _withdraw_all(district: District) -> None:
    for pack in district.hub.get("/packs"):
        district.command("pack", "withdraw", pack["pack"])


@pytest.mark.broker
async def test_from_the_hub_to_the_shelf_cut_twice_replaced_rolled_back_and_withdrawn(
    district: District, tmp_path: Path
) -> None:
    config = tmp_path / "kiosk.toml"
    code = district.code(KIOSK, "--kiosk")
    done = run("kiosk", "join", district.hub.url, code, "--config", str(config))
    assert done.returncode == 0, done.stderr
    keys = present_keys([tmp_path / "identity/packs.pem", tmp_path / "identity/absent.pem"])
    assert len(keys) == 1
    shelf = PackShelf(tmp_path / "shelf", keys)
    broker = district.at_broker(tmp_path / "identity/node.pem")
    line = CuttingLine(int(district.hub.url.rpartition(":")[2]), [600_000, 900_000])
    first = a_pack(tmp_path, is_signed=False, sound_bytes=LARGE)
    refused = await asyncio.to_thread(
        run, "hub", "pack", "add", str(first), "--config", str(district.hub.config)
    )
    assert (refused.returncode, "is not signed" in refused.stderr) == (2, True)
    with Wire(broker, packs_topic(KIOSK.venue)) as wire:
        async with line.open(), feeding(shelf, line.url, wire) as screen:
            await shown(screen, [])
            said = district.command("pack", "add", str(first), "--sign")
            assert "announced: town 1" in said
            await shown(screen, [("town", 1)])
            # Each fetch went on where the one before was cut.
            assert line.asked_from[0] == 0
            assert 0 < line.asked_from[1] < line.asked_from[2] < LARGE
            assert len(line.asked_from) == 3
            second = a_pack(tmp_path, version=2, is_signed=False)
            district.command("pack", "add", str(second), "--sign")
            await shown(screen, [("town", 2)])
            assert shelf.roll_back("town").manifest.version == 1
            # What was rolled back from does not come again; what is newer does.
            district.command(
                "pack", "add", str(a_pack(tmp_path, "river", is_signed=False)), "--sign"
            )
            await shown(screen, [("river", 1), ("town", 1)])
            third = a_pack(tmp_path, version=3, is_signed=False)
            district.command("pack", "add", str(third), "--sign")
            await shown(screen, [("river", 1), ("town", 3)])
            _withdraw_all(district)
            await shown(screen, [])
        assert not [path for path in shelf.folder.iterdir() if path.name != "shelf.json"]


async def _announced(
    district: District, tmp_path: Path, version: int = 1
) -> tuple[Path, AnnouncedPack, CuttingLine]:
    """Put a pack on the hub's disk, and return how it would be announced."""
    path = a_pack(tmp_path, version=version, sound_bytes=200_000)
    content = path.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    folder = district.config.packs_path
    folder.mkdir(exist_ok=True)
    (folder / f"{sha256}.zip").write_bytes(content)
    pack = AnnouncedPack("town", version, sha256, len(content))
    return path, pack, CuttingLine(int(district.hub.url.rpartition(":")[2]))


@contextlib.asynccontextmanager
async def told(shelf: PackShelf, url: str, pack: AnnouncedPack) -> AsyncIterator[Screen]:
    """Run a feed that was told of one pack."""
    screen = Screen()
    feed = PackFeed(shelf, url, screen.show, trouble=screen.troubles.append, again_seconds=0.05)
    feed.take(encode_packs(Packs((pack,), 0)))
    task = asyncio.create_task(feed.run())
    try:
        yield screen
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest.mark.broker
async def test_a_running_kiosk_gets_what_its_hub_announces(
    district: District, tmp_path: Path
) -> None:
    path = tmp_path / "kiosk.toml"
    code = district.code(NodeId("museum", "kiosk-2"), "--kiosk")
    done = run("kiosk", "join", district.hub.url, code, "--config", str(path))
    assert done.returncode == 0, done.stderr
    path.write_text(path.read_text() + '[ar]\nsource = "browser"\n[clock]\ntrust = "always"\n')
    config = load(path)
    assert config.ar is not None
    shelf = open_shelf(config.ar)
    assert shelf.folder == tmp_path / "packs"
    district.command("pack", "add", str(a_pack(tmp_path, is_signed=False)), "--sign")

    async def face(_session: SessionHost) -> None:
        await asyncio.Event().wait()

    async def serve() -> None:
        async with open_kiosk(config) as opened:
            await opened.run(face)

    kiosk = asyncio.create_task(serve())
    try:
        await comes(lambda: [pack.manifest.pack for pack in shelf.current()] == ["town"])
        _withdraw_all(district)
        await comes(lambda: shelf.current() == ())
    finally:
        kiosk.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await kiosk


@pytest.mark.broker
async def test_a_large_pack_is_handed_in_over_the_api(district: District, tmp_path: Path) -> None:
    path = a_pack(tmp_path, "over-http", is_signed=False, sound_bytes=LARGE)
    district.command("pack", "sign", str(path))
    address = f"{district.hub.url}/api/v1/packs"
    async with httpx.AsyncClient(timeout=30) as client:
        # Whoever may not is told so before anything is read.
        answer = await client.post(address, content=b"x")
        assert answer.status_code == 401
        client.headers.update(bearer(district.hub.token))
        answer = await client.post(address, content=path.read_bytes())
        assert (answer.status_code, answer.json()["pack"]) == (201, "over-http")
        assert (await client.delete(f"{address}/over-http")).status_code == 204


@pytest.mark.broker
async def test_a_spoilt_zip_is_refused_and_the_version_before_stays(
    district: District, tmp_path: Path
) -> None:
    shelf = PackShelf(tmp_path / "shelf", [PUBLIC])
    shelf.install(a_pack(tmp_path, version=1))
    _, pack, line = await _announced(district, tmp_path, version=2)
    line.spoils = True
    with capture_logs() as logs:
        async with line.open(), told(shelf, line.url, pack) as screen:
            await comes(lambda: [log for log in logs if log["event"] == "pack_refused"])
            assert screen.told == [[("town", 1)]]
            assert not shelf.part_of(pack.sha256).exists()
            # The same announcement is not tried for ever.
            await asyncio.sleep(0.3)
            assert len(line.asked_from) == 1
    assert [p.manifest.version for p in shelf.current()] == [1]


@pytest.mark.broker
async def test_a_strangers_pack_is_refused(district: District, tmp_path: Path) -> None:
    shelf = PackShelf(tmp_path / "shelf", [OTHER.public_key()])
    _, pack, line = await _announced(district, tmp_path)
    with capture_logs() as logs:
        async with line.open(), told(shelf, line.url, pack) as screen:
            await comes(lambda: screen.troubles)
    assert screen.troubles == ["town 1: is signed by nobody whom this machine trusts"]
    assert [log["event"] for log in logs] == ["pack_refused"]
    assert shelf.current() == ()


@pytest.mark.broker
async def test_another_pack_under_an_announced_name_is_refused(
    district: District, tmp_path: Path
) -> None:
    shelf = PackShelf(tmp_path / "shelf", [PUBLIC])
    _, pack, line = await _announced(district, tmp_path)
    wrong = AnnouncedPack("river", 1, pack.sha256, pack.bytes)
    with capture_logs() as logs:
        async with line.open(), told(shelf, line.url, wrong):
            await comes(lambda: [log for log in logs if log["event"] == "pack_refused"])
    assert "river 1 was announced" in str(logs)
    assert shelf.current() == ()


@pytest.mark.broker
async def test_a_kiosk_that_was_switched_off_goes_on_where_it_was(
    district: District, tmp_path: Path
) -> None:
    shelf = PackShelf(tmp_path / "shelf", [PUBLIC])
    path, pack, line = await _announced(district, tmp_path)
    shelf.folder.mkdir()
    shelf.part_of(pack.sha256).write_bytes(path.read_bytes()[:90_000])
    async with line.open(), told(shelf, line.url, pack) as screen:
        await shown(screen, [("town", 1)])
    assert line.asked_from == [90_000]
    # Cut after the zip had its name and before the index had it: nothing is fetched again.
    (shelf.folder / "shelf.json").unlink()
    async with line.open(), told(shelf, line.url, pack) as screen:
        await shown(screen, [("town", 1)])
    assert line.asked_from == [90_000]


async def test_without_the_hub_the_shelf_is_shown_and_the_hub_is_waited_for(
    tmp_path: Path,
) -> None:
    shelf = PackShelf(tmp_path / "shelf", [PUBLIC])
    shelf.install(a_pack(tmp_path))
    pack = AnnouncedPack("town", 2, "0" * 64, 1000)
    async with told(shelf, "http://127.0.0.1:9", pack) as screen:
        await shown(screen, [("town", 1)])


async def test_an_announcement_that_cannot_be_read_changes_nothing(tmp_path: Path) -> None:
    shelf = PackShelf(tmp_path / "shelf", [PUBLIC])
    shelf.install(a_pack(tmp_path))
    screen = Screen()
    feed = PackFeed(shelf, "http://127.0.0.1:9", screen.show)
    for payload in (b"\xff", b"{}", b"[]", b'{"packs": 7}'):
        feed.take(payload)
    task = asyncio.create_task(feed.run())
    await shown(screen, [("town", 1)])
    # A topic that was cleared is another thing: nothing is announced any more.
    feed.take(b"")
    await shown(screen, [])
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
