"""What the locks name: distributions of Python and npm packages, and what uses them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
DOORS: Final = ("hub", "edge", "kiosk")
"""What is installed on real machines, each with a lock of its own."""
LOCKS: Final = (*DOORS, "demo", "dev")
"""Every lock, the narrowest first."""
BUNDLES: Final[Mapping[str, str]] = {"hub": "hub/pages/web", "kiosk": "kiosk/web/models"}
"""Where the npm packages of a door's pages are locked."""

_PIN: Final = re.compile(r"^(?P<name>[\w.-]+)(?:\[[\w,]+\])?==(?P<release>[^\s;\\]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Locked:
    """One distribution or package: its releases, and which locks name it."""

    name: str
    ecosystem: str
    """`PyPI` or `npm`, as advisories and package URLs call it."""
    releases: tuple[str, ...]
    used_by: tuple[str, ...]
    licence: str = ""
    """As the lock says; pip's locks say nothing."""
    hashes: Mapping[str, str] = field(default_factory=dict)


def canonical(name: str) -> str:
    """Return a distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(text: str) -> list[tuple[str, str]]:
    """Return (name, release) of every line of a lock of pip; one name may have several."""
    return [(canonical(found["name"]), found["release"]) for found in _PIN.finditer(text)]


def python_locked(root: Path = ROOT) -> list[Locked]:
    """Return every distribution that a lock names, by name."""
    releases: dict[str, dict[str, None]] = {}
    used_by: dict[str, list[str]] = {}
    for lock in LOCKS:
        for name, release in pins((root / f"locks/{lock}.txt").read_text("utf-8")):
            releases.setdefault(name, {})[release] = None
            if lock not in used_by.setdefault(name, []):
                used_by[name].append(lock)
    return [
        Locked(name, "PyPI", tuple(found), tuple(used_by[name]))
        for name, found in sorted(releases.items())
    ]


def npm_locked(root: Path = ROOT) -> list[Locked]:
    """Return every npm package that a lock names, by name; what only builds is `dev`."""
    found: dict[str, Locked] = {}
    for door, folder in BUNDLES.items():
        lock = json.loads((root / folder / "package-lock.json").read_text("utf-8"))
        for path, told in lock["packages"].items():
            if not path:
                continue
            name = path.rpartition("node_modules/")[2]
            before = found.get(name)
            users = (*(before.used_by if before else ()), "dev" if told.get("dev") else door)
            versions = (*(before.releases if before else ()), told["version"])
            found[name] = Locked(
                name,
                "npm",
                tuple(dict.fromkeys(versions)),
                tuple(dict.fromkeys(users)),
                told.get("license", ""),
                {told["version"]: told["integrity"]},
            )
    return [found[name] for name in sorted(found)]
