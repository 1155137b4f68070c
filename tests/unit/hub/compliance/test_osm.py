"""Timetables as OSM strings: what we write is read alike by others, and the way back."""

import random
from contextlib import suppress
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from opening_hours import OpeningHours

from hub.compliance.intervals import Intervals, clipped, union
from hub.compliance.localtime import LocalTime, days
from hub.compliance.osm import NotRepresentable, from_osm, to_osm
from hub.compliance.schedule import DatedException, Schedule, Sessions, Timetable, Week, weekly
from hub.lawbook import read_calendar

CALENDAR = read_calendar()
SHANGHAI = ZoneInfo("Asia/Shanghai")
CLOCK = LocalTime(SHANGHAI)
FIRST, LAST = date(2026, 3, 2), date(2026, 3, 29)
SEEDS = range(400)


def of_library(text: str, first: date = FIRST, last: date = LAST) -> Intervals:
    # The library's clock has no zone.
    start = datetime.fromisoformat(str(first))
    end = datetime.fromisoformat(str(last)) + timedelta(days=1)
    found = []
    for since, until, state, _ in OpeningHours(text).intervals(start, end):
        if str(state) == "open":
            found.append(
                tuple(int(at.replace(tzinfo=SHANGHAI).timestamp()) for at in (since, until))
            )
    return union(found)  # type: ignore[arg-type]


def of_ours(week: Week, exceptions: tuple[DatedException, ...] = ()) -> Intervals:
    schedule = Schedule(CLOCK, CALENDAR, (Timetable("1", week),), (), exceptions)
    return schedule.declared(FIRST, LAST)


def a_day(rng: random.Random, *, late: bool) -> Sessions:
    kind = rng.random()
    if kind < 0.2:
        return ()
    if late and kind < 0.5:
        return ((rng.randrange(17 * 4, 24 * 4) * 900, 86_400 + rng.randrange(1, 20) * 900),)
    cuts = sorted(rng.sample(range(6 * 4, 23 * 4), rng.choice((2, 4))))
    return tuple((a * 900, b * 900) for a, b in zip(cuts[::2], cuts[1::2], strict=True))


@pytest.mark.parametrize("late", [False, True], ids=["by day", "over midnight"])
def test_what_we_write_is_read_alike_by_others_and_by_us(late: bool) -> None:
    for seed in SEEDS:
        rng = random.Random(seed)
        week = weekly(*(a_day(rng, late=late) for _ in range(7)))
        text = to_osm(week)
        assert of_library(text) == of_ours(week), f"seed {seed}: {text}"
        assert from_osm(text, CALENDAR, FIRST, LAST).week == week, f"seed {seed}: {text}"


@pytest.mark.parametrize("late", [False, True], ids=["by day", "over midnight"])
def test_exceptions_keep_what_is_left_of_the_night_before(late: bool) -> None:
    for seed in SEEDS:
        rng = random.Random(seed)
        week = weekly(*(a_day(rng, late=late) for _ in range(7)))
        chosen = sorted(rng.sample(list(days(FIRST + timedelta(days=1), LAST)), 4))
        exceptions = tuple(DatedException(day, a_day(rng, late=False)) for day in chosen)
        text = to_osm(week, exceptions)
        assert of_library(text) == of_ours(week, exceptions), f"seed {seed}: {text}"


def test_alike_days_are_one_rule() -> None:
    library = weekly(((46_800, 72_000),), *(((30_600, 72_000),),) * 6)
    assert to_osm(library) == "Mo 13:00-20:00; Tu-Su 08:30-20:00"
    assert to_osm(weekly(*(((0, 86_400),),) * 7)) == "24/7"
    assert to_osm(weekly(*((),) * 7)) == "off"
    night = weekly(*(((64_800, 93_600),),) * 6, ())
    assert to_osm(night) == "Mo-Sa 18:00-26:00"
    closed = (DatedException(date(2026, 10, 1), ()), DatedException(date(2026, 10, 2), ()))
    assert to_osm(library, closed).endswith("; 2026 Oct 01-2026 Oct 02 off")


