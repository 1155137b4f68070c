"""Rules as data: what is measured of whom, against which number, over which period.

The catalogue's rules are read from a file; changing a law changes no code. What the law leaves
open is a `Policy` with a default, never a constant in a formula.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Final, Literal

Op = Literal[">=", ">", "<=", "=="]
PeriodKind = Literal["week", "year", "all_times", "per_event"]
Relief = Literal["template_credit", "pro_rata_days", "none"]

LARGEST_THRESHOLD: Final = 1e12
"""No duty asks for more."""
_YEAR: Final = re.compile(r"y\d{4}", re.ASCII)

METRICS: Final = {
    "open_hours_per_week_h": "h",
    "open_every_day_bool": "",
    "offpeak_open_hours_share_ratio": "",
    "open_days_per_year_d": "d",
    "statutory_holiday_open_bool": "",
    "vacation_minus_term_mean_daily_open_minutes": "min",
    "closure_notice_lead_days": "d",
    "opening_hours_published_bool": "",
    "free_admission_bool": "",
    "published_hours_kept_ratio": "",
    "visits_count": "",
    "visits_per_open_hour": "1/h",
    "loans_count": "",
    "kiosk_sessions_count": "",
}
"""What can be measured, with the unit in which its threshold is given."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One duty: `metric op threshold`, of the venues of some subjects."""

    id: str
    subjects: frozenset[str]
    """Kinds of venues, or `any`."""
    metric: str
    op: Op
    period: PeriodKind
    thresholds: Mapping[int, Fraction]
    """By year; a year that is absent has no threshold."""
    quote: str = ""
    source: str = ""
    excluded: frozenset[str] = frozenset()
    """Kinds that the catalogue leaves out."""

    def threshold(self, year: int) -> Fraction | None:
        """Return what holds in a year; after the last year that is named its number goes on.

        A rule of 2024-2026 is applied to 2027 until another plan is loaded: better a known number,
        said to be of the old plan, than none.
        """
        if year in self.thresholds:
            return self.thresholds[year]
        latest = max(self.thresholds)
        return self.thresholds[latest] if year > latest else None

    def applies_to(self, subjects: frozenset[str]) -> bool:
        """Tell whether a venue of these kinds has this duty."""
        if subjects & self.excluded:
            return False
        return "any" in self.subjects or bool(self.subjects & subjects)


KEPT: Final = Rule(
    "published_hours_kept",
    frozenset({"any"}),
    "published_hours_kept_ratio",
    ">=",
    "week",
    {1: Fraction(1)},
    source="公共文化服务保障法 art. 31: 应当公示服务项目和开放时间",
)
"""What every venue owes: to be open when it said that it would be."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How the law is read where it leaves something open."""

    window: tuple[int, int] = (9 * 3600, 17 * 3600)
    """The public's working time on work and make-up days, seconds of the day: off-peak is
    the rest (公共文化体育设施条例 art. 17 names no clock times)."""
    sensitivity: tuple[tuple[int, int], ...] = (
        (8 * 3600 + 1800, 17 * 3600 + 1800),
        (9 * 3600, 18 * 3600),
    )
    """Other readings of it, told beside."""
    min_open_minutes: int = 1
    """A day with so much open time is an open day."""
    day_cut_seconds: int = 0
    """Time before this second of a day belongs to the day before."""
    relief: Relief = "template_credit"
    notice_lead_days: int = 1
    """A closure notice excuses when it was told so many calendar days ahead."""
    statutory_relief: frozenset[str] = frozenset(
        {"district_library", "town_library", "public_library", "children_reading_room"}
    )
    """Who may run reduced hours on statutory holidays (上海市公共图书馆条例 art. 23)."""
    partial: Literal["not_applicable", "pro_rata"] = "not_applicable"
    """A period in which a venue was not in service all the time."""
    count_outside_declared: bool = False


