"""What a board's readings become, and what is not vouched for."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Self

import pytest

from contracts.rows import Count, Coverage, Event, Row, State
from edge.errors import SourceError
from edge.serial_section import SerialSection
from edge.sources import serial_device
from edge.sources.serial_device import (
    ALARM_HOLDS_MS,
    CHANGES_MS,
    MOST_CHANGES,
    UNHEARD_MS,
    SerialSource,
)
from firmware_bridge.board.counters import CounterBook
from firmware_bridge.errors import DeviceTimeout
from firmware_bridge.sensors.readings import (
    AlarmKind,
    AlarmReading,
    BoardStatus,
    ClimateReading,
    ContactReading,
    Continuity,
    CounterReading,
    DoorState,
    LockState,
    Reading,
)
from link.buckets import Draft
from link.clock import SystemClock
from link.recorder import Recorder

SECTION = SerialSection(
    name="board", port="unused", lines={"side": 0}, contacts={"lock": 1}, climates={"air": 2}
)


class Bench:
    """A source that is given readings at times of our own."""

    def __init__(self, folder: Path, section: SerialSection = SECTION) -> None:
        self.recorder = Recorder(folder / "spool.db", SystemClock("always"))
        self.source = SerialSource(section, self.recorder)
        self.now_ms = 1_000_000

    def give(self, *readings: Reading) -> None:
        for reading in readings:
            self.now_ms += 1000
            self.source._take(reading, self.now_ms)

    def drafts(self) -> list[Draft]:
        return self.recorder.buckets.drafts(self.recorder.wall_ms(self.now_ms))

    def rows(self) -> list[Row]:
        now_ms = self.recorder.wall_ms(self.now_ms)
        return [draft.row for draft in self.recorder.buckets.drafts(now_ms, everything=True)]

    def states(self, sensor: str) -> list[tuple[str, str | None]]:
        found = [row for row in self.rows() if isinstance(row, State) and row.sensor == sensor]
        return [(row.value, row.ended) for row in found]

    def counted(self) -> int:
        return sum(row.entered for row in self.rows() if isinstance(row, Count))

    def covers(self) -> list[tuple[int, str | None]]:
        found = [row for row in self.rows() if isinstance(row, Coverage)]
        return [(row.until_ms - row.since_ms, row.ended) for row in found]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.recorder.spool.close()


def contact(
    changes: int, lock: LockState = LockState.LOCKED, *, tamper: bool = False
) -> ContactReading:
    return ContactReading(1, lock, DoorState.CLOSED, tamper, changes)


def a_status(board: str = "a" * 16, boot: int = 1) -> BoardStatus:
    return BoardStatus(board, "1.0.0", 1, boot, None, ("beam", "contact"), 0, 0, 0)


def counter(
    entered: int, continuity: Continuity = Continuity.SAME_BOOT, *, blocked: bool = False
) -> CounterReading:
    return CounterReading(0, 0, 0, entered, 0, continuity, blocked)


class Board:
    """A sensor that tells what it is given, then fails as a board that has fallen silent."""

    def __init__(self, bench: Bench, *readings: Reading) -> None:
        self._bench = bench
        self._readings = readings

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exception: object) -> None:
        pass

    async def __aiter__(self) -> AsyncIterator[Reading]:
        for reading in self._readings:
            self._bench.now_ms += 1000
            yield reading
        self._bench.now_ms += 10_000
        raise DeviceTimeout("said nothing readable")


async def test_a_silent_board_ends_what_was_known_where_it_was_last_heard(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    books: list[CounterBook] = []

    def opened(_driver: str, _port: str, *, counters: CounterBook, **_options: object) -> Board:
        books.append(counters)
        return Board(bench, a_status(), contact(0), counter(0), contact(0), counter(0))

    monkeypatch.setattr(serial_device, "open_sensor", opened)
    monkeypatch.setattr(serial_device, "monotonic_ms", lambda: bench.now_ms)
    told: list[str] = []
    for _ in range(2):
        with pytest.raises(SourceError, match="said nothing readable"):
            await bench.source.run(told.append)
    assert bench.states("lock") == [("locked", "device_failed")] * 2
    assert bench.states("lock-door") == [("closed", "device_failed")] * 2
    assert bench.covers() == [(2000, "device_failed")] * 2
    # One book over all openings, or crossings while the port was shut would be lost.
    assert books[0] is books[1]
    assert set(told) == {"the board has beam, contact; air wants a climate at channel 2"}


@pytest.mark.parametrize(("degrees", "urgent"), [(4.9, True), (5.0, False), (40.1, True)])
def test_a_temperature_outside_its_limits_is_sent_at_once(
    bench: Bench, degrees: float, urgent: bool
) -> None:
    bench.give(ClimateReading(2, 21.0, None, None))
    bench.recorder.buckets.confirm(bench.drafts(), bench.recorder.wall_ms(bench.now_ms))
    bench.give(ClimateReading(2, degrees, None, None))
    assert bool(bench.drafts()) is urgent


def test_a_change_that_was_missed_ends_the_state(bench: Bench) -> None:
    bench.give(contact(4), contact(4), contact(6), contact(6))
    assert bench.states("lock") == [("locked", "change_missed"), ("locked", None)]
    assert bench.states("lock-door") == [("closed", "change_missed"), ("closed", None)]


def test_a_change_that_was_told_and_a_boot(bench: Bench) -> None:
    bench.give(contact(4), contact(5, LockState.UNLOCKED), contact(0, LockState.UNLOCKED))
    assert bench.states("lock") == [
        ("locked", "changed"),
        ("unlocked", "change_missed"),
        ("unlocked", None),
    ]


def test_a_lock_that_cannot_be_told_is_not_vouched_for(bench: Bench) -> None:
    bench.give(contact(4), contact(5, LockState.UNKNOWN), contact(6))
    assert bench.states("lock") == [("locked", "unknown"), ("locked", None)]


def test_tampering_is_one_event_until_it_ends(bench: Bench) -> None:
    bench.give(contact(0), contact(1, tamper=True), contact(1, tamper=True), contact(2))
    bench.give(contact(3, tamper=True))
    assert sum(isinstance(row, Event) for row in bench.rows()) == 2


def test_a_blocked_beam_and_a_boot_end_coverage(bench: Bench) -> None:
    bench.give(counter(0, Continuity.FIRST), counter(2), counter(0, blocked=True))
    bench.give(counter(0, blocked=True), counter(0), counter(1, Continuity.REBOOTED), counter(0))
    assert bench.covers() == [(1000, "beam_blocked"), (0, "counter_rebooted"), (1000, None)]


def test_a_counter_that_was_not_heard_for_long_is_a_gap(bench: Bench) -> None:
    bench.give(counter(0), counter(0))
    bench.now_ms += 5_000
    bench.give(counter(1))
    bench.now_ms += 20_000
    bench.give(counter(4), counter(0))
    assert bench.covers() == [(7000, "counter_unheard"), (1000, None)]
    assert bench.counted() == 5


def test_a_counter_without_a_base_vouches_for_nothing_before_it(bench: Bench) -> None:
    bench.give(counter(0), counter(0), counter(0, Continuity.FIRST), counter(0))
    assert bench.covers() == [(1000, "counter_first"), (1000, None)]


@pytest.mark.parametrize(
    ("other", "reason"),
    [(a_status(boot=2), "board_restarted"), (a_status("b" * 16), "board_replaced")],
    ids=["boot", "board"],
)
def test_a_boot_and_another_board_end_what_was_known(
    bench: Bench, other: BoardStatus, reason: str
) -> None:
    bench.give(a_status(), contact(0), counter(0), a_status(), contact(0), counter(0))
    bench.give(other, contact(0), counter(0))
    assert bench.states("lock") == [("locked", reason), ("locked", None)]
    assert bench.states("lock-door") == [("closed", reason), ("closed", None)]
    assert bench.covers() == [(3000, reason), (0, None)]


def test_a_contact_that_flaps_is_no_evidence_and_floods_nothing(bench: Bench) -> None:
    for change in range(2000):
        bench.give(contact(change, list(LockState)[1 + change % 2], tamper=change % 2 == 1))
        bench.now_ms -= 980
    rows = bench.rows()
    states = [row for row in rows if isinstance(row, State) and row.sensor == "lock"]
    assert len(states) == MOST_CHANGES + 1
    assert states[-1].ended == "flapping"
    assert sum(isinstance(row, Event) for row in rows) <= MOST_CHANGES
    assert bench.source._wrong() == "the contact lock flaps"
    bench.now_ms += CHANGES_MS
    bench.give(contact(1999), contact(1999))
    assert bench.states("lock")[-1] == ("locked", None)
    assert bench.source._wrong() == ""


def test_a_busy_door_does_not_flap(bench: Bench) -> None:
    for change in range(600):
        bench.give(contact(change, list(LockState)[1 + change % 2]))
    assert {ended for _, ended in bench.states("lock")} == {"changed", None}


def test_a_channel_that_the_board_lacks_is_told(bench: Bench) -> None:
    bench.give(
        BoardStatus("4b47000000000001", "1.0.0", 1, 1, None, ("climate", "contact"), 2, 0, 0)
    )
    assert (
        bench.source._complaint == "the board has climate, contact; "
        "side wants a beam at channel 0, air wants a climate at channel 2"
    )


MODULE = SerialSection(
    name="module",
    port="unused",
    driver="di-module",
    unit=2,
    beams={"front": (0, 1)},
    bolts={"lock": 2},
    doors={"lock": 3, "side": 5},
    gate_alarms={"gate": 4},
    fire_alarms={"hall": 6},
    inverted=(6,),
)


@pytest.fixture
def module(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path, MODULE)
    yield bench
    bench.recorder.spool.close()


def alarm(channel: int, *, active: bool) -> AlarmReading:
    kind = AlarmKind.FIRE if channel == 6 else AlarmKind.GATE
    return AlarmReading(channel, kind, is_active=active)


def events(bench: Bench) -> list[tuple[str, str]]:
    return [(row.source, row.name) for row in bench.rows() if isinstance(row, Event)]


def test_an_input_module_tells_lines_locks_and_doors(module: Bench) -> None:
    module.give(
        CounterReading(0, 1, 0, 1, 0, Continuity.SAME_BOOT, is_blocked=False),
        ContactReading(2, LockState.LOCKED, DoorState.CLOSED, is_tampered=False, changes_total=0),
        ContactReading(5, LockState.UNKNOWN, DoorState.OPEN, is_tampered=False, changes_total=0),
    )
    assert module.counted() == 1
    assert module.states("lock") == [("locked", None)]
    assert module.states("lock-door") == [("closed", None)]
    assert module.states("side-door") == [("open", None)]
    assert module.states("side") == []


def test_beams_that_nobody_looked_at_are_a_gap(module: Bench) -> None:
    def seen(continuity: Continuity) -> CounterReading:
        return CounterReading(0, 0, 0, 0, 0, continuity, is_blocked=False)

    module.give(seen(Continuity.SAME_BOOT), seen(Continuity.SAME_BOOT), seen(Continuity.UNSEEN))
    assert module.covers() == [(1000, "counter_unseen"), (0, None)]


def test_an_alarm_is_one_event_however_it_pulses(module: Bench) -> None:
    module.give(alarm(4, active=False))
    for _ in range(8):
        module.give(alarm(4, active=True), alarm(4, active=False))
    assert module.states("gate") == [("quiet", "changed"), ("active", None)]
    module.now_ms += ALARM_HOLDS_MS
    module.give(alarm(4, active=False))
    assert module.states("gate")[-1] == ("quiet", None)
    module.give(alarm(4, active=True), alarm(6, active=True))
    assert events(module) == [
        ("gate", "gate_alarm"),
        ("gate", "gate_alarm"),
        ("hall", "fire_alarm"),
    ]


def test_an_alarm_that_lasts_over_an_outage_is_not_told_again(module: Bench) -> None:
    module.give(alarm(6, active=True))
    module.source._end("device_failed")
    module.give(alarm(6, active=True))
    assert module.states("hall") == [("active", "device_failed"), ("active", None)]
    assert events(module) == [("hall", "fire_alarm")]


def test_an_alarm_that_was_not_heard_for_long_is_not_vouched_for(module: Bench) -> None:
    module.give(alarm(4, active=False))
    module.now_ms += UNHEARD_MS
    module.give(alarm(4, active=False))
    assert module.states("gate") == [("quiet", "unheard"), ("quiet", None)]
