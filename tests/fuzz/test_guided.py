"""Atheris on every pure reader, each in a process of its own; skipped where there is no Atheris."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.campaign import seeds
from tests.fuzz.files import CASES

ROOT = Path(__file__).parents[2]
PURE = ("messages", "lines", "models", "pictures", "packs", "streams", "answers")
TARGETS = (*PURE, *CASES, "patrons", "items")

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="Atheris has no wheel for this Python"
)


def guided(name: str, folder: Path, *flags: str) -> int:
    """Run one target; return how many inputs it tried. Fails with what libFuzzer says."""
    found = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.guided", name, "--folder", str(folder), *flags],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, f"{found.stdout[-2000:]}\n{found.stderr[-6000:]}"
    runs = re.search(r"number_of_executed_units:\s*(\d+)", found.stderr)
    assert runs is not None, found.stderr[-3000:]
    return int(runs[1])


@pytest.mark.parametrize("name", ["models"])
def test_what_is_guided_by_coverage_breaks_no_reader(name: str, tmp_path: Path) -> None:
    assert guided(name, tmp_path, "--runs", "3000", "--seed", "1") >= 3000


@pytest.mark.soak
@pytest.mark.parametrize("name", TARGETS)
def test_a_long_guided_run_breaks_no_reader(name: str, quick_folder: Path) -> None:
    seed = seeds() % 2**31
    tried = guided(name, quick_folder, "--seconds", "8", "--seed", str(seed))
    sys.stderr.write(f"guided {name}: seed {seed}, {tried} inputs\n")
