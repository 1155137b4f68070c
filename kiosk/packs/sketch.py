"""The beginning of a pack: `pack.json` for a folder, for a person to go on with."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contracts.ids import is_name
from contracts.pack import ENDINGS, FORMAT, PICTURES
from link.packs import SKETCH, PackRefused

WIDTH_MM = 148.0
"""Of a postcard that lies across, A6."""


def begin(folder: Path, name: str | None = None, now: datetime | None = None) -> tuple[Path, int]:
    """Write a sketch with a target for each picture; return its path and how many there are.

    Raises PackRefused: one is there already, or a name cannot be used.
    """
    path = folder / SKETCH
    if path.exists():
        raise PackRefused(f"{path} is there already: change it, or move it away")
    pack = name if name is not None else _name_of(folder.resolve().name)
    if not is_name(pack):
        raise PackRefused(
            f"{pack!r} is no name of a pack: lower-case letters, digits, - and _; give one with"
            " --name"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        pictures = sorted(
            one for one in folder.iterdir() if ENDINGS.get(one.suffix[1:]) in PICTURES
        )
        targets = [_target(picture) for picture in pictures] or [_marker()]
        sketch = {
            "format": FORMAT,
            "pack": pack,
            "version": 1,
            "title": {"zh": "名称", "en": "Title"},
            "made": f"{now or datetime.now(UTC):%Y-%m-%d}",
            "targets": targets,
        }
        path.write_text(json.dumps(sketch, ensure_ascii=False, indent=2) + "\n", "utf-8")
    except OSError as error:
        raise PackRefused(f"{path}: cannot be written: {error.strerror or error}") from error
    return path, len(targets)


def _target(picture: Path) -> dict[str, Any]:
    return {
        "name": _name_of(picture.stem),
        "picture": picture.name,
        "width_mm": WIDTH_MM,
        "caption": {"zh": picture.stem, "en": picture.stem},
        "story": {"zh": "", "en": ""},
        "hotspots": [],
    }


def _marker() -> dict[str, Any]:
    """Return a target that needs no picture, so that the sketch can be built as it is."""
    return {
        "name": "first",
        "marker": {"dictionary": "DICT_5X5_100", "number": 1},
        "width_mm": 50.0,
        "caption": {"zh": "说明", "en": "Caption"},
        "story": {"zh": "", "en": ""},
        "hotspots": [],
    }


def _name_of(text: str) -> str:
    return re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_") or "pack"
