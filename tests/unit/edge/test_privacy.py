"""What a counter gives out holds no picture and no number of a track."""

import ast
import dataclasses
from pathlib import Path

import msgspec
import numpy as np
import pytest

from contracts import rows
from contracts.messages import PictureStatus, SourceStatus, Status
from edge.counting.health import Health
from edge.counting.line import Crossing

ROOT = Path(__file__).parents[3]
BEYOND = (
    *sorted((ROOT / "edge/sources").glob("*.py")),
    ROOT / "edge/agent.py",
    ROOT / "edge/supervise.py",
    *sorted((ROOT / "link").rglob("*.py")),
    *sorted((ROOT / "contracts").rglob("*.py")),
)
"""What stands between the counter and the wire."""
WRITERS = {"imwrite", "imwritemulti", "imencode", "imencodemulti", "VideoWriter", "tofile"}
MAY_ENCODE = {"edge/calibrate", "edge/vision/silhouette.py"}
"""The page of the installer: silhouettes on this machine, while it is asked for."""


@pytest.mark.parametrize("given", [Crossing, Health], ids=lambda given: given.__name__)
def test_what_a_counter_gives_out_has_no_number_of_a_track(given: type) -> None:
    names = {field.name for field in dataclasses.fields(given)}
    assert not {name for name in names if "track" in name or name.endswith("id")}


@pytest.mark.parametrize(
    "sent",
    [rows.Count, rows.Coverage, rows.Measure, PictureStatus, SourceStatus, Status],
    ids=lambda sent: sent.__name__,
)
def test_what_is_sent_has_no_number_of_a_track(sent: type[msgspec.Struct]) -> None:
    assert not {name for name in sent.__struct_fields__ if "track" in name}


def test_nothing_beyond_the_counter_speaks_of_tracks() -> None:
    assert len(BEYOND) > 10
    spoken = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in BEYOND
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if (name := _name(node)) and "track" in name.lower()
    ]
    assert spoken == []


def test_nothing_at_the_edge_writes_pictures() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sorted((ROOT / "edge").rglob("*.py"))
        if not any(path.is_relative_to(ROOT / room) for room in MAY_ENCODE)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if (name := _name(node)) in WRITERS
    ]
    assert found == []


def test_health_of_a_camera_is_told_without_a_picture() -> None:
    for field in dataclasses.fields(Health):
        assert not isinstance(getattr(Health(), field.name), np.ndarray)


def _name(node: ast.AST) -> str | None:
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name) | ast.arg(arg=name):
            return name
        case ast.alias(name=name):
            return name.rpartition(".")[2]
        case _:
            return None
