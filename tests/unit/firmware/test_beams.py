"""Two beams, millisecond by millisecond: who entered, who left, and who did neither."""

import itertools
import random
from ctypes import byref

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.firmware import core

BEAM = {"": 0, "a": 1, "b": 2, "ab": 3}
# What a visitor does who walks in, and who walks out.
IN = [("a", 100), ("ab", 100), ("b", 100), ("", 300)]
OUT = [("b", 100), ("ab", 100), ("a", 100), ("", 300)]


def counted(*spans: tuple[str, int], beams: core.Beams | None = None) -> tuple[int, int]:
    """Return who entered and left, of beams broken for so many milliseconds each."""
    beams = core.Beams() if beams is None else beams
    step = core.library().beams_step
    for broken, milliseconds in spans:
        for _ in range(milliseconds):
            before = (beams.entered, beams.left, beams.is_blocked)
            told = step(byref(beams), BEAM[broken])
            # Told each time that there is news, and never without.
            assert told == (before != (beams.entered, beams.left, beams.is_blocked))
    return beams.entered, beams.left


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        pytest.param(IN, (1, 0), id="in"),
        pytest.param(OUT, (0, 1), id="out"),
        pytest.param(IN * 3 + OUT * 2, (3, 2), id="one-after-the-other"),
        pytest.param(
            [("a", 100), ("", 200), ("b", 100), ("", 9)], (1, 0), id="beams-wider-than-a-visitor"
        ),
        pytest.param([("a", 50), ("", 50), *IN], (1, 0), id="two-legs"),
        pytest.param([("a", 200), ("", 300), *OUT], (0, 1), id="gave-way-to-who-came-out"),
        pytest.param([("b", 200), ("", 300), *IN], (1, 0), id="gave-way-to-who-came-in"),
        pytest.param(
            [("a", 200), ("", 300), ("b", 1501), ("ab", 50), ("a", 50), ("", 9)],
            (0, 0),
            id="gave-way-to-who-was-too-slow",
        ),
        pytest.param(
            [("a", 60), ("", 60), ("b", 60), ("ab", 60), ("a", 60), ("ab", 60), ("b", 60), ("", 9)],
            (1, 0),
            id="an-arm-before-its-body",
        ),
        pytest.param([("a", 1500), ("ab", 50), ("b", 50), ("", 9)], (1, 0), id="just-in-time"),
        pytest.param([("a", 1501), ("ab", 50), ("b", 50), ("", 9)], (0, 0), id="too-slow"),
        pytest.param([("a", 100), ("", 1500), ("b", 100), ("", 1600)], (0, 0), id="two-strangers"),
        pytest.param([("a", 5), ("ab", 100), ("b", 100), ("", 9)], (1, 0), id="just-apart"),
        pytest.param([("a", 4), ("ab", 100), ("b", 100), ("", 9)], (0, 0), id="no-order"),
        pytest.param([("ab", 200), ("b", 100), ("", 9), *IN], (1, 0), id="simultaneous-then-one"),
        pytest.param([("a", 100), ("", 1600)], (0, 0), id="looked-in"),
        pytest.param([("a", 100), ("ab", 100), ("a", 100), ("", 9)], (0, 0), id="turned-back"),
        pytest.param(
            [("a", 100), ("ab", 100), ("a", 100), ("ab", 100), ("b", 100), ("", 9)],
            (1, 0),
            id="turned-twice",
        ),
        pytest.param(
            [("a", 100), ("ab", 100), ("b", 100), ("ab", 100), ("a", 100), ("", 9)],
            (0, 0),
            id="turned-back-at-the-last-beam",
        ),
        pytest.param([("a", 100), ("ab", 3000), ("b", 100), ("", 9)], (1, 0), id="stood-between"),
        pytest.param([("a", 100), ("ab", 100), ("", 9)], (1, 0), id="both-clear-at-once"),
        pytest.param(
            [("a", 9000), ("", 100), ("b", 9000), ("", 100)], (0, 0), id="long-but-not-blocked"
        ),
    ],
)
def test_what_is_counted(spans: list[tuple[str, int]], expected: tuple[int, int]) -> None:
    assert counted(*spans) == expected


@pytest.mark.parametrize("beam", ["a", "b", "ab"])
def test_a_blocked_beam_is_told_and_counts_nothing(beam: str) -> None:
    beams = core.Beams()
    counted((beam, 9999), beams=beams)
    assert not beams.is_blocked
    counted((beam, 1), beams=beams)
    assert beams.is_blocked
    other = "ab" if beam != "ab" else "a"
    assert counted((other, 100), (beam, 100), (other, 100), beams=beams) == (0, 0)
    counted(("", 1), beams=beams)
    assert not beams.is_blocked
    assert counted(*IN, beams=beams) == (1, 0)


def test_a_crowd_that_leaves_no_pause_is_not_blocked() -> None:
    beams = core.Beams()
    counted(*[("a", 4000), ("b", 4000)] * 4, beams=beams)
    assert not beams.is_blocked


def test_totals_wrap() -> None:
    beams = core.Beams(entered=2**32 - 1, left=2**32 - 1)
    assert counted(*IN, *OUT, *OUT, beams=beams) == (0, 1)


def test_weeks_of_quiet_wrap_no_clock() -> None:
    beams = core.Beams()
    counted(("", 70_000), beams=beams)
    counted(("b", 70_000), beams=beams)
    assert beams.is_blocked
    assert counted(("", 70_000), *IN, beams=beams) == (1, 0)


walks = st.lists(st.sampled_from(["in", "out", "back-a", "back-b"]), max_size=12)
paces = st.integers(6, 700)


@settings(deadline=None, max_examples=60)
@given(walks, st.lists(paces, min_size=1, max_size=5))
def test_any_visitors_at_any_pace(visitors: list[str], pace: list[int]) -> None:
    steps = {
        "in": ["a", "ab", "b"],
        "out": ["b", "ab", "a"],
        "back-a": ["a", "ab", "a"],
        "back-b": ["b", "ab", "b"],
    }
    spans = []
    milliseconds = itertools.cycle(pace)
    for visitor in visitors:
        spans += [(broken, next(milliseconds)) for broken in steps[visitor]]
        spans.append(("", 1501))
    assert counted(*spans) == (visitors.count("in"), visitors.count("out"))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_beams_that_flicker_break_nothing(seed: int) -> None:
    """Any sequence is survived; afterwards a visitor counts as one."""
    chance = random.Random(seed)
    beams = core.Beams()
    noise = [(chance.choice(list(BEAM)), chance.randrange(1, 400)) for _ in range(300)]
    entered, left = counted(*noise, ("", 1501), beams=beams)
    assert counted(*IN, beams=beams) == (entered + 1, left)
