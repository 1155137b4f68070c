"""What a kiosk tells of its venue and of those nearby, without an account."""

import hashlib
import math
from collections.abc import Callable
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Depends, Request, Response

from contracts.hours import PublicHours
from contracts.messages import Quality
from contracts.venue_facts import (
    NearbyVenue,
    TypicalHour,
    VenueFacts,
    encode_facts,
)
from hub.access import Permission, Who
from hub.api.deps import known_parameters
from hub.api.problems import PROBLEMS
from hub.demand.profile import STEPS_A_DAY, Rate
from hub.errors import StoreError
from hub.runtime import Hub
from hub.schedules.public import public_hours
from hub.venues import Venue
from hub.web import RunningHub, VenueInPath
from hub.web_access import Needs

router = APIRouter(
    prefix="/api/v1/venues/{venue}/facts",
    responses=PROBLEMS,
    dependencies=[Depends(known_parameters)],
)

Anybody = Annotated[Who, Depends(Needs(Permission.OPEN))]
SHOWN_NEARBY: Final = 12
EARTH_METRES: Final = 6_371_000
STEPS_AN_HOUR: Final = STEPS_A_DAY // 24

_BODY = {
    200: {
        "description": (
            "Names, public hours, how busy now and typically (people who come in within an hour),"
            f" and the {SHOWN_NEARBY} nearest venues: contracts.venue_facts"
        ),
        "content": {"application/json": {"schema": {"type": "object"}}},
    },
    304: {"description": "Nothing but the time changed since the ETag that was sent"},
}


@router.get("", summary="What a kiosk tells of its venue", response_model=None, responses=_BODY)  # type: ignore[arg-type]
def facts(request: Request, hub: RunningHub, who: Anybody, now: VenueInPath) -> Response:
    """Return the facts of a venue; how busy it is only where the board is shown to whoever asks."""
    told = make_facts(hub, now.venue, lambda venue: who.may(Permission.BOARD, venue))
    tag = f'"{hashlib.sha256(encode_facts(_timeless(told))).hexdigest()[:24]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(encode_facts(told), media_type="application/json", headers=headers)


def make_facts(hub: Hub, venue: Venue, may_see: Callable[[str], bool]) -> VenueFacts:
    """Return what is told of a venue now; `may_see` says whose occupancy is shown."""
    at_ms = hub.live.at_ms
    occupancy, quality = _busy(hub, venue, may_see)
    away = [
        (metres, other.id, other)
        for other in hub.live.declared.values()
        if other.id != venue.id and (metres := _metres(venue, other)) is not None
    ]
    near = [other for _, _, other in sorted(away)[:SHOWN_NEARBY]]
    return VenueFacts(
        venue=venue.id,
        name_zh=venue.name_zh,
        name_en=venue.name_en,
        at_ms=at_ms,
        hours=_hours(hub, venue),
        occupancy=occupancy,
        capacity=venue.capacity,
        quality=quality,
        typical=_typical(hub, venue) if may_see(venue.id) else (),
        nearby=tuple(_nearby(hub, venue, other, may_see) for other in near),
    )


def _hours(hub: Hub, venue: Venue) -> PublicHours:
    told = hub.schedules.declarations(venue.id)
    return public_hours(hub.schedules.of(venue), told, hub.live.at_ms // 1000)


def _busy(hub: Hub, venue: Venue, may_see: Callable[[str], bool]) -> tuple[int | None, Quality]:
    now = hub.live.venues.get(venue.id)
    if now is None or not may_see(venue.id):
        return None, "unknown"
    return now.occupancy, now.quality


def _nearby(hub: Hub, venue: Venue, other: Venue, may_see: Callable[[str], bool]) -> NearbyVenue:
    occupancy, quality = _busy(hub, other, may_see)
    return NearbyVenue(
        venue=other.id,
        name_zh=other.name_zh,
        name_en=other.name_en,
        hours=_hours(hub, other),
        metres=_metres(venue, other),
        occupancy=occupancy if quality == "known" else None,
        capacity=other.capacity,
        quality=quality,
    )


def _typical(hub: Hub, venue: Venue) -> tuple[TypicalHour, ...]:
    try:
        rates = hub.duties.demand.of(venue).demand.profile.rates
    except StoreError:
        # How busy it usually is can wait; the hours cannot.
        return ()
    hours = []
    for at in range(0, len(rates), STEPS_AN_HOUR):
        weekday, step = divmod(at, STEPS_A_DAY)
        people = _people(rates[at : at + STEPS_AN_HOUR])
        hours.append(TypicalHour(weekday, step // STEPS_AN_HOUR, people))
    return tuple(hours)


def _people(rates: tuple[Rate | None, ...]) -> float | None:
    known = [rate.mean for rate in rates if rate is not None]
    return round(sum(known), 1) if len(known) == len(rates) else None


def _metres(one: Venue, other: Venue) -> int | None:
    """Return the great-circle distance by the haversine formula, None where a place is unknown."""
    if one.latitude is None or one.longitude is None:
        return None
    if other.latitude is None or other.longitude is None:
        return None
    north, south = math.radians(one.latitude), math.radians(other.latitude)
    across = math.radians(other.longitude - one.longitude)
    chord = (
        math.sin((south - north) / 2) ** 2
        + math.cos(north) * math.cos(south) * math.sin(across / 2) ** 2
    )
    return round(2 * EARTH_METRES * math.asin(math.sqrt(chord)))


def _timeless(told: VenueFacts) -> VenueFacts:
    """Return facts without when they were made: that alone is no news."""
    return msgspec.structs.replace(told, at_ms=0)
