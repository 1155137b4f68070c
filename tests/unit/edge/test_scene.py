import itertools

import numpy as np
import pytest

from edge.vision.scene import SCENE_LINE, Scene


def test_the_same_seed_gives_the_same_pictures_and_truth() -> None:
    first, second = Scene(3, seconds=4), Scene(3, seconds=4)
    assert first.crossings() == second.crossings()
    for (a, t), (b, u) in zip(first.frames(), second.frames(), strict=True):
        assert t == u
        assert np.array_equal(a, b)


def test_seeds_differ() -> None:
    assert Scene(1, seconds=60).crossings() != Scene(2, seconds=60).crossings()


def test_an_endless_scene_agrees_with_its_beginning() -> None:
    endless, minute = Scene(4), Scene(4, seconds=90)
    assert endless.crossings(until_seconds=90) == minute.crossings()
    for (a, _), (b, _) in itertools.islice(zip(endless.frames(), minute.frames(), strict=False), 3):
        assert np.array_equal(a, b)
    with pytest.raises(ValueError, match="say until when"):
        endless.crossings()


def test_truth_is_when_a_middle_passes_the_line() -> None:
    scene = Scene(5, seconds=60)
    walkers = scene._walkers(0)
    for walker in walkers:
        for crossing in walker.crossings(SCENE_LINE.start.y):
            before = walker.at(crossing.at_seconds - 0.01)
            after = walker.at(crossing.at_seconds + 0.01)
            assert before is not None
            assert after is not None
            inwards = before[0].y < 0.5 < after[0].y
            assert inwards == (crossing.direction.value == "in")
            assert inwards or before[0].y > 0.5 > after[0].y


def test_a_minute_is_left_before_the_next_but_one() -> None:
    scene = Scene(6, visitors_per_minute=40, wanderers_per_minute=4)
    for minute in range(3):
        assert all(w.path[-1][0] < 60 * (minute + 2) for w in scene._walkers(minute))
