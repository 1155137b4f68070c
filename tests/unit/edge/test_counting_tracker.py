import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.counting.geometry import Box, PersonSize
from edge.counting.tracker import Tracker, TrackRules

PERSON = PersonSize(0.1, 0.1)


def a_box(x: float, y: float) -> Box:
    return Box(x, y, 0.1, 0.1)


def test_one_walker_is_one_track_told_from_his_first_position() -> None:
    tracker = Tracker(PERSON)
    told: list[tuple[int, float, Box]] = []
    for i in range(10):
        told += tracker.update([a_box(0.1 + 0.03 * i, 0.5)], i / 15).positions
    assert {track_id for track_id, _, _ in told} == {1}
    assert [round(t * 15) for _, t, _ in told] == list(range(10))


def test_a_flash_of_two_frames_is_never_told() -> None:
    tracker = Tracker(PERSON)
    first = tracker.update([a_box(0.5, 0.5)], 0.0)
    second = tracker.update([a_box(0.5, 0.5)], 0.1)
    assert first.positions == second.positions == ()
    assert tracker.update([], 1.0).forgotten == (1,)


def test_a_track_lives_through_a_short_occlusion() -> None:
    tracker = Tracker(PERSON)
    ids = set()
    for i in range(30):
        hidden = 10 <= i < 16
        update = tracker.update([] if hidden else [a_box(0.02 * i, 0.5)], i / 15)
        ids |= {track_id for track_id, _, _ in update.positions}
    assert ids == {1}


@pytest.mark.parametrize(
    ("pictures", "goes_on"),
    [pytest.param(5, 1, id="an-arm"), pytest.param(12, 2, id="somebody-beside-him")],
)
def test_who_was_briefly_cut_in_two_goes_on_as_himself(pictures: int, goes_on: int) -> None:
    """The blob that is left lies nearer to the newer track."""
    tracker = Tracker(PERSON)
    for i in range(10):
        tracker.update([a_box(0.5, 0.5)], i / 15)
    for i in range(10, 10 + pictures):
        tracker.update([a_box(0.5, 0.5), a_box(0.56, 0.5)], i / 15, parts=(0, 1))
    update = tracker.update([a_box(0.54, 0.5)], (10 + pictures) / 15)
    assert [track_id for track_id, _, _ in update.positions] == [goes_on]


def test_a_part_of_a_visitor_is_expected_nowhere() -> None:
    tracker = Tracker(PERSON)
    for i in range(5):
        tracker.update([a_box(0.5, 0.5), a_box(0.56, 0.5)], i / 15, parts=(1,))
    assert [round(place.x, 2) for place in tracker.predict(5 / 15)] == [0.5]


def test_two_who_pass_each_other_keep_their_ids() -> None:
    tracker = Tracker(PERSON)
    ways: dict[int, list[float]] = {}
    for i in range(30):
        boxes = [a_box(0.3, 0.03 * i), a_box(0.36, 0.87 - 0.03 * i)]
        for track_id, _, box in tracker.update(boxes, i / 15).positions:
            ways.setdefault(track_id, []).append(box.y)
    assert sorted(ways) == [1, 2]
    assert np.all(np.diff(ways[1]) > 0)
    assert np.all(np.diff(ways[2]) < 0)


def test_a_detection_beyond_the_gate_is_somebody_else() -> None:
    tracker = Tracker(PERSON, TrackRules(gate=1.0, min_hits=1))
    tracker.update([a_box(0.2, 0.5)], 0.0)
    tracker.update([a_box(0.5, 0.5)], 0.1)
    assert len(tracker) == 2


def test_prediction_changes_nothing() -> None:
    tracker = Tracker(PERSON)
    for i in range(5):
        tracker.update([a_box(0.1 * i, 0.5)], i / 10)
    (ahead,) = tracker.predict(0.5)
    assert tracker.predict(0.5) == [ahead]
    assert abs(ahead.x - 0.5) < 0.03


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=12), min_size=1, max_size=30
    )
)
def test_tracks_are_bounded_and_every_one_is_forgotten(
    frames: list[list[tuple[float, float]]],
) -> None:
    tracker = Tracker(PERSON, TrackRules(max_tracks=8))
    told: set[int] = set()
    forgotten: list[int] = []
    for i, places in enumerate(frames):
        update = tracker.update([a_box(*p) for p in places], i / 15)
        told |= {track_id for track_id, _, _ in update.positions}
        forgotten += update.forgotten
        assert len(tracker) <= 8
    forgotten += tracker.update([], len(frames) / 15 + 10).forgotten
    assert len(tracker) == 0
    assert told <= set(forgotten)
    assert len(forgotten) == len(set(forgotten))


def test_a_long_day_leaves_nothing_behind() -> None:
    tracker = Tracker(PERSON)
    rng = np.random.default_rng(5)
    for i in range(3000):
        tracker.update([a_box(*rng.uniform(0, 1, 2)) for _ in range(3)], i / 15)
        assert len(tracker) <= TrackRules().max_tracks
