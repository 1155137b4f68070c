"""What an audit leaves: a record that can be read again, and a statement of what it holds."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from edge.audit import statement
from edge.audit.record import Record, read_record, with_accuracy
from edge.errors import EvaluationError

RECORD = Record(
    venue="lib",
    node="door",
    camera="ceiling",
    line="front",
    began_at=datetime(2026, 11, 28, 14, 5, tzinfo=UTC),
    seconds=120,
    taps=((5.0, "in"), (10.0, "out"), (20.0, "in"), (50.0, "in")),
    counted=((4.5, "in"), (9.8, "out"), (30.0, "out")),
    gaps=((45.0, 60.0),),
)


def written(folder: Path, content: object) -> Path:
    path = folder / "audit.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    content = with_accuracy(RECORD)
    assert read_record(written(tmp_path, content)) == RECORD
    both = content["accuracy"]["both"]
    assert both == {"tapped": 3, "counted": 3, "matched": 2, "missed": 1, "false": 1}
    assert content["accuracy"]["left_out"] == 1
    assert content["accuracy"]["recall"]["value"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"taps": [[1, "up"]]}, r"taps\.0\.1: Input should be 'in' or 'out'"),
        ({"taps": [[float("nan"), "in"]]}, r"taps\.0\.0: Input should be a finite number"),
        ({"version": 2}, "version: Input should be 1"),
        ({"began_at": "2026-11-28T14:05:00"}, "began_at: Input should have timezone info"),
    ],
)
def test_a_record_that_is_none_is_told_with_its_place(
    tmp_path: Path, change: dict[str, object], sentence: str
) -> None:
    with pytest.raises(EvaluationError, match=sentence):
        read_record(written(tmp_path, {**with_accuracy(RECORD), **change}))
    with pytest.raises(EvaluationError, match="Invalid JSON"):
        read_record(written(tmp_path, "{"))
    with pytest.raises(EvaluationError, match="cannot be read: No such file"):
        read_record(tmp_path / "absent.json")


def test_the_statement_says_both_languages_and_asks_nothing_from_outside() -> None:
    page = statement.page(RECORD.model_copy(update={"line": "<script>x</script>"}))
    for words in ("计数准确度声明", "Statement of counting accuracy", "66.7 % (20.8 – 93.9)"):
        assert words in page
    assert "<script>" not in page
    assert "http" not in page
    assert "只有 3 人次" in page


def test_an_audit_of_nobody_is_a_statement_without_figures() -> None:
    empty = RECORD.model_copy(update={"taps": (), "counted": (), "gaps": (), "seconds": 0.0})
    assert "–" in statement.page(empty)
    told = io.StringIO()
    Console(file=told, width=100).print(statement.table(empty))
    assert "few were tapped" in " ".join(told.getvalue().split())
