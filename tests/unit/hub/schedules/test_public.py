"""Public hours: their text equals the schedule at random instants; an oracle walks the minutes."""

import random
import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from contracts.errors import DecodeError
from contracts.hours import PublicHours, decode_hours, hours_now, hours_sentence
from hub.compliance.calendar import DayType
from hub.compliance.clocktext import read_sessions, read_week
from hub.compliance.localtime import LocalTime
from hub.compliance.schedule import Schedule, Sessions
from hub.lawbook import read_calendar
from hub.schedules.declaration import (
    Declaration,
    ExceptionTerms,
    HolidayTerms,
    NoticeTerms,
    Terms,
    TimetableTerms,
    Withdrawal,
    schedule_of,
)
from hub.schedules.public import osm_text, public_days, public_hours
from tests.unit.hub.compliance.minutes import is_declared

CALENDAR = read_calendar()
SHANGHAI = LocalTime(ZoneInfo("Asia/Shanghai"))
WORLDS, INSTANTS = 20, 50
DAY = timedelta(days=1)


def a_day(rng: random.Random) -> Sessions:
    texts = ("closed", "09:00-17:00", "08:30-12:00, 13:30-20:00", "18:00-26:00", "24h",
             "00:00-24:00", "20:00-24:00", "00:00-06:00, 22:00-30:00")  # fmt: skip
    return read_sessions(rng.choice(texts))


def made(number: int, terms: Terms, at_s: int, gone_s: int | None = None) -> Declaration:
    withdrawn = None if gone_s is None else Withdrawal(gone_s * 1000, "keeper", "")
    return Declaration(number, "v", terms, "", "keeper", at_s * 1000, at_s * 1000, "", withdrawn)


def a_world(seed: int) -> tuple[Schedule, list[Declaration], int]:
    """Return a schedule with timetables, holidays, exceptions and notices around an instant."""
    rng = random.Random(seed)
    middle = SHANGHAI.midnight(date(2026, 9, 20) + DAY * rng.randint(0, 20))
    week = tuple(a_day(rng) for _ in range(7))
    if rng.random() < 0.15:
        week = read_week("24h")

    def near() -> int:
        return middle + rng.randrange(-5 * 86_400, 12 * 86_400, 60)

    told: list[Declaration] = []

    def add(terms: Terms) -> None:
        gone = near() if rng.random() < 0.2 else None
        told.append(made(len(told) + 1, terms, middle - rng.choice((9, 4, 0)) * 86_400, gone))

    for _ in range(rng.choice((0, 1))):
        add(TimetableTerms(tuple(a_day(rng) for _ in range(7)), SHANGHAI.day_of(near())))
    for _ in range(rng.choice((0, 1))):
        add(HolidayTerms(frozenset({DayType.STATUTORY}), a_day(rng), date(2026, 9, 1)))
    for _ in range(rng.choice((0, 1, 3))):
        day = SHANGHAI.day_of(near())
        add(ExceptionTerms(day, day + DAY * rng.randint(0, 2), a_day(rng)))
    for _ in range(rng.choice((0, 1, 2))):
        since = near()
        add(NoticeTerms(since, since + rng.choice((90, 600, 4000)) * 60,
                        rng.choice(("维修", "突发", "其他"))))  # fmt: skip
    return schedule_of(SHANGHAI, CALENDAR, week, told), told, middle


def instant(day: date, clock: str) -> int:
    hours, minutes = clock.split(":")
    return SHANGHAI.midnight(day) + int(hours) * 3600 + int(minutes) * 60


def read_zh(text: str, now_s: int) -> tuple[bool, int | None]:
    """Return (open, when that changes) as somebody who reads the sentence understands it."""
    is_open = "闭馆" not in text.split("，", maxsplit=1)[0]
    today = SHANGHAI.day_of(now_s)
    if text == "24 小时开放" or "近期不开放" in text:
        return is_open, None
    if is_open:
        clock = re.search(r"(\d\d:\d\d) 闭馆$", text)
    elif re.search(r"，至", text):
        return is_open, None
    else:
        clock = re.search(r"(\d\d:\d\d) 开放$", text)
    assert clock, text
    if named := re.search(r"(\d+)月(\d+)日（周(.)）", text):
        day = date(today.year, int(named[1]), int(named[2]))
        assert "一二三四五六日"[day.weekday()] == named[3]
    elif "明天" in text:
        day = today + DAY
    else:
        day = today
    return is_open, instant(day, clock[1])


