"""What every file of the house has to look like."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MOST_LINES = 500
MOST_KIB = 1500
LOCKS = sorted((ROOT / "locks").glob("*.txt"))


def _tracked() -> list[Path]:
    """Return what git knows; without git, what is not hidden."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode == 0:
        found = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        found = [path for path in ROOT.rglob("*") if path.is_file()]
        found = [p for p in found if not any(q.startswith(".") for q in p.relative_to(ROOT).parts)]
    return [path for path in found if path.is_file()]


FILES = _tracked()
SOURCES = [path for path in FILES if path.suffix == ".py"]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize(
    "path", [path for path in SOURCES if path.relative_to(ROOT).parts[0] != "tests"], ids=_name
)
def test_a_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text("utf-8"))), "no docstring"


def test_no_name_that_says_nothing() -> None:
    empty = {"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"}
    assert [_name(p) for p in FILES if {p.stem, p.parent.name} & empty] == []


def test_no_class_that_says_nothing() -> None:
    found = [
        f"{_name(path)}: {node.name}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
        and re.search(r"(Manager|Service|Helper|Utils?|Handler)$", node.name)
        # The standard library asks for a subclass, whose name says what it is.
        and not any(isinstance(base, ast.Attribute) for base in node.bases)
    ]
    assert found == []


def test_no_file_is_too_long_or_too_large() -> None:
    assert [_name(p) for p in SOURCES if p.read_text("utf-8").count("\n") > MOST_LINES] == []
    assert [_name(p) for p in FILES if p.stat().st_size > MOST_KIB * 1024] == []


def test_nothing_is_put_off_in_a_comment() -> None:
    word = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
    assert [_name(path) for path in SOURCES if word.search(path.read_text("utf-8"))] == []


def test_no_merge_is_left_half_done() -> None:
    mark = re.compile(rb"^(<{7}|>{7}) ", re.MULTILINE)
    assert [_name(path) for path in FILES if mark.search(path.read_bytes())] == []


def test_docker_stays_a_folder() -> None:
    assert not (ROOT / "docker/__init__.py").exists(), "it would hide the package docker"


@pytest.mark.parametrize("lock", LOCKS, ids=_name)
def test_a_lock_names_releases_and_hashes_and_no_host(lock: Path) -> None:
    text = lock.read_text("utf-8")
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links|@ ", text)
    for block in re.split(r"^(?=\S)", text, flags=re.MULTILINE):
        if block.strip():
            assert re.match(r"[\w.-]+(\[[\w,]+\])?==\S+", block), block
            assert "--hash=sha256:" in block, block


@pytest.mark.parametrize("lock", LOCKS, ids=_name)
def test_every_lock_holds_the_releases_of_the_largest(lock: Path) -> None:
    assert _pins(lock).items() <= _pins(ROOT / "locks/dev.txt").items()


def test_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    for lock, parts in {
        "edge": ("edge",),
        "hub": ("hub",),
        "kiosk": ("kiosk",),
        "demo": ("edge", "hub", "kiosk", "demo"),
        "dev": ("edge", "hub", "kiosk", "demo", "dev"),
    }.items():
        wanted = [*project["dependencies"], *(name for part in parts for name in extras[part])]
        names = {_canonical(re.split(r"[><=;\[ ]", name)[0]) for name in wanted}
        assert names <= set(_pins(ROOT / f"locks/{lock}.txt")), f"run `make lock` for {lock}"


def test_guided_fuzzing_is_for_developers_alone() -> None:
    found = [lock.stem for lock in LOCKS if "atheris" in _pins(lock)]
    assert found == ["dev"]


def test_no_tool_asks_another_host() -> None:
    tools = ("pyproject.toml", "Makefile", "tools/setup.sh", ".ci/run", ".pre-commit-config.yaml")
    for name in tools:
        assert not re.search(r"https?://", (ROOT / name).read_text("utf-8")), name


def _pins(lock: Path) -> dict[str, str]:
    pinned = re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==([^\s;\\]+)", lock.read_text(), re.MULTILINE)
    return {_canonical(name): release for name, release in pinned}


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
