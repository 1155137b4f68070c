"""Public hours: what a venue tells whoever stands before its door, and how it is put into words.

The hub works the hours out of what was declared; a kiosk has them from the hub and goes on telling
the time by them while it is alone. Both say the same sentence because both say it with this module:
`link` only carries what it is given, and neither process may import the other.

    opens 09:00 ─── open ─── 20:00 ─── closed ─── tomorrow 09:00
                     │ "Open until 20:00"   │ "Closed, opens tomorrow at 09:00"
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Final, Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta, Struct

from contracts.errors import DecodeError, RefusalCode

MAX_SESSIONS: Final = 400
MAX_CLOSURES: Final = 100

Second = Annotated[int, Meta(ge=-(2**40), le=2**40)]
Note = Annotated[str, Meta(max_length=2000)]
Reason = Literal["维修", "设备", "活动", "节日", "突发", "不可抗力", "其他"]

REASONS_ZH: Final[dict[str, str]] = {
    "维修": "因维修闭馆",
    "设备": "因设备原因闭馆",
    "活动": "因活动闭馆",
    "节日": "节日闭馆",
    "突发": "因突发情况临时闭馆",
    "不可抗力": "因不可抗力闭馆",
    "其他": "临时闭馆",
}
REASONS_EN: Final[dict[str, str]] = {
    "维修": "Closed for repairs",
    "设备": "Closed: equipment failure",
    "活动": "Closed for an event",
    "节日": "Closed for the holiday",
    "突发": "Closed at short notice",
    "不可抗力": "Closed: force majeure",
    "其他": "Temporarily closed",
}
"""How a closing begins, by its reason."""
_DAYS_ZH: Final = "一二三四五六日"
_DAYS_EN: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip


class Text(NamedTuple):
    """One sentence in both languages."""

    zh: str
    en: str

    def to(self, lang: Literal["zh", "en"]) -> str:
        """Return it in one of them."""
        return self.zh if lang == "zh" else self.en


class Closure(Struct, frozen=True):
    """A closure notice that is in force in [start, end), Unix seconds, with what it tells."""

    start_s: Second
    end_s: Second
    reason: Reason
    zh: Note = ""
    en: Note = ""


class PublicHours(Struct, frozen=True):
    """What is open from `from_s` until `until_s`, Unix seconds, and why it is closed.

    `sessions` are in order, apart and cut at both ends; notices, holidays and exceptions are in
    them already. `is_declared` is false where a venue has told the public no hours.
    """

    timezone: Annotated[str, Meta(max_length=64)]
    from_s: Second
    until_s: Second
    sessions: Annotated[tuple[tuple[Second, Second], ...], Meta(max_length=MAX_SESSIONS)]
    closures: Annotated[tuple[Closure, ...], Meta(max_length=MAX_CLOSURES)] = ()
    is_declared: bool = True

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{self.timezone!r} is no time zone") from error
        before = self.from_s
        for opens, closes in self.sessions:
            if not before <= opens < closes <= self.until_s:
                raise ValueError("sessions are not in order")
            before = closes + 1


class HoursNow(NamedTuple):
    """What public hours say of one instant; times in Unix seconds."""

    is_open: bool
    since_s: int | None
    """When the session began that is on; None: none is, or it goes back beyond what is known."""
    changes_s: int | None
    """When it opens or closes next; None: not within what is known."""
    closure: Closure | None
    """The notice that keeps it closed now."""


def hours_now(hours: PublicHours, now_s: int) -> HoursNow:
    """Return whether it is open at an instant, and when that changes next."""
    closure = next((c for c in hours.closures if c.start_s <= now_s < c.end_s), None)
    for opens, closes in hours.sessions:
        if now_s < opens:
            return HoursNow(False, None, opens, closure)
        if now_s < closes:
            # What reaches the edge of what is known may go on beyond it.
            since = opens if opens > hours.from_s else None
            return HoursNow(True, since, closes if closes < hours.until_s else None, None)
    return HoursNow(False, None, None, closure)


def hours_sentence(hours: PublicHours, now_s: int) -> Text:
    """Return what a visitor is told at an instant.

    `now_s` beyond what is known: that the hours are not known.
    """
    if not hours.is_declared:
        return Text("未公布开放时间", "Opening hours are not published")
    if not hours.from_s <= now_s < hours.until_s:
        return Text("开放时间暂不详", "Opening hours are not known at the moment")
    now = hours_now(hours, now_s)
    zone = ZoneInfo(hours.timezone)
    if now.is_open:
        return _open(now, zone, now_s)
    return _closed(now, zone, now_s)


def sessions_text(sessions: Sequence[tuple[int, int]]) -> Text:
    """Return the sessions of one day, seconds of that day, past 86 400 the next morning."""
    if not sessions:
        return Text("闭馆", "closed")
    if list(sessions) == [(0, 86_400)]:
        return Text("24 小时", "24 hours")
    pairs = [(_of_day(opens), closes) for opens, closes in sessions]
    return Text(
        "，".join(f"{a}–{'次日 ' if b > 86_400 else ''}{_of_day(b)}" for a, b in pairs),
        ", ".join(f"{a}–{_of_day(b)}{' next day' if b > 86_400 else ''}" for a, b in pairs),
    )


def day_text(day: date, *, with_year: bool = False) -> Text:
    """Return a day as people name it: 3月2日（周一）, Mon 2 Mar; with its year where that helps."""
    weekday = day.weekday()
    return Text(
        f"{f'{day.year}年' if with_year else ''}{day.month}月{day.day}日（周{_DAYS_ZH[weekday]}）",
        f"{_DAYS_EN[weekday]} {day.day} {_MONTHS[day.month - 1]}"
        + (f" {day.year}" if with_year else ""),
    )


def decode_hours(payload: bytes) -> PublicHours:
    """Read public hours as the hub's API tells them; what else stands there is left alone.

    Raises DecodeError.
    """
    try:
        return msgspec.json.decode(payload, type=PublicHours)
    except msgspec.ValidationError as error:
        raise DecodeError(RefusalCode.INVALID, str(error)) from error
    except msgspec.DecodeError as error:
        raise DecodeError(RefusalCode.NOT_JSON, str(error)) from error


def _open(now: HoursNow, zone: ZoneInfo, now_s: int) -> Text:
    if now.changes_s is None:
        return Text("24 小时开放", "Open 24 hours")
    today = _day(zone, now_s)
    # Midnight belongs to the evening before it.
    ends = _day(zone, now.changes_s - 1)
    clock = _clock(zone, now.changes_s)
    if ends == today:
        if now.since_s is not None and _day(zone, now.since_s) == today:
            begun = _clock(zone, now.since_s)
            return Text(
                f"今天 {begun}–{clock} 开放，{clock} 闭馆", f"Open until {_midnight(clock)}"
            )
        return Text(f"开放中，今天 {clock} 闭馆", f"Open until {_midnight(clock)}")
    if ends == today + timedelta(days=1):
        return Text(f"开放中，明天 {clock} 闭馆", f"Open until {_midnight(clock)} tomorrow")
    name = day_text(ends)
    return Text(f"开放中，{name.zh} {clock} 闭馆", f"Open until {name.en}, {_midnight(clock)}")


def _closed(now: HoursNow, zone: ZoneInfo, now_s: int) -> Text:
    why = now.closure
    zh = "闭馆" if why is None else REASONS_ZH[why.reason]
    en = "Closed" if why is None else REASONS_EN[why.reason]
    if now.changes_s is None:
        if why is None:
            return Text("闭馆，近期不开放", "Closed, no opening is announced")
        ends, clock = _day(zone, why.end_s - 1), _clock(zone, why.end_s)
        name = day_text(ends, with_year=ends.year != _day(zone, now_s).year)
        return Text(f"{zh}，至{name.zh} {clock}", f"{en} until {name.en}, {_midnight(clock)}")
    today, opens = _day(zone, now_s), _day(zone, now.changes_s)
    clock = _clock(zone, now.changes_s, is_end=False)
    if opens == today:
        return Text(f"{zh}，今天 {clock} 开放", f"{en}, opens at {clock}")
    if opens == today + timedelta(days=1):
        return Text(f"{zh}，明天 {clock} 开放", f"{en}, opens tomorrow at {clock}")
    name = day_text(opens)
    return Text(f"{zh}，{name.zh} {clock} 开放", f"{en}, opens on {name.en} at {clock}")


def _day(zone: ZoneInfo, at_s: int) -> date:
    return datetime.fromtimestamp(at_s, zone).date()


def _clock(zone: ZoneInfo, at_s: int, *, is_end: bool = True) -> str:
    """Return the clock at an instant; midnight as the end of a day is 24:00."""
    shown = datetime.fromtimestamp(at_s, zone).strftime("%H:%M")
    return "24:00" if is_end and shown == "00:00" else shown


def _midnight(clock: str) -> str:
    return "midnight" if clock == "24:00" else clock


def _of_day(second: int) -> str:
    hours, minutes = divmod(second // 60, 60)
    return f"{hours - 24 if second > 86_400 else hours:02}:{minutes:02}"
