"""What a venue's calendar shows: a month, what was declared, what a change would mean. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import assert_never

from contracts.hours import day_text, sessions_text
from hub.compliance.bounds import shown_number
from hub.compliance.calendar import DayType
from hub.compliance.comparison import Compared, failing
from hub.compliance.judge import Verdict
from hub.compliance.localtime import LocalTime
from hub.compliance.rules import METRICS
from hub.compliance.schedule import Schedule, Week
from hub.pages.duty_words import UNITS
from hub.pages.schedule_words import (
    DAY_TYPES,
    DUTIES,
    KINDS,
    REASONS,
    SPECIALS,
    STATUSES,
)
from hub.pages.venue_words import WEEKDAYS
from hub.pages.words import Words
from hub.schedules.declaration import (
    Declaration,
    DistrictTerms,
    ExceptionTerms,
    HolidayTerms,
    NoticeTerms,
    Terms,
    TimetableTerms,
)
from hub.schedules.public import PublicDay, public_days
from hub.schedules.what_if import Preview

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Cell:
    """One day of the month's sheet."""

    day: str
    number: int
    name: Words
    hours: Words
    kind: Words | None
    """What it is by law, where that is not plain from its weekday."""
    is_free: bool
    special: Words | None
    mark: str
    is_today: bool
    is_inside: bool
    """Of this month, not of the one before or after."""


