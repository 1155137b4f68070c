"""The process: what systemd and the broker hear, what a stop and what a kill leave behind."""

import asyncio
import re
import sqlite3
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from contracts.messages import Status, decode_status
from contracts.topics import Channel, every_node
from firmware_bridge import line
from link.session import BrokerConfig, Session
from tests.brokers import Mosquitto
from tests.integration.edge.agents import Agent
from tests.integration.kiosk.rooms import CARD, PIN, Room, a_config, a_library
from tests.integration.kiosk.test_runtime import on_loan
from tests.lending.benches import a_book, is_off, item_id
from tests.systemd import Systemd
from tests.unit.hub.library.terminal import Library


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with a_library(tmp_path / "library") as library:
        yield library


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with Room(tmp_path).running() as room:
        yield room


async def until(is_so: Callable[[], bool], what: str, seconds: float = 25) -> None:
    try:
        async with asyncio.timeout(seconds):
            while not is_so():  # noqa: ASYNC110  anything may make it so
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"{what} did not come") from None


class Page:
    """The kiosk's page as a program reads it."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent

    async def ready(self) -> None:
        await until(lambda: bool(self._agent.said("page_ready")), "the page")
        self._url = str(self._agent.said("page_ready")[-1]["url"])

    async def text(self, path: str = "") -> str:
        return await asyncio.to_thread(self._get, path)

    async def shows(self, what: str) -> str:
        """Return the page once it shows this."""
        async with asyncio.timeout(20):
            while what not in (text := await self.text()):  # noqa: ASYNC110  over HTTP
                await asyncio.sleep(0.05)
        return text

    async def send(self, path: str, **fields: str) -> None:
        text = await self.text()
        token, serial = _hidden(text, "token"), _hidden(text, "serial")
        content = urllib.parse.urlencode({"token": token, "serial": serial, **fields}).encode()
        await asyncio.to_thread(self._post, path, content)

    def _get(self, path: str) -> str:
        with urllib.request.urlopen(self._url + path, timeout=10) as answer:
            return str(answer.read().decode())

    def _post(self, path: str, content: bytes) -> None:
        origin = {"Origin": self._url.rstrip("/"), "X-Kiosk": "fragment"}
        asked = urllib.request.Request(self._url + path, content, origin)
        with urllib.request.urlopen(asked, timeout=10) as answer:
            answer.read()


def _hidden(text: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found is not None, text
    return found[1]


async def test_systemd_and_the_broker_hear_how_it_is_and_a_stop_is_a_success(
    tmp_path: Path,
    room: Room,
    library: Library,
    mosquitto: Mosquitto,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a_config(room, library.server.port, "[face]\nport = 0")
    path = tmp_path / "kiosk.toml"
    path.write_text(path.read_text().replace("port = 9\n", f"port = {mosquitto.port}\n"))
    heard: list[Status] = []
    watcher = Session(
        BrokerConfig("127.0.0.1", mosquitto.port),
        "watcher",
        subscriptions=(every_node(Channel.STATUS),),
        on_message=lambda _topic, payload: heard.append(decode_status(payload)),
    )
    watcher.open()
    try:
        with Systemd(tmp_path / "notify") as systemd:
            systemd.started_by(monkeypatch)
            with Agent(path, program="kiosk") as kiosk:
                assert await asyncio.to_thread(systemd.until, "READY=1") == ["READY=1"]
                await Page(kiosk).ready()

                def all_well() -> bool:
                    states = {one.name: one.state for one in heard[-1].sources} if heard else {}
                    wanted = {"pad", "library", "card_reader", "printer", "disk"}
                    return states.keys() >= wanted and set(states.values()) == {"watching"}

                await until(all_well, "a status in which all is well")
                assert heard[-1].software.startswith("kaiguan-kiosk")
                room.card_port.unplug()
                await until(
                    lambda: any(
                        one.name == "card_reader" and one.state == "failed"
                        for one in heard[-1].sources
                    ),
                    "the reader's failure",
                )
                assert await asyncio.to_thread(kiosk.stop) == 0
                assert kiosk.said("kiosk_stopped")
                assert CARD not in kiosk.text
            await until(lambda: not heard[-1].online, "the goodbye")
    finally:
        watcher.close()


@pytest.mark.chaos
async def test_a_kill_in_the_middle_of_a_stack_leaves_no_bit_without_a_loan(
    tmp_path: Path, room: Room, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "SETTLE_SECONDS", 0.002)
    tags = [a_book(number) for number in range(1, 6)]
    await room.slow(0.02)
    room.lay(tags)
    a_config(room, library.server.port, "[face]\nport = 0")
    with Agent(tmp_path / "kiosk.toml", program="kiosk") as kiosk:
        page = Page(kiosk)
        await page.ready()
        await page.shows("5 本书")
        room.cards.put(CARD)
        await page.shows('name="pin"')
        room.cards.take(CARD)
        await page.send("enter", name="pin", text=PIN)
        text = await page.shows('value="confirm"')
        choice = _hidden(text[text.index('value="confirm"') :], "choice")
        await page.send("act", act="confirm", choice=choice)
        await until(lambda: len(on_loan(library)) >= 2, "two loans")
        kiosk.kill9()
        off = {item_id(number) for number, tag in enumerate(tags, 1) if is_off(tag)}
        assert off <= on_loan(library)

        kiosk.start()
        await until(
            lambda: (
                {item_id(number) for number, tag in enumerate(tags, 1) if is_off(tag)}
                == on_loan(library)
            ),
            "every bit of a loan",
        )
        assert PIN not in kiosk.text
        assert CARD not in kiosk.text
    with closing(sqlite3.connect(library.path)) as db:
        twice = "SELECT count(*) FROM loans GROUP BY item HAVING count(*) > 1"
        assert db.execute(twice).fetchone() is None
