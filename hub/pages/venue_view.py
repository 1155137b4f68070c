"""What a venue's page shows, as plain strings and numbers: templates only place it. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from hub.history import RANGES, History
from hub.history.calendar import today
from hub.history.footfall import total
from hub.history.heat import Cell
from hub.history.read import DayWatch, LineTotal
from hub.history.tables import percent
from hub.history.unwatched import Unwatched
from hub.history.watching import quality
from hub.live.now import DeviceNow, VenueNow
from hub.occupancy.spans import holes, joined
from hub.pages.charts import Band, Frame, number
from hub.pages.figures import Figure, climate_figures, footfall_figure, occupancy_figure
from hub.pages.schedule_words import SPECIALS
from hub.pages.venue_words import (
    DEVICE_STATES,
    MONTHS,
    NOT_KNOWN,
    RANGE_WORDS,
    WATCHED,
    WEEKDAYS,
    day_words,
    lasting,
    moment,
    period_words,
    reason_words,
)
from hub.pages.words import QUALITIES, Words
from hub.schedules.public import PublicDay
from hub.venues import OUTSIDE

HEAT_SHADES = 6
MOST_GAPS = 12
"""As many unwatched stretches as somebody reads; the CSV has all."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a navigation."""

    words: Words
    href: str
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class RangeNav:
    """Where one can go in time."""

    title: Words
    ranges: tuple[Link, ...]
    before: str | None
    after: str | None
    today: str | None
    here: str
    """The range of this page, as a query."""
    name: str
    to: str
    latest: str


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One hour of the week's map; `kind` is a class of the style sheet."""

    text: str
    kind: str
    words: Words


@dataclass(frozen=True, slots=True)
class Strip:
    """One day: declared sessions, what was watched and what was not, in per cent of the day."""

    day: Words
    declared: tuple[Band, ...]
    watched: tuple[Band, ...]
    unknown: tuple[Band, ...]
    share: str
    words: Words


@dataclass(frozen=True, slots=True)
class Door:
    """One line."""

    name: str
    way: Words
    entered: str
    left: str
    share: str
    mark: str
    state: Words


@dataclass(frozen=True, slots=True)
class ZoneRow:
    """One zone."""

    name: Words
    inside: str
    capacity: int | None
    entered: str
    mark: str
    state: Words


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """One node."""

    node: str
    mark: str
    state: Words
    since: Words | None
    software: str


@dataclass(frozen=True, slots=True)
class HoursRow:
    """The declared sessions of one day of this week."""

    day: Words
    sessions: Words
    special: Words | None
    """Why they are not those of every week."""
    is_today: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """One stretch that nobody watched."""

    when: Words
    lasted: Words
    lines: str
    reason: Words


@dataclass(frozen=True, slots=True)
class Past:
    """The part of the page that a range decides."""

    nav: RangeNav
    entered: str
    is_least: bool
    figures: tuple[Figure, ...]
    climate: tuple[Figure, ...]
    heat: tuple[tuple[Words, tuple[HeatCell, ...]], ...]
    heat_note: Words
    strips: tuple[Strip, ...]
    share: str
    gaps: tuple[Gap, ...]
    more_gaps: int
    doors: tuple[Door, ...]
    csv: str


def build_past(history: History, now: VenueNow, lang: str) -> Past:
    """Return what a range of a venue looks like."""
    nav = build_nav(history, lang)
    csv = f"/api/v1/venues/{history.venue.id}/history"
    entered, is_least = total(history.footfall)
    due = sum(day.slot.due_s for day in history.days)
    watched = sum(day.slot.due_watched_s for day in history.days)
    return Past(
        nav=nav,
        entered="—" if entered is None else f"{entered:,}",
        is_least=is_least and entered is not None,
        figures=(footfall_figure(history), occupancy_figure(history)),
        climate=climate_figures(history),
        heat=_heat(history.heat),
        heat_note=_heat_note(history),
        strips=_strips(history),
        share=_percent(watched / due if due else None),
        gaps=tuple(_gap(gap, history.zone) for gap in history.unwatched[-MOST_GAPS:][::-1]),
        more_gaps=max(0, len(history.unwatched) - MOST_GAPS),
        doors=tuple(_door(total, now) for total in history.lines),
        csv=csv,
    )


