"""Looks at a module's inputs -> readings; a look that comes too late is told."""

from firmware_bridge.sensors.readings import (
    AlarmKind,
    AlarmReading,
    ContactReading,
    Continuity,
    CounterReading,
    DoorState,
    InputReading,
    LockState,
    Reading,
)
from firmware_bridge.sensors.wired_inputs import WiredInputs, Wiring

WIRING = Wiring(
    beams=((0, 1),),
    locks=((2, 3), (None, 5)),
    alarms=((4, AlarmKind.GATE), (6, AlarmKind.FIRE)),
    inverted=frozenset({6}),  # a loop that opens when there is fire
)
QUIET = frozenset({2, 3, 5, 6})


class Bench:
    def __init__(self, wiring: Wiring = WIRING) -> None:
        self.inputs = WiredInputs(wiring)
        self.now = 1000.0
        self.seen: list[Reading] = []

    def look(self, on: set[int] | frozenset[int] = QUIET, after: float = 0.04) -> list[Reading]:
        self.now += after
        readings = self.inputs.look([number in on for number in range(8)], self.now)
        self.seen += readings
        return readings

    def rest(self, seconds: float) -> list[Reading]:
        return [reading for _ in range(round(seconds / 0.04)) for reading in self.look()]

    def walk_in(self) -> list[Reading]:
        return [
            reading for on in ({0}, {0, 1}, {1}, set[int]()) for reading in self.look(QUIET | on)
        ]


def counters(readings: list[Reading]) -> list[tuple[int, int, Continuity]]:
    found = [reading for reading in readings if isinstance(reading, CounterReading)]
    return [(reading.entered, reading.left, reading.continuity) for reading in found]


def contacts(readings: list[Reading], channel: int) -> list[ContactReading]:
    found = [reading for reading in readings if isinstance(reading, ContactReading)]
    return [reading for reading in found if reading.channel == channel]


def alarms(readings: list[Reading]) -> list[tuple[int, AlarmKind, bool]]:
    found = [reading for reading in readings if isinstance(reading, AlarmReading)]
    return [(reading.channel, reading.kind, reading.is_active) for reading in found]


def test_a_counter_begins_counts_and_repeats_itself_each_second() -> None:
    bench = Bench()
    assert counters(bench.look()) == [(0, 0, Continuity.FIRST)]
    assert (1, 0, Continuity.SAME_BOOT) in counters(bench.walk_in())
    assert counters(bench.rest(4.0)) == [(0, 0, Continuity.SAME_BOOT)] * 4
    totals = [r for r in bench.seen if isinstance(r, CounterReading)][-1]
    assert (totals.entered_total, totals.breaks_total, totals.undecided_total) == (1, (1, 1), 0)


def test_a_late_look_is_told_and_not_vouched_for_until_it_is_steady() -> None:
    bench = Bench()
    bench.rest(1.0)
    assert counters(bench.look(QUIET, after=0.21)) == []
    assert counters(bench.rest(4.9)) == []
    assert counters(bench.rest(1.2))[0] == (0, 0, Continuity.UNSEEN)


def test_who_passes_after_a_late_look_is_told_with_the_gap() -> None:
    bench = Bench()
    bench.rest(1.0)
    bench.look(after=0.5)
    assert counters(bench.walk_in()) == [(1, 0, Continuity.UNSEEN)]


def test_who_is_between_the_beams_at_a_late_look_is_counted_unless_it_is_very_late() -> None:
    for gap, entered in ((1.4, 1), (1.6, 0)):
        bench = Bench()
        bench.rest(1.0)
        bench.look(QUIET | {0})
        bench.look(QUIET | {1}, after=gap)
        bench.rest(6.0)
        assert Continuity.UNSEEN in [continuity for _, _, continuity in counters(bench.seen)]
        totals = [r.entered_total for r in bench.seen if isinstance(r, CounterReading)]
        assert totals[-1] == entered


def test_a_lock_and_its_door_are_told_on_change_and_repeated() -> None:
    bench = Bench()
    bench.rest(0.2)
    locked = ContactReading(
        2, LockState.LOCKED, DoorState.CLOSED, is_tampered=False, changes_total=0
    )
    assert contacts(bench.seen, 2) == [locked]
    assert bench.look(QUIET - {2}) == []  # one look is a bounce
    (unlocked,) = contacts(bench.look(QUIET - {2}), 2)
    assert (unlocked.lock, unlocked.door) == (LockState.UNLOCKED, DoorState.CLOSED)
    assert unlocked.changes_total == 1
    assert len(contacts([r for _ in range(125) for r in bench.look(QUIET - {2})], 2)) == 1


def test_a_door_without_a_bolt() -> None:
    bench = Bench()
    bench.rest(0.2)
    (door,) = contacts(bench.seen, 5)
    assert (door.lock, door.door) == (LockState.UNKNOWN, DoorState.CLOSED)


def test_a_contact_that_nobody_looked_at_may_have_changed_and_changed_back() -> None:
    bench = Bench()
    bench.rest(0.2)
    bench.look(after=2.5)
    (door,) = contacts(bench.rest(5.0), 5)
    assert door.changes_total == 2


def test_alarms_with_their_polarity() -> None:
    bench = Bench()
    bench.rest(0.2)
    assert alarms(bench.seen) == [(4, AlarmKind.GATE, False), (6, AlarmKind.FIRE, False)]
    bench.look(QUIET - {6})
    assert alarms(bench.look(QUIET - {6})) == [(6, AlarmKind.FIRE, True)]
    bench.look(QUIET | {4})
    assert alarms(bench.look(QUIET | {4})) == [
        (4, AlarmKind.GATE, True),
        (6, AlarmKind.FIRE, False),
    ]


def test_without_a_wiring_inputs_are_told_as_they_are() -> None:
    bench = Bench(Wiring())
    bench.look({3})
    assert bench.look({3}) == [InputReading(number, is_on=number == 3) for number in range(8)]
    bench.look({4})
    assert bench.look({4}) == [InputReading(3, is_on=False), InputReading(4, is_on=True)]


def test_as_many_inputs_as_are_wired_are_asked_for() -> None:
    assert (Wiring().count, WIRING.count) == (8, 7)
    assert WIRING.inputs() == [0, 1, 2, 3, 4, 5, 6]
