"""Write THIRD-PARTY.md, the licences of all that is locked: `python -m tools.third_party`.

Licences are SPDX expressions: as a distribution's own metadata say where they say it in that form,
else by hand below, as the distribution's own licence file says. What has none, or none that
is free, ends this with exit code 1 and a sentence; the file lies in the wheel.
"""

import importlib.metadata
import re
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import license_expression

from tools.locked import BUNDLES, ROOT, Locked, npm_locked, python_locked

PATH: Final = ROOT / "THIRD-PARTY.md"
FREE: Final = frozenset(
    {
        *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0"),
        # Pillow's and Python's own.
        *("MIT-CMU", "PSF-2.0", "Python-2.0.1", "Unlicense", "Zlib"),
        # Files under it stay under it; nothing else has to.
        "MPL-2.0",
    }
)
"""What may be locked. Of a choice one has to be among these, of what holds together all."""

BY_HAND: Final = {
    # Not installed on every system, so their metadata may not be there.
    "colorama": "BSD-3-Clause",
    "tzdata": "Apache-2.0",
    # Metadata that say nothing, name a family of licences, or several where one is meant.
    "atheris": "Apache-2.0",
    "chinesecalendar": "MIT",
    "grimp": "BSD-2-Clause",
    "import-linter": "BSD-2-Clause",
    "jinja2": "BSD-3-Clause",
    "nodeenv": "BSD-3-Clause",
    "pyserial": "BSD-3-Clause",
    "python-dateutil": "BSD-3-Clause",
    "qrcode": "BSD-3-Clause AND MIT",
    "scipy": "BSD-3-Clause",
    "shellingham": "ISC",
}
NOTES: Final = {
    "numpy": "wheels hold OpenBLAS (BSD-3-Clause) and GCC's runtime library (GPL-3.0 with its"
    " exception)",
    "opencv-python-headless": "wheels hold FFmpeg (LGPL-2.1), loaded as libraries of their own",
    "scipy": "wheels hold OpenBLAS (BSD-3-Clause) and GCC's runtime library (GPL-3.0 with its"
    " exception)",
}
"""What a wheel holds beside what its licence says."""

_CLASSIFIERS: Final = {
    "OSI Approved :: Apache Software License": "Apache-2.0",
    "OSI Approved :: ISC License (ISCL)": "ISC",
    "OSI Approved :: MIT License": "MIT",
    "OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "OSI Approved :: Python Software Foundation License": "PSF-2.0",
}
_HEAD: Final = """# Third parties

What the locks name, and under which licences: written by `python -m tools.third_party`, never by
hand. Nothing of the Python distributions is in our wheel; they are installed beside it. Of the npm
packages those that are not `dev` are in the pages' bundles, and so in a wheel that has these.
"""


class NotFree(Exception):
    """A licence that is not known, or not free."""


def check(name: str, expression: str) -> None:
    """Raise NotFree with a sentence unless an SPDX expression is one that may be locked."""
    if not expression:
        raise NotFree(f"{name}: no licence is known: read its own and add it to BY_HAND")
    try:
        parsed = _spdx().parse(expression, validate=True)
    except license_expression.ExpressionError as error:
        raise NotFree(f"{name}: {expression!r} is no SPDX expression: {error}") from error
    if not _is_free(parsed):
        raise NotFree(f"{name}: {expression} is not among the licences that may be locked")


def licence_of(name: str) -> str:
    """Return the SPDX expression of an installed distribution, "" where none is known."""
    if name in BY_HAND:
        return BY_HAND[name]
    try:
        told = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
    if "License-Expression" in told:
        return str(told["License-Expression"])
    classifiers = [value.removeprefix("License :: ") for value in told.get_all("Classifier") or []]
    named = {_CLASSIFIERS[value] for value in classifiers if value in _CLASSIFIERS}
    if len(named) == 1:
        return named.pop()
    text = str(told["License"] or "").strip() if "License" in told else ""
    known = _spdx().validate(text) if text else None
    return text if known is not None and not known.errors else ""


def render(python: Iterable[Locked], npm: Iterable[Locked], root: Path = ROOT) -> str:
    """Return the file. Raises NotFree."""
    lines = [
        _HEAD,
        "| distribution | releases | licence | used by | beside |",
        "|---|---|---|---|---|",
    ]
    for one in python:
        licence = licence_of(one.name)
        check(one.name, licence)
        lines.append(_row(one, licence))
    lines += [
        "",
        "| npm package | releases | licence | used by | beside |",
        "|---|---|---|---|---|",
    ]
    bundled = []
    for one in npm:
        check(one.name, one.licence)
        lines.append(_row(one, one.licence))
        if one.used_by != ("dev",):
            bundled.append(one)
    for one in bundled:
        lines += ["", f"## {one.name}", "", "```text", _text(one, root), "```"]
    return "\n".join(lines) + "\n"


def _row(one: Locked, licence: str) -> str:
    releases = ", ".join(one.releases)
    used, note = ", ".join(one.used_by), NOTES.get(one.name, "")
    return f"| {one.name} | {releases} | {licence} | {used} | {note} |"


def _text(one: Locked, root: Path) -> str:
    """Return a bundled package's licence: from the package, else as it was written before."""
    for door in one.used_by:
        path = root / BUNDLES[door] / "node_modules" / one.name / "LICENSE"
        if path.exists():
            return path.read_text("utf-8").strip()
    return kept_text(PATH.read_text("utf-8") if PATH.exists() else "", one.name)


def kept_text(document: str, name: str) -> str:
    """Return the licence of a bundled package as a document holds it. Raises NotFree."""
    pattern = rf"^## {re.escape(name)}\n\n```text\n(.*?)\n```"
    found = re.search(pattern, document, re.MULTILINE | re.DOTALL)
    if found is None:
        raise NotFree(f"{name}: its licence is in its package: build the bundles with `make demo`")
    return found[1]


@cache
def _spdx() -> license_expression.Licensing:
    return license_expression.get_spdx_licensing()


def _is_free(parsed: object) -> bool:
    if isinstance(parsed, license_expression.LicenseSymbol):
        return parsed.key in FREE
    parts: Sequence[object] = getattr(parsed, "args", ())
    is_choice = type(parsed).__name__ == "OR"
    return bool(parts) and (any if is_choice else all)(_is_free(part) for part in parts)


def main() -> int:
    """Write the file; return the exit code."""
    try:
        text = render(python_locked(), npm_locked())
    except NotFree as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if not PATH.exists() or PATH.read_text("utf-8") != text:
        PATH.write_text(text, "utf-8")
        sys.stdout.write(f"wrote {PATH.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