@dataclass(frozen=True, slots=True)
class MonthView:
    """A month in weeks from Monday."""

    title: Words
    name: str
    before: str
    after: str
    weeks: tuple[tuple[Cell, ...], ...]
    standing: Words | None
    """A word where the year's holidays are not announced yet."""


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One declaration as the list shows it."""

    id: int
    kind: Words
    what: Words
    why: str
    who: str
    made: str
    published: str
    document: str
    withdrawn: Words | None
    mark: str
    state: Words


@dataclass(frozen=True, slots=True)
class DutyRow:
    """One duty before and after a change."""

    name: Words
    rule: str
    period: str
    asked: Words
    before: Words
    before_mark: str
    before_state: Words
    after: Words
    after_mark: str
    after_state: Words
    is_changed: bool
    is_broken: bool


@dataclass(frozen=True, slots=True)
class LeadRow:
    """One duty to tell the public ahead."""

    mark: str
    text: Words


def build_month(schedule: Schedule, month: date, now_s: int) -> MonthView:
    """Return the month that a day lies in."""
    first = month.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - ONE_DAY
    start, end = first - timedelta(days=first.weekday()), last + timedelta(days=6 - last.weekday())
    today = schedule.clock.day_of(now_s)
    festivals = {
        day: Words(festival.name_zh, festival.name_en)
        for festival in schedule.calendar.festivals(start, end)
        for day in festival.days
    }
    cells = [
        _cell(day, festivals.get(day.day), today, first)
        for day in public_days(schedule, start, end, now_s)
    ]
    standing = schedule.calendar.standing(first, last)
    told = (
        None
        if standing == "official"
        else Words("节假日安排尚未公布", "holidays not announced yet")
    )
    return MonthView(
        Words(f"{first.year}年{first.month}月", f"{first:%B} {first.year}"),
        f"{first:%Y-%m}",
        f"{first - ONE_DAY:%Y-%m}",
        f"{last + ONE_DAY:%Y-%m}",
        tuple(tuple(cells[at : at + 7]) for at in range(0, len(cells), 7)),
        told,
    )


def build_versions(
    told: Sequence[Declaration], clock: LocalTime, now_s: int
) -> tuple[VersionRow, ...]:
    """Return declarations, the newest first."""
    return tuple(_version(one, clock, now_s) for one in reversed(told))


def build_duties(preview: Preview) -> tuple[DutyRow, ...]:
    """Return the duties of a preview, those that change first."""
    rows = [_duty(one) for one in preview.compared]
    return tuple(sorted(rows, key=lambda row: (not row.is_broken, not row.is_changed)))


def build_lead(preview: Preview) -> tuple[LeadRow, ...]:
    """Return the duties to tell the public ahead; none where nothing is lost."""
    lead = preview.lead
    if lead is None:
        return ()
    rows = []
    for asked in lead.asked:
        mark = "open" if asked.is_kept else "breach"
        source = Words("目录", "catalogue") if asked.days < 7 else Words("法规", "statutes")
        if lead.is_sudden:
            zh, en = ("已在开始后 24 小时内", "told within 24 hours of its beginning")
            if not asked.is_kept:
                zh, en = ("晚于开始后 24 小时", "told later than 24 hours after its beginning")
            rows.append(LeadRow(mark, Words(f"{source.zh}：突发原因，{zh}", f"{source.en}: {en}")))
            continue
        zh = f"{source.zh}要求提前 {asked.days} 天，实为 {lead.days} 天"
        en = f"{source.en}: {asked.days} days ahead are asked, these are {lead.days}"
        rows.append(LeadRow(mark, Words(zh, en)))
    return tuple(rows)


def terms_words(terms: Terms | DistrictTerms, clock: LocalTime) -> Words:
    """Return what terms say, in one sentence."""
    match terms:
        case DistrictTerms():
            week, told = week_words(terms.week), terms.effective_from
            if told is None:
                return week
            return Words(f"自 {told} 起：{week.zh}", f"from {told} on: {week.en}")
        case TimetableTerms():
            week = week_words(terms.week)
            since = terms.effective_from
            return Words(f"自 {since} 起：{week.zh}", f"from {since} on: {week.en}")
        case HolidayTerms():
            hours = sessions_text(terms.sessions)
            names = [DAY_TYPES[kind] for kind in DayType if kind in terms.types]
            zh, en = "、".join(n.zh for n in names), ", ".join(n.en for n in names)
            since = terms.effective_from
            return Words(f"自 {since} 起，{zh}：{hours.zh}", f"from {since} on, {en}: {hours.en}")
        case ExceptionTerms():
            hours = sessions_text(terms.sessions)
            first = day_text(terms.first, with_year=True)
            last = day_text(terms.last, with_year=True)
            if terms.first == terms.last:
                return Words(f"{first.zh}：{hours.zh}", f"{first.en}: {hours.en}")
            return Words(
                f"{first.zh} 至 {last.zh}：{hours.zh}", f"{first.en} to {last.en}: {hours.en}"
            )
        case NoticeTerms():
            begins, ends = clock.show(terms.start_s), clock.show(terms.end_s)
            reason = REASONS[terms.reason]
            return Words(
                f"{begins} 至 {ends} 闭馆（{reason.zh}）：{terms.zh}",
                f"closed {begins} to {ends} for {reason.en}: {terms.en or terms.zh}",
            )
        case _:
            assert_never(terms)


def week_words(week: Week) -> Words:
    """Return a week, days in a row that are alike by one name."""
    runs: list[list[int]] = []
    for number, sessions in enumerate(week):
        if runs and week[runs[-1][0]] == sessions:
            runs[-1].append(number)
        else:
            runs.append([number])
    parts = []
    for run in runs:
        first, last, hours = WEEKDAYS[run[0]], WEEKDAYS[run[-1]], sessions_text(week[run[0]])
        name = first if len(run) == 1 else Words(f"{first.zh}至{last.zh}", f"{first.en}–{last.en}")
        parts.append(Words(f"{name.zh} {hours.zh}", f"{name.en} {hours.en}"))
    return Words("；".join(p.zh for p in parts), "; ".join(p.en for p in parts))


def _cell(day: PublicDay, festival: Words | None, today: date, first: date) -> Cell:
    special = None if day.special is None else SPECIALS[day.special]
    kind = festival
    if kind is None and day.kind in {DayType.MAKEUP, DayType.IN_LIEU, DayType.STATUTORY}:
        kind = DAY_TYPES[day.kind]
    mark = "closed" if not day.sessions else "warn" if special else "open"
    return Cell(
        str(day.day),
        day.day.day,
        Words(*day_text(day.day)),
        Words(*day.text),
        kind,
        not day.kind.is_working,
        special,
        mark,
        day.day == today,
        day.day.month == first.month,
    )


def _version(one: Declaration, clock: LocalTime, now_s: int) -> VersionRow:
    gone = one.withdrawn
    withdrawn = None
    if gone is not None:
        when = clock.show(gone.at_ms // 1000)
        withdrawn = Words(
            f"{gone.who} 于 {when} 撤回：{gone.why}", f"withdrawn by {gone.who}, {when}: {gone.why}"
        )
    mark, state = _state(one, clock, now_s)
    return VersionRow(
        one.id,
        KINDS[one.kind],
        terms_words(one.terms, clock),
        one.reason,
        one.who,
        clock.show(one.made_ms // 1000 // 60 * 60),
        clock.show(one.published_ms // 1000 // 60 * 60),
        one.document,
        withdrawn,
        mark,
        state,
    )


def _state(one: Declaration, clock: LocalTime, now_s: int) -> tuple[str, Words]:
    today, terms = clock.day_of(now_s), one.terms
    if one.withdrawn is not None:
        return "closed", Words("已撤回", "withdrawn")
    if isinstance(terms, NoticeTerms):
        is_to_come, is_over = now_s < terms.start_s, now_s >= terms.end_s
    elif isinstance(terms, ExceptionTerms):
        is_to_come, is_over = today < terms.first, today > terms.last
    else:
        since = terms.effective_from
        is_to_come, is_over = since is not None and today < since, False
    if is_over:
        return "closed", Words("已过去", "over")
    if is_to_come:
        return "unknown", Words("尚未开始", "to come")
    return "open", Words("现行", "in force")


def _duty(one: Compared) -> DutyRow:
    verdict, statuses = one.before, one.statuses
    unit = METRICS[verdict.rule.metric]
    before_mark, before = STATUSES[statuses[0]]
    after_mark, after = STATUSES[statuses[1]]
    name = DUTIES.get(verdict.rule.metric) or Words(verdict.rule.id, verdict.rule.id)
    return DutyRow(
        name,
        verdict.rule.id,
        verdict.span.name,
        _asked(verdict.rule.op, verdict.threshold, unit),
        _number(one.before),
        before_mark,
        before,
        _number(one.after),
        after_mark,
        after,
        one.changes,
        one.breaks,
    )


def _asked(op: str, threshold: Fraction | None, unit: str) -> Words:
    if threshold is None or (unit == "" and threshold.denominator == 1):
        return Words("", "")
    signs = {">=": "≥", ">": ">", "<=": "≤", "==": "="}
    number = _shown(threshold, unit)
    return Words(
        f"{signs[op]} {number} {UNITS[unit].zh}".strip(),
        f"{signs[op]} {number} {UNITS[unit].en}".strip(),
    )


def _number(verdict: Verdict) -> Words:
    weeks, days = failing(verdict)
    if weeks:
        return Words(f"{weeks} 周不达标", f"{weeks} weeks fail")
    if days:
        return Words(f"{days} 天不达标", f"{days} days fail")
    bounds, unit = verdict.declared_raw.bounds, METRICS[verdict.rule.metric]
    if bounds is None or (unit == "" and bounds.low.denominator == 1):
        return Words("", "")
    number = _shown(bounds.low, unit)
    return Words(f"{number} {UNITS[unit].zh}".strip(), f"{number} {UNITS[unit].en}".strip())


def _shown(value: Fraction, unit: str) -> str:
    """Return a number; a share in per cent, rounded toward zero."""
    return f"{shown_number(value * 100, 'h')} %" if unit == "" else shown_number(value, unit)


def shown_days(days: Iterable[PublicDay]) -> list[tuple[Words, Words, Words | None, DayType]]:
    """Return days as (name, hours, why they are not the week's, type)."""
    return [
        (
            Words(*day_text(day.day)),
            Words(*day.text),
            None if day.special is None else SPECIALS[day.special],
            day.kind,
        )
        for day in days
    ]
