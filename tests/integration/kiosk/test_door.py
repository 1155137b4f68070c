"""The door of an unstaffed room, end to end: the real kiosk process, the hub's library, a broker.

Reader, keypad, relays and contacts are behind ptys.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

import pytest

from contracts.ids import NodeId
from contracts.messages import Status, decode_status
from contracts.room import RoomCommand, RoomReply, RoomStatus, decode_room_reply, encode_room
from contracts.topics import Channel, every_node, node_topic
from examples.demo.bench.door import CALL, FIRE, LAMP, LIGHTS, STRIKE, Door
from examples.demo.bench.links import Link
from examples.demo.plan import DISTRICT
from hub.compliance.evidence import Evidence, Parameters, split
from hub.compliance.localtime import LocalTime
from hub.district import read_district
from hub.venues import Sensor
from hub.verdicts.reading import read_stretch
from link.session import BrokerConfig, Session
from tests.brokers import Mosquitto, free_port
from tests.integration.edge.agents import Agent, Hub
from tests.integration.kiosk.doors import (
    BLOCKED,
    GOOD,
    NO_RULES,
    OTHER,
    PIN,
    VENUE,
    YOUNG,
    District,
    a_config,
    a_library,
    played,
)
from tests.integration.kiosk.test_process import Page, until
from tests.unit.hub.library.terminal import Library

pytestmark = pytest.mark.broker
NODE = NodeId(VENUE, "kiosk-1")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with a_library(tmp_path / "library") as library:
        yield library


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    async with Door(tmp_path).running() as door:
        yield door


class Watcher:
    """Who hears what a kiosk says of itself, and orders something of it."""

    def __init__(self, port: int) -> None:
        self.statuses: list[Status] = []
        self.replies: list[RoomReply] = []
        self._session = Session(
            BrokerConfig("127.0.0.1", port),
            "watcher",
            subscriptions=(every_node(Channel.STATUS), every_node(Channel.REPLY)),
            on_message=self._take,
        )

    def __enter__(self) -> Self:
        self._session.open()
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    @property
    def room(self) -> RoomStatus | None:
        return self.statuses[-1].room if self.statuses else None

    def order(self, command: RoomCommand) -> None:
        self._session.publish(node_topic(NODE, Channel.COMMAND), encode_room(command))

    def _take(self, topic: str, payload: bytes) -> None:
        if topic.endswith("/reply"):
            self.replies.append(decode_room_reply(payload))
        else:
            self.statuses.append(decode_status(payload))


async def test_a_day_at_the_door(
    tmp_path: Path, door: Door, library: Library, mosquitto: Mosquitto
) -> None:
    with District() as district, Watcher(mosquitto.port) as watcher:
        config = a_config(door, tmp_path, library.server.port, mosquitto.port, district.port)
        with Agent(config, program="kiosk") as kiosk:
            page = Page(kiosk)
            await page.ready()
            await until(lambda: door.is_on(LAMP), "the lamp: one may come in")
            assert door.is_on(LIGHTS)
            assert not door.is_on(STRIKE)

            # Card and PIN.
            await door.show(GOOD)
            await _at_door(page, 'name="pin"')
            asked_at = time.monotonic()
            await door.type(PIN)
            await until(lambda: door.is_on(STRIKE), "the door")
            assert time.monotonic() - asked_at < 1.0
            assert await door.walk_in()
            await until(lambda: not door.is_on(STRIKE), "the lock behind them")

            # Each no with its reason, in both languages.
            for card, zh, en in (
                (BLOCKED, "已停用", "blocked"),
                (YOUNG, "年龄", "too young"),
                (NO_RULES, "使用约定", "agreement"),
                ("0400000099", "没有这张证", "does not know"),
            ):
                await _enter(page, door, card, PIN)
                await _at_door(page, zh, en)
                assert not door.is_on(STRIKE)
            await _enter(page, door, GOOD, "0000")
            await _at_door(page, "密码不对", "PIN is wrong")

            # Orders of the hub, answered; one of long ago is not obeyed.
            now_ms = int(time.time() * 1000)
            watcher.order(RoomCommand("ababababab01", now_ms - 60_000, "unlock"))
            watcher.order(RoomCommand("ababababab02", now_ms, "announce", "duty", "请保持安静"))
            watcher.order(RoomCommand("ababababab03", now_ms, "reset", "duty"))
            await until(lambda: len(watcher.replies) == 3, "three answers")
            assert [reply.done for reply in watcher.replies] == [False, True, False]
            await until(lambda: bool(played(tmp_path)), "the announcement")

            # Fire: the door stands free, and stays so when the contact is quiet again.
            door.inputs.inputs[FIRE] = True
            await until(lambda: door.is_on(STRIKE), "the free door")
            await _at_door(page, "火灾报警", "Fire alarm")
            door.inputs.inputs[FIRE] = False
            await until(
                lambda: watcher.room is not None and watcher.room.latched == ("fire",),
                "a latched alarm in the status",
            )
            kiosk.kill9()
            await until(lambda: not watcher.statuses[-1].online, "its last will")
            kiosk.start()
            await page.ready()
            await until(lambda: bool(kiosk.said("page_ready")), "the page again")
            await until(
                lambda: watcher.statuses[-1].online and watcher.room is not None, "its status again"
            )
            await until(lambda: door.is_on(STRIKE), "the door, free after the restart")
            await until(
                lambda: watcher.room is not None and watcher.room.mode == "fire",
                "the fire in the status",
            )
            assert GOOD not in kiosk.text
            assert PIN not in kiosk.text


async def test_a_stuck_strike_a_full_room_and_a_night_without_network(
    tmp_path: Path, door: Door, library: Library, mosquitto: Mosquitto
) -> None:
    line = Link(free_port(), library.server.port)
    await line.mend()
    began_s = int(time.time())
    try:
        with Hub(tmp_path, BrokerConfig("127.0.0.1", mosquitto.port)) as hub:
            await _a_night(tmp_path, door, line, mosquitto)
            _assert_judged(hub, began_s)
    finally:
        await line.cut()


def _assert_judged(hub: Hub, began_s: int) -> None:
    """Of that night, who came in is evidence of an open door, and whoever was refused is not."""
    sample = next(one for one in read_district(DISTRICT) if one.id == "book-room-zhouqiao")
    assert Sensor("kiosk-pi", "entry", "lock") in sample.sensors
    venue = replace(sample, id=VENUE, lines=(), sensors=(Sensor(NODE.node, "entry", "lock"),))
    rules = Parameters()
    facts = read_stretch(hub.store, venue, began_s, int(time.time()) + 1, rules)
    told = {events.source: len(events.at_s) for events in facts.events if events.at_s}
    assert told == {f"{NODE.node}/entry-door": 2, f"{NODE.node}/room": 2}
    declared = ((began_s, int(time.time())),)
    judged = split(
        declared,
        Evidence(facts.locks, events=facts.events),
        LocalTime(ZoneInfo(venue.timezone)),
        rules,
    )
    assert judged.opened
    assert judged.grade == "A"


async def _a_night(tmp_path: Path, door: Door, line: Link, mosquitto: Mosquitto) -> None:
    with District() as district, Watcher(mosquitto.port) as watcher:
        config = a_config(door, tmp_path, line.port, mosquitto.port, district.port)
        with Agent(config, program="kiosk") as kiosk:
            page = Page(kiosk)
            await page.ready()
            await until(lambda: door.is_on(LAMP), "the lamp: one may come in")
            await _enter(page, door, GOOD, PIN)
            await until(lambda: door.is_on(STRIKE), "the door, on-line")
            assert await door.walk_in()
            await until(lambda: not door.is_on(STRIKE), "the lock behind them")

            door.relays.stuck.add(STRIKE)
            await _enter(page, door, GOOD, PIN)
            await _at_door(page, "门锁没有打开", "the lock did not open")
            await until(
                lambda: (
                    watcher.room is not None
                    and any(one.output == "strike" and one.failed for one in watcher.room.outputs)
                ),
                "the failed strike in the status",
            )
            door.relays.stuck.clear()

            door.inputs.inputs[CALL] = True
            await until(lambda: bool(played(tmp_path)), "the answer to the emergency button")

            # The library goes away: the list and the PIN that was right here before let in.
            await until((tmp_path / "door-cards.json").exists, "the list")
            assert any("min_age=14" in path for path in district.asked)
            await line.cut()
            await until(
                lambda: watcher.room is not None and watcher.room.cards == "list", "the outage"
            )
            # Whether a lock that failed works again shows when somebody is let in.
            assert watcher.room is not None
            assert watcher.room.admits is None
            await door.show(GOOD)
            await _at_door(page, 'name="pin"')
            asked_at = time.monotonic()
            await door.type(PIN)
            await until(lambda: door.is_on(STRIKE), "the door, off-line")
            assert time.monotonic() - asked_at < 1.0
            assert await door.walk_in()
            await until(lambda: watcher.room is not None and watcher.room.admits is True, "it")
            await _enter(page, door, OTHER, PIN)
            await _at_door(page, "不能核对这个密码", "cannot be checked")
            await _enter(page, door, BLOCKED, PIN)
            await _at_door(page, "名单里没有", "not on the last list")

            # The relays go away and come back.
            door.modules.pull()
            await until(
                lambda: (
                    watcher.room is not None
                    and watcher.room.admits is None
                    and watcher.room.door is None
                ),
                "a door of which nobody knows",
            )
            door.modules.plug()
            await until(
                lambda: watcher.room is not None and watcher.room.door == "closed", "the contacts"
            )
            assert await asyncio.to_thread(kiosk.stop) == 0
            assert not door.is_on(STRIKE)


async def _enter(page: Page, door: Door, card: str, pin: str) -> None:
    """Show a card, and type when the door asks for its PIN."""
    await door.show(card)
    await _at_door(page, 'name="pin"')
    await door.type(pin)


async def _at_door(page: Page, *texts: str) -> None:
    """Wait until the door says all of this."""
    shown = ""
    try:
        async with asyncio.timeout(15):
            while any(text not in shown for text in texts):
                await asyncio.sleep(0.05)
                shown = await page.text("door")
    except TimeoutError:
        raise AssertionError(f"the door did not say {texts}: {shown}") from None
