"""Recognition: the right picture, in its place, in bad light too; nothing where there is none."""

import itertools
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples.ar_scenes.covers import HEIGHT_MM, SERIES, WIDTH_MM, cover
from examples.ar_scenes.view import ORDINARY, Conditions, render
from kiosk.ar.features import Gray
from kiosk.ar.library import Found, TargetLibrary
from kiosk.ar.neighbours import ExactNeighbours
from kiosk.ar.plane import mapped, rectangle
from kiosk.ar.settings import ArSettings, RecogniserSettings
from kiosk.ar.shelf import Kept, Vote, agreement
from kiosk.ar.target import enrol
from kiosk.errors import TargetRefused
from tests.unit.kiosk.ar.scenery import CAMERA, frame, held, target

ENROLLED = 14


@pytest.fixture(scope="module")
def library() -> Iterator[TargetLibrary]:
    library = TargetLibrary()
    library.add_all(target(seed) for seed in range(ENROLLED))
    library.settle()
    yield library
    library.close()


def _corners(found: Found) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return mapped(found.homography, rectangle(WIDTH_MM, HEIGHT_MM))


@pytest.mark.parametrize(
    ("seed", "tilt", "how"),
    [
        (0, 20, ORDINARY),
        (3, 20, ORDINARY),
        (9, 15, ORDINARY),
        (5, 60, ORDINARY),
        (6, 20, Conditions(blur=2.0)),
        (7, 20, Conditions(gain=0.2)),
        (8, 20, Conditions(gain=0.3, lift=165)),
        (10, 20, Conditions(glare=0.6)),
        (12, 20, Conditions(occluded=0.3)),
        (13, 20, Conditions(noise=9.0)),
    ],
    ids=["photo", "shapes", "text", "tilt", "blur", "dark", "pale", "glare", "hand", "noise"],
)
def test_a_picture_is_found_where_it_is(
    library: TargetLibrary, seed: int, tilt: float, how: Conditions
) -> None:
    placed = held(seed, tilt)
    (found,) = library.recognise(frame(placed, seed=seed, how=how))
    assert found.name == str(seed)
    assert np.linalg.norm(_corners(found) - placed.corners(CAMERA), axis=1).mean() < 5
    assert 0.4 <= found.photometric <= 1


def test_two_in_one_picture_are_both_found(library: TargetLibrary) -> None:
    left, right = held(0, 15, (-90, 0, 420)), held(3, 25, (95, 10, 430), spin=-20)
    found = library.recognise(frame(left, right))
    assert {one.name for one in found} == {"0", "3"}
    for one, placed in itertools.product(found, (left, right)):
        if one.name == ("0" if placed is left else "3"):
            off = np.linalg.norm(_corners(one) - placed.corners(CAMERA), axis=1)
            assert off.mean() < 8


def test_nothing_is_found_where_nothing_is(library: TargetLibrary) -> None:
    for seed in range(2):
        assert library.recognise(frame(seed=seed)) == []
        assert library.recognise(frame(held(SERIES + seed), seed=seed)) == []


def test_only_where_and_what_is_asked_for(library: TargetLibrary) -> None:
    placed = held(0)
    gray = frame(placed)
    mask = np.full_like(gray, 255)
    cv2.fillConvexPoly(mask, placed.corners(CAMERA).astype(np.int32), (0,))
    assert library.recognise(gray, mask) == []
    others = library.recognise(gray, without=frozenset({"0"}))
    assert "0" not in [found.name for found in others]
    assert len(library.recognise(gray)) == 1


@pytest.mark.parametrize(
    ("across", "down", "agreed"),
    [(0.8, 0.8, 40), (0.9, 0.25, 40), (-0.8, 0.8, 0), (0.9, 0.1, 0)],
    ids=["flat", "tilted", "mirrored", "a thread"],
)
def test_votes_agree_on_what_a_card_can_look_like(across: float, down: float, agreed: int) -> None:
    places = np.random.default_rng(3).uniform(0, 400, (40, 2))
    seen = places * (across, down) + (200, 100)
    vote = Vote(Kept(target(0), ArSettings()), 1.0, places, seen)
    assert agreement(vote, RecogniserSettings()) == agreed


def test_a_large_photograph_is_as_good_as_a_frame(library: TargetLibrary) -> None:
    placed = held(6)
    frame_of = render(CAMERA, [placed], 3)
    large = np.asarray(cv2.resize(frame_of, (4000, 3000), interpolation=cv2.INTER_CUBIC), np.uint8)
    (found,) = library.recognise(large)
    assert found.name == "6"
    off = np.linalg.norm(_corners(found) * 640 / 4000 - placed.corners(CAMERA), axis=1)
    assert off.mean() < 5


def test_a_new_target_is_found_at_once_and_a_removed_one_no_more() -> None:
    library = TargetLibrary()
    gray = frame(held(3))
    assert library.recognise(gray) == []
    library.add(target(3))
    assert [found.name for found in library.recognise(gray)] == ["3"]
    library.settle()
    assert not library.shelf().waiting
    assert [found.name for found in library.recognise(gray)] == ["3"]
    library.remove("3")
    assert library.recognise(gray) == []
    library.add(enrol(cover(3), "3", WIDTH_MM))
    assert [found.name for found in library.recognise(gray)] == ["3"]
    library.close()


def test_the_side_list_is_merged_in_the_background() -> None:
    library = TargetLibrary()
    for seed in range(library.settings.recogniser.merge_at):
        library.add(target(seed))
    library.close()
    shelf = library.shelf()
    assert shelf.index is not None
    assert not shelf.waiting
    assert len(library) == len(shelf.index.members) == library.settings.recogniser.merge_at
    assert [found.name for found in library.recognise(frame(held(5)))] == ["5"]


def test_a_name_is_given_once() -> None:
    library = TargetLibrary()
    library.add(target(0))
    with pytest.raises(TargetRefused, match="of this name"):
        library.add_all((target(1), target(0)))
    assert "1" not in library
    with pytest.raises(KeyError):
        library.remove("1")


def test_near_duplicates_are_named(library: TargetLibrary) -> None:
    second = cover(6).copy()
    second[:60] = 200
    assert library.near(enrol(second, "second", WIDTH_MM))[0] == "6"
    assert library.near(target(SERIES + 3)) == []
    assert "6" not in library.near(target(6))


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((0, 0), np.uint8),
        np.zeros((1, 1), np.uint8),
        np.zeros((31, 900), np.uint8),
        np.zeros((480, 640), np.uint8),
        np.full((480, 640, 3), 255, np.uint8),
        np.zeros((33, 4000), np.uint8),
    ],
    ids=["empty", "one", "strip", "black", "white", "line"],
)
def test_pictures_without_anything_hold_nothing(library: TargetLibrary, picture: Gray) -> None:
    assert library.recognise(picture) == []


@settings(max_examples=6, deadline=None)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 2**31))
def test_noise_holds_nothing(height: int, width: int, seed: int) -> None:
    library = TargetLibrary()
    library.add_all((target(0), target(3)))
    noise = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
    assert library.recognise(noise) == []


def test_without_an_index_everything_is_compared(
    library: TargetLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on OpenCV 4, which has no index over bits."""
    monkeypatch.setattr("kiosk.ar.neighbours.HAS_INDEX", False)
    plain = TargetLibrary()
    plain.add_all(library.targets)
    plain.settle()
    index = plain.shelf().index
    assert index is not None
    assert isinstance(index.neighbours, ExactNeighbours)
    for seed in (0, 3, 5):
        assert [one.name for one in plain.recognise(frame(held(seed)))] == [str(seed)]
