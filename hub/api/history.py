"""A venue's past: one range as JSON, and each of its tables as CSV."""

import hashlib
from datetime import date, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from hub.api.deps import known_parameters
from hub.api.export import csv_lines
from hub.api.problems import PROBLEMS
from hub.errors import NotFound
from hub.history import History, RangeName, StepName
from hub.history.calendar import EARLIEST, LATEST
from hub.history.decimation import MOST_COLUMNS
from hub.history.tables import TABLES, Table, footfall_table
from hub.history.tables import column_quality as quality_of
from hub.web import RunningHub, VenueInPath
from hub.web_access import OnBoard

router = APIRouter(prefix="/api/v1", responses=PROBLEMS, dependencies=[Depends(known_parameters)])

CACHE = {"Cache-Control": "private, no-cache"}
"""Late data may change any day: a copy is kept, and asked about by its ETag."""

Range = Annotated[RangeName, Query(alias="range", description="ends with `to`")]
To = Annotated[
    date | None, Query(ge=EARLIEST, le=LATEST, description="local day of the venue; today")
]
Step = Annotated[
    StepName | None,
    Query(description="of footfall and climate; a day by hour, a year by week, else by day"),
]
Columns = Annotated[int, Query(ge=10, le=2000, description="most points of the occupancy's course")]

QualityName = Literal["known", "partial", "degraded", "unknown", "future"]


class SlotOut(BaseModel):
    """An hour, day or week. While the quality is `partial` numbers are the least they can be."""

    at: datetime
    until: datetime
    entered: int | None
    left: int | None
    watched_percent: Annotated[
        float | None, Field(description="of the opening hours in it; of an hour, of all of it")
    ]
    quality: QualityName
    typical: Annotated[
        list[float | None] | None,
        Field(description="10 %, median and 90 % of the same hour of such a weekday"),
    ]


class ColumnOut(BaseModel):
    """A stretch of the occupancy's course; all null where nothing is known."""

    at: datetime
    until: datetime
    least: float | None
    mean: float | None
    most: float | None
    corrected: Annotated[
        float | None,
        Field(description="mean, with what an ended session left over spread back over it"),
    ]
    unknown_seconds: float
    quality: QualityName


class ResidualOut(BaseModel):
    """A stretch between two sure numbers, a session's zero or a head count, and what it left."""

    since: datetime | None
    until: datetime
    began_with: int | None
    ended_with: int | None
    entered: int
    left: int
    residual: int | None
    excessive: bool


class ClimateOut(BaseModel):
    """One quantity of one sensor."""

    node: str
    sensor: str
    quantity: str
    limits: tuple[float, float] | None
    values: list["MeasuredOut"]


class MeasuredOut(BaseModel):
    """What was measured in one slot; all null where nothing was."""

    at: datetime
    until: datetime
    least: float | None
    mean: float | None
    most: float | None


class HabitOut(BaseModel):
    """What a day is compared with."""

    days: list[date]
    hours_left_out: Annotated[int, Field(description="hours that were not watched as a whole")]


class UnwatchedOut(BaseModel):
    """A stretch in which lines that touch outside were not watched."""

    since: datetime
    until: datetime
    lines: list[str]
    reason: str


