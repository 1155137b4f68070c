"""Which use of a venue is worth telling. Pure."""

import math
from typing import Final

from hub.alerts.condition import AlertKind, Condition
from hub.alerts.rules import UseLimit
from hub.alerts.sources import link_to
from hub.demand.use import Use

SUBJECT: Final = "use"
MARGIN: Final = 0.2
"""It is well used again only so far above its limit: weeks differ by chance alone.

A room at half a visit per hour has about a hundred in four weeks; their number varies by a tenth.
"""


def of_use(venue: str, use: Use, limit: UseLimit) -> Condition | None:
    """Return that a known use is below its limit, or above it by less than the margin."""
    rate, least = use.visits_per_hour, limit.least_visits_per_hour
    if rate is None or rate >= least * (1 + MARGIN):
        return None
    # Rounded down: what is below its limit must not read as if it were at it.
    number = f"{math.floor(rate * 100) / 100:g}"
    hours = round(use.known_hours)
    return Condition(
        AlertKind.LOW_USE,
        venue,
        SUBJECT,
        use.since_s * 1000,
        None,
        f"{use.first} 至 {use.last}，开放时间内每小时到馆 {number} 人次，应不少于 {least:g}"
        f"（有记录的 {hours} 小时共 {use.visits} 人次）",
        f"{use.first} to {use.last}: {number} visits per open hour, to be at least {least:g}"
        f" ({use.visits} in {hours} hours that were counted)",
        link=f"{link_to(venue)}/demand",
        amount=1.0 if rate < least else 0.5,
    )
