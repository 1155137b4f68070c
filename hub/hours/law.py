"""The law as people read it: duties with their numbers, and a year's days as a grid."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import zip_longest
from typing import Any, Final

from rich.text import Text

from hub.compliance.calendar import Calendar, DayType
from hub.compliance.localtime import days
from hub.compliance.rules import METRICS, PeriodKind, Rule

MARKS: Final = {
    DayType.WORK: (" ", ""),
    DayType.REST: (" ", "dim"),
    DayType.STATUTORY: ("*", "bold red"),
    DayType.IN_LIEU: ("-", "green"),
    DayType.MAKEUP: ("+", "bold yellow"),
}
"""The sign behind a day's number, and its style."""
LEGEND: Final = "* 法定节假日 statutory   - 放假调休 in lieu   + 调休上班 make-up workday"
_WIDTH: Final = 21
_PERIODS: Final[Mapping[PeriodKind, str]] = {
    "week": "each week",
    "year": "each year",
    "all_times": "at all times",
    "per_event": "each time",
}


def rules_plain(rules: Iterable[Rule]) -> dict[str, Any]:
    """Return duties as plain values."""
    return {
        "rules": [
            {
                "id": rule.id,
                "subjects": sorted(rule.subjects),
                "metric": rule.metric,
                "op": rule.op,
                "unit": METRICS[rule.metric],
                "period": rule.period,
                "thresholds": {str(year): str(told) for year, told in rule.thresholds.items()},
                "quote": rule.quote,
                "source": rule.source,
            }
            for rule in rules
        ]
    }


def rule_lines(rules: Iterable[Rule]) -> Iterator[str]:
    """Yield duties as a terminal shows them."""
    for rule in rules:
        yield f"{rule.id}: {rule.metric} {_asked(rule)}, {_PERIODS[rule.period]}"
        yield f"    of {', '.join(sorted(rule.subjects))}"
        yield f"    {rule.quote or rule.source}"


def year_lines(calendar: Calendar, year: int) -> Iterator[Text]:
    """Yield a year as lines: where it is from, months three in a row, school vacations."""
    record = calendar.years[year]
    yield Text(f"{year}  {record.standing}: {record.notice}")
    if record.standing == "provisional":
        yield Text(
            "暂定 provisional: breaks and make-up workdays are not announced yet",
            "yellow",
        )
    yield Text(LEGEND)
    for quarter in range(4):
        yield Text("")
        months = [_month(calendar, year, 3 * quarter + n) for n in (1, 2, 3)]
        for row in zip_longest(*months, fillvalue=Text(" " * _WIDTH)):
            yield Text("   ").join(row)
    yield Text("")
    for vacation in calendar.vacations:
        if year in {vacation.first.year, vacation.last.year}:
            told = "" if vacation.standing == "official" else "  provisional"
            yield Text(
                f"school vacation  {vacation.name}  {vacation.first} – {vacation.last}{told}"
            )


def year_plain(calendar: Calendar, year: int) -> dict[str, Any]:
    """Return a year's day types as plain values."""
    record = calendar.years[year]
    return {
        "year": year,
        "standing": record.standing,
        "notice": record.notice,
        "days": {
            str(day): str(calendar.day_type(day))
            for day in days(date(year, 1, 1), date(year, 12, 31))
        },
    }


def _asked(rule: Rule) -> str:
    unit = METRICS[rule.metric]
    found: dict[str, list[int]] = {}
    for year, threshold in sorted(rule.thresholds.items()):
        found.setdefault(f"{rule.op} {float(threshold):g} {unit}".strip(), []).append(year)
    return "; ".join(
        text if years == [1] else f"{text} ({_years(years)})" for text, years in found.items()
    )


def _years(years: Sequence[int]) -> str:
    return f"{years[0]}" if len(years) == 1 else f"{years[0]}–{years[-1]}"


def _month(calendar: Calendar, year: int, month: int) -> list[Text]:
    first = date(year, month, 1)
    after = date(year + month // 12, month % 12 + 1, 1)
    rows = [Text(f"{month} 月 {first:%B}".center(_WIDTH - 1)), Text("Mo Tu We Th Fr Sa Su ")]
    row = Text("   " * first.weekday())
    for day in days(first, date.fromordinal(after.toordinal() - 1)):
        sign, style = MARKS[calendar.day_type(day)]
        row.append(f"{day.day:>2}{sign}", style)
        if day.weekday() == 6:
            rows.append(row)
            row = Text("")
    if row.plain:
        row.pad_right(_WIDTH - len(row.plain))
        rows.append(row)
    return rows
