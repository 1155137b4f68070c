"""The book of schedules: the district's hours first, then what people declare and withdraw."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hub.access import Role, Who
from hub.audit import entry
from hub.compliance.calendar import Calendar, DayType
from hub.compliance.clocktext import read_sessions, read_week
from hub.compliance.localtime import LocalTime
from hub.compliance.schedule import told
from hub.schedules import Schedules
from hub.schedules.declaration import (
    ExceptionTerms,
    HolidayTerms,
    NoticeTerms,
    Terms,
    TimetableTerms,
    as_plain,
    from_plain,
    kind_of,
)
from hub.store.records import Records
from hub.store.records.declarations import DeclarationRecord, DeclarationRecords
from hub.venues import Venue

CLOCK = LocalTime(ZoneInfo("Asia/Shanghai"))
BY = Who("keeper", "session", role=Role.MANAGER)
LIBRARY = Venue(
    "library", "图书馆", "Library", "town_library", "town", None, "Asia/Shanghai",
    (((780, 1200),), *(((510, 1200),),) * 6), 240,
)  # fmt: skip


def at(text: str) -> int:
    """Return an instant of the library's clock, Unix seconds."""
    day, _, clock = text.partition(" ")
    hours, minutes = (int(part) for part in clock.split(":")) if clock else (0, 0)
    return CLOCK.at(date.fromisoformat(day), hours * 3600 + minutes * 60)


def declare(records: Records, terms: Terms, published: str, venue: str = "library") -> int:
    row = DeclarationRecord(
        0, venue, kind_of(terms), json.dumps(as_plain(terms)), "tried", "", "keeper",
        at(published) * 1000, at(published) * 1000,
    )  # fmt: skip
    told = entry(BY, at(published) * 1000, "schedule.declared", venue)
    return DeclarationRecords(records).add(row, told).id


def withdraw(records: Records, id_: int, when: str) -> None:
    told = entry(BY, at(when) * 1000, "schedule.withdrawn", "library")
    assert DeclarationRecords(records).withdraw(id_, "wrong day", told)


def shown(book: Schedules, day: str, venue: Venue = LIBRARY) -> str:
    """Return what is declared of a day, as clocks show it."""
    one = date.fromisoformat(day)
    midnight = CLOCK.midnight(one)
    declared = book.of(venue).declared(one, one)
    return ", ".join(f"{told(a - midnight)}-{told(b - midnight)}" for a, b in declared) or "closed"


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return Records(tmp_path / "records.sqlite")


def test_without_records_the_district_file_holds_since_ever(records: Records) -> None:
    book = Schedules(records)
    schedule = book.of(LIBRARY)
    assert schedule.version_at(0) == "district"
    assert shown(book, "2026-03-02") == "13:00-20:00"
    assert shown(book, "2026-03-03") == "08:30-20:00"
    assert book.of(LIBRARY) is schedule


def test_a_venue_without_hours_declares_nothing(records: Records) -> None:
    book = Schedules(records)
    silent = Venue("silent", "", "", "new_space", "space", None, "Asia/Shanghai", ((),) * 7, 240)
    assert book.of(silent).timetables == ()
    assert book.dated(silent) is None


def test_a_new_timetable_holds_from_its_day_and_the_past_stays(records: Records) -> None:
    book = Schedules(records)
    week = read_week("09:00-21:00")
    number = declare(records, TimetableTerms(week, date(2026, 3, 9)), "2026-03-01 10:00")
    book.refresh()
    assert shown(book, "2026-03-08") == "08:30-20:00"
    assert shown(book, "2026-03-09") == "09:00-21:00"
    assert book.of(LIBRARY).version_at(at("2026-03-09 12:00")) == str(number)


def test_what_is_withdrawn_holds_until_then_and_the_day_before_stays(records: Records) -> None:
    book = Schedules(records)
    number = declare(
        records,
        NoticeTerms(at("2026-03-09"), at("2026-03-12"), "维修", "水管", "pipes"),
        "2026-03-01 10:00",
    )
    book.refresh()
    assert [shown(book, f"2026-03-{day:02}") for day in (9, 10, 11)] == ["closed"] * 3
    withdraw(records, number, "2026-03-10 14:00")
    book.refresh()
    assert shown(book, "2026-03-09") == "closed"
    assert shown(book, "2026-03-10") == "14:00-20:00"
    assert shown(book, "2026-03-11") == "08:30-20:00"
    [kept] = book.declarations("library")
    assert kept.withdrawn is not None
    assert (kept.withdrawn.who, kept.withdrawn.why) == ("keeper", "wrong day")
    assert not DeclarationRecords(records).withdraw(
        number, "again", entry(BY, 0, "schedule.withdrawn", "library")
    )


