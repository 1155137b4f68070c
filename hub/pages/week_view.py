"""A venue's week as strips: what was declared, and what evidence makes of it. No I/O.

周三  ░░░░░┌──────┬▨▨▨▨┬──────────────┐░░░   9.50 – 11.50 h
           open   unknown  open   declared: the frame
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from hub.compliance.explain import Missing, Piece, State, missing, pieces
from hub.compliance.intervals import Intervals, clipped, seconds
from hub.compliance.judge import Verdict
from hub.compliance.localtime import LocalTime, Span, days
from hub.compliance.rules import Rule
from hub.pages.charts import Band
from hub.pages.duties_view import mark_of_row
from hub.pages.duty_words import (
    GRADES,
    NOT_KNOWN,
    Mark,
    amount,
    asked_words,
    duty_words,
    hours,
    hours_words,
    is_thin,
    mark_of,
    mark_words,
    percent,
    range_words,
)
from hub.pages.venue_words import WEEKDAYS, lasting
from hub.pages.week_sources import STATES, Source, corrections_of, sources_of, stretch
from hub.pages.words import Words
from hub.store.records.overrides import OverrideRecord
from hub.store.records.verdicts import VerdictRow
from hub.verdicts.facts import Facts

DAY_HOURS: Final = 24
USUAL: Final = (6, 22)
"""A strip reaches at least over these hours."""
MOST_PIECES: Final = 60
"""As many stretches of a day as somebody reads."""

_LEVEL: Final = {"open": "o", "closed": "c", "unknown": "u"}


@dataclass(frozen=True, slots=True)
class Headline:
    """What the chosen rule comes to."""

    mark: Mark
    word: Words
    duty: Words
    asked: Words
    quote: str
    period: str
    low: Words
    high: Words
    declared: Words
    coverage: str
    grade: str
    grade_words: Words
    because: str
    calendar: Words | None
    readings: tuple[tuple[Words, Words, Words], ...]
    """(name, status, range) of the other readings, where they differ."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a strip: `o`, `c`, `u`, `later`, or the frame `d`."""

    band: Band
    kind: str


@dataclass(frozen=True, slots=True)
class PieceRow:
    """One stretch of a day and its cause."""

    clock: str
    lasted: Words
    kind: str
    state: Words
    cause: Words


