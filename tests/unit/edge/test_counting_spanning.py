"""A line that does not span its passage is called into question, one that does is not."""

from collections.abc import Iterable

import pytest

from edge.counting.geometry import Box, CountingLine, PersonSize, Point
from edge.counting.spanning import Finding, Flaw, LineReview
from edge.counting.tracker import TrackUpdate

PERSON = PersonSize(0.1, 0.1)


def review(
    walks: Iterable[tuple[float, float, float]], start: float = 0.3, end: float = 0.7
) -> list[Finding]:
    """Let people walk straight down at x, from y to y, past a level line in the middle."""
    line = CountingLine("door", Point(start, 0.5), Point(end, 0.5), Point(0, 1))
    watching = LineReview(line, PERSON)
    for number, (x, first, last) in enumerate(walks):
        for step in range(11):
            y = first + (last - first) * step / 10
            watching.feed(TrackUpdate(((number, step / 10, Box(x, y, 0.1, 0.1)),), ()))
        watching.feed(TrackUpdate((), (number,)))
    return watching.findings()


def test_who_passes_through_the_middle_speaks_for_the_line() -> None:
    assert review([(0.5, 0.2, 0.8)] * 20) == []


@pytest.mark.parametrize(
    ("x", "flaw"), [(0.2, Flaw.BEYOND_START), (0.8, Flaw.BEYOND_END)], ids=["start", "end"]
)
def test_who_passes_beyond_an_end_is_told(x: float, flaw: Flaw) -> None:
    assert review([(x, 0.2, 0.8), (x, 0.8, 0.2), (0.5, 0.2, 0.8)]) == [Finding(flaw, 2)]


def test_another_passage_is_none_of_this_line() -> None:
    assert review([(0.99, 0.2, 0.8)] * 3 + [(0.5, 0.2, 0.8)] * 3) == []


def test_many_close_to_an_end_are_told_but_not_at_the_edge_of_the_picture() -> None:
    walks = [(0.31, 0.2, 0.8)] * 4 + [(0.5, 0.2, 0.8)] * 6
    assert review(walks) == [Finding(Flaw.CLOSE_TO_START, 4)]
    assert review([(x - 0.3, a, b) for x, a, b in walks], start=0.0, end=0.4) == []


def test_a_line_far_from_everybody_is_told() -> None:
    assert review([(0.5, 0.8, 0.95)] * 6) == [Finding(Flaw.NOBODY_NEAR, 6)]
    assert review([(0.5, 0.8, 0.95)] * 6 + [(0.5, 0.65, 0.55)]) == []


def test_who_turns_back_on_the_prolonged_line_did_not_pass() -> None:
    assert review([(0.2, 0.45, 0.505), (0.2, 0.2, 0.49)]) == []
