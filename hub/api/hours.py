"""Public hours: what a venue tells whoever asks, without an account."""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from contracts.hours import Text, hours_now, hours_sentence
from hub.access import Permission, Who
from hub.api.deps import known_parameters
from hub.api.models import QualityName, instant
from hub.api.problems import PROBLEMS
from hub.compliance.calendar import DayType
from hub.compliance.schedule import told
from hub.live import VenueNow
from hub.schedules.declaration import Reason
from hub.schedules.public import PublicDay, Special, osm_text, public_days, public_hours
from hub.web import RunningHub, VenueInPath
from hub.web_access import Needs

router = APIRouter(
    prefix="/api/v1/venues/{venue}/hours",
    responses=PROBLEMS,
    dependencies=[Depends(known_parameters)],
)

Anybody = Annotated[Who, Depends(Needs(Permission.OPEN))]
DAYS = 7


class TextOut(BaseModel):
    """A sentence in both languages."""

    zh: str
    en: str

    @classmethod
    def of(cls, text: Text) -> "TextOut":
        """Return a sentence as the API tells it."""
        return cls(zh=text.zh, en=text.en)


class DayOut(BaseModel):
    """The hours of one local day as they hold."""

    day: date
    kind: Annotated[DayType, Field(description="what the day is by law")]
    sessions: Annotated[list[str], Field(description="local time; past 24:00 is the next morning")]
    text: TextOut
    special: Annotated[
        Special | None, Field(description="why the hours are not the week's; null: they are")
    ]

    @classmethod
    def of(cls, day: PublicDay) -> "DayOut":
        """Return a day as the API tells it."""
        return cls(
            day=day.day,
            kind=day.kind,
            sessions=[f"{told(opens)}-{told(closes)}" for opens, closes in day.sessions],
            text=TextOut.of(day.text),
            special=day.special,
        )


class ClosureOut(BaseModel):
    """A closure notice in force from `start_s` until `end_s`, Unix seconds."""

    start_s: int
    end_s: int
    reason: Reason
    zh: str
    en: str


class BusyOut(BaseModel):
    """How many are inside, and how sure that is."""

    occupancy: int | None
    capacity: int | None
    quality: QualityName
    trend: Literal["rising", "falling", "steady", "unknown"]
    since: datetime | None

    @classmethod
    def of(cls, now: VenueNow) -> "BusyOut":
        """Return how busy a venue is as the API tells it."""
        return cls(
            occupancy=now.occupancy,
            capacity=now.venue.capacity,
            quality=now.quality,
            trend=now.trend,
            since=instant(now.since_ms) if now.since_ms else None,
        )


class HoursOut(BaseModel):
    """Public hours. The fields down to `is_declared` are what `contracts.hours` reads."""

    timezone: str
    from_s: Annotated[int, Field(description="what is told begins here, Unix seconds")]
    until_s: Annotated[int, Field(description="and ends here")]
    sessions: Annotated[
        list[tuple[int, int]],
        Field(description="what is open, Unix seconds, notices and exceptions worked in"),
    ]
    closures: list[ClosureOut]
    is_declared: bool
    venue: str
    at: datetime
    open: Annotated[bool, Field(description="as declared: no word of the door")]
    door: Annotated[
        Literal["open", "closed", "unknown"], Field(description="what locks and entries say")
    ]
    changes: Annotated[datetime | None, Field(description="when it opens or closes next")]
    text: TextOut
    days: Annotated[list[DayOut], Field(description="today and the six days after it")]
    osm: Annotated[str | None, Field(description="OpenStreetMap's opening_hours")]
    busy: Annotated[
        BusyOut | None, Field(description="null where the board is not shown to whoever asks")
    ]


@router.get("", summary="Open now, when that changes, the week, notices, how busy")
def public(hub: RunningHub, who: Anybody, now: VenueInPath) -> HoursOut:
    """Return what a venue tells the public: the same source as its page, the board and kiosks."""
    schedule, at_s = hub.schedules.of(now.venue), hub.live.at_ms // 1000
    hours = public_hours(schedule, hub.schedules.declarations(now.venue.id), at_s)
    today, told_now = schedule.clock.day_of(at_s), hours_now(hours, at_s)
    days = public_days(schedule, today, today + timedelta(days=DAYS - 1), at_s)
    return HoursOut(
        timezone=hours.timezone,
        from_s=hours.from_s,
        until_s=hours.until_s,
        sessions=list(hours.sessions),
        closures=[
            ClosureOut(start_s=c.start_s, end_s=c.end_s, reason=c.reason, zh=c.zh, en=c.en)
            for c in hours.closures
        ],
        is_declared=hours.is_declared,
        venue=now.venue.id,
        at=instant(at_s * 1000),
        open=told_now.is_open,
        door=now.opening.state,
        changes=None if told_now.changes_s is None else instant(told_now.changes_s * 1000),
        text=TextOut.of(hours_sentence(hours, at_s)),
        days=[DayOut.of(day) for day in days],
        osm=osm_text(schedule, today),
        busy=BusyOut.of(now) if who.may(Permission.BOARD, now.venue.id) else None,
    )