@dataclass(frozen=True, slots=True)
class DayRow:
    """One day."""

    day: Words
    segments: tuple[Segment, ...]
    number: Words
    summary: Words
    pieces: tuple[PieceRow, ...]
    more: int
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version of the verdict."""

    number: str
    at: str
    mark: Mark
    word: Words
    range: Words
    coverage: str
    digest: str
    is_final: bool


@dataclass(frozen=True, slots=True)
class RuleLink:
    """Another duty of the venue, and how it stands."""

    id: str
    words: Words
    mark: Mark
    word: Words
    is_current: bool


@dataclass(frozen=True, slots=True)
class WeekView:
    """The page."""

    headline: Headline | None
    days: tuple[DayRow, ...]
    axis: tuple[str, ...]
    missing: tuple[Missing, ...]
    versions: tuple[VersionRow, ...]
    rules: tuple[RuleLink, ...]
    reasons: tuple[Words, ...]
    """Why something of the week is unknown, each once, for the legend."""
    has_closed: bool
    has_later: bool


@dataclass(frozen=True, slots=True)
class WeekTold:
    """What a page of a week is made of."""

    week: Span
    clock: LocalTime
    kept: Verdict
    """Of the published hours, over the week: its parts are the strips."""
    verdict: Verdict | None
    """Of the chosen rule."""
    facts: Mapping[date, Facts]
    versions: Sequence[VerdictRow]
    rows: Sequence[VerdictRow]
    """The newest verdicts of the venue, of the week and of its year."""
    rules: Sequence[Rule]
    now_s: int
    corrections: Sequence[OverrideRecord] = ()
    """What people said against the sensors, withdrawn ones too."""
    period: str = ""
    """Over which the chosen rule is judged: the week, or its year."""


def build_week(told: WeekTold) -> WeekView:
    """Return what a week of a venue looks like."""
    found = pieces(told.kept, told.clock)
    axis = _Axis(told.week, told.clock, told.kept.parts.declared)
    by_day: dict[date, list[Piece]] = {day: [] for day in days(told.week.first, told.week.last)}
    for piece in found:
        by_day.setdefault(told.clock.day_of(piece.start_s), []).append(piece)
    reasons = {
        (piece.zh, piece.en): None
        for piece in found
        if piece.state == "unknown" and piece.cause != "to_come"
    }
    chosen = told.verdict.rule.id if told.verdict is not None else ""
    return WeekView(
        headline=None if told.verdict is None else _headline(told.verdict),
        days=tuple(_day(told, day, by_day[day], axis) for day in by_day),
        axis=axis.labels,
        missing=() if told.verdict is None else tuple(missing(told.verdict)),
        versions=tuple(_version(row, told.clock.zone) for row in reversed(told.versions)),
        rules=_rules(told.rules, told.rows, chosen),
        reasons=tuple(Words(*words) for words in reasons),
        has_closed=any(piece.state == "closed" for piece in found),
        has_later=any(piece.cause == "to_come" for piece in found),
    )


def rule_mark(verdict: Verdict) -> Mark:
    """Return how a verdict is shown."""
    thin = is_thin(verdict.rule.metric, verdict.known_seconds, verdict.declared_seconds)
    return mark_of(verdict.status, verdict.forecast, is_final=verdict.is_final, is_thin=thin)


def _headline(verdict: Verdict) -> Headline:
    rule, mark = verdict.rule, rule_mark(verdict)
    low, high = range_words(rule.metric, verdict.raw.bounds)
    others = []
    for name, reading in (
        (Words("计入法定豁免", "with what the law excuses"), verdict.adjusted),
        (Words("仅按公示时间", "by the declared hours alone"), verdict.declared_raw),
    ):
        if reading != verdict.raw:
            shown = mark_of(reading.status, "over", is_final=True)
            bounds = range_words(rule.metric, reading.bounds)
            text = _between(bounds) if reading.bounds else Words("", "")
            others.append((name, mark_words(shown, is_final=True), text))
    calendar = None
    if verdict.calendar != "official":
        calendar = Words(
            "该年的放假通知尚未公布，日类型为暂定",
            "the notice of this year's holidays is not out: day types are provisional",
        )
    return Headline(
        mark=mark,
        word=mark_words(mark, is_final=verdict.is_final),
        duty=duty_words(rule.metric),
        asked=asked_words(rule.metric, rule.op, verdict.threshold),
        quote=rule.quote or rule.source,
        period=verdict.span.name,
        low=low,
        high=high,
        declared=hours_words(hours(seconds(verdict.parts.declared))),
        coverage=percent(verdict.coverage) if verdict.declared_seconds else "—",
        grade="—" if verdict.grade in {"none", "declared_only"} else verdict.grade,
        grade_words=GRADES[verdict.grade],
        because=verdict.because,
        calendar=calendar,
        readings=tuple(others),
    )


class _Axis:
    """Local hours of a day that all strips of a week reach over, in even hours."""

    def __init__(self, week: Span, clock: LocalTime, declared: Intervals) -> None:
        self._clock = clock
        first, last = USUAL
        for day in days(week.first, week.last):
            midnight, end = clock.day(day)
            for start, until in clipped(declared, midnight, end):
                first = min(first, (start - midnight) // 3600)
                last = max(last, -((midnight - until) // 3600))
        self._first, self._last = first // 2 * 2, min(DAY_HOURS, -(-last // 2) * 2)
        step = 2 if self._last - self._first <= 16 else 4
        self.labels = tuple(f"{hour}:00" for hour in range(self._first, self._last + 1, step))

    def band(self, day: date, start: int, end: int) -> Band:
        """Return a stretch of a day in per cent of the strip."""
        midnight = self._clock.day(day)[0]
        width = (self._last - self._first) * 3600
        left = min(max((start - midnight - self._first * 3600) / width, 0.0), 1.0)
        right = min(max((end - midnight - self._first * 3600) / width, 0.0), 1.0)
        # What lasted a minute is still seen.
        return Band(round(left * 100, 2), round(max(right - left, 0.003) * 100, 2))


def _day(told: WeekTold, day: date, found: Sequence[Piece], axis: _Axis) -> DayRow:
    midnight, end = told.clock.day(day)
    parts = told.kept.parts.within(midnight, end)
    open_s, unknown_s = seconds(parts.opened), seconds(parts.unknown)
    segments = [
        Segment(
            axis.band(day, piece.start_s, piece.end_s),
            "later" if piece.cause == "to_come" else _LEVEL[piece.state],
        )
        for piece in found
    ]
    segments += [Segment(axis.band(day, *session), "d") for session in parts.declared]
    weekday = WEEKDAYS[day.weekday()]
    low, high = hours(open_s), hours(open_s + unknown_s)
    number = hours_words(low if not unknown_s else f"{low} – {high}")
    facts = told.facts.get(day)
    return DayRow(
        Words(f"{weekday.zh} {day.month}/{day.day}", f"{weekday.en} {day.day}/{day.month}"),
        tuple(segments),
        number if parts.declared else Words("—", "—"),
        _summary(open_s, seconds(parts.closed), unknown_s, is_declared=bool(parts.declared)),
        tuple(_piece(piece, told.clock.zone) for piece in found[:MOST_PIECES]),
        max(0, len(found) - MOST_PIECES),
        (
            *(
                ()
                if facts is None
                else sources_of(facts, parts.declared, told.clock, day, told.now_s)
            ),
            *corrections_of(told.corrections, midnight, end, told.clock.zone),
        ),
    )


def _summary(open_s: int, closed_s: int, unknown_s: int, *, is_declared: bool) -> Words:
    if not is_declared:
        return Words("没有公示开放", "nothing declared")
    lengths: Mapping[State, int] = {"open": open_s, "closed": closed_s, "unknown": unknown_s}
    said = [(STATES[state], hours(length)) for state, length in lengths.items() if length]
    return Words(
        "，".join(f"{words.zh} {text} 小时" for words, text in said),
        ", ".join(f"{words.en} {text} h" for words, text in said),
    )


def _piece(piece: Piece, zone: ZoneInfo) -> PieceRow:
    later = piece.cause == "to_come"
    return PieceRow(
        stretch(piece.start_s, piece.end_s, zone),
        lasting(piece.end_s - piece.start_s),
        "later" if later else piece.state,
        Words("未到", "to come") if later else STATES[piece.state],
        Words(piece.zh, piece.en),
    )


def _version(row: VerdictRow, zone: ZoneInfo) -> VersionRow:
    mark = mark_of_row(row)
    bounds = [value for value in (row.raw.low, row.raw.high) if value is not None]
    texts: tuple[Words, ...] = (NOT_KNOWN,)
    if bounds:
        texts = tuple(amount(row.metric, value) for value in (bounds[0], bounds[-1]))
    made = datetime.fromtimestamp(row.computed_ms / 1000, zone)
    return VersionRow(
        str(row.version) if row.version else "—",
        made.strftime("%Y-%m-%d %H:%M"),
        mark,
        mark_words(mark, is_final=row.is_final),
        _between(texts),
        percent(row.coverage) if row.due_s else "—",
        row.digest[:12],
        row.is_final,
    )


def _between(bounds: Sequence[Words]) -> Words:
    """Return what lies between two amounts, once where they are the same."""
    zh, en = (" – ".join(dict.fromkeys(word[tongue] for word in bounds)) for tongue in (0, 1))
    return Words(zh, en)


def _rules(rules: Sequence[Rule], rows: Sequence[VerdictRow], chosen: str) -> tuple[RuleLink, ...]:
    by_rule = {row.rule: row for row in rows}
    found = []
    for rule in rules:
        row = by_rule.get(rule.id)
        mark: Mark = "none" if row is None else mark_of_row(row)
        word = (
            Words("尚无结论", "no verdict yet")
            if row is None
            else mark_words(mark, is_final=row.is_final)
        )
        threshold = None if row is None else row.threshold
        words = duty_words(rule.metric)
        if threshold is not None:
            words = asked_words(rule.metric, rule.op, threshold)
        found.append(RuleLink(rule.id, words, mark, word, rule.id == chosen))
    return tuple(found)