def read_en(text: str, now_s: int) -> tuple[bool, int | None]:
    is_open = text.startswith("Open")
    today = SHANGHAI.day_of(now_s)
    if text == "Open 24 hours" or "no opening" in text:
        return is_open, None
    if not is_open and " until " in text:
        return is_open, None
    day = today
    if named := re.search(r"(?:until|on) (\w{3}) (\d+) (\w{3})", text):
        day = datetime.strptime(f"{named[2]} {named[3]} 2026", "%d %b %Y").date()  # noqa: DTZ007
        assert day.strftime("%a") == named[1]
    elif "tomorrow" in text:
        day = today + DAY
    clock = "24:00" if "midnight" in text else re.findall(r"\d\d:\d\d", text)[-1]
    return is_open, instant(day, clock)


@pytest.mark.parametrize("seed", range(WORLDS))
def test_the_text_equals_the_schedule_at_random_instants(seed: int) -> None:
    schedule, told, middle = a_world(seed)
    rng = random.Random(seed)
    now_s = middle + rng.randrange(86_400)
    hours = public_hours(schedule, told, now_s)
    minutes = range(hours.from_s, hours.until_s, 60)
    opened = [is_declared(schedule, at) for at in minutes]
    first, last = middle - 86_400, middle + 6 * 86_400
    # The very second of an opening or a closing, the one before and after it, and any other.
    edges = [edge for session in hours.sessions for edge in session if first < edge < last]
    for number in range(INSTANTS):
        at = rng.randrange(first, last)
        if edges and number % 2:
            at = rng.choice(edges) + rng.choice((-1, 0, 1))
        place = (at - hours.from_s) // 60
        state = opened[place]
        changed = next((n for n in range(place, len(opened)) if opened[n] != state), None)
        expected = (state, None if changed is None else hours.from_s + changed * 60)
        text = hours_sentence(hours, at)
        assert read_zh(text.zh, at) == expected, (text.zh, SHANGHAI.show(at))
        assert read_en(text.en, at) == expected, (text.en, SHANGHAI.show(at))
        assert hours_now(hours, at)[0] is state
        # What a kiosk has read from the API says the same.
        assert hours_sentence(decode_hours(msgspec.json.encode(hours)), at) == text


LIBRARY = read_week({"mon": "13:00-20:00", "tue-sun": "08:30-20:00"})


def said(clock: str, *terms: Terms, week: str = "", published: str = "2026-03-01 08:00") -> str:
    told = [made(n, one, at(published)) for n, one in enumerate(terms, 1)]
    schedule = schedule_of(SHANGHAI, CALENDAR, read_week(week) if week else LIBRARY, told)
    text = hours_sentence(public_hours(schedule, told, at(clock)), at(clock))
    return f"{text.zh} | {text.en}"


def at(text: str) -> int:
    day, _, clock = text.partition(" ")
    return instant(date.fromisoformat(day), clock)


@pytest.mark.parametrize(
    ("clock", "sentence"),
    [
        ("2026-03-03 12:00", "今天 08:30–20:00 开放，20:00 闭馆 | Open until 20:00"),
        ("2026-03-03 20:00", "闭馆，明天 08:30 开放 | Closed, opens tomorrow at 08:30"),
        ("2026-03-02 09:00", "闭馆，今天 13:00 开放 | Closed, opens at 13:00"),
    ],
)
def test_an_ordinary_day(clock: str, sentence: str) -> None:
    assert said(clock) == sentence


def test_over_midnight_and_round_the_clock() -> None:
    night = "18:00-26:00"
    assert said("2026-03-03 23:00", week=night) == (
        "开放中，明天 02:00 闭馆 | Open until 02:00 tomorrow"
    )
    assert said("2026-03-04 01:00", week=night) == "开放中，今天 02:00 闭馆 | Open until 02:00"
    assert said("2026-03-04 01:00", week="24h") == "24 小时开放 | Open 24 hours"
    assert said("2026-03-04 21:00", week="18:00-24:00") == (
        "今天 18:00–24:00 开放，24:00 闭馆 | Open until midnight"
    )


