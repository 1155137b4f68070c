"""A node switches while nobody is served: by declared hours, at night, or when it is said so."""

from dataclasses import replace
from datetime import datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

import pytest

from hub.live.now import VenueNow
from hub.occupancy import Declared, Opening
from hub.updates.window import BEFORE_OPENING_MS, MOST_MS, Night, may_switch
from hub.venues import Venue

ZONE = ZoneInfo("Asia/Shanghai")
NIGHT = Night(time(1), time(5))
NOW_MS = int(datetime(2026, 11, 30, 21, 0, tzinfo=ZONE).timestamp() * 1000)
HOUR = 3600


def a_venue(
    declared: Declared | None, opening: Literal["open", "closed", "unknown"] = "unknown"
) -> VenueNow:
    venue = Venue("museum", "馆", "Museum", "museum", "district", None, "Asia/Shanghai", (), 4)
    now = VenueNow(venue, None, None, "unknown", 0, 0, 0, 0, 0, (), declared, (), ())
    return replace(now, opening=Opening(opening))


def until(hours: float) -> int:
    return NOW_MS // 1000 + int(hours * HOUR)


@pytest.mark.parametrize(
    ("now", "goes"),
    [
        (None, False),
        (a_venue(None), False),
        (a_venue(Declared(open=True, until_s=until(1))), False),
        (a_venue(Declared(open=True, always=True)), False),
        (a_venue(Declared(open=False, until_s=until(12))), True),
        (a_venue(Declared(open=False, until_s=None)), True),
        # Somebody is there all the same: the lock says so.
        (a_venue(Declared(open=False, until_s=until(12)), "open"), False),
        # Too soon before the doors open.
        (a_venue(Declared(open=False, until_s=until(0.5))), False),
    ],
    ids=["unknown", "undeclared", "open", "always", "closed", "long", "unlocked", "soon"],
)
def test_while_a_venue_is_closed(now: VenueNow | None, goes: bool) -> None:
    assert may_switch(now, "closed", NIGHT, ZONE, NOW_MS).go is goes


def test_the_word_ends_before_the_doors_open_and_never_holds_for_long() -> None:
    soon = may_switch(
        a_venue(Declared(open=False, until_s=until(6))), "closed", NIGHT, ZONE, NOW_MS
    )
    assert soon.until_ms == until(6) * 1000 - BEFORE_OPENING_MS
    late = may_switch(a_venue(Declared(open=False)), "closed", NIGHT, ZONE, NOW_MS)
    assert late.until_ms == NOW_MS + MOST_MS


@pytest.mark.parametrize(
    ("at", "night", "goes"),
    [
        ((0, 59), NIGHT, False),
        ((1, 0), NIGHT, True),
        ((4, 54), NIGHT, True),
        ((4, 56), NIGHT, False),
        ((23, 0), Night(time(22), time(5)), True),
        ((3, 0), Night(time(22), time(5)), True),
        ((12, 0), Night(time(22), time(5)), False),
    ],
    ids=str,
)
def test_at_night(at: tuple[int, int], night: Night, goes: bool) -> None:
    now_ms = int(datetime(2026, 11, 30, *at, tzinfo=ZONE).timestamp() * 1000)
    told = may_switch(None, "night", night, ZONE, now_ms)
    assert told.go is goes
    if goes:
        ends = datetime.fromtimestamp(told.until_ms / 1000, ZONE)
        assert ends.time() == night.ends


def test_when_it_is_said_so() -> None:
    told = may_switch(a_venue(Declared(open=True)), "now", NIGHT, ZONE, NOW_MS)
    assert (told.go, told.until_ms) == (True, 0)
