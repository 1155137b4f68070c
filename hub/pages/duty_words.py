"""Words and marks of verdicts, in both languages. Pure.

kept       ● it complies, or has reached what is asked already
excused    ◉ it complies with what the law excuses
going      ◌ the period is not over, and it can still comply
unknown    ◇ what is known does not decide it
breach     ▲ it does not comply, or no longer can
none       – it does not apply
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final, Literal

from hub.compliance.bounds import Bounds, Status, decimals
from hub.compliance.evidence import Grade
from hub.compliance.explain import LEAST_COVERAGE
from hub.compliance.judge import Forecast
from hub.compliance.rules import METRICS
from hub.pages.words import Words

Mark = Literal["kept", "excused", "going", "unknown", "breach", "none"]
MARKS: Final[tuple[Mark, ...]] = ("breach", "unknown", "excused", "going", "kept", "none")
"""The most trouble first."""

MARK_WORDS: Final[Mapping[Mark, Words]] = {
    "breach": Words("不达标", "Breach"),
    "unknown": Words("证据不足", "Not known"),
    "excused": Words("例外达标", "Excused"),
    "going": Words("进行中", "Under way"),
    "kept": Words("达标", "Kept"),
    "none": Words("不适用", "Not applicable"),
}
REACHED: Final = Words("已达标", "Reached")
OUT_OF_REACH: Final = Words("难达标", "Out of reach")

DUTIES: Final[Mapping[str, Words]] = {
    "published_hours_kept_ratio": Words("按公示开放", "Hours kept"),
    "open_hours_per_week_h": Words("每周时长", "Hours a week"),
    "open_every_day_bool": Words("每天开放", "Every day"),
    "offpeak_open_hours_share_ratio": Words("错时开放", "Off-peak"),
    "open_days_per_year_d": Words("全年天数", "Days a year"),
    "statutory_holiday_open_bool": Words("法定节假日", "Holidays"),
    "vacation_minus_term_mean_daily_open_minutes": Words("寒暑假延长", "Vacations"),
    "closure_notice_lead_days": Words("闭馆公告", "Notices"),
    "opening_hours_published_bool": Words("公示时间", "Published"),
    "free_admission_bool": Words("免费开放", "Free"),
    "visits_count": Words("到访人次", "Visits"),
    "visits_per_open_hour": Words("每小时到访", "Visits an hour"),
    "loans_count": Words("借阅册次", "Loans"),
    "kiosk_sessions_count": Words("自助机使用", "Kiosk sessions"),
}
"""What a metric is called at the head of a column."""

GRADES: Final[Mapping[Grade, Words]] = {
    "A": Words("两类来源一致", "two kinds of sources agree"),
    "B": Words("一类来源", "one kind of source"),
    "C": Words("仅人工记录", "a person's word only"),
    "declared_only": Words("没有设备，仅公示时间", "no device: declared hours only"),
    "none": Words("设备未提供证据", "devices told nothing"),
}
NOT_KNOWN: Final = Words("不详", "not known")

_DIGITS: Final[Mapping[str, int]] = {"h": 2, "d": 0, "": 3, "min": 2, "1/h": 2}
UNITS: Final[Mapping[str, Words]] = {
    "h": Words("小时", "h"),
    "d": Words("天", "days"),
    "": Words("", ""),
    "min": Words("分钟", "min"),
    "1/h": Words("人次/小时", "visits an hour"),
}
"""What stands after a number, by its unit."""
_OPS: Final[Mapping[str, Words]] = {
    ">=": Words("不少于", "at least"),
    ">": Words("超过", "more than"),
    "<=": Words("不多于", "at most"),
    "==": Words("等于", "exactly"),
}
_LEAST, _LEAST_OF = LEAST_COVERAGE.as_integer_ratio()
_YES_NO: Final = frozenset(name for name in METRICS if name.endswith("_bool"))
_SHARES: Final = frozenset(name for name in METRICS if name.endswith("_ratio"))


def mark_of(status: Status, forecast: Forecast, *, is_final: bool, is_thin: bool = False) -> Mark:
    """Return how a verdict is shown.

    A period that goes on is not short of evidence, unless what is known of it so far `is_thin`.
    """
    match status:
        case Status.COMPLIANT:
            return "kept"
        case Status.WITH_EXCEPTION:
            return "excused"
        case Status.NON_COMPLIANT:
            return "breach"
        case Status.NOT_APPLICABLE:
            return "none"
        case Status.INSUFFICIENT:
            if not is_final and forecast == "unreachable":
                return "breach"
            return "unknown" if is_final or is_thin else "going"


def is_thin(metric: str, known_s: int, due_s: int) -> bool:
    """Tell whether so little is known that time alone will hardly settle it."""
    by_register = metric == "free_admission_bool"
    return by_register or known_s * _LEAST_OF < due_s * _LEAST


def mark_words(mark: Mark, *, is_final: bool) -> Words:
    """Return a mark's word; of a period that goes on, what can no longer change."""
    if not is_final and mark == "kept":
        return REACHED
    if not is_final and mark == "breach":
        return OUT_OF_REACH
    return MARK_WORDS[mark]


