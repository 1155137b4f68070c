"""Worked frames and tags of standards, manuals and other implementations, with their sources."""

import json
from pathlib import Path
from typing import Any


def _read(name: str) -> dict[str, Any]:
    text = Path(__file__).with_name("facts").joinpath(name).read_text("utf-8")
    facts: dict[str, Any] = json.loads(text)
    return facts


VECTORS = _read("vectors.json")
TAG_EXAMPLES = _read("tag_examples.json")


def unhex(digits: str) -> bytes:
    """Return the bytes of hexadecimal digits with blanks anywhere among them."""
    return bytes.fromhex(digits.replace(" ", ""))
