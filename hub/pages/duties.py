"""The pages of duties: the district's board, the list of verdicts to print, a venue's week."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request, Response

from hub.access import Permission, Who
from hub.compliance.evidence import Parameters
from hub.compliance.localtime import LocalTime, Span, parse_period, week_of, year_of
from hub.compliance.rules import KEPT, Rule
from hub.errors import NotFound
from hub.history.calendar import EARLIEST, LATEST, today
from hub.pages.duties_view import FACETS, SORTS, Chosen, build_board, week_words
from hub.pages.duty_words import MARK_WORDS, MARKS
from hub.pages.frame import LangQuery, go, show
from hub.pages.render import DISTRICT_ZONE
from hub.pages.verdict_list import build_list, marks_of
from hub.pages.week_view import WeekTold, build_week
from hub.pages.words import Words, kind_words
from hub.runtime import Hub
from hub.venues import Venue
from hub.verdicts.reading import read_days
from hub.verdicts.table import in_sight, rows_of_venue, rows_of_week
from hub.web import RunningHub, VenueInPath
from hub.web_access import Needs

router = APIRouter(include_in_schema=False)
Judged = Annotated[Who, Depends(Needs(Permission.EVIDENCE))]

FACET_WORDS: Final = (
    ("mark", Words("结论", "Verdict")),
    ("kind", Words("类型", "Kind")),
    ("level", Words("归属", "Run by")),
)
BOARD_WORDS: Final[Mapping[str, Any]] = {
    "sorts": SORTS,
    "facets": FACET_WORDS,
    "marks": [(mark, MARK_WORDS[mark]) for mark in MARKS if mark != "none"],
}
"""What the board says beside its numbers."""
_NO_WEEK: Final = "there is no such week: give one such as 2026-W48"
"""A week is asked for by its name."""


async def chosen(
    *,
    mark: Literal["", "breach", "unknown", "excused", "going", "kept", "none"] = "",
    kind: Annotated[str, Query(max_length=48)] = "",
    level: Literal["", "district", "town", "space"] = "",
    q: Annotated[str, Query(max_length=80)] = "",
    sort: Literal["trouble", "name", "coverage"] = "trouble",
) -> Chosen:
    """Return which venues an address asks for, and in what order."""
    return Chosen(mark, kind, level, q.strip(), sort)


Choice = Annotated[Chosen, Depends(chosen)]
Week = Annotated[str, Query(max_length=10, description="such as 2026-W48; this week")]


@router.get("/duties")
def show_board(
    request: Request,
    hub: RunningHub,
    who: Judged,
    choice: Choice,
    week: Week = "",
    lang: LangQuery = "zh",
) -> Response:
    """Return every venue against every duty in one week."""
    span = _week(week, hub)
    venues = in_sight(hub.live.declared.values(), who)
    rows = rows_of_week(hub.duties.verdicts, span, venues)
    view = build_board(venues, rows, span, choice, lang)
    said = choice.parameters()
    return show(
        request,
        hub,
        "duties.html",
        lang,
        b=view,
        week=week_words(span),
        name=span.name,
        chosen={name: getattr(choice, name) for name in (*FACETS, "sort")},
        **BOARD_WORDS,
        table=f"/duties/list?{urlencode({'week': span.name, 'lang': lang})}",
        csv=f"/api/v1/verdicts.csv?{urlencode({'period': span.name})}",
        **_steps(
            span, hub, lambda name: f"/duties?{urlencode({**said, 'week': name, 'lang': lang})}"
        ),
    )


@router.get("/duties/list")
def show_list(
    request: Request,
    hub: RunningHub,
    who: Judged,
    choice: Choice,
    week: Week = "",
    lang: LangQuery = "zh",
) -> Response:
    """Return the verdicts of a week one by one, made to be printed."""
    span = _week(week, hub)
    venues = in_sight(hub.live.declared.values(), who)
    rows = rows_of_week(hub.duties.verdicts, span, venues)
    asked = {"week": span.name, "mark": choice.mark, "lang": lang}

    def address(name: str) -> str:
        return f"/duties/list?{urlencode({**asked, 'week': name})}"

    return show(
        request,
        hub,
        "verdict_list.html",
        lang,
        rows=build_list(venues, rows, span.name, choice.mark, DISTRICT_ZONE),
        week=week_words(span),
        name=span.name,
        mark=choice.mark,
        marks=[(mark, MARK_WORDS[mark]) for mark in MARKS],
        counts=marks_of(rows),
        board=f"/duties?{urlencode({'week': span.name, 'lang': lang})}",
        csv=f"/api/v1/verdicts.csv?{urlencode({'period': span.name})}",
        **_steps(span, hub, address),
    )


@router.get("/venues/{venue}/week")  # noqa: FAST003  read by VenueInPath
def show_this_week(
    _who: Judged, now: VenueInPath, hub: RunningHub, lang: LangQuery = "zh"
) -> Response:
    """Lead on to the week that goes on."""
    clock = hub.duties.verdicts.clock(now.venue.id)
    return go(f"/venues/{now.venue.id}/week/{_this_week(clock.zone, hub).name}", lang)


@router.get("/venues/{venue}/week/{period}")  # noqa: FAST003  read by VenueInPath
def show_week(
    request: Request,
    hub: RunningHub,
    _who: Judged,
    now: VenueInPath,
    period: str,
    *,
    rule: Annotated[str, Query(max_length=80)] = "",
    lang: LangQuery = "zh",
) -> Response:
    """Return a venue's week as strips, and what a duty of it comes to."""
    venue, desk = now.venue, hub.duties.verdicts
    clock, rules = desk.clock(venue.id), desk.rules(venue.id)
    span = _week_named(period)
    picked = _picked(rules, rule)
    told = _told(hub, venue, clock, span, rules, picked)
    address = f"/venues/{venue.id}/week"
    more = {"rule": rule} if rule else {}
    return show(
        request,
        hub,
        "week.html",
        lang,
        venue=venue,
        venue_name=Words(venue.name_zh, venue.name_en),
        kind=kind_words(venue.kind),
        w=build_week(told),
        week=week_words(span),
        name=span.name,
        is_kept=desk.has_evidence(venue.id, told.period),
        board=f"/duties?{urlencode({'week': span.name, 'lang': lang})}",
        **_steps(
            span,
            hub,
            lambda name: f"{address}/{name}?{urlencode({**more, 'lang': lang})}",
            clock.zone,
        ),
    )


