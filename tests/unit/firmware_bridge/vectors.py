"""Worked frames and tags of standards, manuals and other implementations, with their sources."""

import json
from pathlib import Path
from typing import Any

VECTORS: dict[str, Any] = json.loads(
    Path(__file__).with_name("facts").joinpath("vectors.json").read_text("utf-8")
)


def unhex(digits: str) -> bytes:
    """Return the bytes of hexadecimal digits with blanks anywhere among them."""
    return bytes.fromhex(digits.replace(" ", ""))
