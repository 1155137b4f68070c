"""What a camera has learnt outlives its process, and nothing else does."""

from pathlib import Path

import pytest

from edge.config import CameraSection
from edge.counting.geometry import PersonSize
from edge.sources.learnt_size import LearntSize
from edge.vision.pipeline import USUAL_PERSON, Counter

SIZE = PersonSize(0.12, 0.3, 0.55, 0.2, 0.6)


def a_camera(source: str = "0", end: float = 1.0) -> CameraSection:
    line = {"name": "front", "start": [0, 0.5], "end": [end, 0.5], "in_vector": [0, 1]}
    return CameraSection.model_validate({"name": "door", "source": source, "lines": [line]})


def test_what_was_learnt_comes_back(tmp_path: Path) -> None:
    LearntSize(tmp_path, a_camera()).remember(SIZE)
    assert LearntSize(tmp_path, a_camera()).recall() == SIZE
    assert [path.name for path in tmp_path.iterdir()] == ["door.person-size.json"]


def test_no_password_of_an_address_is_written(tmp_path: Path) -> None:
    camera = a_camera("http://guard:hunter2@camera/stream?token=s3cret")
    LearntSize(tmp_path, camera).remember(SIZE)
    assert LearntSize(tmp_path, camera).recall() == SIZE
    (file,) = tmp_path.iterdir()
    assert not any(word in file.read_text() for word in ("guard", "hunter2", "s3cret"))


@pytest.mark.parametrize("other", [a_camera("1"), a_camera(end=0.5)])
def test_another_picture_has_other_visitors(tmp_path: Path, other: CameraSection) -> None:
    LearntSize(tmp_path, a_camera()).remember(SIZE)
    assert LearntSize(tmp_path, other).recall() is None


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", '{"belongs_to": null, "size": 3}', '{"size": {"w": 9, "h": 9}}']
)
def test_what_cannot_be_read_is_learnt_again(tmp_path: Path, text: str) -> None:
    (tmp_path / "door.person-size.json").write_text(text)
    assert LearntSize(tmp_path, a_camera()).recall() is None


def test_a_disk_that_refuses_costs_only_the_memory(tmp_path: Path) -> None:
    LearntSize(tmp_path / "nowhere", a_camera()).remember(SIZE)


def test_a_counter_begins_with_its_first_guess_and_goes_on_learning() -> None:
    lines = [line.counting_line() for line in a_camera().lines]
    assert Counter(lines, first_guess=SIZE).person_size == SIZE
    assert Counter(lines).person_size == USUAL_PERSON
