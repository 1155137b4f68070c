"""What the project is built into holds all that the rooms hold."""

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
    "root_packages"
]


def test_the_wheel_holds_every_file_of_the_rooms(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for room in ROOMS:
        shutil.copytree(
            ROOT / room,
            source / room,
            ignore=shutil.ignore_patterns("__pycache__", "*.pyc", "node_modules", "web"),
        )
    for name in ("pyproject.toml", "README.md", "LICENSE", "THIRD-PARTY.md"):
        shutil.copy(ROOT / name, source)
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", str(tmp_path)],
        cwd=source,
        check=True,
        capture_output=True,
        timeout=100,
    )
    (wheel,) = tmp_path.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    files = {str(p.relative_to(source)) for r in ROOMS for p in (source / r).rglob("*.*")}
    assert files <= inside, f"not in the wheel: {sorted(files - inside)}"
    licences = {name.rpartition("/")[2] for name in inside if ".dist-info/licenses/" in name}
    assert licences == {"LICENSE", "THIRD-PARTY.md"}
    rooms = {name.split("/")[0] for name in inside if ".dist-info" not in name}
    assert rooms == set(ROOMS)
