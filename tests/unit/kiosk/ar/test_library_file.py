"""A library on disk: opened again without enrolling, and never trusted when it is damaged."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from examples.ar_scenes.covers import WIDTH_MM, cover
from kiosk.ar import library_file
from kiosk.ar.library import TargetLibrary
from kiosk.ar.library_file import INDEX, TARGETS, open_library
from kiosk.ar.neighbours import HAS_INDEX
from kiosk.ar.target import Target, enrol
from kiosk.errors import TargetRefused
from tests.unit.kiosk.ar.scenery import frame, held

PICTURES = {str(seed): (cover(seed), WIDTH_MM) for seed in range(5)}


@pytest.fixture
def enrolled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names that are enrolled from now on."""
    names: list[str] = []

    def counted(picture: NDArray[np.uint8], name: str, *rest: object) -> Target:
        names.append(name)
        return enrol(picture, name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(library_file, "enrol", counted)
    return names


def _finds(library: TargetLibrary, seed: int) -> bool:
    return [one.name for one in library.recognise(frame(held(seed)))] == [str(seed)]


def test_what_is_the_same_is_not_enrolled_again(tmp_path: Path, enrolled: list[str]) -> None:
    first = open_library(tmp_path, PICTURES)
    assert len(enrolled) == 5
    again = open_library(tmp_path, PICTURES)
    assert len(enrolled) == 5
    assert _finds(first, 3)
    assert _finds(again, 3)
    for one, other in zip(first.targets, again.targets, strict=True):
        assert (one.name, one.score, one.advice) == (other.name, other.score, other.advice)
        np.testing.assert_array_equal(one.bits, other.bits)


def test_only_what_changed_is_enrolled(tmp_path: Path, enrolled: list[str]) -> None:
    open_library(tmp_path, PICTURES)
    changed = {**PICTURES, "0": (cover(7), WIDTH_MM), "6": (cover(6), WIDTH_MM)}
    del changed["4"]
    library = open_library(tmp_path, changed)
    # On as many cores as there are, so in any order.
    assert sorted(enrolled[5:]) == ["0", "6"]
    assert len(library) == 5
    assert "4" not in library
    assert _finds(library, 6)


def test_what_cannot_be_a_target_is_told_and_left_out(tmp_path: Path) -> None:
    pictures = {"thread": (np.zeros((10, 400), np.uint8), WIDTH_MM), **PICTURES}
    with pytest.raises(TargetRefused, match="thread: 400 x 10 pixels are too few"):
        open_library(tmp_path, pictures)
    told: list[str] = []
    library = open_library(tmp_path, pictures, refused=lambda name, _: told.append(name))
    assert told == ["thread"]
    assert {target.name for target in library.targets} == set(PICTURES)


@pytest.mark.parametrize("damage", ["cut", "other", "empty", "no index", "index", "index cut"])
def test_a_damaged_folder_is_made_anew(tmp_path: Path, damage: str) -> None:
    if "index" in damage and not HAS_INDEX:
        pytest.skip("this release of OpenCV has no index to keep")
    open_library(tmp_path, PICTURES)
    targets, index = tmp_path / TARGETS, tmp_path / INDEX
    match damage:
        case "cut":
            targets.write_bytes(targets.read_bytes()[:-500])
        case "other":
            np.savez(targets, number=np.array(1), index=np.array("x"))
        case "empty":
            targets.write_bytes(b"")
        case "no index":
            index.unlink()
        case "index":
            index.write_bytes(bytes(len(index.read_bytes())))
        case "index cut":
            index.write_bytes(index.read_bytes()[:100])
    assert _finds(open_library(tmp_path, PICTURES), 3)
    assert _finds(open_library(tmp_path, PICTURES), 0)


def test_a_folder_that_cannot_be_written_costs_time_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert _finds(open_library(tmp_path / "file", PICTURES), 3)


def test_a_library_of_nothing_is_kept_too(tmp_path: Path) -> None:
    assert len(open_library(tmp_path, {})) == 0
    assert len(open_library(tmp_path, {})) == 0
