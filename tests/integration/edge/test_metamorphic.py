"""What must not change a count, or swap it: no annotation is needed to know that."""

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from edge.counting.geometry import Anchor
from edge.evaluate import read_truth
from edge.evaluate.footage import of_clip
from edge.vision.frames import Frame
from edge.vision.pipeline import USUAL_PERSON, calibrate
from edge.vision.scenes.catalogue import StagedScene, build_scene
from tests.integration.edge.doors import (
    Door,
    brighter,
    crossings_of,
    darker,
    halved,
    noisy,
    thinned,
    totals,
)

# Another seed each time it is wanted; the printed one repeats a failure.
SEEDS: Final = [int(s) for s in os.environ.get("KAIGUAN_SEEDS", "1").split(",")]
SECONDS: Final = 20.0

Change = Callable[[Door], Door]
KEEPING: Final[dict[str, Change]] = {
    "mirrored-along": Door.mirrored_along,
    "brighter": lambda door: door.changed(brighter),
    "darker": lambda door: door.changed(darker),
    "noisy": lambda door: door.changed(noisy(3)),
    "half-the-frames": Door.every_second,
    "half-the-size": lambda door: door.changed(halved),
}
SWAPPING: Final[dict[str, Change]] = {
    "backwards": Door.backwards,
    "mirrored-across": Door.mirrored_across,
}


def check_keeps(door: Door, usual: tuple[int, int], change: Change) -> None:
    changed = change(door).count()
    print(f"{door.name}: {usual} became {changed}")  # noqa: T201 - shown when it fails
    assert abs(changed[0] - usual[0]) <= 1
    assert abs(changed[1] - usual[1]) <= 1


@functools.lru_cache(maxsize=1)
def painted(name: str, seed: int) -> tuple[Door, tuple[int, int]]:
    """Give a painted door and its count; only the latest one is kept."""
    scene = build_scene(name, seed, seconds=SECONDS)
    frames = tuple(Frame(*frame) for frame in scene.frames())
    door = Door(f"scene:{name}:{seed}", frames, scene.line, scene.person)
    return door, door.count()


@pytest.mark.parametrize("change", KEEPING.values(), ids=KEEPING)
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["single", "groups", "crowd"])
def test_a_painted_door_keeps_its_count(name: str, seed: int, change: Change) -> None:
    check_keeps(*painted(name, seed), change)


@pytest.mark.parametrize("change", SWAPPING.values(), ids=SWAPPING)
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["single", "groups", "crowd"])
def test_a_painted_door_swaps_in_and_out(name: str, seed: int, change: Change) -> None:
    door, (into, out) = painted(name, seed)
    check_keeps(door, (out, into), change)


@functools.lru_cache(maxsize=1)
def filmed(shared: Path, clip: str) -> tuple[Door, tuple[int, int]]:
    """Give a recorded door, whose visitors' size it has learned, and its count."""
    truth = read_truth((shared / "truth" / clip).with_suffix(".json"))
    footage = of_clip(shared / "clips" / clip, truth)
    frames = tuple(thinned(footage.read(15.0)))
    person = calibrate(frames[::2], [truth.line]) or USUAL_PERSON
    door = Door(clip, frames, truth.line, person)
    return door, door.count()


CLIPS: Final = (
    pytest.param("bus_lanes_topdown.avi", id="bus"),
    pytest.param("pavement_topdown.mp4", id="pavement", marks=pytest.mark.soak),
    pytest.param("campus_oblique.mp4", id="campus", marks=pytest.mark.soak),
    pytest.param("table_standstill.mp4", id="table", marks=pytest.mark.soak),
)


@pytest.mark.clips
@pytest.mark.parametrize("change", KEEPING.values(), ids=KEEPING)
@pytest.mark.parametrize("clip", CLIPS)
def test_a_clip_keeps_its_count(shared: Path, clip: str, change: Change) -> None:
    door, usual = filmed(shared, clip)
    if change is Door.mirrored_along and door.is_upright and door.line.anchor is Anchor.FOOT:
        pytest.skip("visitors on their heads have no feet below")
    check_keeps(door, usual, change)


