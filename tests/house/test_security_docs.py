"""Each threat of docs/security.md names tests, and each of these tests is there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/security.md").read_text("utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", PAGE)
THREATS = ("Hostile visitor", "Stolen Pi", "Hostile node", "Hostile network", "Curious staff")


def test_every_named_test_is_there() -> None:
    assert len(NAMED) > 25
    missing = [
        f"{path}::{name}"
        for path, name in NAMED
        if not (ROOT / path).exists()
        or name
        not in {
            node.name
            for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8")))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
    ]
    assert missing == []


def test_every_threat_has_its_table_and_every_row_its_test() -> None:
    for threat in THREATS:
        part = PAGE.partition(f"## {threat}\n")[2].partition("\n## ")[0]
        rows = [line for line in part.splitlines() if line.startswith("| ")][1:]
        assert len(rows) >= 3, threat
        for row in rows:
            assert "::test_" in row, row


def test_what_is_not_covered_is_said() -> None:
    assert len(re.findall(r"^- ", PAGE.partition("## Not covered\n")[2], re.MULTILINE)) >= 5
