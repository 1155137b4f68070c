"""The hands of a room: kept PINs, what a library says of a card, relays, loudspeaker."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from contracts.hours import Text
from contracts.sip2 import fields as f
from contracts.sip2 import parts as p
from contracts.sip2.codes import INVALID_PATRON, Flag
from contracts.sip2.fields import AGREEMENT
from contracts.sip2.forms import Code
from contracts.sip2.message import Message, compose
from firmware_bridge.actuators.modbus_relay import ModbusRelay
from firmware_bridge.simulated.modbus_line import SimulatedModbusLine, run_line
from firmware_bridge.simulated.modbus_units import RelayUnit
from firmware_bridge.simulated.pty_port import PtyPort
from kiosk.caretaker.checking import holder_of
from kiosk.caretaker.keeping import read_room, write_room
from kiosk.caretaker.pins import DAY_S, RememberedPins
from kiosk.caretaker.relays import Relays
from kiosk.caretaker.saying import Loudspeaker
from kiosk.room.effects import Switch
from kiosk.room.events import Event, Fault, Kept, OutputsBack, OutputsLost, Switched, SwitchFailed
from kiosk.room.rules import Holder
from kiosk.room.settings import Output
from kiosk.room_config import read_cleaning
from kiosk.speech import Speaker


def test_a_pin_is_remembered_for_its_days_and_dropped_when_it_is_wrong(tmp_path: Path) -> None:
    now = [1_795_000_000]
    path = tmp_path / "pins.json"
    pins = RememberedPins(path, 30, lambda: now[0])
    assert not pins.is_right("0021101011", "1357")
    pins.remember("0021101011", "1357")
    again = RememberedPins(path, 30, lambda: now[0])
    assert again.is_right("0021101011", "1357")
    assert not again.is_right("0021101011", "1358")
    assert not again.is_right("0021101022", "1357")
    assert "0021101011" not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    now[0] += 30 * DAY_S + 1
    assert not again.is_right("0021101011", "1357")
    again.remember("0021101022", "2468")
    assert len(json.loads(path.read_text())["pins"]) == 1
    again.forget("0021101022")
    assert not again.is_right("0021101022", "2468")


def test_a_damaged_file_of_pins_remembers_nobody(tmp_path: Path) -> None:
    path = tmp_path / "pins.json"
    path.write_text("{")
    pins = RememberedPins(path, 30, lambda: 1)
    assert not pins.is_right("1", "2")
    pins.remember("1", "2")
    assert pins.is_right("1", "2")


def test_what_a_room_remembers_outlives_it_and_damage_does_not_free_the_door(
    tmp_path: Path,
) -> None:
    path = tmp_path / "room.json"
    kept = Kept(fire_since_s=5, said=((1000, 15), (1000, 5)))
    write_room(path, kept)
    assert read_room(path) == kept
    path.write_text("[")
    assert read_room(path) == Kept()
    assert read_room(tmp_path / "none.json") == Kept()


def an_answer(*fields: f.FieldValue, denied: frozenset[Flag] = frozenset()) -> Message:
    return compose(Code.PATRON_INFORMATION_ANSWER, p.PATRON_STATUS.of(denied), *fields)


def test_a_holder_is_read_as_systems_write_it() -> None:
    answer = an_answer(
        f.EXPIRY.of("20270131    235959"),
        f.BIRTH.of("1990-01-02"),
        f.PATRON_CLASS.of("adult"),
        AGREEMENT.of("20260102"),
    )
    wanted = Holder("adult", date(1990, 1, 2), date(2027, 1, 31), has_agreed=True)
    assert holder_of(answer, AGREEMENT) == wanted
    assert holder_of(an_answer(), AGREEMENT) == Holder()
    for no in ("", "N", "n", "0", "no"):
        assert not holder_of(an_answer(AGREEMENT.of(no)), AGREEMENT).has_agreed


def test_who_may_not_borrow_for_a_late_book_is_not_blocked() -> None:
    late = frozenset({Flag.CHARGE_DENIED, Flag.TOO_MANY_OVERDUE})
    assert not holder_of(an_answer(denied=late), AGREEMENT).is_blocked
    assert holder_of(an_answer(denied=frozenset(INVALID_PATRON)), AGREEMENT).is_blocked
    assert holder_of(an_answer(denied=frozenset({Flag.CARD_LOST})), AGREEMENT).is_blocked


@pytest.mark.parametrize("text", ["daily 6-7", "someday 06:00-07:00", "mon 25:00-07:00", ""])
def test_cleaning_that_no_clock_shows_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"daily|clock"):
        read_cleaning(text)


class Cable:
    """A relay module behind a pty, and what is posted of it."""

    def __init__(self) -> None:
        self.unit = RelayUnit([False] * 2)
        self.port = PtyPort()
        self.posted: list[Event] = []
        self.troubles: list[str] = []
        self.may_lock = True

    def relays(self) -> Relays:
        return Relays(
            lambda: ModbusRelay(self.port.path, unit=1, channels=2, poll_seconds=0.1),
            {Output.STRIKE: 0, Output.LIGHTS: 1},
            self.posted.append,
            self.troubles.append,
            rng=random.Random(1),
            may_lock=lambda: self.may_lock,
            wait_seconds=0.05,
        )

    async def saw(self, event: Event) -> None:
        async with asyncio.timeout(10):
            while event not in self.posted:  # noqa: ASYNC110  a device makes it so
                await asyncio.sleep(0.01)


@pytest.fixture
async def cable() -> AsyncIterator[Cable]:
    cable = Cable()
    async with cable.port:
        line = SimulatedModbusLine({1: cable.unit})
        job = asyncio.create_task(run_line(cable.port, line))
        yield cable
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)


async def test_relays_are_switched_read_back_and_locked_at_the_end(cable: Cable) -> None:
    relays = cable.relays()
    relays.begin(Switch(Output.STRIKE, True, 1))
    await cable.saw(SwitchFailed(Output.STRIKE, 1, Fault.GONE))  # nothing is open yet
    running = asyncio.create_task(relays.run())
    await cable.saw(OutputsBack())
    relays.begin(Switch(Output.STRIKE, True, 2))
    await cable.saw(Switched(Output.STRIKE, 2))
    assert cable.unit.coils[0]
    cable.unit.stuck.add(1)
    relays.begin(Switch(Output.LIGHTS, True, 3))
    await cable.saw(SwitchFailed(Output.LIGHTS, 3, Fault.STUCK))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await relays.finish()
    assert not cable.unit.coils[0]


async def test_a_door_that_a_fire_freed_stays_free_when_the_kiosk_ends(cable: Cable) -> None:
    relays = cable.relays()
    running = asyncio.create_task(relays.run())
    await cable.saw(OutputsBack())
    relays.begin(Switch(Output.STRIKE, True, 1))
    await cable.saw(Switched(Output.STRIKE, 1))
    cable.may_lock = False
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await relays.finish()
    assert cable.unit.coils[0]


async def test_a_module_that_is_unplugged_is_told(cable: Cable) -> None:
    relays = cable.relays()
    running = asyncio.create_task(relays.run())
    await cable.saw(OutputsBack())
    cable.port.unplug()
    await cable.saw(OutputsLost())
    assert cable.troubles[-1]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await relays.finish()


class Voice(Speaker):
    """Speaks in no time: each text is its own sound."""

    def __init__(self) -> None:
        super().__init__("true")

    async def wav(self, text: str, lang: str, *, is_private: bool = False) -> bytes:
        del is_private
        return f"{lang} {text}\n".encode()


async def test_announcements_are_said_in_both_languages_one_after_the_other(
    tmp_path: Path,
) -> None:
    log = tmp_path / "said"
    player = tmp_path / "player.sh"
    player.write_text(f"#!/bin/sh\ncat >> {log}\n")
    player.chmod(0o755)
    troubles: list[str] = []
    speaker = Loudspeaker(Voice(), str(player), troubles.append)
    running = asyncio.create_task(speaker.run())
    speaker.say(Text("闭馆", "closing"))
    speaker.say(Text("请安静", "请安静"))
    wanted = "zh 闭馆\nen closing\nzh 请安静\n"
    async with asyncio.timeout(10):
        while not log.exists() or log.read_text() != wanted:  # noqa: ASYNC110  a player writes it
            await asyncio.sleep(0.02)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert troubles[0] == ""


async def test_a_fire_cuts_what_is_being_said_short(tmp_path: Path) -> None:
    log = tmp_path / "said"
    player = tmp_path / "player.sh"
    slow = 'case "$line" in *slow*) exec sleep 20;; esac'
    player.write_text(f'#!/bin/sh\nread line\n{slow}\necho "$line" >> {log}\n')
    player.chmod(0o755)
    speaker = Loudspeaker(Voice(), str(player))
    running = asyncio.create_task(speaker.run())
    speaker.say(Text("slow", "slow"))
    await asyncio.sleep(0.3)
    speaker.say(Text("火", "fire"), at_once=True)
    async with asyncio.timeout(10):
        while not log.exists() or "fire" not in log.read_text():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_player_that_is_missing_or_fails_is_told(tmp_path: Path) -> None:
    troubles: list[str] = []
    await Loudspeaker(Voice(), str(tmp_path / "nothing"), troubles.append).run()
    assert "is not installed" in troubles[-1]
    failing = Loudspeaker(Voice(), "false", troubles.append)
    running = asyncio.create_task(failing.run())
    failing.say(Text("一", "one"))
    async with asyncio.timeout(10):
        while "failed" not in troubles[-1]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
