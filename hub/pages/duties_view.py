"""The board of duties: every venue against every duty, the most trouble first. No I/O.

Made for a thousand venues: a cell is a tuple of short strings in one language, and what is the same
in many cells is made once.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from fractions import Fraction
from typing import Final, Literal, NamedTuple

from hub.compliance.explain import LEAST_COVERAGE
from hub.compliance.localtime import Span
from hub.compliance.rules import KEPT, METRICS
from hub.pages.duty_words import (
    MARK_WORDS,
    MARKS,
    Mark,
    asked_words,
    duty_words,
    is_thin,
    mark_of,
    mark_words,
    percent,
)
from hub.pages.words import LEVELS, Words, kind_words
from hub.store.records.verdicts import VerdictRow
from hub.venues import Venue

Sort = Literal["trouble", "name", "coverage"]
SORTS: Final[Mapping[Sort, Words]] = {
    "trouble": Words("问题优先", "Most trouble first"),
    "name": Words("按名称", "By name"),
    "coverage": Words("证据最少优先", "Least evidence first"),
}
FACETS: Final = ("mark", "kind", "level", "q")
Column = tuple[str, str]
"""(metric, comparison): what rules of different venues ask alike stands in one column."""
_TROUBLE: Final[Mapping[Mark, int]] = {mark: number for number, mark in enumerate(MARKS)}
_ORDER: Final = {
    metric: number for number, metric in enumerate(dict.fromkeys((KEPT.metric, *METRICS)))
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the board was asked for; empty: everything."""

    mark: str = ""
    kind: str = ""
    level: str = ""
    q: str = ""
    sort: Sort = "trouble"

    def parameters(self) -> dict[str, str]:
        """Return the parameters of an address that asks for this."""
        said = {field.name: str(getattr(self, field.name)) for field in fields(self)}
        return {name: value for name, value in said.items() if value and value != "trouble"}


class CellView(NamedTuple):
    """One duty of one venue; it leads to its row's address with the rule."""

    mark: Mark
    word: str
    coverage: str
    rule: str
    title: str