def test_closed_for_a_notice() -> None:
    works = NoticeTerms(at("2026-03-03 00:00"), at("2026-03-06 00:00"), "维修", "水管", "pipes")
    assert said("2026-03-03 12:00", works) == (
        "因维修闭馆，3月6日（周五） 08:30 开放 | Closed for repairs, opens on Fri 6 Mar at 08:30"
    )
    long = NoticeTerms(at("2026-03-03 00:00"), at("2026-06-01 00:00"), "维修")
    assert said("2026-03-03 12:00", long) == (
        "因维修闭馆，至5月31日（周日） 24:00 | Closed for repairs until Sun 31 May, midnight"
    )
    years = NoticeTerms(at("2026-03-03 00:00"), at("2027-06-01 12:00"), "其他")
    assert said("2026-03-03 12:00", years) == (
        "临时闭馆，至2027年6月1日（周二） 12:00 | Temporarily closed until Tue 1 Jun 2027, 12:00"
    )


def test_nothing_declared_and_nothing_known() -> None:
    silent = schedule_of(SHANGHAI, CALENDAR, None, [])
    hours = public_hours(silent, [], at("2026-03-03 12:00"))
    assert hours_sentence(hours, at("2026-03-03 12:00")).en == "Opening hours are not published"
    known = public_hours(schedule_of(SHANGHAI, CALENDAR, LIBRARY, []), [], at("2026-03-03 12:00"))
    assert hours_sentence(known, at("2027-03-03 12:00")).zh == "开放时间暂不详"


def test_days_say_why_they_are_not_the_weeks() -> None:
    told = [
        made(1, HolidayTerms(frozenset({DayType.STATUTORY}), (), date(2026, 9, 1)),
             at("2026-09-01 08:00")),
        made(2, ExceptionTerms(date(2026, 9, 30), date(2026, 9, 30), read_sessions("08:30-17:00")),
             at("2026-09-01 08:00")),
        made(3, NoticeTerms(at("2026-09-29 15:00"), at("2026-09-29 23:00"), "活动"),
             at("2026-09-01 08:00")),
    ]  # fmt: skip
    schedule = schedule_of(SHANGHAI, CALENDAR, LIBRARY, told)
    shown = public_days(schedule, date(2026, 9, 28), date(2026, 10, 1), at("2026-09-28 12:00"))
    assert [(day.special, day.text.en) for day in shown] == [
        (None, "13:00–20:00"),
        ("notice", "08:30–15:00"),
        ("exception", "08:30–17:00"),
        ("holiday", "closed"),
    ]


def test_an_exception_told_today_is_todays() -> None:
    one = ExceptionTerms(date(2026, 3, 3), date(2026, 3, 3), read_sessions("08:30-17:00"))
    told = [made(1, one, at("2026-03-03 10:00"))]
    schedule = schedule_of(SHANGHAI, CALENDAR, LIBRARY, told)
    day = date(2026, 3, 3)
    [before] = public_days(schedule, day, day, at("2026-03-03 09:00"))
    [after] = public_days(schedule, day, day, at("2026-03-03 10:00"))
    assert (before.text.en, after.text.en) == ("08:30–20:00", "08:30–17:00")


def test_openstreetmap_is_told_of_the_week_and_of_days_that_differ() -> None:
    one = ExceptionTerms(date(2026, 3, 5), date(2026, 3, 5), ())
    schedule = schedule_of(SHANGHAI, CALENDAR, LIBRARY, [made(1, one, at("2026-03-01 08:00"))])
    assert osm_text(schedule, date(2026, 3, 3)) == (
        "Mo 13:00-20:00; Tu-Su 08:30-20:00; 2026 Mar 05 off"
    )
    assert osm_text(schedule_of(SHANGHAI, CALENDAR, None, []), date(2026, 3, 3)) is None


@pytest.mark.parametrize(
    "payload",
    [
        b"{",
        b'{"timezone": "Mars/Olympus", "from_s": 0, "until_s": 9, "sessions": []}',
        b'{"timezone": "Asia/Shanghai", "from_s": 0, "until_s": 9, "sessions": [[5, 3]]}',
        b'{"timezone": "Asia/Shanghai", "from_s": 0, "until_s": 9, "sessions": [[1, 30]]}',
    ],
)
def test_what_is_no_hours_is_refused(payload: bytes) -> None:
    with pytest.raises(DecodeError):
        decode_hours(payload)
    assert PublicHours("Asia/Shanghai", 0, 9, ((1, 3),)).is_declared
