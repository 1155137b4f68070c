"""The read-only routes; each asks the live board or the store and shapes the answer.

A route that is no visitor's names who may read it; a manager reads what is of their own venues.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime

from contracts.ids import NAME_PATTERN
from hub.access import Permission, Who
from hub.api.deps import known_parameters
from hub.api.models import (
    BrokerOut,
    DeviceOut,
    HealthOut,
    IntakeOut,
    OccupancyOut,
    SeriesDataOut,
    SeriesOut,
    StoreOut,
    VenueOccupancyOut,
    VenueOut,
    instant,
)
from hub.api.problems import PROBLEMS, Unusable
from hub.errors import NotFound
from hub.live import VenueNow
from hub.runtime import Hub
from hub.store.port import SeriesKey
from hub.web import RunningHub, VenueInPath
from hub.web_access import Needs, OnBoard, require_venue

router = APIRouter(prefix="/api/v1", responses=PROBLEMS, dependencies=[Depends(known_parameters)])

LONGEST: dict[str, timedelta] = {"bucket": timedelta(days=8), "hour": timedelta(days=400)}
"""The longest span that one answer covers."""

SeriesReader = Annotated[Who, Depends(Needs(Permission.SERIES))]
VenueFilter = Annotated[str | None, Query(pattern=NAME_PATTERN, description="only this venue")]


@router.get("/venues", summary="All venues, as declared")
async def list_venues(hub: RunningHub, _who: OnBoard) -> list[VenueOut]:
    """Return every venue of the records."""
    return [_venue(hub, now) for now in hub.live.venues.values()]


@router.get("/venues/{venue}", summary="One venue, as declared")  # noqa: FAST003  read by VenueInPath
async def show_venue(_who: OnBoard, now: VenueInPath, hub: RunningHub) -> VenueOut:
    """Return one venue."""
    return _venue(hub, now)


@router.get(
    "/venues/{venue}/occupancy",  # noqa: FAST003  read by VenueInPath
    summary="Occupancy of one venue, and today's course",
)
async def show_occupancy(_who: OnBoard, now: VenueInPath, hub: RunningHub) -> VenueOccupancyOut:
    """Return how many people are in one venue."""
    return VenueOccupancyOut.of(now, hub.live.at_ms)


@router.get("/occupancy", summary="Occupancy of all venues")
async def list_occupancy(hub: RunningHub, _who: OnBoard) -> list[OccupancyOut]:
    """Return how many people are in each venue."""
    return [OccupancyOut.of(now, hub.live.at_ms) for now in hub.live.venues.values()]


@router.get("/series", summary="Series that the store holds")
def list_series(hub: RunningHub, who: SeriesReader, venue: VenueFilter = None) -> list[SeriesOut]:
    """Return the names and kinds of series."""
    require_venue(who, Permission.SERIES, venue)
    found = sorted(hub.store.series(venue).items())
    return [SeriesOut.of(key, kind) for key, kind in found if who.covers(key.venue)]


@router.get("/series/{venue}/{node}/{name}", summary="Buckets or hours of one series")
def read_series(
    venue: str,
    node: str,
    name: str,
    hub: RunningHub,
    _who: SeriesReader,
    *,
    start: Annotated[
        AwareDatetime | None, Query(description="with offset or Z; 24 h before the end")
    ] = None,
    end: Annotated[AwareDatetime | None, Query(description="not included; now")] = None,
    step: Literal["bucket", "hour"] = "bucket",
) -> SeriesDataOut:
    """Return what was counted or measured in [start, end); at most 8 days, by hours 400."""
    key = SeriesKey(venue, node, name)
    kind = hub.store.series(venue).get(key)
    if kind is None:
        raise NotFound(f"there is no series {key}")
    last = end or datetime.now(UTC)
    try:
        first = start or last - timedelta(days=1)
        length = last - first
    except OverflowError as error:
        raise Unusable("start, end: lie outside of what a calendar holds") from error
    if length <= timedelta(0):
        raise Unusable("start: lies at or after end")
    if length > LONGEST[step]:
        raise Unusable(
            f"start, end: by {step}s one answer covers at most {LONGEST[step].days} days"
        )
    span = (int(first.timestamp()), int(last.timestamp()))
    if step == "bucket":
        buckets = list(hub.store.buckets(key, *span))
    else:
        buckets = list(hub.store.hourly([key], *span).get(key, ()))
    return SeriesDataOut(
        **SeriesOut.of(key, kind).model_dump(),
        step=step,
        start=first,
        end=last,
        buckets=SeriesDataOut.rows(buckets),
        kept_from=instant(kept_s * 1000) if (kept_s := hub.store.buckets_from_s(kind)) else None,
    )


@router.get("/devices", summary="Nodes: heard, or expected by a venue")
async def list_devices(
    hub: RunningHub,
    who: Annotated[Who, Depends(Needs(Permission.DEVICES))],
    venue: VenueFilter = None,
) -> list[DeviceOut]:
    """Return every node and whether it is online."""
    require_venue(who, Permission.DEVICES, venue)
    return [
        DeviceOut.of(now)
        for now in hub.live.devices
        if venue in {None, now.venue} and who.covers(now.venue)
    ]


@router.get("/health", summary="Whether the hub does its work")
def show_health(
    hub: RunningHub, _who: Annotated[Who, Depends(Needs(Permission.HEALTH))]
) -> HealthOut:
    """Return counts of the intake, refusals by code, and the state of store and broker."""
    counts, leftovers = hub.intake.counts, hub.store.leftovers()
    troubles = hub.live.troubles
    return HealthOut(
        ok=not troubles,
        started=instant(hub.started_ms),
        venues=len(hub.live.venues),
        devices=dict(Counter(now.state for now in hub.live.devices)),
        streams=len(hub.live.feed),
        intake=IntakeOut(
            messages=counts.messages,
            rows=counts.rows,
            commits=counts.commits,
            duplicates=counts.duplicates,
            refused_batches=counts.refused_batches,
            overrun=counts.overrun,
            gaps=counts.gaps,
            forks=counts.forks,
            # Copied whole first: other threads go on counting.
            refusals=dict(Counter(dict(counts.refusals)) + Counter(dict(hub.refusals))),
        ),
        store=StoreOut(
            store_id=hub.store.store_id,
            ancestors=list(hub.store.ancestors),
            trouble=next((t.reason for t in troubles if t.code in {"store", "live"}), None),
            quarantined=leftovers.quarantined,
            refused=leftovers.refused,
            gaps=leftovers.gaps,
            forks=leftovers.forks,
        ),
        broker=BrokerOut(
            enabled=hub.config.broker.enabled,
            connected=hub.broker_connected,
            refused=hub.session.refused if hub.session else None,
        ),
    )


def _venue(hub: Hub, now: VenueNow) -> VenueOut:
    schedule = hub.schedules.of(now.venue)
    return VenueOut.of(now.venue, schedule.week_on(schedule.clock.day_of(hub.live.at_ms // 1000)))
