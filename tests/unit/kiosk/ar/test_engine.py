"""The engine over films whose truth is known: found, followed, lost and found again."""

from dataclasses import replace

import numpy as np
import pytest

from examples.ar_scenes.covers import HEIGHT_MM, WIDTH_MM, cover
from examples.ar_scenes.hand import HandHeld
from examples.ar_scenes.view import Conditions, place, render, turned
from kiosk.ar.camera_model import CameraModel
from kiosk.ar.engine import Engine
from kiosk.ar.features import gray_of
from kiosk.ar.fiducials import Marker, draw_marker
from kiosk.ar.frames import Frame, SyntheticSource
from kiosk.ar.library import TargetLibrary
from kiosk.ar.plane import mapped, rectangle
from kiosk.ar.pose import turned_by
from kiosk.ar.settings import ArSettings, TrackSettings
from kiosk.ar.sight import Hint, Sight
from kiosk.ar.target import enrol
from kiosk.ar.tracking import Anchor
from kiosk.errors import TargetRefused
from tests.unit.kiosk.ar.scenery import CAMERA, Inline, frame, held, target

FPS = 30


def _library(*seeds: int) -> TargetLibrary:
    library = TargetLibrary()
    library.add_all(target(seed) for seed in seeds)
    return library


def _played(engine: Engine, scene: HandHeld) -> list[Sight]:
    source = SyntheticSource(scene, paced=False)
    sights = []
    while (shown := source.read()) is not None:
        sights.append(engine.step(shown))
    return sights


def test_a_card_in_a_hand_is_followed_lost_and_found_again() -> None:
    scene = HandHeld(cover(3), WIDTH_MM, CAMERA, 5, away=[(0.4, 0.8)], seconds=1.6)
    with Engine(_library(3, 0), (), CAMERA, executor=Inline()) as engine:
        sights = _played(engine, scene)
    errors, turns = [], []
    for sight in sights:
        placed = scene.placed(sight.frame / FPS)
        if placed is None:
            assert sight.seen == ()
            assert sight.hint is not Hint.NONE
            continue
        for seen in sight.seen:
            assert seen.name == "3"
            assert 0 < seen.quality <= 1
            assert not seen.is_marker
            errors += list(np.linalg.norm(seen.corners - placed.corners(CAMERA), axis=1))
            turns.append(turned_by(seen.rotation, placed.rotation))
            np.testing.assert_allclose(
                mapped(seen.homography, rectangle(WIDTH_MM, HEIGHT_MM)), seen.corners, atol=1e-6
            )
            np.testing.assert_allclose(seen.translation, placed.translation, atol=12)
    assert sights[0].seen
    back = next(sight.frame for sight in sights if sight.frame >= 0.8 * FPS and sight.seen)
    assert back <= 1.3 * FPS  # half a second
    assert np.median(errors) < 0.5
    assert np.percentile(errors, 95) < 2
    assert np.median(turns) < 1


def test_a_still_card_does_not_tremble() -> None:
    scene = HandHeld(cover(0), WIDTH_MM, CAMERA, 4, pace=0, seconds=0.5)
    with Engine(_library(0), (), CAMERA, executor=Inline()) as engine:
        sights = _played(engine, scene)
    corners = np.array([sight.seen[0].corners for sight in sights[2:]])
    assert corners.std(axis=0).mean() < 0.15


def test_what_a_thread_found_is_handed_over() -> None:
    scene = HandHeld(cover(3), WIDTH_MM, CAMERA, 5)
    with Engine(_library(3), (), CAMERA) as engine:
        for number in range(600):
            image = scene.picture(number / FPS)
            assert image is not None
            if sight_seen := engine.step(Frame(number, number / FPS, image)).seen:
                break
        placed = scene.placed(number / FPS)
        assert placed is not None
        assert sight_seen, "the thread found nothing in 600 frames"
        off = np.linalg.norm(sight_seen[0].corners - placed.corners(CAMERA), axis=1)
        assert off.max() < 2


def test_two_cards_and_a_marker_at_once() -> None:
    marker = Marker("DICT_5X5_100", 4, 40.0, "door")
    sheet = np.pad(draw_marker(marker, 280), 40, constant_values=255)
    printed = place(sheet, 40 * 360 / 280, turned(25, 10, 5), (0, 105, 430))
    cards = (held(0, 15, (-95, -20, 430), spin=5), held(3, 25, (95, -20, 430), spin=-10))
    with Engine(_library(0, 3, 5), (marker,), CAMERA, executor=Inline()) as engine:
        gray = frame(*cards, printed)
        sight = engine.step(Frame(0, 0.0, np.dstack([gray] * 3)))
    assert {seen.name: seen.is_marker for seen in sight.seen} == {
        "door": True,
        "0": False,
        "3": False,
    }
    assert sight.hint is Hint.NONE


def test_targets_come_and_go_while_it_runs() -> None:
    gray = np.dstack([frame(held(3))] * 3)
    with Engine(_library(0), (), CAMERA, executor=Inline()) as engine:
        assert engine.step(Frame(0, 0.0, gray)).seen == ()
        engine.add(target(3))
        assert [seen.name for seen in engine.step(Frame(1, 1.0, gray)).seen] == ["3"]
        engine.remove("3")
        assert engine.step(Frame(2, 2.0, gray)).seen == ()
        engine.add(enrol(cover(3), "3", 74))
        (again,) = engine.step(Frame(3, 3.0, gray)).seen
        assert again.translation[2] < 200  # of half the width it must be half as far away


