"""Due dates go by what a branch declared: weeks, holidays, exceptions, closure notices."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.circulation.due import due_at, local_day
from hub.compliance.calendar import DayType
from hub.compliance.clocktext import read_sessions, read_week
from hub.compliance.schedule import ClosureNotice, HolidayRule, Schedule
from hub.config import HubConfig
from hub.library.opening import opens_on
from hub.library.settings import library_settings
from hub.schedules import Schedules
from hub.schedules.declaration import (
    ExceptionTerms,
    HolidayTerms,
    NoticeTerms,
    Terms,
    TimetableTerms,
)
from hub.store.records import Records
from hub.venues import Venue
from tests.unit.hub.library.terminal import HERE, ZONE, Clock, Library
from tests.unit.hub.schedules.test_book import at, declare, withdraw

BRANCH = Venue(
    HERE, "图书馆", "Library", "town_library", "town", None, "Asia/Shanghai",
    ((), *(((510, 1200),),) * 6), 240,
)  # fmt: skip
"""Closed on Mondays."""
UNTOLD = Venue(
    "untold", "图书馆", "Library", "town_library", "town", None, "Asia/Shanghai", ((),) * 7, 240
)


def notice(first: str, last: str) -> NoticeTerms:
    return NoticeTerms(at(first), at(last), "维修")


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    with Records(tmp_path / "records.sqlite") as records:
        yield records


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Schedule:
    with Records(tmp_path_factory.mktemp("hours") / "records.sqlite") as records:
        return Schedules(records).of(BRANCH)


def opening(records: Records, venue: Venue = BRANCH) -> Callable[[date], bool]:
    schedules = Schedules(records)
    told = library_settings(HubConfig(), {venue.id: venue}, schedules)
    return lambda day: told.opens(venue.id, day)


CASES: list[tuple[str, Terms, str, bool]] = [
    ("a notice of whole days", notice("2026-12-22", "2026-12-24"), "2026-12-23", False),
    ("the day after it", notice("2026-12-22", "2026-12-24"), "2026-12-24", True),
    ("a notice of an afternoon", notice("2026-12-22 13:00", "2026-12-23"), "2026-12-22", True),
    (
        "a holiday rule",
        HolidayTerms(frozenset({DayType.STATUTORY}), (), date(2026, 1, 1)),
        "2027-01-01",
        False,
    ),
    (
        "a Monday that is a workday by the rule",
        HolidayTerms(frozenset({DayType.WORK}), read_sessions("09:00-17:00"), date(2026, 1, 1)),
        "2026-12-21",
        True,
    ),
    (
        "an exception that closes",
        ExceptionTerms(date(2026, 12, 23), date(2026, 12, 23), ()),
        "2026-12-23",
        False,
    ),
    (
        "an exception that opens",
        ExceptionTerms(date(2026, 12, 21), date(2026, 12, 21), read_sessions("09:00-17:00")),
        "2026-12-21",
        True,
    ),
    (
        "a night that ends on the closed day",
        ExceptionTerms(date(2026, 12, 20), date(2026, 12, 20), read_sessions("18:00-26:00")),
        "2026-12-21",
        False,
    ),
    (
        "a timetable that begins before the day",
        TimetableTerms(read_week({"mon-tue": "09:00-17:00"}), date(2026, 12, 14)),
        "2026-12-23",
        False,
    ),
]


@pytest.mark.parametrize(
    ("terms", "day", "is_open"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_what_was_declared_of_a_day(
    records: Records, terms: Terms, day: str, is_open: bool
) -> None:
    declare(records, terms, "2026-11-20", HERE)
    assert opening(records)(date.fromisoformat(day)) is is_open


def test_the_week_where_nothing_else_is_told(records: Records) -> None:
    opens = opening(records)
    week = [opens(date(2026, 12, 21) + timedelta(days=n)) for n in range(7)]
    assert week == [False, *[True] * 6]


def test_a_branch_that_declares_no_week_opens_unless_a_notice_says_no(records: Records) -> None:
    declare(records, notice("2026-12-22", "2026-12-24"), "2026-11-20", "untold")
    opens = opening(records, UNTOLD)
    days = [opens(date(2026, 12, 21) + timedelta(days=n)) for n in range(4)]
    assert days == [True, False, False, True]


def test_a_notice_that_is_withdrawn_holds_no_more(records: Records) -> None:
    id_ = declare(records, notice("2026-12-22", "2026-12-24"), "2026-11-20", HERE)
    withdraw(records, id_, "2026-11-25")
    assert opening(records)(date(2026, 12, 22))


@settings(max_examples=40, deadline=None)
@given(
    start=st.integers(0, 40),
    length=st.integers(1, 200),
    lent=st.integers(0, 40),
    days=st.integers(1, 60),
)
def test_a_due_date_is_never_a_day_on_which_the_branch_is_closed(
    told: Schedule, start: int, length: int, lent: int, days: int
) -> None:
    first = date(2026, 12, 1) + timedelta(days=start)
    last = first + timedelta(days=length)
    rule = HolidayRule(frozenset({DayType.STATUTORY, DayType.IN_LIEU}), ())
    closed = ClosureNotice(at(str(first)), at(str(last)), "维修", at("2026-11-20"))
    schedule = replace(told, holiday_rules=(rule,), notices=(closed,))
    begins_ms = (at("2026-12-01 10:00") + lent * 86_400) * 1000
    due = local_day(due_at(begins_ms, days, ZONE, lambda day: opens_on(schedule, day)), ZONE)
    wanted = local_day(begins_ms, ZONE) + timedelta(days=days)
    assert due >= wanted
    assert due.weekday() != 0
    assert not first <= due < last
    assert told.calendar.day_type(due) not in rule.types
    passed = [wanted + timedelta(days=n) for n in range((due - wanted).days)]
    assert not any(opens_on(schedule, day) for day in passed)


def test_a_loan_is_due_by_what_is_declared_while_the_hub_runs(tmp_path: Path, clock: Clock) -> None:
    with Records(tmp_path / "hours.sqlite") as hours:
        schedules = Schedules(hours)
        told = library_settings(HubConfig(), {HERE: BRANCH}, schedules)
        with (
            Library(tmp_path, clock=clock, opens=told.opens) as library,
            library.terminal() as kiosk,
        ):
            assert kiosk.checkout("P1", "B3")["AH"] == "20261227    235959"
            declare(hours, notice("2026-12-27", "2026-12-31"), "2026-11-20", HERE)
            rule = HolidayTerms(frozenset(DayType) - {DayType.WORK}, (), date(2026, 12, 31))
            declare(hours, rule, "2026-11-20", HERE)
            schedules.refresh()
            # 31 December is a Thursday; without the notice it was the 27th.
            assert kiosk.checkout("P1", "B4")["AH"] == "20261231    235959"
            declare(
                hours,
                ExceptionTerms(date(2026, 12, 31), date(2026, 12, 31), ()),
                "2026-11-21",
                HERE,
            )
            schedules.refresh()
            # New Year's Day, and the days off that follow it, are closed by the rule.
            due = date.fromisoformat(kiosk.checkout("P1", "B5")["AH"][:8])
            assert due > date(2027, 1, 1)
            assert schedules.calendar.day_type(due) is DayType.WORK