def build_nav(history: History, lang: str) -> RangeNav:
    """Return the ways to other ranges."""
    period, latest = history.period, today(history.zone, history.now_s)

    def href(name: str, to: date) -> str:
        return f"?range={name}&to={to}&lang={lang}"

    before, after = period.before(), period.after(latest)
    return RangeNav(
        title=period_words(period),
        ranges=tuple(
            Link(RANGE_WORDS[name], href(name, period.last), is_current=name == period.name)
            for name in RANGES
        ),
        before=href(period.name, before.last) if before else None,
        after=href(period.name, after.last) if after else None,
        today=href(period.name, latest) if period.last != latest else None,
        here=f"range={period.name}&to={period.last}",
        name=period.name,
        to=str(period.last),
        latest=str(latest),
    )


def entered_today(now: VenueNow) -> str:
    """Return how many came in today; of a venue that was never heard that is not zero."""
    return _number(now.entered_today if now.heard_ms or now.entered_today else None)


def build_zones(history: History, now: VenueNow) -> tuple[ZoneRow, ...]:
    """Return the zones: how many are inside now, how many entered in the range."""
    told = {zone.zone: zone for zone in now.zones}
    entered = {zone.zone: zone.entered for zone in history.zones}
    rows = []
    for zone in now.venue.zones:
        one = told.get(zone.id)
        judged = one.quality if one else "unknown"
        rows.append(
            ZoneRow(
                Words(zone.name_zh, zone.name_en),
                _number(one.occupancy if one else None),
                zone.capacity,
                _number(entered.get(zone.id)),
                judged,
                QUALITIES[judged],
            )
        )
    return tuple(rows)


def build_devices(devices: Iterable[DeviceNow], now: VenueNow) -> tuple[DeviceRow, ...]:
    """Return the nodes of a venue."""
    zone = ZoneInfo(now.venue.timezone)
    rows = []
    for one in devices:
        if one.venue != now.venue.id:
            continue
        mark, state = DEVICE_STATES[one.state]
        device = one.device
        since = None
        if device is not None:
            at = moment((device.status_at_ms or device.last_seen_ms) / 1000, zone)
            since = Words(f"{at.zh} 起", f"since {at.en}")
        rows.append(DeviceRow(one.node, mark, state, since, device.software if device else ""))
    return tuple(rows)


def build_hours(
    days: Sequence[PublicDay], marked: date, *, is_declared: bool
) -> tuple[HoursRow, ...]:
    """Return the hours of some days as they hold, one of them marked as today."""
    return tuple(
        HoursRow(
            WEEKDAYS[day.day.weekday()],
            Words(*day.text) if is_declared else NOT_KNOWN,
            None if day.special is None else SPECIALS[day.special],
            day.day == marked,
        )
        for day in days
    )


def _heat(rows: Sequence[Sequence[Cell]]) -> tuple[tuple[Words, tuple[HeatCell, ...]], ...]:
    peak = max((c.entered for row in rows for c in row if c.entered is not None), default=0.0)
    return tuple(
        (WEEKDAYS[day], tuple(_heat_cell(cell, peak) for cell in row))
        for day, row in enumerate(rows)
    )


def _heat_cell(cell: Cell, peak: float) -> HeatCell:
    if cell.entered is None:
        text = "" if cell.quality == "future" else "?"
        return HeatCell(text, cell.quality, WATCHED[cell.quality])
    shade = 0 if not cell.entered else 1 + int((HEAT_SHADES - 1) * cell.entered / max(peak, 1e-9))
    text = number(round(cell.entered))
    least = WATCHED["partial"]
    words = (
        Words(text, text)
        if cell.quality == "known"
        else Words(f"{least.zh} {text}", f"{least.en} {text}")
    )
    return HeatCell(text, f"h{min(shade, HEAT_SHADES)} {cell.quality}", words)


