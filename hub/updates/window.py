"""When a node may switch to another release: not while its venue serves anybody. Pure."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from hub.live.now import VenueNow
from hub.updates.rollout import When

BEFORE_OPENING_MS: Final = 30 * 60_000
"""So long before the doors open no switch is begun: a release that fails takes minutes to go."""
SHORTEST_MS: Final = 5 * 60_000
MOST_MS: Final = 12 * 3_600_000
"""A node that hears nothing more believes a word on hours at most for so long."""


@dataclass(frozen=True, slots=True)
class Go:
    """Whether a node may switch, until when (Unix ms; 0: whenever it hears of it)."""

    go: bool = False
    until_ms: int = 0


@dataclass(frozen=True, slots=True)
class Night:
    """The hours in which a node may be disturbed that is never closed, local time."""

    begins: time
    ends: time


def may_switch(now: VenueNow | None, when: When, night: Night, zone: ZoneInfo, now_ms: int) -> Go:
    """Tell whether nodes of a venue may switch now; None: the venue is not declared."""
    if when == "now":
        return Go(True)
    if when == "night":
        return _at_night(night, zone, now_ms)
    if now is None or now.declared is None:
        # Nobody knows when it is closed: only a night or a person can say.
        return Go()
    if now.declared.open or now.declared.always or now.opening.state == "open":
        return Go()
    latest = now_ms + MOST_MS
    if now.declared.until_s is not None:
        latest = min(latest, now.declared.until_s * 1000 - BEFORE_OPENING_MS)
    return Go(True, latest) if latest - now_ms >= SHORTEST_MS else Go()


def _at_night(night: Night, zone: ZoneInfo, now_ms: int) -> Go:
    local = datetime.fromtimestamp(now_ms / 1000, zone)
    for days in (-1, 0):
        day = local.date() + timedelta(days=days)
        begins = datetime.combine(day, night.begins, zone)
        ends = datetime.combine(day, night.ends, zone)
        if ends <= begins:
            ends += timedelta(days=1)
        if begins <= local and ends - local >= timedelta(milliseconds=SHORTEST_MS):
            return Go(True, int(ends.timestamp() * 1000))
    return Go()