class RowView(NamedTuple):
    """One venue."""

    name: str
    kind: str
    href: str
    coverage: str
    is_thin: bool
    cells: tuple[CellView | None, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """One column."""

    words: Words
    asked: Words | None
    """What it asks, where it asks all venues the same."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a filter, and how many venues it would leave."""

    value: str
    words: Words
    count: int


@dataclass(frozen=True, slots=True)
class BoardView:
    """The page."""

    heads: tuple[Head, ...]
    rows: tuple[RowView, ...]
    venues: int
    marks: Mapping[str, int]
    """Venues by the worst of their marks."""
    coverage: str
    options: Mapping[str, tuple[Option, ...]]
    untold: int
    """Venues of which there is no verdict of this period."""


@dataclass(frozen=True, slots=True)
class _One:
    venue: Venue
    worst: Mark
    trouble: tuple[int, ...]
    known_s: int
    due_s: int
    """Of the week's declared time up to now, how much is known."""
    names: str
    by_column: Mapping[Column, tuple[int, VerdictRow]]
    """The row in most trouble of a column, and the number of its mark."""


def build_board(
    venues: Sequence[Venue],
    verdicts: Iterable[VerdictRow],
    week: Span,
    chosen: Chosen,
    lang: Literal["zh", "en"],
) -> BoardView:
    """Return the board of a week: its own verdicts, and those of its year."""
    by_venue: dict[str, list[VerdictRow]] = {}
    for row in verdicts:
        by_venue.setdefault(row.venue, []).append(row)
    everyone = [_one(venue, by_venue.get(venue.id, ())) for venue in venues]
    shown = [one for one in everyone if _takes(chosen, one)]
    shown.sort(key=lambda one: _sort_key(one, chosen.sort))
    columns = sorted(
        {column for one in everyone for column in one.by_column},
        key=lambda column: (_ORDER.get(column[0], len(_ORDER)), column[1]),
    )
    tongue = 1 if lang == "en" else 0
    cells = _Cells(tongue)
    due_s = sum(one.due_s for one in everyone)
    return BoardView(
        heads=tuple(_head(column, columns, everyone) for column in columns),
        rows=tuple(_row(one, columns, cells, week, lang) for one in shown),
        venues=len(everyone),
        marks=Counter(one.worst for one in everyone if one.by_column),
        coverage=percent(Fraction(sum(one.known_s for one in everyone), due_s)) if due_s else "—",
        options=_options(everyone, chosen),
        untold=sum(not one.by_column for one in everyone),
    )


def mark_of_row(row: VerdictRow) -> Mark:
    """Return how a row of the records is shown."""
    thin = is_thin(row.metric, row.known_s, row.due_s)
    return mark_of(row.status, row.forecast, is_final=row.is_final, is_thin=thin)


def _one(venue: Venue, rows: Sequence[VerdictRow]) -> _One:
    by_column: dict[Column, tuple[int, VerdictRow]] = {}
    known_s = due_s = 0
    for row in rows:
        column, rank = (row.metric, row.op), _TROUBLE[mark_of_row(row)]
        other = by_column.get(column)
        if other is None or rank < other[0]:
            by_column[column] = rank, row
        if row.rule == KEPT.id:
            known_s, due_s = row.known_s, row.due_s
    ranks = [rank for rank, _ in by_column.values()]
    worst = MARKS[min(ranks, default=-1)]
    trouble = tuple(-ranks.count(rank) for rank in range(3))
    names = f"{venue.name_zh} {venue.name_en} {venue.id}".lower()
    return _One(venue, worst, trouble, known_s, due_s, names, by_column)


def _takes(chosen: Chosen, one: _One, *, but: str = "") -> bool:
    return (
        (chosen.mark in ("", one.worst) or but == "mark")
        and (chosen.kind in ("", one.venue.kind) or but == "kind")
        and (chosen.level in ("", one.venue.level) or but == "level")
        and (not chosen.q or all(word in one.names for word in chosen.q.lower().split()))
    )


def _sort_key(one: _One, sort: Sort) -> tuple[object, ...]:
    # For an order only: nothing is judged by it.
    least = one.known_s / one.due_s if one.due_s else 2.0
    match sort:
        case "name":
            return (one.names,)
        case "coverage":
            return (least, one.names)
        case "trouble":
            # Of venues in like trouble first the one of which the least is known.
            return (*one.trouble, least, one.names)


def _head(column: Column, columns: Sequence[Column], everyone: Iterable[_One]) -> Head:
    metric, op = column
    rules = {told[1].rule: told[1] for one in everyone if (told := one.by_column.get(column))}
    thresholds = {row.threshold for row in rules.values()}
    asked = asked_words(metric, op, thresholds.pop()) if len(thresholds) == 1 else None
    is_alone = sum(other == metric for other, _ in columns) == 1
    words = duty_words(metric)
    return Head(words if is_alone or asked is None else asked, asked)


class _Cells:
    """Cells, each made once for all venues of which it says the same."""

    def __init__(self, tongue: int) -> None:
        self._tongue = tongue
        self._made: dict[tuple[int, bool, int, str, str], CellView] = {}
        self._asked: dict[tuple[str, str], str] = {}

    def cell(self, rank: int, row: VerdictRow) -> CellView:
        """Return how a verdict is shown, whose mark has this number."""
        share = row.known_s * 100 // row.due_s if row.due_s else -1
        key = (rank, row.is_final, share, row.rule, row.period)
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._make(MARKS[rank], row)
        return made

    def _make(self, mark: Mark, row: VerdictRow) -> CellView:
        # A rule asks the same of all venues in one period; to hash its number takes far longer.
        key = (row.rule, row.period)
        if key not in self._asked:
            self._asked[key] = asked_words(row.metric, row.op, row.threshold)[self._tongue]
        return CellView(
            mark,
            mark_words(mark, is_final=row.is_final)[self._tongue],
            _share(row.known_s, row.due_s) if mark != "none" else "",
            row.rule,
            self._asked[key],
        )


def _share(known_s: int, due_s: int) -> str:
    return f"{known_s * 100 // due_s}%" if due_s else ""


def _row(one: _One, columns: Sequence[Column], cells: _Cells, week: Span, lang: str) -> RowView:
    venue, by_column = one.venue, one.by_column
    href = f"/venues/{venue.id}/week/{week.name}?lang={lang}"
    found = [by_column.get(column) for column in columns]
    tongue = 1 if lang == "en" else 0
    return RowView(
        (venue.name_zh, venue.name_en)[tongue],
        kind_words(venue.kind)[tongue],
        href,
        _share(one.known_s, one.due_s) or "—",
        one.known_s * LEAST_COVERAGE.denominator < one.due_s * LEAST_COVERAGE.numerator,
        tuple([None if told is None else cells.cell(*told) for told in found]),
    )


def _options(everyone: Sequence[_One], chosen: Chosen) -> Mapping[str, tuple[Option, ...]]:
    marks = Counter(one.worst for one in everyone if _takes(chosen, one, but="mark"))
    kinds = Counter(one.venue.kind for one in everyone if _takes(chosen, one, but="kind"))
    levels = Counter(one.venue.level for one in everyone if _takes(chosen, one, but="level"))
    present = dict.fromkeys(one.venue.kind for one in everyone)
    return {
        "mark": tuple(
            Option(mark, MARK_WORDS[mark], marks[mark]) for mark in MARKS if mark != "none"
        ),
        "kind": tuple(Option(kind, kind_words(kind), kinds[kind]) for kind in present),
        "level": tuple(
            Option(level, LEVELS[level], levels[level]) for level in ("district", "town", "space")
        ),
    }


def week_words(week: Span) -> Words:
    """Return what a week is called, with its days."""
    year, number, _ = week.first.isocalendar()
    return Words(
        f"{year} 年第 {number} 周（{_day(week.first)}至{_day(week.last)}）",
        f"Week {number} of {year} ({_english(week.first)} to {_english(week.last)})",
    )


def _day(day: date) -> str:
    return f"{day.month}月{day.day}日"


def _english(day: date) -> str:
    return f"{day.day} {day:%b}"