def _heat_note(history: History) -> Words:
    if history.period.name in {"day", "week"}:
        first = history.period.last - timedelta(days=6)
        return Words(
            f"{day_words(first).zh}至{day_words(history.period.last).zh}，每小时入馆人次",
            f"visits in each hour, {day_words(first).en} to {day_words(history.period.last).en}",
        )
    return Words(
        "所选时段内每小时入馆人次的平均，无人看守的小时不计",
        "mean visits of each hour in this range; hours that were not watched are left out",
    )


def _strips(history: History) -> tuple[Strip, ...]:
    """Return a strip a day, in a year a strip a month."""
    if history.period.name != "year":
        return tuple(
            _strip(day_words(day.slot.day), [day], history.now_s, with_hours=True)
            for day in history.days
        )
    months = groupby(history.days, lambda day: (day.slot.day.year, day.slot.day.month))
    return tuple(
        _strip(
            Words(f"{year}年{month}月", f"{MONTHS[month - 1]} {year}"),
            list(days),
            history.now_s,
            with_hours=False,
        )
        for (year, month), days in months
    )


def _strip(words: Words, days: Sequence[DayWatch], now_s: int, *, with_hours: bool) -> Strip:
    start, end = days[0].slot.at_s, days[-1].slot.until_s
    frame = Frame(start, end, 0, 1)
    watched = joined([span for day in days for span in day.watched])
    until = min(end, now_s)
    dark = holes(watched, start, until) if until > start else []
    begun = [day.slot for day in days if day.slot.quality != "future"]
    due, due_watched = sum(s.due_s for s in begun), sum(s.due_watched_s for s in begun)
    if not due:
        due, due_watched = sum(s.elapsed_s for s in begun), sum(s.watched_s for s in begun)
    judged = quality(due_watched, due, counted=any(slot.entered for slot in begun))
    return Strip(
        words,
        tuple(frame.band(*span) for day in days for span in day.sessions) if with_hours else (),
        tuple(frame.band(*span) for span in watched),
        tuple(frame.band(*span) for span in dark if span[1] - span[0] >= 60),
        _percent(min(1.0, due_watched / due)) if due else "",
        WATCHED[judged],
    )


def _gap(gap: Unwatched, zone: ZoneInfo) -> Gap:
    since, until = moment(gap.since_ms / 1000, zone), moment(gap.until_ms / 1000, zone)
    return Gap(
        Words(f"{since.zh} 至 {until.zh}", f"{since.en} to {until.en}"),
        lasting((gap.until_ms - gap.since_ms) / 1000),
        ", ".join(gap.lines),
        reason_words(gap.reason),
    )


def _door(total: LineTotal, now: VenueNow) -> Door:
    line = total.line
    name = f"{line.node}/{line.line}"
    mark = "unknown" if name in now.missing else "known"
    names = {zone.id: Words(zone.name_zh, zone.name_en) for zone in now.venue.zones}
    names[OUTSIDE] = Words("馆外", "outside")
    start, end = names[line.from_zone], names[line.to_zone]
    if not line.touches_outside:
        mark = ""
    return Door(
        name,
        Words(f"{start.zh} → {end.zh}", f"{start.en} → {end.en}"),
        _number(total.entered),
        _number(total.left),
        _percent(total.share),
        mark,
        Words("无人看守", "Not watched") if mark == "unknown" else Words("有看守", "Watched"),
    )


def _number(value: int | None) -> str:
    return "—" if value is None else f"{value:,}"


def _percent(share: float | None) -> str:
    value = percent(share)
    return "—" if value is None else f"{number(value)} %"
