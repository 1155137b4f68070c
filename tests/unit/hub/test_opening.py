from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.occupancy.opening import (
    Entries,
    LockReading,
    Opening,
    grown,
    judge_opening,
    late_since,
    newest,
)
from hub.occupancy.sessions import Declared
from hub.occupancy.trend import trend

NOW_S = 1_775_016_000
NOW = NOW_S * 1000
STALE = 150_000
OPEN_HOURS, CLOSED_HOURS = Declared(open=True, since_s=NOW_S - 7200), Declared(open=False)


def read(value: str, ago_s: int = 3600, heard_ago_s: int = 0) -> LockReading:
    return LockReading(value, NOW - ago_s * 1000, NOW - heard_ago_s * 1000)


def entered(*ago_s: int, watched: bool = True) -> Entries:
    minutes = sorted((NOW_S - ago, 1) for ago in ago_s)
    return Entries(minutes, is_watched=watched)


UNLOCKED, LOCKED = read("unlocked"), read("locked")
STALE_LOCKED = read("locked", heard_ago_s=151)


@pytest.mark.parametrize(
    ("locks", "entries", "declared", "state", "basis", "since_ago_s"),
    [
        ([UNLOCKED], entered(), OPEN_HOURS, "open", "lock", 3600),
        # What is declared decides nothing.
        ([UNLOCKED], entered(), CLOSED_HOURS, "open", "lock", 3600),
        ([LOCKED], entered(), OPEN_HOURS, "closed", "lock", 3600),
        # One door that is open is an open venue; one lock that is not heard may be that door.
        ([LOCKED, read("unlocked", 60)], entered(), OPEN_HOURS, "open", "lock", 60),
        ([LOCKED, read("locked", 60)], entered(), OPEN_HOURS, "closed", "lock", 60),
        ([LOCKED, None], entered(), OPEN_HOURS, "unknown", "silent", 0),
        ([STALE_LOCKED], entered(), OPEN_HOURS, "unknown", "silent", 151),
        ([read("unlocked", heard_ago_s=151)], entered(), OPEN_HOURS, "unknown", "silent", 151),
        ([read("ajar")], entered(), OPEN_HOURS, "unknown", "silent", 0),
        # Nobody in particular: someone with a key, or who came in the minute of the locking.
        ([LOCKED], entered(120), OPEN_HOURS, "closed", "lock", 3600),
        ([LOCKED], entered(120, 60), OPEN_HOURS, "unknown", "conflict", 120),
        ([read("locked", 100)], entered(160, 110), OPEN_HOURS, "closed", "lock", 100),
        ([LOCKED], entered(1000, 960), OPEN_HOURS, "closed", "lock", 3600),
        # Without a word of a lock, who enters tells it, inside the declared hours.
        ([], entered(600), OPEN_HOURS, "open", "entries", 600),
        ([], entered(600), None, "open", "entries", 600),
        ([STALE_LOCKED], entered(600, 300), OPEN_HOURS, "open", "entries", 300),
        ([], entered(600), CLOSED_HOURS, "unknown", "none", None),
        ([], entered(600, watched=False), OPEN_HOURS, "unknown", "none", None),
        ([], entered(901), OPEN_HOURS, "unknown", "none", None),
        # Nobody enters: that is no sign of anything.
        ([], entered(), OPEN_HOURS, "unknown", "none", None),
        ([], entered(), CLOSED_HOURS, "unknown", "none", None),
    ],
)
def test_open_closed_unknown(
    locks: list[LockReading | None],
    entries: Entries,
    declared: Declared | None,
    state: str,
    basis: str,
    since_ago_s: int | None,
) -> None:
    told = judge_opening(locks, entries, declared, now_ms=NOW, stale_ms=STALE)
    since_ms = 0 if since_ago_s is None else NOW - since_ago_s * 1000
    assert told == Opening(state, basis, since_ms)  # type: ignore[arg-type]  # as the table has it


@pytest.mark.parametrize(
    ("state", "declared", "is_late"),
    [
        ("closed", Declared(open=True, since_s=NOW_S - 900), True),
        ("closed", Declared(open=True, since_s=NOW_S - 899), False),
        ("unknown", Declared(open=True, since_s=NOW_S - 900), False),
        ("open", Declared(open=True, since_s=NOW_S - 900), False),
        ("closed", Declared(open=True, always=True), False),
        ("closed", Declared(open=False), False),
        ("closed", None, False),
    ],
)
def test_who_is_late(state: str, declared: Declared | None, *, is_late: bool) -> None:
    opening = Opening(state, "lock", 5)  # type: ignore[arg-type]  # a state as the table has it
    assert bool(late_since(opening, declared, NOW)) == is_late


def test_a_short_silence_is_bridged_and_a_long_one_is_not() -> None:
    first = LockReading("locked", 0, 1000)
    assert newest([LockReading("locked", 1100, 2000), first], 100) == LockReading("locked", 0, 2000)
    assert newest([LockReading("locked", 1101, 2000), first], 100).since_ms == 1101  # type: ignore[union-attr]
    assert newest([LockReading("unlocked", 1000, 2000), first], 100).value == "unlocked"  # type: ignore[union-attr]
    assert newest([], 100) is None
    # A row that comes late changes nothing.
    assert grown(LockReading("unlocked", 500, 2000), first, 100).value == "unlocked"


spans = st.lists(st.integers(1, 500), min_size=2, max_size=20).map(
    lambda steps: [sum(steps[: i + 1]) for i in range(len(steps))]
)


@given(spans, st.randoms(use_true_random=False))
def test_growing_says_the_same_as_reading_anew(edges: list[int], random: object) -> None:
    readings = [
        LockReading(random.choice(["locked", "unlocked"]), a, b)  # type: ignore[attr-defined]
        for a, b in pairwise(edges)
    ]
    last = readings[0]
    for reading in readings[1:]:
        last = grown(last, reading, 120)
    assert newest(readings, 120) == last
    assert (last.value, last.until_ms) == (readings[-1].value, readings[-1].until_ms)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (0, 2, "steady"),
        (0, 3, "rising"),
        (3, 0, "falling"),
        (100, 109, "steady"),
        (100, 110, "rising"),
        (100, 90, "falling"),
        (None, 5, "unknown"),
        (5, None, "unknown"),
    ],
)
def test_a_trend(before: int | None, after: int | None, told: str) -> None:
    assert trend(before, after) == told
