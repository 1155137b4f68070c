"""Our calendar, day by day, against two libraries that were made by others."""

from datetime import date, timedelta
from pathlib import Path

import chinese_calendar
import holidays
import pytest

from hub.compliance.calendar import DayType
from hub.compliance.localtime import days
from hub.errors import ConfigError
from hub.lawbook import CALENDAR, CATALOGUE, read_calendar, read_catalogue

OURS = read_calendar()
KNOWN = list(days(date(2024, 1, 1), date(2026, 12, 31)))


def test_working_days_equal_those_of_chinesecalendar() -> None:
    differing = [
        day for day in KNOWN if OURS.day_type(day).is_working != chinese_calendar.is_workday(day)
    ]
    assert differing == []


def test_working_days_equal_those_of_holidays() -> None:
    theirs = holidays.country_holidays("CN", years=[2024, 2025, 2026])
    differing = [
        day for day in KNOWN if OURS.day_type(day).is_working != theirs.is_working_day(day)
    ]
    assert differing == []


@pytest.mark.parametrize(("year", "number"), [(2024, 11), (2025, 13), (2026, 13), (2027, 13)])
def test_statutory_days_equal_those_of_holidays(year: int, number: int) -> None:
    theirs = {
        day
        for day, name in holidays.country_holidays("CN", years=[year], language="en_US").items()
        if "(observed)" not in name and "(substituted" not in name and "Day off" not in name
    }
    ours = set(OURS.statutory_days(date(year, 1, 1), date(year, 12, 31)))
    assert len(ours) == number
    assert ours == theirs


@pytest.mark.parametrize(("year", "workdays"), [(2024, 251), (2025, 248), (2026, 248)])
def test_a_year_has_as_many_workdays_as_the_notices_make(year: int, workdays: int) -> None:
    assert sum(OURS.day_type(d).is_working for d in KNOWN if d.year == year) == workdays


def test_days_by_their_type() -> None:
    assert OURS.day_type(date(2026, 1, 1)) is DayType.STATUTORY
    assert OURS.day_type(date(2026, 1, 2)) is DayType.IN_LIEU
    assert OURS.day_type(date(2026, 1, 3)) is DayType.REST
    assert OURS.day_type(date(2026, 1, 4)) is DayType.MAKEUP
    assert OURS.day_type(date(2026, 1, 5)) is DayType.WORK
    # 补休 for a statutory day on a weekend: a library of exchanged days misses it.
    assert OURS.day_type(date(2026, 4, 6)) is DayType.IN_LIEU


def test_a_year_without_its_notice_is_provisional_and_one_without_a_record_is_missing() -> None:
    assert OURS.standing(date(2026, 1, 1), date(2026, 12, 31)) == "official"
    assert OURS.standing(date(2026, 12, 28), date(2027, 1, 3)) == "provisional"
    assert OURS.standing(date(2027, 12, 31), date(2028, 1, 1)) == "missing"
    # No make-up day is known yet: a Saturday is a Saturday.
    assert OURS.day_type(date(2027, 10, 9)) is DayType.REST


def test_vacations_are_data_that_somebody_edits(tmp_path: Path) -> None:
    text = CALENDAR.read_text("utf-8")
    file = tmp_path / "calendar.toml"
    file.write_text(
        text + '\n[[vacation]]\nname = "winter"\nfirst = "2027-01-25"\nlast = "2027-02-21"\n',
        "utf-8",
    )
    vacation = read_calendar(file).vacation(date(2027, 2, 1))
    assert vacation is not None
    assert vacation.name == "winter"
    assert OURS.vacation(date(2027, 2, 1)) is None


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('["2026-01-01", "2026-01-03"]', '["2026-01-03", "2026-01-01"]', "before it begins"),
        ('makeup = ["2026-01-04"', 'makeup = ["2026-01-02"', "a day of a break"),
        ('makeup = ["2026-01-04"', 'makeup = ["2026-01-06"', "is no weekend day"),
        ('days = ["2026-06-19"]', 'days = ["2026-06-18"]', "lies in none of the breaks"),
        ("year = 2025", "year = 2026", "stands in it twice"),
        ('last = "2026-02-27"', 'last = "2026-01-27"', "before it begins"),
        ('standing = "official"', 'standing = "sure"', "official"),
    ],
)  # fmt: skip
def test_a_calendar_that_contradicts_itself_is_refused(
    tmp_path: Path, old: str, new: str, reason: str
) -> None:
    text = CALENDAR.read_text("utf-8")
    assert old in text
    file = tmp_path / "calendar.toml"
    file.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ConfigError, match=reason):
        read_calendar(file)


def test_the_catalogue_gives_the_duties_of_opening() -> None:
    rules = read_catalogue()
    assert {id_ for id_ in rules if id_.startswith(("c08", "c09", "c10", "c11"))} == {
        "c08.free", "c08.offpeak_share", "c08.hours_published", "c08.closure_notice_lead",
        "c08.closure_notice_lead_statute", "c09.every_day", "c09.district_weekly",
        "c09.town_weekly", "c09.children_weekly", "c10.every_day", "c10.weekly", "c11.state_days",
        "c11.nonstate_days", "c11.statutory_holidays", "c11.vacation_extension",
    }  # fmt: skip
    assert rules["c09.district_weekly"].threshold(2026) == 76
    assert rules["c09.district_weekly"].threshold(2023) is None
    # What holds of public facilities holds of a town's library, not of a heritage site's museum.
    share = rules["c08.offpeak_share"]
    assert share.applies_to(frozenset({"town_library"}))
    assert not share.applies_to(frozenset({"state_museum", "heritage_site_museum"}))


def test_a_catalogue_with_a_wrong_rule_names_it(tmp_path: Path) -> None:
    text = CATALOGUE.read_text("utf-8")
    file = tmp_path / "catalogue.toml"
    wrong = text.replace(
        'metric = "open_hours_per_week_h"\nop = ">="',
        'metric = "open_hours_per_week_h"\nop = "~"',
        1,
    )
    assert wrong != text
    file.write_text(wrong, "utf-8")
    with pytest.raises(ConfigError, match=r"rule c09\.district_weekly: op '~'"):
        read_catalogue(file)


def test_no_day_is_left_without_a_type() -> None:
    day = date(2023, 12, 25)
    while day < date(2028, 1, 10):
        assert OURS.day_type(day) in DayType
        day += timedelta(days=1)
