"""What the API answers. Instants are ISO 8601 in UTC; null means not known, never zero."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from hub.compliance.schedule import Week, told
from hub.live import DeviceNow, Fault, VenueNow
from hub.live.now import FaultCode, Leftover
from hub.occupancy import Opening
from hub.store.port import Bucket, Kind, SeriesKey
from hub.venues import Venue

QualityName = Literal["known", "degraded", "unknown"]


class OpeningOut(BaseModel):
    """Whether a venue is open, and what that rests on; declared hours alone decide nothing."""

    state: Literal["open", "closed", "unknown"]
    basis: Annotated[
        Literal["lock", "entries", "conflict", "silent", "none"],
        Field(
            description="conflict: locked, and people enter; silent: no lock was heard of lately;"
            " none: there is no lock"
        ),
    ]
    since: datetime | None

    @classmethod
    def of(cls, opening: Opening) -> "OpeningOut":
        """Return an opening as the API tells it."""
        return cls(state=opening.state, basis=opening.basis, since=maybe(opening.since_ms))


class ZoneOut(BaseModel):
    """A zone of a venue."""

    id: str
    name_zh: str
    name_en: str
    capacity: int | None


class LineOut(BaseModel):
    """A counting line: `in` leads from `from_zone` into `to_zone`; `outside` is the street."""

    node: str
    line: str
    from_zone: str
    to_zone: str


class VenueOut(BaseModel):
    """A venue as it was declared."""

    id: str
    name_zh: str
    name_en: str
    kind: str
    level: Literal["district", "town", "space"]
    capacity: int | None
    timezone: str
    hours: Annotated[
        dict[str, list[str]],
        Field(description="the weekly timetable in force by weekday, local time"),
    ]
    latitude: float | None
    longitude: float | None
    zones: list[ZoneOut]
    lines: list[LineOut]

    @classmethod
    def of(cls, venue: Venue, week: Week) -> "VenueOut":
        """Return a venue as the API tells it, with the week that is in force."""
        return cls(
            id=venue.id,
            name_zh=venue.name_zh,
            name_en=venue.name_en,
            kind=venue.kind,
            level=venue.level,
            capacity=venue.capacity,
            timezone=venue.timezone,
            hours={
                day: [f"{told(opens)}-{told(closes)}" for opens, closes in sessions]
                for day, sessions in zip(_WEEKDAYS, week, strict=True)
            },
            latitude=venue.latitude,
            longitude=venue.longitude,
            zones=[
                ZoneOut(id=z.id, name_zh=z.name_zh, name_en=z.name_en, capacity=z.capacity)
                for z in venue.zones
            ],
            lines=[
                LineOut(node=x.node, line=x.line, from_zone=x.from_zone, to_zone=x.to_zone)
                for x in venue.lines
            ],
        )


class ZoneOccupancyOut(BaseModel):
    """Occupancy of one zone."""

    zone: str
    occupancy: int | None
    quality: QualityName
    since: datetime | None
    counted: Annotated[datetime | None, Field(description="when the staff counted heads")]
    leftover: "LeftoverOut | None"


class LeftoverOut(BaseModel):
    """What the last session left over: how many too many its crossings left inside."""

    since: datetime | None
    until: datetime | None
    entered: int
    left: int
    residual: int
    excessive: Annotated[bool, Field(description="above max(5 % of entries, 3)")]
    watched: Annotated[bool, Field(description="false: part of it was not watched")]

    @classmethod
    def of(cls, leftover: Leftover | None) -> "LeftoverOut | None":
        """Return what was left over as the API tells it."""
        if leftover is None:
            return None
        balance = leftover.balance
        return cls(
            since=maybe((balance.since_s or 0) * 1000),
            until=maybe((balance.until_s or 0) * 1000),
            entered=balance.entered,
            left=balance.left,
            residual=balance.residual or 0,
            excessive=balance.is_excessive,
            watched=leftover.is_watched,
        )


class OccupancyOut(BaseModel):
    """How many people are in a venue, how sure that is, and since when it is that sure."""

    venue: str
    at: Annotated[datetime, Field(description="when this was judged")]
    occupancy: Annotated[int | None, Field(description="null while the quality is unknown")]
    last_occupancy: Annotated[
        int | None, Field(description="as last heard, also when it is not known any more")
    ]
    quality: QualityName
    since: datetime | None
    last_heard: Annotated[
        datetime | None, Field(description="until when all outer lines were watched")
    ]
    capacity: int | None
    entered_today: int
    counted: Annotated[
        datetime | None, Field(description="when the staff counted heads since the zero")
    ]
    leftover: LeftoverOut | None
    opening: OpeningOut
    trend: Annotated[
        Literal["rising", "steady", "falling", "unknown"],
        Field(description="compared with twenty minutes ago"),
    ]
    missing: Annotated[list[str], Field(description="lines that are not watched, node/line")]
    zones: list[ZoneOccupancyOut]

    @classmethod
    def of(cls, now: VenueNow, at_ms: int) -> "OccupancyOut":
        """Return a venue's occupancy as the API tells it."""
        return cls(
            venue=now.venue.id,
            at=instant(at_ms),
            occupancy=now.occupancy,
            last_occupancy=now.last_occupancy,
            quality=now.quality,
            since=maybe(now.since_ms),
            last_heard=maybe(now.heard_ms),
            capacity=now.venue.capacity,
            entered_today=now.entered_today,
            counted=maybe(now.counted_ms),
            leftover=LeftoverOut.of(now.leftover),
            opening=OpeningOut.of(now.opening),
            trend=now.trend,
            missing=list(now.missing),
            zones=[
                ZoneOccupancyOut(
                    zone=zone.zone,
                    occupancy=zone.occupancy,
                    quality=zone.quality,
                    since=maybe(zone.since_ms),
                    counted=maybe(zone.counted_ms),
                    leftover=LeftoverOut.of(zone.leftover),
                )
                for zone in now.zones
            ],
        )


