"""Painted crowds: where tracks are lost the flow does better, elsewhere it keeps out."""

import pytest

from edge.counting.line import Crossing
from edge.counting.scoring import CountedCrossing, score
from edge.vision.pipeline import Counter
from edge.vision.scenes.catalogue import StagedScene, build_scene


def count(scene: StagedScene, counter: Counter) -> tuple[list[Crossing], int]:
    """Give the crossings, and in how many pictures they were estimated."""
    crossings: list[Crossing] = []
    estimating = 0
    for image, at_seconds in scene.frames():
        crossings += counter.feed(image, at_seconds)
        estimating += counter.is_estimating
    return crossings + counter.finish(), estimating


def f1_of(crossings: list[Crossing], scene: StagedScene) -> float:
    counted = [CountedCrossing(c.at_seconds, c.direction) for c in crossings]
    return score(counted, scene.crossings()).f1


@pytest.mark.parametrize("seed", [23])
def test_a_dense_crowd_is_estimated_better_than_followed(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = build_scene("dense", seed, seconds=30)
    crossings, estimating = count(scene, Counter([scene.line], person_size=scene.person))
    monkeypatch.setattr("edge.vision.pipeline.CrowdWatch.look", lambda *_: None)
    followed, never = count(scene, Counter([scene.line], person_size=scene.person))
    print(f"seed {seed}: {f1_of(crossings, scene)} {f1_of(followed, scene)}")  # noqa: T201
    assert estimating > 0
    assert never == 0
    assert any(c.estimated for c in crossings)
    assert f1_of(crossings, scene) > f1_of(followed, scene)


@pytest.mark.parametrize("name", ["groups", "standing", "single"])
def test_who_is_not_a_crowd_is_never_estimated(name: str) -> None:
    scene = build_scene(name, 3, seconds=30)
    crossings, estimating = count(scene, Counter([scene.line], person_size=scene.person))
    assert estimating == 0
    assert not any(c.estimated for c in crossings)
