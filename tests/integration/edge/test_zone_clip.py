"""Dwell in a recorded room, where each visitor stands still until he is background."""

from pathlib import Path

import pytest

from edge.counting.geometry import PersonSize, Point
from edge.counting.zone import Zone
from edge.vision.capture import read_file
from edge.vision.pipeline import Counter

pytestmark = pytest.mark.clips
ROOM = Zone("table", (Point(0.05, 0.02), Point(0.95, 0.02), Point(0.95, 0.98), Point(0.05, 0.98)))
STAYS = (13.7, 22.3, 19.8)
"""Seconds from coming to leaving, read off the pictures by eye: the first three of six."""
SECONDS = 72


def test_each_stay_is_one_and_as_long_as_it_was(shared: Path) -> None:
    counter = Counter([], zones=[ROOM], person_size=PersonSize(0.26, 0.86))
    (zone,) = counter.zones
    stays: list[float] = []
    for frame in read_file(shared / "clips" / "table_standstill.mp4"):
        if frame.at_seconds > SECONDS:
            break
        counter.feed(frame.image, frame.at_seconds)
        assert zone.present <= 1
        stays += zone.take_left()
    assert zone.entries == len(STAYS)
    assert stays == pytest.approx(STAYS, abs=1.5)
