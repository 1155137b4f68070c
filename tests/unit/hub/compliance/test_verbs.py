"""The verbs of `hours` beside `check`: a plan, OSM strings, the duties, the calendar."""

import json
import tomllib
from datetime import date, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.__main__ import app
from hub.compliance.clocktext import read_week, read_week_text, write_week
from tests.unit.hub.compliance.test_scenarios import FOLDER

EQUAL = str(FOLDER / "01-equal.toml")


def run(*arguments: str, code: int = 0) -> str:
    told = CliRunner().invoke(app, ["hours", *arguments])
    assert told.exit_code == code, told.output
    return told.output


def test_a_plan_is_set_beside_what_stands() -> None:
    told = json.loads(run("what-if", EQUAL, "--hours", "mon-sun 09:00-17:00", "--json"))
    weekly, share = told["rules"]
    assert weekly["rule"] == "c09.district_weekly"
    assert weekly["before"]["status"] == "compliant"
    assert weekly["after"]["status"] == "non_compliant"
    assert weekly["after"]["raw"]["low"]["exact"] == "56"
    assert weekly["changes"]
    assert share["before"]["status"] == share["after"]["status"] == "compliant"
    assert share["after"]["raw"]["low"]["exact"] == "2/7"


def test_the_same_timetable_changes_nothing() -> None:
    told = run("what-if", EQUAL, "--hours", "mon 13:00-20:00; tue-sun 08:30-20:00", "--json")
    assert [rule["changes"] for rule in json.loads(told)["rules"]] == [False, False]


def test_a_plan_that_breaks_a_duty_is_marked_in_the_table() -> None:
    rows = run("what-if", EQUAL, "--hours", "daily 09:00-17:00").splitlines()
    weekly = next(row for row in rows if "c09.district_weekly" in row)
    assert weekly.split()[0] == "!"
    assert "76.00 h" in weekly
    assert "56.00 h" in weekly


def test_a_plan_in_a_file_may_begin_within_the_period(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text('effective_from = 2026-03-07\nhours = "08:30-20:30"\n', "utf-8")
    told = json.loads(run("what-if", EQUAL, "--timetable", str(plan), "--json"))
    # Saturday and Sunday have half an hour more each.
    assert told["rules"][0]["after"]["raw"]["low"]["exact"] == "77"


def test_a_scenario_becomes_an_expression_with_its_exceptions() -> None:
    told = run("osm", "export", str(FOLDER / "09a-national-day.toml"))
    assert told.strip() == (
        "Mo 13:00-20:00; Tu-Su 08:30-20:00; 2026 Oct 01-2026 Oct 03 10:00-16:00"
    )


def test_a_notice_in_force_and_a_holiday_rule_are_written_as_dates(tmp_path: Path) -> None:
    file = tmp_path / "closed.toml"
    file.write_text(
        'period = "2026-W40"\n[venue]\nhours = "09:00-17:00"\n'
        'holiday = [{ days = ["statutory"], hours = "10:00-16:00" }]\n'
        'notice = [{ from = "2026-09-29 12:00", to = "2026-09-30 00:00",'
        ' published_at = "2026-09-01" }]\n',
        "utf-8",
    )
    assert run("osm", "export", str(file)).strip() == (
        "Mo-Su 09:00-17:00; 2026 Sep 29 09:00-12:00; 2026 Oct 01-2026 Oct 03 10:00-16:00"
    )


def test_an_expression_becomes_a_scenario_that_can_be_judged(tmp_path: Path) -> None:
    expression = "Mo-Fr 09:00-20:30; Sa,Su 09:00-17:00; PH 10:00-16:00"
    text = run("osm", "import", expression, "--from", "2026-01-01", "--to", "2026-12-31")
    assert tomllib.loads(text)["venue"]["hours"] == {
        "mon-fri": "09:00-20:30", "sat-sun": "09:00-17:00",
    }  # fmt: skip
    file = tmp_path / "imported.toml"
    head = 'period = "2026-W40"\nrules = ["c09.district_weekly"]\n'
    file.write_text(f'{head}[venue]\nsubject = "district_library"\n{text}\n', "utf-8")
    told = json.loads(run("check", str(file), "--json"))
    # Monday to Wednesday 34.5 h, three statutory days 18 h, Sunday 8 h.
    assert told["verdicts"][0]["declared"]["raw"]["low"]["exact"] == "121/2"


def test_the_duties_are_listed_with_number_and_words() -> None:
    told = run("rules", "--subject", "town_library")
    assert "c09.town_weekly: open_hours_per_week_h >= 56 h (2024–2026), each week" in told
    assert "街镇图书馆每周开放时间不少于56小时" in told
    assert "c09.district_weekly" not in told
    listed = json.loads(run("rules", "--json"))["rules"]
    assert {rule["id"] for rule in listed} >= {"c11.state_days", "published_hours_kept"}


def test_a_year_is_shown_by_day_types_and_says_when_it_is_provisional() -> None:
    told = run("calendar", "2026")
    assert "official" in told
    assert "provisional" not in told
    assert "16*17*18*19*20-" in told
    assert "14+" in told
    assert "暂定 provisional" in run("calendar", "2027")
    types = json.loads(run("calendar", "2026", "--json"))["days"]
    first = date(2026, 1, 1)
    assert list(types) == [str(first + timedelta(days=n)) for n in range(365)]
    assert types["2026-09-20"] == "makeup"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("what-if", EQUAL), "one of the two"),
        (("what-if", EQUAL, "--hours", "someday 09:00-17:00"), "--hours: 'someday' names no"),
        (("what-if", EQUAL, "--hours", "mon 09:00-17:00; mon 10:00-11:00"), "names mon twice"),
        (("what-if", "none.toml", "--hours", "09:00-17:00"), "none.toml"),
        (("osm", "import", "Mo-Fr dawn-dusk"), "times by the sun"),
        (("osm", "import", "Mo-Fr 09:00"), "no span of time"),
        (("osm", "import", "Mo 09:00-17:00", "--from", "soon"), "--from 'soon' is no day"),
        (
            ("osm", "import", "Mo 09:00-17:00", "--from", "2026-05-01", "--to", "2026-04-01"),
            "lies before",
        ),
        (("rules", "--subject", "pub"), "has no duties"),
        (("calendar", "1999"), "has no year 1999"),
    ],
    ids=str,
)
def test_bad_input_is_one_sentence(arguments: tuple[str, ...], reason: str) -> None:
    told = run(*arguments, code=2)
    assert reason in told
    assert len(told.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "hours",
    [
        {"daily": "09:00-17:00"},
        {"mon": "13:00-20:00", "tue-sun": "08:30-12:00, 13:00-26:00"},
        {"mon-fri": "24h", "sun": "09:00:30-10:00"},
    ],
    ids=str,
)
def test_a_week_is_read_as_it_was_written(hours: dict[str, str]) -> None:
    week = read_week(hours)
    assert read_week(write_week(week)) == week
    line = "; ".join(f"{key} {text}" for key, text in write_week(week).items())
    assert read_week_text(line) == week