class HistoryOut(BaseModel):
    """A range of one venue; instants with the offset of its time zone."""

    venue: str
    timezone: str
    range: RangeName
    first: date
    last: date
    start: datetime
    end: datetime
    at: Annotated[datetime, Field(description="when this was read")]
    step: StepName
    capacity: int | None
    footfall: list[SlotOut]
    habit: HabitOut | None
    occupancy: list[ColumnOut]
    occupancy_step: Annotated[
        Literal["minute", "hour"], Field(description="`hour`: the sum at the end of each hour")
    ]
    minutes_from: Annotated[
        datetime | None, Field(description="before it only hours are kept; null: all minutes are")
    ]
    residuals: list[ResidualOut]
    week: Annotated[
        list[list[float | None]],
        Field(description="7 days from Monday x 24 hours of the clock: mean entries"),
    ]
    climate: list[ClimateOut]
    unwatched: list[UnwatchedOut]

    @classmethod
    def of(cls, history: History) -> "HistoryOut":
        """Return a range as the API tells it."""
        zone = history.zone

        def at(second: float) -> datetime:
            return datetime.fromtimestamp(second, zone)

        return cls(
            venue=history.venue.id,
            timezone=history.venue.timezone,
            range=history.period.name,
            first=history.period.first,
            last=history.period.last,
            start=at(history.start_s),
            end=at(history.end_s),
            at=at(history.now_s),
            step=history.step,
            capacity=history.venue.capacity,
            footfall=[_slot(row, zone) for row in _dicts(footfall_table(history))],
            habit=HabitOut(days=list(history.typical.days), hours_left_out=history.typical.left_out)
            if history.typical
            else None,
            occupancy=[
                ColumnOut(
                    at=at(c.at_s),
                    until=at(c.until_s),
                    least=c.least,
                    mean=None if c.mean is None else round(c.mean, 2),
                    most=c.most,
                    corrected=None if even.mean is None else round(even.mean, 2),
                    unknown_seconds=c.unknown_s,
                    quality=quality_of(c),
                )
                for c, even in zip(history.course, history.corrected, strict=True)
                if c.at_s < history.now_s
            ],
            occupancy_step=history.course_step,
            minutes_from=at(history.minutes_from_s) if history.minutes_from_s else None,
            residuals=[
                ResidualOut(
                    since=None if balance.since_s is None else at(balance.since_s),
                    until=at(balance.until_s),
                    began_with=balance.began_with,
                    ended_with=balance.ended_with,
                    entered=balance.entered,
                    left=balance.left,
                    residual=balance.residual,
                    excessive=balance.is_excessive,
                )
                for balance in history.balances
                if balance.until_s is not None
            ],
            week=[[cell.entered for cell in row] for row in history.heat],
            climate=[
                ClimateOut(
                    node=series.node,
                    sensor=series.sensor,
                    quantity=series.quantity,
                    limits=series.limits,
                    values=[
                        MeasuredOut(
                            at=at(p.at_s),
                            until=at(p.until_s),
                            least=p.least,
                            mean=None if p.mean is None else round(p.mean, 2),
                            most=p.most,
                        )
                        for p in series.pieces
                    ],
                )
                for series in history.climate
            ],
            unwatched=[
                UnwatchedOut(
                    since=at(gap.since_ms / 1000),
                    until=at(gap.until_ms / 1000),
                    lines=list(gap.lines),
                    reason=gap.reason,
                )
                for gap in history.unwatched
            ],
        )


@router.get(
    "/venues/{venue}/history",  # noqa: FAST003  read by VenueInPath
    summary="A day, week, month or year of one venue: footfall, occupancy, habit, climate",
    response_model=HistoryOut,
)
def show_history(
    _who: OnBoard,
    now: VenueInPath,
    hub: RunningHub,
    request: Request,
    *,
    range_: Range = "day",
    to: To = None,
    step: Step = None,
    columns: Columns = MOST_COLUMNS,
) -> Response:
    """Return a range of one venue; a copy is asked about with If-None-Match."""
    told = HistoryOut.of(hub.history(now.venue, range_, to, step=step, columns=columns))
    # When it was read is no part of what was read: it changes no tag.
    tag = _tag(told.model_dump_json(exclude={"at"}).encode())
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={**CACHE, "ETag": tag})
    return Response(
        told.model_dump_json(),
        media_type="application/json",
        headers={**CACHE, "ETag": tag},
    )


@router.get(
    "/venues/{venue}/history/{table}.csv",  # noqa: FAST003  read by VenueInPath
    summary="One table of a range as CSV: " + ", ".join(TABLES),
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}, "description": "RFC 4180, UTF-8 with BOM"}},
)
def show_table(
    _who: OnBoard,
    now: VenueInPath,
    table: str,
    hub: RunningHub,
    request: Request,
    *,
    range_: Range = "day",
    to: To = None,
    step: Step = None,
    columns: Columns = MOST_COLUMNS,
) -> Response:
    """Return one table; what is not known is an empty cell, and `quality` says so."""
    build = TABLES.get(table)
    if build is None:
        raise NotFound(f"there is no table {table!r}; there are {', '.join(TABLES)}")
    history = hub.history(now.venue, range_, to, step=step, columns=columns)
    body = b"".join(csv_lines(build(history).told(history.zone)))
    tag = _tag(body)
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={**CACHE, "ETag": tag})
    name = f"{now.venue.id}-{table}-{history.period.first}-{history.period.last}.csv"
    return Response(
        body,
        media_type="text/csv; charset=utf-8",
        headers={
            **CACHE,
            "ETag": tag,
            "Content-Disposition": f'attachment; filename="{name}"',
        },
    )


def _dicts(table: Table) -> list[dict[str, Any]]:
    names = [field.name for field in table.fields]
    return [dict(zip(names, row, strict=True)) for row in table.rows]


def _slot(row: dict[str, Any], zone: ZoneInfo) -> SlotOut:
    habit = [row.get(name) for name in ("typical_10", "typical_median", "typical_90")]
    return SlotOut(
        at=datetime.fromtimestamp(row["from"], zone),
        until=datetime.fromtimestamp(row["until"], zone),
        entered=row["entered"],
        left=row["left"],
        watched_percent=row["watched"],
        quality=row["quality"],
        typical=habit if "typical_10" in row else None,
    )


def _tag(body: bytes) -> str:
    # Weak: the same bytes may travel compressed or not.
    return f'W/"{hashlib.sha256(body).hexdigest()[:24]}"'
