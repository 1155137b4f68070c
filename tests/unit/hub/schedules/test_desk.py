"""Declaring hours: what is refused, what has to be confirmed, what the log and the past say."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from hub.access import Role, Who
from hub.access.complaints import Complained, Complaint
from hub.compliance.bounds import Status
from hub.compliance.calendar import DayType
from hub.compliance.clocktext import read_sessions, read_week
from hub.compliance.comparison import declared_number
from hub.errors import NotFound
from hub.schedules import ScheduleDesk, Schedules, Terms
from hub.schedules.declaration import ExceptionTerms, HolidayTerms, NoticeTerms, TimetableTerms
from hub.schedules.what_if import Preview
from hub.store.records import AuditLog, Records, Wanted
from tests.unit.hub.schedules.test_book import LIBRARY, at, shown

BY = Who("keeper", "session", role=Role.MANAGER)
NOW = at("2026-03-03 10:00")
MUSEUM = replace(LIBRARY, id="museum", kind="state_museum", hours=((), *(((540, 1020),),) * 6))
ROOM = replace(LIBRARY, id="room", kind="book_room", hours=(((0, 1440),),) * 7)


class Desk:
    """A desk over records of its own, with a clock that a test sets."""

    def __init__(self, records: Records) -> None:
        self.now_s = NOW
        self.records = records
        self.book = Schedules(records)
        self.desk = ScheduleDesk(records, self.book, lambda: self.now_s * 1000)

    def declare(self, terms: Terms, *, confirmed: bool = False) -> int:
        return self.desk.declare(BY, LIBRARY, terms, "tried", confirmed=confirmed).id


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(Records(tmp_path / "records.sqlite"))


def week_from(text: str, day: str = "2026-03-16") -> TimetableTerms:
    return TimetableTerms(read_week(text), date.fromisoformat(day))


def notice(since: str, until: str, reason: str = "维修", zh: str = "水管") -> NoticeTerms:
    return NoticeTerms(at(since), at(until), reason, zh, "pipes")  # type: ignore[arg-type]


def rows(preview: Preview) -> dict[tuple[str, str], tuple[str, str, Status, Status]]:
    return {
        (one.before.rule.id, one.before.span.name): (
            declared_number(one.before),
            declared_number(one.after),
            *one.statuses,
        )
        for one in preview.compared
    }


def test_a_longer_week_needs_no_word_and_holds(desk: Desk) -> None:
    number = desk.declare(week_from("08:30-21:00"))
    assert shown(desk.book, "2026-03-16") == "08:30-21:00"
    assert shown(desk.book, "2026-03-15") == "08:30-20:00"
    [made] = desk.book.declarations("library")
    assert (made.id, made.who, made.reason, made.published_ms) == (
        number, "keeper", "tried", NOW * 1000
    )  # fmt: skip
    [told] = AuditLog(desk.records).page(Wanted(), before_id=None, most=9)
    assert (told.entry.action, told.entry.subject) == ("schedule.declared", "library")
    assert told.entry.after == {
        "kind": "timetable",
        "effective_from": "2026-03-16",
        "hours": {"mon-sun": "08:30-21:00"},
        "reason": "tried",
        "published_ms": NOW * 1000,
    }


def test_the_duties_before_and_after_a_shorter_week(desk: Desk) -> None:
    preview = desk.desk.preview(LIBRARY, week_from("09:00-16:00"))
    found = rows(preview)
    # 56 hours are asked of a town library each week, by the hour (COMPLIANCE, example 8).
    assert found["c09.town_weekly", "2026-W11"][:2] == ("76.00 h", "76.00 h")
    assert found["c09.town_weekly", "2026-W12"] == (
        "76.00 h", "49.00 h", Status.COMPLIANT, Status.NON_COMPLIANT
    )  # fmt: skip
    assert found["c09.town_weekly", "2026"][3] is Status.NON_COMPLIANT
    assert {one.before.rule.id for one in preview.breaches} >= {"c09.town_weekly"}
    assert preview.needs_confirmation


def test_a_breach_is_saved_only_when_it_is_meant(desk: Desk) -> None:
    shorter = week_from("09:00-16:00")
    with pytest.raises(Complained) as refused:
        desk.declare(shorter)
    assert refused.value.complaint is Complaint.BREACH_UNCONFIRMED
    assert desk.book.declarations("library") == ()
    desk.declare(shorter, confirmed=True)
    assert shown(desk.book, "2026-03-16") == "09:00-16:00"
    # What stands already is no new breach; longer hours are never asked about.
    assert not desk.desk.preview(LIBRARY, week_from("09:00-16:30")).breaches


@pytest.mark.parametrize(
    ("since", "days", "catalogue", "statutes"),
    [
        ("2026-03-03 12:00", 0, False, False),
        ("2026-03-04 00:00", 1, True, False),
        ("2026-03-09 13:00", 6, True, False),
        ("2026-03-10 00:00", 7, True, True),
    ],
)
def test_the_lead_is_counted_in_calendar_days(
    desk: Desk, since: str, days: int, catalogue: bool, statutes: bool
) -> None:
    desk.now_s = at("2026-03-03 09:00")
    lead = desk.desk.preview(LIBRARY, notice(since, "2026-03-12 00:00")).lead
    assert lead is not None
    assert lead.days == days
    assert [(asked.days, asked.is_kept) for asked in lead.asked] == [(1, catalogue), (7, statutes)]


def test_a_sudden_cause_has_a_day(desk: Desk) -> None:
    lost = notice("2026-03-02 14:00", "2026-03-04 00:00", "突发")
    desk.now_s = at("2026-03-03 13:59")
    lead = desk.desk.preview(LIBRARY, lost).lead
    assert lead is not None
    assert (lead.is_sudden, [asked.is_kept for asked in lead.asked]) == (True, [True, True])
    desk.now_s = at("2026-03-03 14:01")
    lead = desk.desk.preview(LIBRARY, lost).lead
    assert lead is not None
    assert not any(asked.is_kept for asked in lead.asked)


def test_hours_that_shorten_are_told_ahead_too_and_longer_ones_need_no_lead(desk: Desk) -> None:
    shorter = ExceptionTerms(date(2026, 3, 6), date(2026, 3, 6), read_sessions("08:30-12:00"))
    lead = desk.desk.preview(LIBRARY, shorter).lead
    assert lead is not None
    assert (lead.first_day, lead.days) == (date(2026, 3, 6), 3)
    longer = ExceptionTerms(date(2026, 3, 6), date(2026, 3, 6), read_sessions("08:30-22:00"))
    assert desk.desk.preview(LIBRARY, longer).lead is None


def test_an_earlier_publication_needs_its_document(desk: Desk) -> None:
    terms = notice("2026-03-09 00:00", "2026-03-12 00:00")
    told = at("2026-03-01 09:00") * 1000
    with pytest.raises(Complained) as refused:
        desk.desk.declare(BY, LIBRARY, terms, "works", published_ms=told)
    assert refused.value.complaint is Complaint.DOCUMENT_FORM
    made = desk.desk.declare(
        BY, LIBRARY, terms, "works", published_ms=told, document="馆发 7 号", confirmed=True
    )
    assert (made.published_ms, made.made_ms) == (told, NOW * 1000)
    future = (NOW + 60) * 1000
    with pytest.raises(Complained) as refused:
        desk.desk.preview(LIBRARY, terms, future)
    assert refused.value.complaint is Complaint.PUBLISHED_TIME


def test_withdrawing_brings_the_hours_back_and_stands_in_the_log(desk: Desk) -> None:
    terms = notice("2026-03-17 00:00", "2026-03-20 00:00")
    number = desk.declare(terms, confirmed=True)
    assert shown(desk.book, "2026-03-18") == "closed"
    desk.desk.withdraw(BY, LIBRARY, number, "works put off")
    assert shown(desk.book, "2026-03-18") == "08:30-20:00"
    newest = AuditLog(desk.records).page(Wanted(), before_id=None, most=1)[0].entry
    assert (newest.action, newest.after) == ("schedule.withdrawn", {"why": "works put off"})
    with pytest.raises(Complained) as refused:
        desk.desk.withdraw(BY, LIBRARY, number, "again")
    assert refused.value.complaint is Complaint.WITHDRAWN_ALREADY
    with pytest.raises(NotFound):
        desk.desk.withdraw(BY, LIBRARY, number + 1, "who")


def test_withdrawing_longer_hours_is_a_change_of_hours_as_well(desk: Desk) -> None:
    number = desk.declare(
        ExceptionTerms(date(2026, 3, 6), date(2026, 3, 6), read_sessions("08:30-22:00"))
    )
    with pytest.raises(Complained) as refused:
        desk.desk.withdraw(BY, LIBRARY, number, "nobody comes")
    assert refused.value.complaint is Complaint.BREACH_UNCONFIRMED
    desk.desk.withdraw(BY, LIBRARY, number, "nobody comes", confirmed=True)


def test_the_yearly_days_of_a_museum(desk: Desk) -> None:
    five = TimetableTerms(read_week({"tue-sat": "09:00-17:00"}), date(2026, 3, 9))
    found = rows(desk.desk.preview(MUSEUM, five))
    before, after, *statuses = found["c11.state_days", "2026"]
    assert statuses == [Status.COMPLIANT, Status.NON_COMPLIANT], (before, after)
    # A year's duty is not asked of a week.
    assert [period for rule, period in found if rule == "c11.state_days"] == ["2026"]


def test_a_room_without_such_duties_has_only_the_lead(desk: Desk) -> None:
    preview = desk.desk.preview(ROOM, notice("2026-03-04 04:00", "2026-03-04 05:00"))
    assert not preview.breaches
    assert preview.lead is not None


def _empty_notice() -> NoticeTerms:
    return replace(notice("2026-03-09 00:00", "2026-03-12 00:00"), zh=" ")


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: week_from("09:00-17:00", "2026-03-02"), Complaint.EFFECTIVE_TIME),
        (lambda: week_from("09:00-17:00", "2036-03-02"), Complaint.EFFECTIVE_TIME),
        (lambda: HolidayTerms(frozenset(), (), date(2026, 5, 1)), Complaint.DAY_TYPES_MISSING),
        (lambda: HolidayTerms(frozenset({DayType.REST}), (), date(2026, 3, 1)),
         Complaint.EFFECTIVE_TIME),
        (lambda: ExceptionTerms(date(2026, 3, 2), date(2026, 3, 4), ()), Complaint.DAYS_FORM),
        (lambda: ExceptionTerms(date(2026, 3, 6), date(2026, 3, 5), ()), Complaint.DAYS_FORM),
        (lambda: ExceptionTerms(date(2026, 3, 6), date(2030, 3, 6), ()), Complaint.DAYS_FORM),
        (lambda: notice("2026-03-09 00:00", "2026-03-09 00:00"), Complaint.NOTICE_TIME),
        (lambda: notice("2026-03-01 00:00", "2026-03-03 09:00"), Complaint.NOTICE_TIME),
        (_empty_notice, Complaint.NOTICE_TEXT),
        (lambda: notice("2026-03-09 00:00", "2026-03-12 00:00", zh="字" * 1001),
         Complaint.NOTICE_TEXT),
        (lambda: replace(_empty_notice(), zh="水管", channels=("门口",) * 13),
         Complaint.CHANNELS_FORM),
    ],
)  # fmt: skip
def test_what_cannot_be_declared(
    desk: Desk, make: Callable[[], Terms], complaint: Complaint
) -> None:
    with pytest.raises(Complained) as refused:
        desk.declare(make(), confirmed=True)
    assert refused.value.complaint is complaint
    assert desk.book.declarations("library") == ()


def test_a_reason_is_asked_for(desk: Desk) -> None:
    with pytest.raises(Complained) as refused:
        desk.desk.declare(BY, LIBRARY, week_from("08:30-21:00"), " \n")
    assert refused.value.complaint is Complaint.REASON_FORM
