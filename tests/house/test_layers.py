"""Who may import whom is written down with its reasons, and a planted violation is caught."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
SETTINGS = tomllib.loads(PYPROJECT)["tool"]["importlinter"]
RULES = {rule["name"]: rule for rule in SETTINGS["contracts"]}
PURE = RULES["pure cores do no I/O and read no clock"]["source_modules"]

MEANT_TO_BE_PURE = (
    "edge.counting",
    "firmware_bridge.framing",
    "hub.circulation",
    "hub.compliance",
    "hub.occupancy",
    "kiosk.session",
    "kiosk.lending",
    "kiosk.room",
    "link.acceptance",
)
"""Those of them that stand already have to be in the rule."""

NAMES_ONLY = {"link.sqlite_errors"}
"""Pure, but it names what it judges: error codes of sqlite3."""

PLANTED = {
    "edge.planted": "hub.errors",
    "kiosk.planted": "edge.errors",
    "link.planted": "firmware_bridge",
    "contracts.planted": "link.errors",
    "firmware_bridge.planted": "contracts.ids",
    "contracts.planted_clock": "time",
    "contracts.planted_model": "pydantic",
    "hub.planted_port": "serial",
    "hub.planted_bridge": "firmware_bridge",
    "hub.planted_paho": "paho.mqtt.client",
    "link.planted_paho": "paho.mqtt.client",
    "edge.planted_cv2": "cv2",
    "kiosk.planted_cv2": "cv2",
    "hub.planted_apprise": "apprise",
    "hub.planted_influx": "influxdb_client",
    "hub.planted_tests": "tests.brokers",
    "hub.console.planted": "hub.live.now",
    "hub.store.planted_http": "httpx",
    "hub.store.planted": "hub.live.now",
    "hub.pages.planted": "hub.api.models",
    "hub.occupancy.planted_venues": "hub.venues",
    "edge.planted_examples": "examples.demo",
    "updater.planted": "link.errors",
    "updater.planted_struct": "msgspec",
}


def test_every_rule_has_its_reason() -> None:
    blocks = PYPROJECT.split("[[tool.importlinter.contracts]]\n")[1:]
    assert len(blocks) == len(RULES)
    for block in blocks:
        assert re.match(r"# .{30,}", block), f"a rule without a reason:\n{block}"


def test_the_rooms_of_the_rules_are_the_rooms_of_the_house() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages == set(SETTINGS["root_packages"])


@pytest.mark.parametrize("module", MEANT_TO_BE_PURE)
def test_what_is_meant_to_be_pure_is_in_the_rule(module: str) -> None:
    if _path(module) is not None:
        assert module in PURE


def test_alerts_have_a_pure_core() -> None:
    """Of `hub.alerts` only the state machines are pure: once it stands, some of it has to be."""
    if _path("hub.alerts") is not None:
        assert any(_is_inside(module, "hub.alerts") for module in PURE)


def test_who_says_pure_is_in_the_rule() -> None:
    says_so = {
        _module(path)
        for room in SETTINGS["root_packages"]
        for path in (ROOT / room).rglob("*.py")
        if re.search(r"\b[Pp]ure\b", ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "")
    }
    held = {name for name in says_so if any(_is_inside(name, pure) for pure in PURE)}
    left = {name for name in says_so - held - NAMES_ONLY if not _is_inside(name, "contracts")}
    assert left == set()  # contracts have a rule of their own


def test_pure_cores_ask_no_clock() -> None:
    """`datetime` and `date` may be used; their `now` and `today` may not."""
    asked = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for module in (*PURE, "contracts")
        for path in _files(module)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today"}
    ]
    assert asked == []


def test_planted_violations_are_caught(tmp_path: Path) -> None:
    for room in SETTINGS["root_packages"]:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    clean = _lint(tmp_path)
    assert clean.returncode == 0, clean.stdout
    expected = []
    for module, target in PLANTED.items():
        (tmp_path / f"{module.replace('.', '/')}.py").write_text(f"import {target}\n")
        expected.append((module, target))
    for module in PURE:
        importer = module
        path = tmp_path / module.replace(".", "/")
        if path.is_dir():
            path, importer = path / "planted", f"{module}.planted"
        with path.with_suffix(".py").open("a") as source:
            source.write("\nimport time\n")
        expected.append((importer, "time"))
    caught = _lint(tmp_path)
    assert caught.returncode == 1
    for module, target in expected:
        # What is not ours is named by its first part.
        shown = (
            target if target.split(".")[0] in SETTINGS["root_packages"] else target.split(".")[0]
        )
        assert re.search(rf"{re.escape(module)} -> {re.escape(shown)} ", caught.stdout), (
            f"nobody saw that {module} imports {target}:\n{caught.stdout}"
        )
    for name in RULES:
        assert re.search(rf"^{re.escape(name)} BROKEN", caught.stdout, re.MULTILINE), name


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = str(Path(sys.executable).parent / "lint-imports")
    return subprocess.run(
        [command, "--no-cache"],
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=100,
    )


def _path(module: str) -> Path | None:
    path = ROOT / module.replace(".", "/")
    if path.is_dir():
        return path
    return path.with_suffix(".py") if path.with_suffix(".py").exists() else None


def _files(module: str) -> list[Path]:
    path = _path(module)
    assert path is not None, f"{module} is in a rule but not in the house"
    return sorted(path.rglob("*.py")) if path.is_dir() else [path]


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _is_inside(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")
