"""The evaluate verb on clips that the tests film themselves."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from edge.__main__ import app
from edge.evaluate import evaluate, read_truth
from edge.vision.scene import SCENE_LINE, Scene
from tests.conformance.tiny_net import constant_net


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_film(tmp_path_factory.mktemp("scene") / "door.avi", seconds=30)


@pytest.fixture(scope="module")
def short_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_film(tmp_path_factory.mktemp("short") / "door.avi", seconds=4)


def a_film(path: Path, seconds: float) -> Path:
    scene = Scene(11, seconds=seconds)
    codec = cv2.VideoWriter.fourcc(*"MJPG")
    film = cv2.VideoWriter(str(path), codec, scene.fps, scene.size)
    for image, _ in scene.frames():
        film.write(image)
    film.release()
    return path


def a_truth(**changes: Any) -> dict[str, Any]:
    rows = [
        {"t": c.at_seconds, "dir": c.direction.value} for c in Scene(11, seconds=30).crossings()
    ]
    whole = {
        "fps": 15.0,
        "line": [SCENE_LINE.start, SCENE_LINE.end],
        "in_vector": [0, 1],
        "anchor": "box centre",
        "crossings": rows,
        "notes": "what is not needed is ignored",
    }
    return whole | changes


def run(clip: Path, truth: object, tmp_path: Path, *options: str) -> Result:
    path = tmp_path / "truth.json"
    path.write_text(truth if isinstance(truth, str) else json.dumps(truth), encoding="utf-8")
    return CliRunner().invoke(app, ["evaluate", str(clip), str(path), *options])


def test_a_filmed_scene_is_counted(clip: Path, tmp_path: Path) -> None:
    result = run(clip, a_truth(), tmp_path, "--json")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert report["f1"] >= 0.9
    assert report["frames_processed"] == 450
    assert 0 < report["cpu_ms_per_frame"] < 100
    assert report["real_time_factor"] > 0


def test_the_report_reads_well(clip: Path, tmp_path: Path) -> None:
    result = run(clip, a_truth(person_size=[0.17, 0.19]), tmp_path)
    assert result.exit_code == 0
    assert re.search(r"door\.avi +\d+/\d+ +\d+/\d+ .*0\.17x0\.19 ", result.stdout)
    assert "One pass before counting" not in result.stdout


def test_progress_adds_up_over_learning_reading_and_counting(
    short_clip: Path, tmp_path: Path
) -> None:
    path = tmp_path / "truth.json"
    path.write_text(json.dumps(a_truth(crossings=[])), encoding="utf-8")
    steps: list[float] = []
    evaluate(short_clip, read_truth(path), watch=steps.append)
    assert sum(steps) == pytest.approx(3 * 4, abs=0.5)


@pytest.mark.parametrize(
    ("truth", "sentence"),
    [
        pytest.param("{", "Invalid JSON", id="not-json"),
        pytest.param("[]", "object", id="not-an-object"),
        pytest.param({"line": [[0, 0], [1, 1]]}, "in_vector: Field required", id="incomplete"),
        pytest.param(a_truth(line=[[0, 0.5], [1.5, 0.5]]), "leaves the frame", id="line-outside"),
        pytest.param(a_truth(in_vector=[1, 0]), "does not point across", id="vector-along"),
        pytest.param(a_truth(person_size=[0, 2]), "does not fit", id="person"),
        pytest.param(a_truth(fps=0), "fps", id="fps"),
        pytest.param(
            a_truth(crossings=[{"t": 1, "dir": "sideways"}]), "crossings.0.dir", id="direction"
        ),
        pytest.param(a_truth(crossings=[{"t": -1, "dir": "in"}]), "crossings.0.t", id="time"),
    ],
)
def test_a_bad_truth_file_gives_one_sentence_and_code_2(
    clip: Path, tmp_path: Path, truth: object, sentence: str
) -> None:
    result = run(clip, truth, tmp_path)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not result.stdout


def test_a_missing_truth_file_is_said(clip: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["evaluate", str(clip), str(tmp_path / "none.json")])
    assert result.exit_code == 2
    assert "No such file" in result.stderr


@pytest.mark.parametrize("content", [None, b"", b"this is no video"])
def test_a_clip_that_cannot_be_opened_is_said(tmp_path: Path, content: bytes | None) -> None:
    clip = tmp_path / "broken.mp4"
    if content is not None:
        clip.write_bytes(content)
    result = run(clip, a_truth(), tmp_path)
    assert result.exit_code == 2
    assert "cannot be opened" in result.stderr


def test_a_clip_that_is_no_video_is_one_sentence_of_ours(tmp_path: Path) -> None:
    """In a process of its own: what FFmpeg has to say goes to the descriptor, not to Python."""
    clip, truth = tmp_path / "empty.mp4", tmp_path / "truth.json"
    clip.write_bytes(b"\0\0\0\x08ftyp" * 40)
    truth.write_text(json.dumps(a_truth()), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "edge", "evaluate", str(clip), str(truth)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"evaluate: source {clip}: cannot be opened: it holds no video that can be decoded\n"
    )


def test_a_truth_that_goes_on_after_the_clip_is_of_another_one(
    short_clip: Path, tmp_path: Path
) -> None:
    result = run(
        short_clip, a_truth(crossings=[{"t": 400, "dir": "in"}], person_size=[0.2, 0.2]), tmp_path
    )
    assert result.exit_code == 2
    assert "ends at 3.9 s, but its truth has a crossing at 400.0 s" in result.stderr
    assert not result.stdout


def test_a_truth_that_names_another_clip_is_noted(short_clip: Path, tmp_path: Path) -> None:
    brief: dict[str, Any] = {"crossings": [], "person_size": [0.17, 0.19]}
    result = run(short_clip, a_truth(clip="window.avi", **brief), tmp_path)
    assert (result.exit_code, result.stderr.strip()) == (
        0,
        "note: the truth file was made for window.avi",
    )
    assert not run(short_clip, a_truth(clip="door.mp4", **brief), tmp_path).stderr


def test_a_clip_made_anew_at_another_rate_keeps_its_time(clip: Path, tmp_path: Path) -> None:
    """The truth was made from the same minutes at 30 frames a second."""
    truth = a_truth(fps=30.0, frames=900, person_size=[0.17, 0.19])
    report = json.loads(run(clip, truth, tmp_path, "--json").stdout)
    assert report["clip_seconds"] == pytest.approx(29.9, abs=0.1)
    assert report["f1"] >= 0.9


@pytest.mark.parametrize("size", ["0.2", "a,b", "0,1", "0.1,0.2,0.3"])
def test_a_bad_person_size_is_said(clip: Path, tmp_path: Path, size: str) -> None:
    result = run(clip, a_truth(), tmp_path, f"--person-size={size}")
    assert result.exit_code == 2
    assert "give width,height" in result.stderr


@pytest.fixture
def folder(short_clip: Path, tmp_path: Path) -> Path:
    """Two clips with their truths beside them, one without, one that is no video, and a text."""
    clips = tmp_path / "clips"
    clips.mkdir()
    for name in ("a.avi", "b.AVI", "lonely.avi"):
        shutil.copy(short_clip, clips / name)
    (clips / "broken.mp4").write_bytes(b"no video")
    (clips / "notes.txt").write_text("of the day")
    truth = json.dumps(a_truth(person_size=[0.17, 0.19], crossings=[{"t": 2, "dir": "in"}]))
    for name in ("a", "b", "broken"):
        (clips / f"{name}.json").write_text(truth, encoding="utf-8")
    return clips


def test_a_folder_is_evaluated_and_what_fails_in_it_does_not_stop_the_rest(folder: Path) -> None:
    result = CliRunner().invoke(app, ["evaluate", str(folder), "--json"])
    assert result.exit_code == 2
    report = json.loads(result.stdout)
    assert [c["clip"] for c in report["clips"]] == ["a.avi", "b.AVI"]
    assert [f["clip"] for f in report["failed"]] == ["broken.mp4", "lonely.avi"]
    assert "holds no video" in report["failed"][0]["error"]
    assert "No such file" in report["failed"][1]["error"]
    pooled = report["pooled"]
    assert pooled["clips"] == 2
    assert pooled["true_in"] == sum(c["true_in"] for c in report["clips"]) == 2


def test_truths_may_lie_in_another_folder(folder: Path, tmp_path: Path) -> None:
    truths = tmp_path / "truths"
    truths.mkdir()
    (folder / "a.json").rename(truths / "a.json")
    for name in ("b.AVI", "lonely.avi", "broken.mp4"):
        (folder / name).unlink()
    result = CliRunner().invoke(app, ["evaluate", str(folder), "--truth", str(truths)])
    assert result.exit_code == 0
    assert re.search(r"all 1 +\d+/\d+", result.stdout)
    one = CliRunner().invoke(app, ["evaluate", str(folder / "a.avi"), "--truth", str(truths)])
    assert one.exit_code == 0
    assert "all 1" not in one.stdout


def test_a_painted_door_is_its_own_truth(tmp_path: Path) -> None:
    plot = tmp_path / "single.html"
    arguments = ["evaluate", "scene:crowd:1", "--seconds=8", "--json", f"--plot={plot}"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert report["clip"] == "scene:crowd:1"
    assert report["true_in"] + report["true_out"] == len(report["true"]) > 0
    assert report["frames_processed"] == 120
    assert report["person_size_from"] == "known"
    assert report["reading_factor"] > report["real_time_factor"] > 0
    assert plot.read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["scene:circus:1"], "no scene is named 'circus'"),
        (["scene:single:1", "truth.json"], "knows its own truth"),
        (["film.mp4", "--seconds=5"], "only a painted door"),
        (["scene:single:1", "--detector=onnx"], "the detector onnx needs a model"),
        (["scene:single:1", "--model=a.onnx"], "a.onnx: the detector blob takes no model"),
        (["scene:single:1", "--detector=onnx", "--model=a.onnx"], "a.onnx: cannot be read: No "),
        (["film.mp4", "truth.json", "--truth=there"], "not both"),
        (["scene:single:1", "--plot=plot.png"], "ends in .svg or .html"),
        (["no-such-film.mp4"], "no-such-film.json: No such file"),
        (["."], "holds no clip"),
        ([".", "truth.json"], "are a folder too"),
        (["scene:single:1", "--seconds=2", "--plot=/none/plot.svg"], "No such file"),
    ],
)
def test_a_bad_choice_is_one_sentence_and_code_2(
    arguments: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["evaluate", *arguments])
    assert (result.exit_code, result.stdout) == (2, "")
    assert sentence in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_door_is_counted_with_another_detector(tmp_path: Path) -> None:
    model = tmp_path / "nobody.onnx"
    model.write_bytes(constant_net(np.zeros((1, 1, 6), np.float32), 64))
    options = {
        "knn": ["--detector=knn"],
        "onnx": ["--detector=onnx", f"--model={model}", "--model-size", "64", "64"],
    }
    counted = {}
    for name, chosen in options.items():
        arguments = ["evaluate", "scene:crowd:1", "--seconds=6", "--json", *chosen]
        arguments.append("--person-size=0.2,0.2")
        report = json.loads(CliRunner().invoke(app, arguments).stdout)
        assert report["true_in"] + report["true_out"] > 0
        counted[name] = report["tp"]
    # The network that never finds anybody is the one that was asked.
    assert counted["knn"] > 0
    assert counted["onnx"] == 0
