"""Whether a venue fills or empties. Pure."""

from typing import Final, Literal

Trend = Literal["rising", "steady", "falling", "unknown"]

TREND_SECONDS: Final = 1200
"""Now is compared with so long ago: longer than a group at the door, shorter than an afternoon."""
LEAST_CHANGE: Final = 3
LEAST_SHARE: Final = 0.1


def trend(before: int | None, after: int | None) -> Trend:
    """Compare two occupancies; None: not known. A few people, or a tenth, are no trend."""
    if before is None or after is None:
        return "unknown"
    if abs(after - before) < max(LEAST_CHANGE, LEAST_SHARE * before):
        return "steady"
    return "rising" if after > before else "falling"
