"""The calendar of a venue: what is declared day by day, declaring and withdrawing, with what-if."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from hub.access import Permission, Who
from hub.access.complaints import Complained, Complaint
from hub.compliance.calendar import DayType
from hub.compliance.clocktext import WEEKDAYS, write_sessions
from hub.live.now import VenueNow
from hub.pages.frame import Lang, LangQuery, go, sentence, show
from hub.pages.schedule_forms import Form, one, published_ms, read_terms
from hub.pages.schedule_view import (
    build_duties,
    build_lead,
    build_month,
    build_versions,
    terms_words,
    week_words,
)
from hub.pages.schedule_words import DAY_TYPES, KINDS, REASONS
from hub.pages.venue_words import WEEKDAYS as WEEKDAY_WORDS
from hub.pages.words import Words
from hub.runtime import Hub
from hub.schedules.declaration import Kind
from hub.schedules.what_if import Preview
from hub.web import NumberInPath, RunningHub, VenueInPath
from hub.web_access import Needs, form_of

router = APIRouter(prefix="/venues/{venue}/schedule", include_in_schema=False)
Declares = Annotated[Who, Depends(Needs(Permission.SCHEDULES))]
Month = Annotated[str, Query(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]
Day = Annotated[str, Query(pattern=r"^20[0-9]{2}-[0-9]{2}-[0-9]{2}$")]

DONE: Final = {
    "declared": Words("已保存并公示。", "Saved, and told to the public."),
    "withdrawn": Words("已撤回。", "Withdrawn."),
}
_NOT_FIELDS: Final = frozenset({"csrf", "save", "confirmed"})


@router.get("")
def show_calendar(
    request: Request,
    hub: RunningHub,
    _who: Declares,
    now: VenueInPath,
    *,
    month: Month | None = None,
    day: Day | None = None,
    done: str = "",
    lang: LangQuery = "zh",
) -> Response:
    """Return the month, the forms, and all that was ever declared."""
    filled = {"from": [day], "until": [day]} if day else {}
    return _page(request, hub, now, lang, month=month, filled=filled, done=DONE.get(done))


@router.post("/{kind}")
async def declare(
    request: Request,
    hub: RunningHub,
    who: Declares,
    now: VenueInPath,
    kind: Literal["timetable", "holiday", "exception", "notice"],
    lang: LangQuery = "zh",
) -> Response:
    """Show what a form would mean; with `save`, let it hold."""
    form = await form_of(request)

    def answer() -> Response:
        desk, clock = hub.schedule_desk, hub.schedules.of(now.venue).clock
        try:
            terms, published = read_terms(kind, form, clock), published_ms(form, clock)
            preview = desk.preview(now.venue, terms, published)
            if one(form, "save"):
                desk.declare(
                    who,
                    now.venue,
                    terms,
                    one(form, "why"),
                    published_ms=published,
                    document=one(form, "document"),
                    confirmed=bool(one(form, "confirmed")),
                )
                return go(f"/venues/{now.venue.id}/schedule", lang, done="declared")
        except Complained as error:
            if error.complaint is not Complaint.BREACH_UNCONFIRMED:
                return _page(
                    request, hub, now, lang, kind=kind, filled=form, complaint=error.complaint
                )
            return _preview(request, hub, now, lang, KINDS[kind], terms_words(terms, clock), form,
                            preview, complaint=error.complaint)  # fmt: skip
        if not one(form, "why"):
            return _page(
                request, hub, now, lang, kind=kind, filled=form, complaint=Complaint.REASON_FORM
            )
        return _preview(
            request, hub, now, lang, KINDS[kind], terms_words(terms, clock), form, preview
        )

    return await run_in_threadpool(answer)


@router.post("/{number}/withdrawn")
async def withdraw(
    request: Request,
    hub: RunningHub,
    who: Declares,
    now: VenueInPath,
    number: NumberInPath,
    lang: LangQuery = "zh",
) -> Response:
    """Show what a withdrawal would mean; with `save`, do it."""
    form = await form_of(request)

    def answer() -> Response:
        venue, desk = now.venue, hub.schedule_desk
        complaint: Complaint | None = None
        try:
            if one(form, "save"):
                meant = bool(one(form, "confirmed"))
                desk.withdraw(who, venue, number, one(form, "why"), confirmed=meant)
                return go(f"/venues/{venue.id}/schedule", lang, done="withdrawn")
        except Complained as error:
            complaint = error.complaint
        try:
            preview = desk.preview_withdrawal(venue, number)
        except Complained as error:
            return _page(request, hub, now, lang, complaint=error.complaint)
        told = next(d for d in hub.schedules.declarations(venue.id) if d.id == number)
        what = terms_words(told.terms, hub.schedules.of(venue).clock)
        title = Words(f"撤回：{KINDS[told.kind].zh}", f"Withdraw: {KINDS[told.kind].en.lower()}")
        return _preview(
            request, hub, now, lang, title, what, form, preview, complaint=complaint, asks_why=True
        )

    return await run_in_threadpool(answer)


def _page(
    request: Request,
    hub: Hub,
    now: VenueNow,
    lang: Lang,
    *,
    month: str | None = None,
    kind: Kind | None = None,
    filled: Form | None = None,
    complaint: Complaint | None = None,
    done: Words | None = None,
) -> Response:
    venue, now_s = now.venue, hub.live.at_ms // 1000
    schedule = hub.schedules.of(venue)
    today = schedule.clock.day_of(now_s)
    filled = filled or {}
    week = schedule.week_on(today)
    usual = {day: write_sessions(sessions) for day, sessions in zip(WEEKDAYS, week, strict=True)}
    value: Callable[[str], str] = lambda key: one(filled, key)  # noqa: E731  what a template calls
    return show(
        request,
        hub,
        "schedule.html",
        lang,
        status=200 if complaint is None else 422,
        venue=venue,
        name=Words(venue.name_zh, venue.name_en),
        month=build_month(schedule, date.fromisoformat(f"{month}-01") if month else today, now_s),
        weekdays=WEEKDAY_WORDS,
        in_force=week_words(week) if schedule.timetables else None,
        version=schedule.version_at(now_s),
        week=[(d, w, value(d) or usual[d]) for d, w in zip(WEEKDAYS, WEEKDAY_WORDS, strict=True)],
        today=str(today),
        kind=kind or ("exception" if filled else None),
        value=value,
        chosen=set(filled.get("days", ())),
        day_types=[(str(name), words) for name, words in DAY_TYPES.items() if name != DayType.WORK],
        reasons=tuple(REASONS.items()),
        rows=build_versions(hub.schedules.declarations(venue.id), schedule.clock, now_s),
        error=sentence(complaint),
        done=done,
    )


def _preview(
    request: Request,
    hub: Hub,
    now: VenueNow,
    lang: Lang,
    title: Words,
    what: Words,
    form: Form,
    preview: Preview,
    *,
    complaint: Complaint | None = None,
    asks_why: bool = False,
) -> Response:
    venue = now.venue
    fields: Mapping[str, list[str]] = {
        key: list(values)
        for key, values in form.items()
        if key not in _NOT_FIELDS and not (asks_why and key == "why")
    }
    return show(
        request,
        hub,
        "schedule_preview.html",
        lang,
        status=200 if complaint is None else 422,
        venue=venue,
        name=Words(venue.name_zh, venue.name_en),
        kind=title,
        what=what,
        why=one(form, "why"),
        asks_why=asks_why,
        fields=[(key, value) for key, values in fields.items() for value in values],
        duties=build_duties(preview),
        lead=build_lead(preview),
        first_day=None if preview.lead is None else str(preview.lead.first_day),
        needs_confirmation=preview.needs_confirmation,
        error=sentence(complaint),
    )