@pytest.mark.clips
@pytest.mark.parametrize("change", SWAPPING.values(), ids=SWAPPING)
@pytest.mark.parametrize("clip", CLIPS)
def test_a_clip_swaps_in_and_out(shared: Path, clip: str, change: Change) -> None:
    door, (into, out) = filmed(shared, clip)
    if change is Door.mirrored_across and not door.is_upright and door.line.anchor is Anchor.FOOT:
        pytest.skip("visitors on their heads have no feet below")
    check_keeps(door, (out, into), change)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["empty", "lights", "dark"])
def test_where_nobody_comes_nobody_is_counted(name: str, seed: int) -> None:
    scene = build_scene(name, seed, seconds=55)
    counted = crossings_of(painted_frames(scene), scene.line, scene.person)
    print(f"seed {seed}: {counted}")  # noqa: T201 - shown when it fails
    assert counted == []


@pytest.mark.parametrize("seed", [3, 4])
def test_who_stands_on_the_line_is_counted_once_or_not_at_all(seed: int) -> None:
    """Holds for these seeds; docs/counting.md tells of those for which it does not."""
    scene = build_scene("standing", seed, seconds=40)
    counted = crossings_of(painted_frames(scene), scene.line, scene.person)
    print(f"seed {seed}: {counted}")  # noqa: T201 - shown when it fails
    true = scene.crossings()
    assert 0 < len(counted) <= len(true)
    assert all(any(abs(c.at_seconds - t.at_seconds) <= 1 for t in true) for c in counted)


def the_same_directions(seed: int) -> bool:
    """Count one who stands for 20 s; at this height nobody has room to pass beside him."""
    scene = build_scene("standing", seed, 2.3, seconds=40)
    counted = totals(crossings_of(painted_frames(scene), scene.line, scene.person))
    true = [t.direction.value for t in scene.crossings()]
    print(f"seed {seed}: {counted}, true {true}")  # noqa: T201 - shown when it fails
    return counted == (true.count("in"), true.count("out"))


@pytest.mark.parametrize("seed", [1, 20])
def test_who_stands_alone_on_the_line_is_counted_as_often_as_he_crossed(seed: int) -> None:
    assert the_same_directions(seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1, 25))
def test_who_stands_alone_is_counted_right_on_many_seeds(seed: int) -> None:
    assert the_same_directions(seed)


def bias(scene: StagedScene, begin: float, end: float) -> tuple[int, int]:
    """Return by how much in exceeds out more than it should, and how many came in."""
    first, last = round(begin * scene.fps), round(end * scene.fps)
    frames = (Frame(scene.picture(n / scene.fps), n / scene.fps) for n in range(first, last))
    into, out = totals(crossings_of(frames, scene.line, scene.person))
    true = [t.direction.value for t in scene.crossings(end) if t.at_seconds >= begin]
    print(f"counted {into}/{out}, true {true.count('in')}/{true.count('out')}")  # noqa: T201
    return (into - out) - (true.count("in") - true.count("out")), true.count("in")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_busy_quarter_of_a_day_leaves_nobody_over(seed: int) -> None:
    """A minute and a half of the morning rush: too short for shares, long enough for a lean."""
    left_over, came = bias(build_scene("day", seed), 1500.0, 1590.0)
    assert came >= 10
    assert abs(left_over) <= 2


@pytest.mark.soak
def test_a_day_of_two_thousand_leaves_less_than_a_hundredth_over() -> None:
    scene = build_scene("day", SEEDS[0])
    left_over, came = bias(scene, 0.0, 10800.0)
    assert came > 1900
    assert abs(left_over) <= 0.01 * came


def painted_frames(scene: StagedScene) -> list[Frame]:
    return [Frame(*frame) for frame in scene.frames()]
