"""Every painted door: deterministic, its truth in order, and what its name promises."""

import itertools
import math

import numpy as np
import pytest

from edge.counting.geometry import Direction
from edge.vision.scenes.cast import BESIDE
from edge.vision.scenes.catalogue import KINDS, StagedScene, build_scene
from edge.vision.scenes.conditions import ACT_SECONDS
from edge.vision.scenes.day import DAY_SECONDS, VISITORS
from edge.vision.scenes.view import HIGHEST, LOWEST, SHOULDERS, View
from edge.vision.scenes.visitor import Visitor

NOBODY = ("lights", "covered", "empty", "dark")
SEED = 5


def visitors_of(scene: StagedScene, act: int) -> tuple[Visitor, ...]:
    return scene._visitors(act)


@pytest.mark.parametrize("name", KINDS)
def test_the_same_name_gives_the_same_pictures_and_truth(name: str) -> None:
    first, second = build_scene(name, SEED, seconds=60), build_scene(name, SEED, seconds=60)
    assert first.crossings() == second.crossings()
    # In another order: a picture depends on its instant alone.
    instants = (0.0, 12.4, 31.6, 59.9)
    forth = [first.picture(t) for t in instants]
    back = [second.picture(t) for t in reversed(instants)][::-1]
    assert all(np.array_equal(a, b) for a, b in zip(forth, back, strict=True))
    assert all(p.shape == (240, 320, 3) and p.dtype == np.uint8 for p in forth)


@pytest.mark.parametrize("name", KINDS)
def test_another_seed_is_another_door(name: str) -> None:
    assert not np.array_equal(build_scene(name, 1).picture(0), build_scene(name, 2).picture(0))


@pytest.mark.parametrize("name", KINDS)
def test_all_are_gone_before_the_next_act_but_one(name: str) -> None:
    scene = build_scene(name, SEED)
    for act in range(4):
        for visitor in visitors_of(scene, act):
            assert visitor.way[0].at_seconds >= ACT_SECONDS * act
            assert visitor.way[-1].at_seconds < ACT_SECONDS * (act + 2)


@pytest.mark.parametrize("name", KINDS)
def test_truth_is_in_order_and_where_nobody_comes_it_is_empty(name: str) -> None:
    truth = build_scene(name, SEED, seconds=120).crossings()
    instants = [c.at_seconds for c in truth]
    assert instants == sorted(instants)
    assert (truth == []) == (name in NOBODY)


def test_a_scene_without_end_has_no_last_crossing() -> None:
    scene = build_scene("single", SEED)
    assert scene.crossings(60) == build_scene("single", SEED, seconds=60).crossings()
    with pytest.raises(ValueError, match="say until when"):
        scene.crossings()
    assert len(list(itertools.islice(scene.frames(), 20))) == 20


def test_a_name_there_is_not_lists_those_there_are() -> None:
    with pytest.raises(ValueError, match="no scene is named 'x': there are single, groups"):
        build_scene("x", 1)


@pytest.mark.parametrize("name", ["groups", "crowd", "stream", "day", "single"])
def test_nobody_walks_through_somebody(name: str) -> None:
    """Bodies are half a metre wide; in a throng a shoulder may touch."""
    scene, least = build_scene(name, SEED), 0.25
    for tenth in range(1200):
        poses = [
            pose
            for visitor in (*visitors_of(scene, 0), *visitors_of(scene, 1))
            if (pose := visitor.pose(tenth / 10)) is not None and abs(pose.y) < 1.2
        ]
        for a, b in itertools.combinations(poses, 2):
            assert math.hypot(a.x - b.x, a.y - b.y) > least, f"{name} at {tenth / 10} s"


def test_groups_come_side_by_side() -> None:
    scene = build_scene("groups", SEED, seconds=60)
    true = scene.crossings()
    near = [
        abs(a.at_seconds - b.at_seconds) < 0.4 and a.direction is b.direction
        for a, b in itertools.pairwise(true)
    ]
    assert sum(near) > len(true) / 3
    assert BESIDE < 0.6