def test_an_exception_outdoes_a_holiday_rule_and_both_the_week(records: Records) -> None:
    book = Schedules(records)
    short = read_sessions("10:00-16:00")
    rule = HolidayTerms(frozenset({DayType.STATUTORY}), short, date(2026, 9, 1))
    declare(records, rule, "2026-09-01 09:00")
    one = ExceptionTerms(date(2026, 10, 2), date(2026, 10, 2), ())
    declare(records, one, "2026-09-01 09:00")
    book.refresh()
    assert [shown(book, f"2026-10-0{day}") for day in (1, 2, 3)] == [
        "10:00-16:00",
        "closed",
        "10:00-16:00",
    ]


def test_who_listens_is_told_of_the_venue_and_of_its_first_day(records: Records) -> None:
    book = Schedules(records)
    heard: list[tuple[str, date | None]] = []
    book.listen(lambda venue, day: heard.append((venue, day)))
    book.refresh()
    assert heard == []
    number = declare(
        records, ExceptionTerms(date(2026, 5, 4), date(2026, 5, 6), ()), "2026-04-01 09:00"
    )
    book.refresh()
    assert heard == [("library", date(2026, 5, 4))]
    withdraw(records, number, "2026-04-02 09:00")
    book.refresh()
    assert heard[1:] == [("library", date(2026, 5, 4))]
    other = book.of(Venue(**{**{f: getattr(LIBRARY, f) for f in LIBRARY.__slots__}, "id": "b"}))
    declare(records, ExceptionTerms(date(2026, 5, 4), date(2026, 5, 4), ()), "2026-04-01 09:00")
    book.refresh()
    assert book.of(LIBRARY).exceptions
    assert other.exceptions == ()


@pytest.mark.parametrize(
    "terms",
    [
        TimetableTerms(read_week({"mon": "13:00-20:00", "tue-sun": "18:00-26:00"}),
                       date(2026, 1, 5)),
        HolidayTerms(frozenset({DayType.STATUTORY, DayType.IN_LIEU}), (), date(2026, 1, 1)),
        ExceptionTerms(date(2026, 5, 4), date(2026, 5, 6),
                       read_sessions("09:00-12:00, 14:00-26:00")),
        NoticeTerms(1_000, 2_000, "突发", "停电", "no power", ("门口", "微信")),
    ],
)  # fmt: skip
def test_terms_are_written_and_read_alike(terms: Terms) -> None:
    plain = json.loads(json.dumps(as_plain(terms), ensure_ascii=False))
    assert from_plain(kind_of(terms), plain) == terms


def test_the_calendar_is_the_laws_unless_another_is_given(records: Records) -> None:
    assert Schedules(records).calendar.day_type(date(2026, 10, 1)) is DayType.STATUTORY
    assert Schedules(records, Calendar({})).calendar.day_type(date(2026, 10, 1)) is DayType.WORK


def test_another_week_in_the_file_holds_from_today_on_and_the_past_stays(
    records: Records,
) -> None:
    Schedules(records).take_over([LIBRARY], at("2026-01-01") * 1000)
    later = replace(LIBRARY, hours=(((540, 1080),),) * 7)
    book = Schedules(records)
    book.take_over([later], at("2026-03-04 12:00") * 1000)
    assert shown(book, "2026-03-03", later) == "08:30-20:00"
    assert shown(book, "2026-03-05", later) == "09:00-18:00"
    assert book.of(later).version_at(at("2026-03-03 09:00")) == "district"
    assert book.of(later).version_at(at("2026-03-05 09:00")) == "district-2"
    before = book.declarations("library")
    book.take_over([later], at("2026-03-06 12:00") * 1000)
    assert book.declarations("library") == before


def test_what_people_declared_stands_against_the_file(records: Records) -> None:
    book = Schedules(records)
    book.take_over([LIBRARY], at("2026-01-01") * 1000)
    week = TimetableTerms(read_week("10:00-16:00"), date(2026, 2, 2))
    number = declare(records, week, "2026-01-20 09:00")
    book.refresh()
    later = replace(LIBRARY, hours=(((540, 1080),),) * 7)
    book.take_over([later], at("2026-03-04 12:00") * 1000)
    assert shown(book, "2026-03-10", later) == "10:00-16:00"
    withdraw(records, number, "2026-03-11 12:00")
    book.refresh()
    book.take_over([later], at("2026-03-12 00:00") * 1000)
    assert shown(book, "2026-03-10", later) == "10:00-16:00"
    assert shown(book, "2026-03-12", later) == "09:00-18:00"


def test_a_night_of_the_file_that_runs_into_the_morning_is_kept_as_it_is(
    records: Records,
) -> None:
    night = replace(
        LIBRARY, hours=(((480, 26 * 60),), ((60, 300), (480, 1200)), *(((480, 1200),),) * 5)
    )
    book = Schedules(records)
    book.take_over([night], at("2026-01-01") * 1000)
    assert book.of(night).timetables[0].week[1] == ((3600, 18_000), (28_800, 72_000))
