"""What the first release's node sent over a real broker, as it was recorded."""

import json
from pathlib import Path
from typing import Any, Final

FIRST: Final = Path(__file__).parent / "first_release"
VENUE: Final = "book-room-zhouqiao"
WEEK: Final = "2026-W46"


def messages() -> list[tuple[str, bytes]]:
    """Return topic and payload of every message, in order."""
    lines = (FIRST / "traffic.jsonl").read_text("utf-8").splitlines()
    return [(topic, payload.encode()) for topic, payload in map(json.loads, lines)]


def batches() -> list[dict[str, Any]]:
    """Return the batches, as bare JSON: no code of any release reads them."""
    return [json.loads(payload) for topic, payload in messages() if topic.endswith("/data")]


def readings() -> list[dict[str, Any]]:
    """Return all rows in the order of their numbers."""
    rows = {row["seq"]: row for batch in batches() for row in batch["rows"]}
    return [rows[seq] for seq in sorted(rows)]