def test_advice_fits_what_is_wrong() -> None:
    black = np.zeros((480, 640, 3), np.uint8)
    empty = np.dstack([frame(seed=2, how=Conditions(blur=0.3))] * 3)
    steep = np.dstack([frame(held(0, 57))] * 3)
    far = np.dstack([frame(held(0, 10, (0, 0, 640)))] * 3)
    with Engine(_library(0), (), CAMERA, executor=Inline()) as engine:
        assert engine.step(Frame(0, 0.0, black)).hint is Hint.LIGHT
        assert engine.step(Frame(1, 1.0, empty)).hint is Hint.SEARCHING
        said = [engine.step(Frame(2 + k, 2.0 + k, steep)).hint for k in range(3)]
        assert Hint.FLATTER in said
        said = [engine.step(Frame(9 + k, 9.0 + k, far)).hint for k in range(3)]
        assert Hint.CLOSER in said


def test_a_frame_of_another_size_is_refused() -> None:
    with (
        Engine(_library(), (), CAMERA, executor=Inline()) as engine,
        pytest.raises(TargetRefused, match="of 64 x 48: the camera's model is of 640 x 480"),
    ):
        engine.step(Frame(0, 0.0, np.zeros((48, 64, 3), np.uint8)))


def test_no_more_than_so_many_are_followed() -> None:
    settings = ArSettings(track=replace(TrackSettings(), most_tracked=1))
    cards = (held(0, 15, (-90, 0, 430)), held(3, 25, (90, 0, 430)))
    gray = np.dstack([frame(*cards)] * 3)
    with Engine(_library(0, 3), (), CAMERA, settings, Inline()) as engine:
        assert len(engine.step(Frame(0, 0.0, gray)).seen) == 1


def test_a_step_from_a_wrong_place_finds_nothing() -> None:
    """What is followed has to look like the target; clutter does not."""
    anchor = Anchor(target(0), TrackSettings())
    placed = held(0)
    expected = placed.homography(CAMERA)
    assert anchor.step(frame(placed), expected) is not None
    for seed in range(5):
        assert anchor.step(frame(seed=seed), expected) is None
        assert anchor.step(frame(held(5), seed=seed), expected, is_hand_over=True) is None
    assert anchor.step(frame(placed), np.zeros((3, 3))) is None
    away = np.array([[1.0, 0, 5000], [0, 1, 5000], [0, 0, 1]]) @ expected
    assert anchor.step(frame(placed), away) is None


@pytest.mark.parametrize("level", [18, 235], ids=["dark", "light"])
def test_a_card_on_a_contrasting_table_is_handed_over(level: int) -> None:
    """Coarse levels of a pyramid mix the card with the table: they come after the fine ones."""
    coarse_only = 0
    table = np.full((480, 640, 3), level, np.uint8)
    for seed in (0, 3, 5, 6, 8):
        placed = held(seed, 25, spin=30.0 * seed)
        gray = gray_of(render(CAMERA, [placed], seed, background=table))
        true = placed.homography(CAMERA)
        for across, down in ((0, 0), (6, -8), (-14, 9)):
            moved = np.array([[1.0, 0, across], [0, 1, down], [0, 0, 1]]) @ true
            step = Anchor(target(seed), TrackSettings()).step(gray, moved, is_hand_over=True)
            assert step is not None
            outline = rectangle(WIDTH_MM, HEIGHT_MM)
            off = mapped(step.homography, outline) - placed.corners(CAMERA)
            assert np.linalg.norm(off, axis=1).mean() < 1.0
            coarse = replace(TrackSettings(), hand_over_levels=(4,))
            found = Anchor(target(seed), coarse).step(gray, moved, is_hand_over=True)
            coarse_only += found is not None
    assert coarse_only < 15, "the table does not contrast enough to tell"


def test_a_card_that_moved_far_meanwhile_is_handed_over() -> None:
    placed = held(0, 25)
    outline = rectangle(WIDTH_MM, HEIGHT_MM)
    far = np.array([[1.0, 0, 38], [0, 1, -22], [0, 0, 1]]) @ placed.homography(CAMERA)
    step = Anchor(target(0), TrackSettings()).step(frame(placed), far, is_hand_over=True)
    assert step is not None
    off = mapped(step.homography, outline) - placed.corners(CAMERA)
    assert np.linalg.norm(off, axis=1).max() < 1.0
    fine = replace(TrackSettings(), hand_over_levels=(2,))
    assert Anchor(target(0), fine).step(frame(placed), far, is_hand_over=True) is None


def test_a_target_without_texture_is_never_followed() -> None:
    blank = enrol(np.full((600, 424), 200, np.uint8), "blank", WIDTH_MM)
    library = TargetLibrary()
    library.add(blank)
    with Engine(library, (), CameraModel.from_fov(640, 480, 60), executor=Inline()) as engine:
        image = np.dstack([frame(held(0))] * 3)
        assert engine.step(Frame(0, 0.0, image)).seen == ()
    expected = held(0).homography(CAMERA)
    assert Anchor(blank, TrackSettings()).step(frame(held(0)), expected) is None
