"""Tests that failed beside others run once more, alone: those only, and only a few."""

import os
import subprocess
import sys
from pathlib import Path

from tools.locked import ROOT
from tools.run_tests import MOST

STARVED = """
from pathlib import Path
def test_starved():
    seen = Path({seen!r})
    was_here = seen.exists()
    seen.touch()
    assert was_here
def test_good():
    ran = Path({ran!r})
    ran.write_text(ran.read_text() + "." if ran.exists() else ".")
"""


def _run(folder: Path, text: str, *arguments: str) -> tuple[int, str]:
    (folder / "test_planted.py").write_text(text, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "tools.run_tests", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout


def test_one_that_passes_alone_is_named_and_passes(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    text = STARVED.format(seen=str(tmp_path / "seen"), ran=str(ran))
    for workers in ((), ("-n", "2")):
        (tmp_path / "seen").unlink(missing_ok=True)
        ran.unlink(missing_ok=True)
        code, said = _run(tmp_path, text, *workers)
        assert code == 0, said
        assert "failed beside others, passed alone" in said
        assert "test_planted.py::test_starved" in said.splitlines()[-1]
        assert ran.read_text() == "."


def test_one_that_fails_alone_fails(tmp_path: Path) -> None:
    code, said = _run(tmp_path, "def test_broken():\n    assert False\n")
    assert code == 1
    assert "passed alone" not in said


def test_many_that_fail_are_not_tried_again(tmp_path: Path) -> None:
    names = "".join(f"def test_{n}():\n    assert False\n" for n in range(MOST + 1))
    code, said = _run(tmp_path, names)
    assert code == 1
    assert "once more" not in said


def test_what_cannot_be_collected_and_what_has_no_test_is_no_pass(tmp_path: Path) -> None:
    code, said = _run(tmp_path, "import a_module_that_is_not_there\n")
    assert code == 2, said
    code, said = _run(tmp_path, "def test_good():\n    pass\n", "-k", "nothing_of_this_name")
    assert code == 5, said