class CurvePointOut(BaseModel):
    """Occupancy at one instant of today; null where the venue was not watched."""

    at: datetime
    occupancy: int | None


class VenueOccupancyOut(OccupancyOut):
    """Occupancy of one venue, with today's course in steps of half an hour."""

    today: list[CurvePointOut]

    @classmethod
    def of(cls, now: VenueNow, at_ms: int) -> "VenueOccupancyOut":
        """Return a venue's occupancy and its course."""
        plain = OccupancyOut.of(now, at_ms).model_dump()
        today = [CurvePointOut(at=instant(p.at_s * 1000), occupancy=p.occupancy) for p in now.curve]
        return cls(**plain, today=today)


class SeriesOut(BaseModel):
    """A series that the store holds."""

    venue: str
    node: str
    name: str
    kind: Literal["count", "measure"]
    fields: list[str]

    @classmethod
    def of(cls, key: SeriesKey, kind: Kind) -> "SeriesOut":
        """Return a series as the API tells it."""
        name: Literal["count", "measure"] = "count" if kind is Kind.COUNT else "measure"
        fields = [field for field, _ in kind.value.fields]
        return cls(venue=key.venue, node=key.node, name=key.name, kind=name, fields=fields)


class BucketOut(BaseModel):
    """One bucket or hour; `values` in the order of the series' `fields`."""

    at: datetime
    values: list[float]


class SeriesDataOut(SeriesOut):
    """Buckets of one series; a stretch without any is not zero, it is absent."""

    step: Literal["bucket", "hour"]
    start: datetime
    end: datetime
    buckets: list[BucketOut]
    kept_from: Annotated[
        datetime | None,
        Field(description="before it buckets were deleted and only hours are kept; null: all are"),
    ]

    @staticmethod
    def rows(buckets: list[Bucket]) -> list[BucketOut]:
        """Return buckets as the API tells them."""
        return [BucketOut(at=instant(b.at * 1000), values=list(b.values)) for b in buckets]


class FaultOut(BaseModel):
    """What an online node says is wrong.

    A `source` that fails, a `camera` whose pictures cannot be counted in (`detail` says how they
    are), one that shows another `view` than at first, a `spool` that refuses, a `clock` that was
    never set, rows that were `dropped` before a store had them, a `store` on the broker that is not
    the node's own.
    """

    code: FaultCode
    name: Annotated[str, Field(description="which source or store")]
    count: Annotated[int, Field(description="rows that wait for a clock, or were dropped")]
    detail: str
    since: datetime | None

    @classmethod
    def of(cls, fault: Fault) -> "FaultOut":
        """Return a fault as the API tells it."""
        return cls(
            code=fault.code,
            name=fault.name,
            count=fault.count,
            detail=fault.detail,
            since=maybe(fault.since_ms),
        )


class DeviceOut(BaseModel):
    """A node: `silent` sends without ever telling its status, `expected` was never heard."""

    venue: str
    node: str
    state: Literal["online", "offline", "silent", "expected"]
    first_seen: datetime | None
    last_seen: datetime | None
    software: str | None
    faults: list[FaultOut]

    @classmethod
    def of(cls, now: DeviceNow) -> "DeviceOut":
        """Return a node as the API tells it."""
        device = now.device
        return cls(
            venue=now.venue,
            node=now.node,
            state=now.state,
            first_seen=maybe(device.first_seen_ms) if device else None,
            last_seen=maybe(device.last_seen_ms) if device else None,
            software=device.software or None if device else None,
            faults=[FaultOut.of(fault) for fault in now.faults],
        )


class IntakeOut(BaseModel):
    """What went through the intake since the hub started."""

    messages: int
    rows: int
    commits: int
    duplicates: int
    refused_batches: int
    overrun: int
    gaps: int
    forks: int
    refusals: Annotated[dict[str, int], Field(description="payloads refused, by code")]


class StoreOut(BaseModel):
    """The store: what it is, and what it holds that could not be taken as it was."""

    store_id: str
    ancestors: list[str]
    trouble: Annotated[str | None, Field(description="why it refuses, while it does")]
    quarantined: int
    refused: int
    gaps: int
    forks: int


class BrokerOut(BaseModel):
    """The connection to the broker."""

    enabled: bool
    connected: bool
    refused: str | None


class HealthOut(BaseModel):
    """Whether the hub does its work; `ok` is false while store or broker refuse."""

    ok: bool
    started: datetime
    venues: int
    devices: dict[str, int]
    streams: int
    intake: IntakeOut
    store: StoreOut
    broker: BrokerOut


_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def instant(at_ms: int) -> datetime:
    """Return Unix ms as an instant in UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def maybe(at_ms: int) -> datetime | None:
    """Return Unix ms as an instant; 0 means never."""
    return instant(at_ms) if at_ms else None
