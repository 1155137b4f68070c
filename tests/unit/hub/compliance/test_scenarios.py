"""The worked examples: every scenario file states what its verdicts have to be."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.__main__ import app
from hub.hours.build import build, read_scenario
from hub.hours.report import judge_scenario
from hub.hours.verbs import unmet_expectations
from hub.lawbook import read_calendar, read_catalogue

FOLDER = Path(__file__).parent / "scenarios"
FILES = sorted(FOLDER.glob("*.toml"))
BEYOND = sorted(FOLDER.glob("beyond/*.toml"))
EXAMPLES = 35


def test_every_worked_example_has_a_file() -> None:
    numbers = {int(file.name[:2]) for file in FILES}
    assert numbers == set(range(1, EXAMPLES + 1))


@pytest.mark.parametrize("file", [*FILES, *BEYOND], ids=lambda file: file.stem)
def test_a_worked_example_comes_out_as_it_states(file: Path) -> None:
    scenario = read_scenario(file)
    assert scenario.expect, "a scenario without an expectation tests nothing"
    result = judge_scenario(build(scenario, file, read_calendar(), read_catalogue()))
    for number, wanted in enumerate(scenario.expect):
        assert unmet_expectations(result.plain, wanted, f"expect.{number}") == []


def test_an_expectation_that_is_not_met_is_seen(tmp_path: Path) -> None:
    text = (FOLDER / "01-equal.toml").read_text("utf-8")
    file = tmp_path / "wrong.toml"
    file.write_text(text.replace('status = "compliant"', 'status = "non_compliant"', 1), "utf-8")
    told = CliRunner().invoke(app, ["hours", "check", str(file)])
    assert told.exit_code == 1
    assert "status is 'compliant', and not 'non_compliant'" in told.output


BAD = {
    'hours = "08:30-25:61"': ("venue.hours", "'25:61' is no time of day"),
    'hours = "08:30"': ("venue.hours", "is no session"),
    'hours = "08:30-12:00, 11:00-13:00"': ("venue.hours", "overlap"),
    'hours = { someday = "08:30-12:00" }': ("venue.hours", "names no weekday"),
    'hours = { sun = "18:00-33:00", mon = "08:00-12:00" }': ("venue.hours", "runs into the next"),
    'notice = [{ from = "2026-03-03", to = "2026-03-02" }]': (
        "notice.0.to",
        "before its beginning",
    ),
    'exception = [{ date = "2026-03-03", until = "2026-03-01", hours = "closed" }]': (
        "exception.0.until",
        "lies before",
    ),
    'exception = [{date = "2026-03-03", hours = ""}, {date = "2026-03-03", hours = "24h"}]': (
        "exception.1",
        "has hours already",
    ),
    "subject = []": ("venue.subject", "at least 1"),
    'colour = "red"': ("venue.colour", "there is no such key"),
    'evidence = { lock = [{ unlocked = "always", locked = "declared" }] }': (
        "evidence.lock.0",
        "unlocked and locked at once",
    ),
    'evidence = { events = [{ at = ["2026-13-01 10:00"] }] }': ("events.0.at.0", "is no instant"),
}  # fmt: skip


@pytest.mark.parametrize("line", BAD, ids=str)
def test_bad_input_gets_one_sentence_that_names_the_field(tmp_path: Path, line: str) -> None:
    usual = "" if line.startswith("hours") else 'hours = "09:00-17:00"\n'
    file = tmp_path / "bad.toml"
    file.write_text(f'period = "2026-W10"\n[venue]\n{usual}{line}\n', "utf-8")
    told = CliRunner().invoke(app, ["hours", "check", str(file)])
    key, reason = BAD[line]
    assert told.exit_code == 2, told.output
    assert key in told.output
    assert reason in told.output
    assert len(told.output.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("head", "key", "reason"),
    [
        ('period = "2026-W60"', "period", "is no period"),
        ('period = "sometime"', "period", "is no period"),
        ('period = "2026-03-09..2026-03-02"', "period", "the first one first"),
        ('period = "2026-W10"\nrules = ["c99.none"]', "rules", "no rule is named 'c99.none'"),
        ('period = "2026-W10"\ntimezone = "Mars"', "timezone", "is no time zone"),
        (
            'period = "2026-W10"\nrule = [{ id = "x", metric = "joy", threshold = 1 }]',
            "rule.0.metric",
            "cannot be measured",
        ),
        ('period = "2026-W10"\npolicy = { window = "17:00" }', "policy.window", "is no session"),
    ],
)
def test_a_bad_head_is_refused_too(tmp_path: Path, head: str, key: str, reason: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(f'{head}\n[venue]\nhours = "09:00-17:00"\n', "utf-8")
    told = CliRunner().invoke(app, ["hours", "check", str(file)])
    assert told.exit_code == 2, told.output
    assert key in told.output
    assert reason in told.output


def test_json_is_one_object_with_everything_a_verdict_rests_on() -> None:
    file = FOLDER / "12-offline.toml"
    told = CliRunner().invoke(app, ["hours", "check", str(file), "--json"])
    assert told.exit_code == 0, told.output
    for key in ("raw", "adjusted", "within_tolerance", "coverage", "grade", "digest", "missing",
                "why", "calendar", "versions"):  # fmt: skip
        assert f'"{key}"' in told.output