def test_public_holidays_are_our_calendars_and_not_a_librarys() -> None:
    text = "Mo-Fr 09:00-20:30; Sa,Su 09:00-17:00; PH 10:00-16:00"
    first, last = date(2026, 9, 28), date(2026, 10, 4)
    told = from_osm(text, CALENDAR, first, last)
    assert [exception.day for exception in told.exceptions] == [
        date(2026, 10, 1), date(2026, 10, 2), date(2026, 10, 3),
    ]  # fmt: skip
    schedule = Schedule(CLOCK, CALENDAR, (Timetable("1", told.week),), (), told.exceptions)
    hours = sum(end - start for start, end in schedule.declared(first, last)) / 3600
    # A library that knows six statutory days a year says 68.0, without a country 73.5.
    assert hours == 60.5


def test_school_holidays_and_dates() -> None:
    told = from_osm(
        "Tu-Su 09:00-17:00; SH Tu-Su 09:00-18:00; 2026 Mar 08 off", CALENDAR,
        date(2026, 2, 24), date(2026, 3, 8),
    )  # fmt: skip
    by_day = {exception.day: exception.sessions for exception in told.exceptions}
    assert by_day[date(2026, 3, 8)] == ()
    assert by_day[date(2026, 2, 26)] == ((32_400, 64_800),)
    assert date(2026, 3, 3) not in by_day


def test_a_day_off_does_not_take_the_night_before_away() -> None:
    told = from_osm("Mo-Su 18:00-02:00; Tu off", CALENDAR, FIRST, LAST)
    monday, tuesday = told.week[0], told.week[1]
    assert (monday, tuesday) == (((64_800, 93_600),), ())
    # The library closes Monday's session at midnight, which no timetable means.
    ours = clipped(of_ours(told.week), *CLOCK.span(FIRST, FIRST + timedelta(days=1)))
    theirs = of_library("Mo-Su 18:00-02:00; Tu off", FIRST, FIRST + timedelta(days=1))
    assert sum(b - a for a, b in ours) == sum(b - a for a, b in theirs) + 2 * 3600


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("week 10-12 Mo 09:00-17:00", "week numbers"),
        ("Mo-Fr sunrise-sunset", "times by the sun"),
        ('Mo-Fr 09:00-17:00 "by appointment"', "comments"),
        ("Mo-Fr 09:00-17:00 || off", "fallback"),
        ("Mo 09:00+", "open ends"),
        ("Mo[1] 09:00-17:00", "n-th weekday"),
        ("Mo-Fr 09:00-17:00 unknown", "unknown"),
    ],
)
def test_what_a_timetable_cannot_say_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(NotRepresentable, match=reason):
        from_osm(text, CALENDAR, FIRST, LAST)


@pytest.mark.parametrize(
    "text",
    ["", ";", "Mo 25:00-26:00", "Mo 09:61-10:00", "Mo nine to five", "2026 Feb 30 off",
     "Mo 09:00-12:00,11:00-13:00", "2026 Mar 09-2026 Mar 02 off", "Xx 09:00-17:00"],
)  # fmt: skip
def test_what_is_no_expression_gets_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w+"):
        from_osm(text, CALENDAR, FIRST, LAST)


def test_seconds_have_no_words_in_osm() -> None:
    with pytest.raises(NotRepresentable, match="no seconds"):
        to_osm(weekly(((30_601, 72_000),), *((),) * 6))


def test_any_text_is_an_import_or_a_sentence() -> None:
    rng = random.Random(7)
    words = ["Mo", "Tu-Su", "PH", "SH", "off", "24/7", "09:00-17:00", "18:00-02:00", ";", ",",
             ", ", "2026 Oct 01", "-", "Oct", "week", " ", "closed", "Mo,We", ":", "x"]  # fmt: skip
    read = 0
    for _ in range(3000):
        text = "".join(rng.choice(words) + rng.choice(("", " ")) for _ in range(rng.randint(1, 7)))
        with suppress(ValueError):
            from_osm(text, CALENDAR, FIRST, FIRST + timedelta(days=3))
            read += 1
    assert read > 50
