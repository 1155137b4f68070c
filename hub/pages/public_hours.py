"""The page of a venue's public hours: for whoever stands before the door, without an account."""

from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from contracts.hours import PublicHours, hours_now, hours_sentence
from hub.access import Permission, Who
from hub.compliance.calendar import DayType
from hub.compliance.localtime import LocalTime
from hub.live.now import VenueNow
from hub.pages.frame import LangQuery, show
from hub.pages.schedule_view import shown_days
from hub.pages.schedule_words import DAY_TYPES, REASONS
from hub.pages.words import QUALITIES, Words, kind_words
from hub.schedules.public import osm_text, public_days, public_hours
from hub.web import RunningHub, VenueInPath
from hub.web_access import Needs

router = APIRouter(prefix="/venues/{venue}/hours", include_in_schema=False)
Anybody = Annotated[Who, Depends(Needs(Permission.OPEN))]
DAYS: Final = 7
TRENDS: Final = {
    "rising": Words("人数在增加", "getting busier"),
    "falling": Words("人数在减少", "getting quieter"),
}
NOT_COUNTED: Final = Words("在馆人数暂不详", "how many are inside is not known at the moment")
_NAMED: Final = frozenset({DayType.STATUTORY, DayType.IN_LIEU, DayType.MAKEUP})


@router.get("")
def show_hours(
    request: Request, hub: RunningHub, who: Anybody, now: VenueInPath, lang: LangQuery = "zh"
) -> Response:
    """Return open now, when that changes, seven days, notices, how busy."""
    venue, at_s = now.venue, hub.live.at_ms // 1000
    schedule = hub.schedules.of(venue)
    hours = public_hours(schedule, hub.schedules.declarations(venue.id), at_s)
    told, today = hours_now(hours, at_s), schedule.clock.day_of(at_s)
    sees_board = who.may(Permission.BOARD, venue.id)
    days = shown_days(public_days(schedule, today, today + timedelta(days=DAYS - 1), at_s))
    return show(
        request,
        hub,
        "hours.html",
        lang,
        venue=venue,
        name=Words(venue.name_zh, venue.name_en),
        kind=kind_words(venue.kind),
        mark="unknown" if not hours.is_declared else "open" if told.is_open else "closed",
        saying=Words(*hours_sentence(hours, at_s)),
        closure=None
        if told.closure is None
        else Words(told.closure.zh, told.closure.en or told.closure.zh),
        door=_door(now, is_open=told.is_open),
        busy=_busy(now) if sees_board else None,
        busy_mark=now.quality,
        pace=TRENDS.get(now.trend) if sees_board else None,
        at=datetime.fromtimestamp(at_s, schedule.clock.zone).strftime("%H:%M"),
        days=[
            (name, text, special, DAY_TYPES[kind] if kind in _NAMED else None)
            for name, text, special, kind in days
        ],
        notices=_notices(hours, at_s, schedule.clock),
        sees_board=sees_board,
        may_declare=who.may(Permission.SCHEDULES, venue.id),
        osm=osm_text(schedule, today),
    )


def _door(now: VenueNow, *, is_open: bool) -> Words | None:
    """Return what locks and entries say, where that is not what is declared."""
    if is_open and now.opening.state == "closed":
        return Words("门目前是锁着的", "the door is locked at the moment")
    return None


def _busy(now: VenueNow) -> Words | None:
    if now.occupancy is None:
        return NOT_COUNTED if now.venue.lines else None
    inside, capacity = now.occupancy, now.venue.capacity
    zh, en = f"在馆 {inside} 人", f"{inside} people inside"
    if capacity:
        zh, en = f"{zh}，容量 {capacity}", f"{en} of {capacity}"
    if now.quality == "degraded":
        told = QUALITIES["degraded"]
        zh, en = f"{zh}（{told.zh}）", f"{en} ({told.en.lower()})"
    return Words(zh, en)


def _notices(hours: PublicHours, at_s: int, clock: LocalTime) -> list[tuple[str, Words, Words]]:
    """Return the notices that are on or to come, as (when, what, text)."""
    return [
        (
            f"{clock.show(c.start_s)} – {clock.show(c.end_s)}",
            Words(f"闭馆：{REASONS[c.reason].zh}", f"Closed for {REASONS[c.reason].en}"),
            Words(c.zh, c.en or c.zh),
        )
        for c in hours.closures
        if c.end_s > at_s
    ]
