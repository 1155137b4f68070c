"""The recorded doors, with one set of parameters and learned person sizes."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.__main__ import app
from edge.evaluate import EvaluationReport, evaluate, read_truth

pytestmark = pytest.mark.clips

CLIPS = (
    "bus_lanes_topdown.avi",
    "campus_oblique.mp4",
    "pavement_topdown.mp4",
    "table_standstill.mp4",
)
_reports: dict[str, EvaluationReport] = {}


def report_of(shared: Path, clip: str) -> EvaluationReport:
    if clip not in _reports:
        truth = read_truth(shared / "truth" / Path(clip).with_suffix(".json").name)
        _reports[clip] = evaluate(shared / "clips" / clip, truth)
    return _reports[clip]


@pytest.mark.parametrize("clip", CLIPS)
def test_a_clip_has_at_most_one_error(shared: Path, clip: str) -> None:
    report = report_of(shared, clip)
    print(report)  # noqa: T201 - shown when it fails
    assert report.fp + report.fn <= 1
    assert report.person_size_from == "learned"


def test_the_clips_together_are_good(shared: Path) -> None:
    reports = [report_of(shared, clip) for clip in CLIPS]
    errors = sum(r.fp + r.fn for r in reports)
    assert 2 * sum(r.tp for r in reports) / (2 * sum(r.tp for r in reports) + errors) >= 0.97


def test_the_command_prints_json(shared: Path) -> None:
    clip, truth = "bus_lanes_topdown.avi", "bus_lanes_topdown.json"
    result = CliRunner().invoke(
        app,
        [
            "evaluate",
            str(shared / "clips" / clip),
            str(shared / "truth" / truth),
            "--person-size=0.4,0.45",
            "--json",
        ],
    )
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert report["clip"] == clip
    assert report["person_size"] == [0.4, 0.45]
    assert report["person_size_from"] == "given"
    assert report["tp"] + report["fn"] == report["true_in"] + report["true_out"]