def _told(
    hub: Hub, venue: Venue, clock: LocalTime, week: Span, rules: Sequence[Rule], picked: Rule
) -> WeekTold:
    desk, now_s = hub.duties.verdicts, hub.live.at_ms // 1000
    period = week.name if picked.period == "week" else year_of(week.year).name
    kept = desk.explain(venue.id, KEPT.id, week.name)
    verdict = kept if picked.id == KEPT.id else desk.explain(venue.id, picked.id, period)
    last = min(week.last, clock.day_of(now_s))
    facts = (
        read_days(hub.store, venue, clock, week.first, last, Parameters())
        if week.first <= last
        else {}
    )
    return WeekTold(
        week=week,
        clock=clock,
        kept=kept,
        verdict=verdict,
        facts=facts,
        period=period,
        versions=desk.versions(venue.id, picked.id, period),
        rows=rows_of_venue(desk, week, venue.id),
        rules=rules,
        now_s=now_s,
        corrections=hub.duties.overrides.of_venue(venue.id),
    )


def _picked(rules: Sequence[Rule], rule: str) -> Rule:
    """Return the duty that is looked at: the one asked for, else the hours a week, else any.

    Raises NotFound.
    """
    if rule:
        found = next((known for known in rules if known.id == rule), None)
        if found is None:
            raise NotFound(f"the venue has no duty {rule!r}")
        return found
    hours = [known for known in rules if known.metric == "open_hours_per_week_h"]
    return (hours or [known for known in rules if known.id == KEPT.id] or [*rules, KEPT])[0]


def _week(name: str, hub: Hub) -> Span:
    return _week_named(name) if name else _this_week(DISTRICT_ZONE, hub)


def _week_named(name: str) -> Span:
    """Return a week by its name. Raises NotFound."""
    try:
        span = parse_period(name)
    except ValueError as error:
        raise NotFound(_NO_WEEK) from error
    if "-W" not in name or ".." in name or not EARLIEST <= span.first <= LATEST:
        raise NotFound(_NO_WEEK)
    return span


def _this_week(zone: ZoneInfo, hub: Hub) -> Span:
    return week_of(today(zone, hub.live.at_ms / 1000))


def _steps(
    span: Span, hub: Hub, address: Callable[[str], str], zone: ZoneInfo = DISTRICT_ZONE
) -> dict[str, Any]:
    """Return where one can go in time; nothing lies after the week that goes on."""
    this = _this_week(zone, hub)
    before, after = week_of(span.first - timedelta(days=7)), week_of(span.last + timedelta(days=1))
    return {
        "before": address(before.name) if before.first >= EARLIEST else "",
        "this": address(this.name) if span.name != this.name else "",
        "after": address(after.name) if span.first < this.first else "",
    }