def duty_words(metric: str) -> Words:
    """Return what a metric is called."""
    return DUTIES.get(metric) or Words(metric, metric.replace("_", " "))


def asked_words(metric: str, op: str, threshold: Fraction | None) -> Words:
    """Return what a rule asks, as one says it."""
    duty = duty_words(metric)
    if threshold is None:
        return Words(f"{duty.zh}：本年没有标准", f"{duty.en}: no threshold this year")
    if metric in _YES_NO:
        return duty
    if metric == "published_hours_kept_ratio" and threshold == 1:
        return Words("公示的开放时间全部按时开放", "Open for all of the hours that are declared")
    number, comparison = amount(metric, threshold, least_digits=True), _OPS[op]
    if metric == "closure_notice_lead_days":
        if op == ">" and not threshold:
            return Words("闭馆事先公告", "Closures told ahead")
        return Words(f"闭馆提前 {number.zh}公告", f"Closures told {number.en} ahead")
    if metric == "vacation_minus_term_mean_daily_open_minutes" and op == ">" and not threshold:
        return Words("寒暑假延长开放", "Open longer in school vacations")
    return Words(f"{duty.zh}{comparison.zh} {number.zh}", f"{duty.en}: {comparison.en} {number.en}")


def amount(metric: str, value: Fraction, *, least_digits: bool = False) -> Words:
    """Return a number of a metric with its unit, rounded toward zero.

    `least_digits`: without decimals that say nothing, as in what a rule asks.
    """
    if metric in _YES_NO:
        return Words("是", "yes") if value else Words("否", "no")
    if metric in _SHARES:
        share = value * 100
        text = f"{decimals(share, 0 if least_digits and share.denominator == 1 else 2)} %"
        return Words(text, text)
    unit = METRICS.get(metric, "")
    whole = value.denominator == 1 and (least_digits or unit in {"d", ""})
    text, words = decimals(value, 0 if whole else _DIGITS[unit]), UNITS[unit]
    return Words(f"{text} {words.zh}".strip(), f"{text} {words.en}".strip())


def range_words(metric: str, bounds: Bounds | None) -> tuple[Words, Words]:
    """Return what is proven and what is possible at most."""
    if bounds is None:
        return NOT_KNOWN, NOT_KNOWN
    high = NOT_KNOWN if bounds.high is None else amount(metric, bounds.high)
    return amount(metric, bounds.low), high


def hours(seconds: int) -> str:
    """Return so many seconds as hours with two decimals, rounded toward zero."""
    return decimals(Fraction(seconds, 3600), 2)


def hours_words(text: str) -> Words:
    """Return one or several numbers of hours with their unit."""
    return Words(f"{text} {UNITS['h'].zh}", f"{text} {UNITS['h'].en}")


def percent(share: Fraction, digits: int = 1) -> str:
    """Return a share in per cent, rounded toward zero: 100 % is all of it."""
    text = decimals(share * 100, digits)
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}%"