def read_rules(catalogue: Mapping[str, Any]) -> tuple[Rule, ...]:
    """Return the rules of a catalogue that this judge can measure.

    Raises ValueError with the rule's id for one that contradicts itself.
    """
    includes, excludes = _kinds(catalogue, "includes"), _kinds(catalogue, "excludes")
    rules: list[Rule] = []
    for item in _tables(catalogue, "item"):
        found = _tables(item, "rule")
        rules += [read_rule(raw) for raw in found if str(raw.get("metric")) in METRICS]
    return tuple(
        replace(
            rule,
            subjects=_widened(rule.subjects, includes),
            excluded=frozenset(kind for name in rule.subjects for kind in excludes.get(name, ())),
        )
        for rule in rules
    )


def _tables(holder: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    tables = holder.get(name, ())
    if not isinstance(tables, Sequence) or not all(isinstance(one, Mapping) for one in tables):
        raise ValueError(f"{name}: is no list of tables")
    return tables


def _kinds(catalogue: Mapping[str, Any], name: str) -> Mapping[str, Sequence[str]]:
    found = catalogue.get(name, {})
    if not isinstance(found, Mapping) or not all(
        isinstance(kinds, list) and all(isinstance(kind, str) for kind in kinds)
        for kinds in found.values()
    ):
        raise ValueError(f"{name}: each key needs a list of kinds")
    return found


def _widened(kinds: frozenset[str], includes: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """Return kinds with all that are of them."""
    found, left = set(kinds), list(kinds)
    while left:
        for kind in includes.get(left.pop(), ()):
            if kind not in found:
                found.add(kind)
                left.append(kind)
    return frozenset(found)


def read_rule(raw: Mapping[str, Any]) -> Rule:
    """Return one rule. Raises ValueError."""
    id_ = str(raw.get("id", "?"))
    if str(raw.get("metric")) not in METRICS:
        raise ValueError(
            f"rule {id_}: metric {raw.get('metric')!r} cannot be measured; there are"
            f" {', '.join(METRICS)}"
        )
    if str(raw.get("op")) not in {">=", ">", "<=", "=="}:
        raise ValueError(f"rule {id_}: op {raw.get('op')!r} is none of >=, >, <=, ==")
    if str(raw.get("period")) not in {"week", "year", "all_times", "per_event"}:
        raise ValueError(
            f"rule {id_}: period {raw.get('period')!r} is none of week, year, all_times, per_event"
        )
    years = {key[1:]: value for key, value in raw.items() if _YEAR.fullmatch(key)}
    thresholds = {int(year): _threshold(id_, year, value) for year, value in years.items()}
    if not thresholds:
        raise ValueError(f"rule {id_}: no year has a threshold: give y2026 = …")
    subject = raw.get("subject")
    if subject != str(subject):
        raise ValueError(f"rule {id_}: subject is missing: give the kinds of venues that owe it")
    return Rule(
        id_,
        frozenset(subject.split("+")),
        str(raw["metric"]),
        raw["op"],
        raw["period"],
        thresholds,
        str(raw.get("quote", raw.get("quote_external", ""))),
        str(raw.get("source", "")),
    )


def _threshold(id_: str, year: str, value: object) -> Fraction:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not abs(float(str(value))) <= LARGEST_THRESHOLD:
        raise ValueError(f"rule {id_}: y{year} is {value!r}, and no number that can be reached")
    return Fraction(str(value))


USAGE_SOURCES: Final[Mapping[str, tuple[str, str, str]]] = {
    "visits_count": ("entry", "没有计数线：加装客流计数", "nothing counts visits: a counter would"),
    "visits_per_open_hour": (
        "entry",
        "没有计数线：加装客流计数",
        "nothing counts visits: a counter would",
    ),
    "loans_count": ("loan", "没有借还数据：接入借还系统", "no loans: connect the library system"),
    "kiosk_sessions_count": ("session", "没有自助机数据", "no kiosk tells of sessions"),
}
"""Which source counts a use, and the sentence when it does not exist."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What was counted of use in a period."""

    counted: Mapping[str, int] = field(default_factory=dict)
    """`visits`, `loans`, `kiosk_sessions`; absent: nothing counts it."""