def test_a_crowd_is_one_a_second_both_ways() -> None:
    true = build_scene("crowd", SEED, seconds=600).crossings()
    assert 500 < len(true) < 640
    ins = sum(c.direction is Direction.IN for c in true)
    assert 0.35 < ins / len(true) < 0.65


def test_a_stream_goes_one_way_two_a_second() -> None:
    true = build_scene("stream", SEED, seconds=60).crossings()
    assert {c.direction for c in true} == {Direction.OUT}
    busiest = max(sum(0 <= other.at_seconds - c.at_seconds < 5 for other in true) for c in true)
    assert busiest >= 10


def test_who_stands_on_the_line_stands_twenty_seconds() -> None:
    scene = build_scene("standing", SEED)
    for act in range(4):
        standing = [
            sum(
                pose is not None and abs(pose.y) < 0.25
                for pose in (v.pose(60 * act + tenth / 10) for tenth in range(1100))
            )
            / 10
            for v in visitors_of(scene, act)
        ]
        assert max(standing) >= 18


def test_a_day_has_two_thousand_visitors_who_come_and_go() -> None:
    true = build_scene("day", SEED, seconds=DAY_SECONDS + 60).crossings(DAY_SECONDS + 5)
    ins = sum(c.direction is Direction.IN for c in true)
    assert ins == pytest.approx(VISITORS, abs=20)
    assert len(true) - ins == pytest.approx(VISITORS, abs=20)
    hours = np.histogram(
        [c.at_seconds for c in true if c.direction is Direction.IN], 12, (0, DAY_SECONDS)
    )[0]
    assert hours[1] > 2 * hours[4] > 0


def test_a_frozen_camera_repeats_one_picture_and_its_crossings_are_uncertain() -> None:
    scene = build_scene("frozen", SEED, seconds=60)
    same = [np.array_equal(scene.picture(n / 2), scene.picture((n + 1) / 2)) for n in range(118)]
    assert 38 <= sum(same) <= 40
    first = same.index(True) / 2
    # 0.5: an instant between two of the pictures compared may be the first of the frozen ones.
    for crossing in build_scene("frozen", 1, seconds=600).crossings():
        assert crossing.uncertain == (
            build_scene("frozen", 1)._conditions(crossing.at_seconds).frozen_at is not None
        )
    assert first > 10


@pytest.mark.parametrize(("name", "at_most"), [("dark", 20), ("covered", 70), ("lights", 35)])
def test_what_takes_the_light_takes_it(name: str, at_most: int) -> None:
    scene = build_scene(name, SEED)
    darkest = min(float(scene.picture(t).mean()) for t in range(1, 59, 2))
    assert darkest < at_most


def test_an_exposure_hunts_by_a_third() -> None:
    scene = build_scene("exposure", SEED)
    levels = [scene._conditions(t / 5).gain[1] for t in range(300)]
    assert 0.65 < min(levels) < 0.85
    assert 1.15 < max(levels) < 1.35


def test_a_visitor_is_a_tenth_to_a_third_of_the_picture() -> None:
    """Half a metre across, arms included, at the height of shoulders."""
    widths = [0.5 * View(h).spot(0, 0, SHOULDERS).scale / 320 for h in (LOWEST, 3.0, HIGHEST)]
    assert widths == pytest.approx([0.37, 0.2, 0.1], abs=0.02)
    boxes = [build_scene("single", SEED, height).person for height in (LOWEST, 3.0, HIGHEST)]
    # At the line a body leans to its side, more so the nearer the camera is.
    for box, width in zip(boxes, widths, strict=True):
        assert width < box.w < 1.5 * width
        assert 0.5 < box.fill < 0.75


def test_only_an_oblique_view_has_a_growth_and_counts_feet() -> None:
    oblique, down = build_scene("oblique", SEED), build_scene("single", SEED)
    assert oblique.person.growth > 0.3
    assert down.person.growth == 0
    assert (oblique.line.anchor, down.line.anchor) == ("foot", "centre")
