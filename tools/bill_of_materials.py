"""Write bills of materials of what each door installs: `python -m tools.bill_of_materials FOLDER`.

One CycloneDX 1.6 document a door, `kaiguan-hub.cdx.json` and so on: what its lock names, by
cyclonedx-py, with licences as THIRD-PARTY.md has them, and the npm packages of its pages' bundles.
The same locks give the same bytes.
"""

import base64
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tools.locked import DOORS, ROOT, Locked, canonical, npm_locked
from tools.third_party import NotFree, check, licence_of

_TIMEOUT_SECONDS: Final = 60


class NoBill(Exception):
    """A bill could not be made."""


def bill(door: str, root: Path = ROOT) -> dict[str, Any]:
    """Return the bill of one door. Raises NoBill, NotFree."""
    document = _of_lock(root / f"locks/{door}.txt", root / "pyproject.toml")
    for component in document["components"]:
        name = canonical(component["name"])
        licence = licence_of(name)
        check(name, licence)
        component["licenses"] = [{"expression": licence}]
        # Its line of the lock, hashes and all, which stand in it already.
        component.pop("description", None)
    bundled = [package for package in npm_locked(root) if door in package.used_by]
    document["components"] += [_npm(package) for package in bundled]
    document["dependencies"] += [{"ref": _purl(package)} for package in bundled]
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"][door]]
    direct = {canonical(re.split(r"[><=;\[ ]", one)[0]) for one in asked}
    direct |= {package.name for package in bundled}
    own = document["metadata"]["component"]
    own["name"], own["version"] = f"kaiguan-{door}", project["version"]
    told = [one["bom-ref"] for one in document["components"] if canonical(one["name"]) in direct]
    document["dependencies"] = [
        one for one in document["dependencies"] if one["ref"] != own["bom-ref"]
    ] + [{"ref": own["bom-ref"], "dependsOn": told}]
    return document


def validated(document: Mapping[str, Any]) -> str:
    """Return a bill as it lies in a file. Raises NoBill where it is not CycloneDX."""
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if error is not None:
        raise NoBill(f"a bill is not CycloneDX 1.6: {error}")
    return text


def write(folder: Path) -> list[Path]:
    """Write the bills of all doors; return the files. Raises NoBill, NotFree."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for door in DOORS:
        path = folder / f"kaiguan-{door}.cdx.json"
        path.write_text(validated(bill(door)), "utf-8")
        written.append(path)
    return written


def _of_lock(lock: Path, project: Path) -> dict[str, Any]:
    options = ("--pyproject", str(project), "--output-reproducible", "--sv", "1.6", "--of", "JSON")
    done = subprocess.run(  # noqa: S603  this Python, and files of the house
        [sys.executable, "-m", "cyclonedx_py", "requirements", *options, "-o", "-", str(lock)],
        check=False,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
    )
    if done.returncode != 0:
        raise NoBill(f"cyclonedx-py: {done.stderr.strip()[-500:]}")
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def _npm(package: Locked) -> dict[str, Any]:
    [release] = package.releases
    kind, _, digest = package.hashes[release].partition("-")
    return {
        "bom-ref": _purl(package),
        "type": "library",
        "name": package.name,
        "version": release,
        "purl": _purl(package),
        "licenses": [{"expression": package.licence}],
        "hashes": [
            {
                "alg": kind.upper().replace("SHA", "SHA-"),
                "content": base64.b64decode(digest).hex(),
            }
        ],
    }


def _purl(package: Locked) -> str:
    return f"pkg:npm/{package.name.replace('@', '%40')}@{package.releases[0]}"


def main(arguments: list[str]) -> int:
    """Write the bills into a folder; return the exit code."""
    try:
        for path in write(Path(arguments[0] if arguments else "dist")):
            sys.stdout.write(f"wrote {path}\n")
    except (NoBill, NotFree) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
