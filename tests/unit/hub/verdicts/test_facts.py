"""From stored values to evidence: each source, each instant, which clocks decide."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.events import EventName
from contracts.rows import Epoch, State
from hub.compliance.evidence import Events, Parameters, held_open
from hub.compliance.intervals import EVER, union
from hub.store.port import HappenedEvent, Interval
from hub.verdicts.facts import (
    Corrected,
    Facts,
    Told,
    entries_of,
    facts_of,
    held_on,
    lock_of,
    openings_of,
    staff_of,
    together,
)
from hub.verdicts.reading import read_days
from tests.unit.hub.verdicts.world import CLOCK, LIBRARY, World, at

MINUTE = at("2026-03-02", "08:30")


def stretch(
    since_s: float, until_s: float, value: str | None = None, clock: str = "set"
) -> Interval:
    return Interval(int(since_s * 1000), int(until_s * 1000), value, clock=clock)


def test_a_lock_reads_what_its_states_say_and_changes_leave_no_hole() -> None:
    lock = lock_of("door/lock", [stretch(0, 99.5, "locked"), stretch(99.5, 200, "unlocked")])
    assert (lock.locked, lock.unlocked) == (((0, 99),), ((99, 200),))


@pytest.mark.parametrize(
    ("clock", "decides"), [("set", True), ("corrected", True), ("unset", False)]
)
def test_only_clocks_that_are_right_decide(clock: str, decides: bool) -> None:
    lock = lock_of("door/lock", [stretch(0, 100, "locked", clock)])
    assert bool(lock.locked) is decides


class TestCorrected:
    """Times that were put right later are told of, with how wrong they may be."""

    def test_the_stretches_of_each_source_and_error(self) -> None:
        told = Told(
            locks={
                "sim/lock": [
                    stretch(0, 60, "locked"),
                    Interval(60_000, 120_000, "unlocked", clock="corrected", error_ms=1500),
                    Interval(120_000, 180_000, "locked", clock="corrected", error_ms=1500),
                ]
            },
            watched={"sim/main": [Interval(0, 90_000, clock="corrected", error_ms=40)]},
        )
        facts = facts_of(told, 3600)
        assert facts.corrected == (
            Corrected("sim/lock", 1500, ((60, 180),)),
            Corrected("sim/main", 40, ((0, 90),)),
        )
        assert facts.within(100, 130).corrected == (Corrected("sim/lock", 1500, ((100, 130),)),)
        parts = [facts.within(start, start + 60) for start in (0, 60, 120)]
        assert together(parts) == facts.within(0, 180)

    def test_a_store_says_which_ones(self, tmp_path: Path) -> None:
        world = World(tmp_path, at("2026-03-03", "0"))
        since, until = at("2026-03-02", "08:00"), at("2026-03-02", "09:00")
        epoch = "e1" * 8
        lock = State(3, epoch, "lock", "unlocked", since * 1000, until * 1000, "gap")
        world.commit(Epoch(2, epoch, "b0" * 8, since * 1000, "05" * 8, "corrected", 2300), lock)
        day = date(2026, 3, 2)
        facts = read_days(world.store, LIBRARY, CLOCK, day, day, Parameters())[day]
        world.close()
        assert facts.corrected == (Corrected("sim/lock", 2300, ((since, until),)),)
        assert facts.locks[0].unlocked == ((since, until),)


class TestMinutes:
    """Which instant a minute with entries counts as."""

    def test_its_first_second(self) -> None:
        assert entries_of("main", [MINUTE], EVER, ()).at_s == (MINUTE,)

    def test_who_came_in_the_minute_of_the_unlocking_came_after_it(self) -> None:
        locked = ((MINUTE - 9999, MINUTE + 31),)
        assert entries_of("main", [MINUTE], EVER, locked).at_s == (MINUTE + 31,)

    def test_who_came_in_the_minute_of_the_locking_came_before_it(self) -> None:
        locked = ((MINUTE + 10, MINUTE + 9999),)
        assert entries_of("main", [MINUTE], EVER, locked).at_s == (MINUTE,)

    def test_locked_all_through_it_is_a_conflict(self) -> None:
        locked = ((MINUTE - 60, MINUTE + 60),)
        assert entries_of("main", [MINUTE], EVER, locked).at_s == (MINUTE,)

    def test_a_line_that_was_heard_for_a_part_of_it_is_believed(self) -> None:
        heard = ((MINUTE + 58, MINUTE + 999),)
        assert entries_of("main", [MINUTE], heard, ()).at_s == (MINUTE + 58,)

    def test_one_that_was_not_heard_says_nothing(self) -> None:
        assert entries_of("main", [MINUTE], ((0, MINUTE),), ()).at_s == ()

    @settings(deadline=None)
    @given(
        st.lists(st.integers(0, 40), unique=True).map(sorted),
        st.lists(st.tuples(st.integers(0, 2400), st.integers(1, 400)), max_size=6),
        st.lists(st.tuples(st.integers(0, 2400), st.integers(1, 400)), max_size=6),
    )
    def test_many_at_once_are_each_as_one_alone(
        self, numbers: list[int], heard: list[tuple[int, int]], locked: list[tuple[int, int]]
    ) -> None:
        minutes = [60 * number for number in numbers]
        when = union((start, start + length) for start, length in heard)
        shut = union((start, start + length) for start, length in locked)
        alone = [
            at_s for minute in minutes for at_s in entries_of("main", [minute], when, shut).at_s
        ]
        assert entries_of("main", minutes, when, shut).at_s == tuple(alone)
        for minute, at_s in zip(minutes, alone, strict=False):
            if len(alone) == len(minutes):
                assert minute <= at_s < minute + 60


def test_a_door_that_opens_is_a_sign_and_one_that_is_found_open_is_none() -> None:
    states = [
        stretch(0, 10, "open"), stretch(10, 20, "closed"), stretch(20, 25, "open"),
        stretch(30, 40, "open"),
    ]  # fmt: skip
    events = openings_of("door/lock-door", states)
    assert events.at_s == (20,)
    assert events.heard == ((0, 25), (30, 40))


def test_kiosks_loans_and_sessions_are_signs_and_alarms_are_none() -> None:
    told = Told(
        events=[
            HappenedEvent(f"{n}", "library", "kiosk", "desk", name, (MINUTE + n) * 1000, {})
            for n, name in enumerate(EventName)
        ]
    )
    facts = facts_of(told, 3600)
    entered = MINUTE + list(EventName).index(EventName.ROOM_ENTRY)
    assert {(e.kind, e.at_s) for e in facts.events} == {
        ("loan", (MINUTE + 2, MINUTE + 3)),
        ("session", (MINUTE + 4,)),
        ("door", (entered,)),
    }
    assert facts.words == ((MINUTE, True), (MINUTE + 1, False))


def test_nobody_of_the_staff_forgets_to_close_for_longer_than_a_day() -> None:
    opened, again = at("2026-03-02", "09:00"), at("2026-03-04", "09:00")
    closed = at("2026-03-04", "17:00")
    spans = staff_of(((opened, True), (again, True), (closed, False)), CLOCK)
    assert spans == ((opened, at("2026-03-03", "0")), (again, closed))


@pytest.mark.parametrize("seed", range(20))
def test_held_on_is_what_held_open_says_of_everything(seed: int) -> None:
    rng, rules = random.Random(seed), Parameters()
    sources = [
        Events(
            name,
            "entry",
            tuple(sorted(rng.sample(range(40_000), 25))),
            union((s, s + 9000) for s in rng.sample(range(0, 40_000, 100), 5)),
        )
        for name in ("front", "back")
    ]
    facts = Facts(events=tuple(sources))
    cut = rng.randrange(5_000, 35_000)
    before, newest = facts.within(0, cut), facts.within(cut, 50_000)
    assert together((before, newest)).events == tuple(sorted(sources, key=lambda e: e.source))
    held = held_on(before.events, held_open(before.events, rules), newest.events, rules)
    assert held == held_open(sources, rules)


class TestStore:
    @pytest.fixture
    def world(self, tmp_path: Path) -> Iterator[World]:
        world = World(tmp_path, at("2026-03-09", "12:00"))
        yield world
        world.close()

    def test_days_put_together_are_what_a_stretch_is(self, world: World) -> None:
        world.commit(
            *world.kept_week("2026-03-02"),
            world.event("loan", at("2026-03-03", "23:50")),
            world.event("staff_open", at("2026-03-04", "08:00")),
        )
        monday, sunday = date(2026, 3, 2), date(2026, 3, 8)
        given = (world.store, LIBRARY, CLOCK)
        whole = read_days(*given, monday, sunday, Parameters())
        alone: dict[date, Facts] = {}
        for number in range(7):
            day = monday + timedelta(days=number)
            alone |= read_days(*given, day, day, Parameters())
        for one, other in ((together(whole.values()), together(alone.values())),):
            assert one.locks == other.locks
            assert one.words == other.words
            assert [e for e in one.events if e.heard] == [e for e in other.events if e.heard]

    def test_who_leaves_is_no_sign(self, world: World) -> None:
        since, until = at("2026-03-04", "0"), at("2026-03-05", "0")
        left = world.entry(at("2026-03-04", "10:00"), entered=0)
        world.commit(world.watched(since, until), left, world.entry(at("2026-03-04", "11:00")))
        [facts] = read_days(
            world.store, LIBRARY, CLOCK, date(2026, 3, 4), date(2026, 3, 4), Parameters()
        ).values()
        assert [e.at_s for e in facts.events] == [(at("2026-03-04", "11:00"),)]
