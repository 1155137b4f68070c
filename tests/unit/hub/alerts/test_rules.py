"""The rules of alerts: ours without a file, narrowed by a file, read again, a wrong one refused."""

from pathlib import Path
from typing import Final

import pytest

from hub.alerts import AlertDesk, AlertKind
from hub.alerts.file import AlertsFile, load_rules
from hub.alerts.rules import DEFAULTS, Rules
from hub.config import HubConfig
from hub.doctor import examine
from hub.errors import ConfigError
from hub.store.records import Records
from tests.unit.hub.alerts.telling import MINUTE, NINE, a_condition

EXAMPLE: Final = Path("examples/alerts.toml")


def test_every_kind_has_a_rule_of_ours() -> None:
    assert set(DEFAULTS) == set(AlertKind)


def test_the_example_can_be_read_and_says_nothing_wrong() -> None:
    assert load_rules(EXAMPLE).rule


def test_a_rule_changes_what_it_names_and_a_venue_s_own_comes_first(tmp_path: Path) -> None:
    file = tmp_path / "alerts.toml"
    file.write_text(
        """
        [[rule]]
        kind = "device_offline"
        severity = "critical"

        [[rule]]
        kind = "device_offline"
        venues = ["JD-A", "JD-B"]
        enabled = false

        [[climate]]
        quantity = "temperature_celsius"
        least = 16

        [[climate]]
        quantity = "temperature_celsius"
        venues = ["JD-A"]
        least = 18

        [[channel]]
        name = "read elsewhere"
        """
    )
    rules = load_rules(file)
    ours = DEFAULTS[AlertKind.DEVICE_OFFLINE]
    told = rules.of(AlertKind.DEVICE_OFFLINE, "JD-C")
    assert (told.severity, told.raise_after_seconds) == ("critical", ours.raise_after_seconds)
    assert not rules.of(AlertKind.DEVICE_OFFLINE, "JD-A").enabled
    assert rules.of(AlertKind.DEVICE_OFFLINE, "JD-A").severity == "critical"
    assert rules.of(AlertKind.CONFLICT, "JD-A") == DEFAULTS[AlertKind.CONFLICT]
    assert rules.limits("JD-A")["temperature_celsius"].least == 18
    assert rules.limits("JD-B")["temperature_celsius"].least == 16
    assert list(rules.limits("JD-B")) == ["temperature_celsius"]


@pytest.mark.parametrize(
    ("text", "where", "why"),
    [
        ('[[rule]]\nkind = "late"', "rule.0.kind", "Input should be"),
        ('[[rule]]\nkind = "trend"\ncolour = "red"', "rule.0.colour", "there is no such key"),
        ("[[rules]]", "rules", "there is no such key"),
        ('[[rule]]\nkind = "trend"\n[[rule]]\nkind = "trend"', "", "trend has two rules"),
        ('[[rule]]\nkind = "trend"\nclear_below = 3', "", "clear_below goes with a raise_at"),
        (
            '[[rule]]\nkind = "trend"\nescalation = [{after_minutes = 5, severity = "notice"}]',
            "rule.0",
            "notice is less than the warning before it",
        ),
        (
            '[[rule]]\nkind = "trend"\nescalation = [{after_minutes = 5}, {after_minutes = 5}]',
            "rule.0",
            "each step comes later",
        ),
        (
            '[[rule]]\nkind = "trend"\nraise_after_seconds = -1',
            "rule.0.raise_after_seconds",
            "greater than or equal to 0",
        ),
        ('[[climate]]\nquantity = "co2_ppm"', "climate.0", "give least, most or both"),
        (
            '[[climate]]\nquantity = "co2_ppm"\nleast = 9\nmost = 8',
            "climate.0",
            "nothing lies between",
        ),
        ("[[use]]\nleast_visits_per_hour = 0", "use.0.least_visits_per_hour", "greater than 0"),
        ("[[use]]\nleast_visits_per_hour = nan", "use.0.least_visits_per_hour", "finite number"),
        (
            "[[use]]\nleast_visits_per_hour = 1\ndays = 13",
            "use.0.days",
            "greater than or equal to 14",
        ),
        ("[[use]]\nleast_visits_per_hour = 1\nhours = 2", "use.0.hours", "there is no such key"),
        ("[[use]]\ndays = 28", "use.0.least_visits_per_hour", "required"),
        (2 * "[[use]]\nleast_visits_per_hour = 1\n", "", "use: two limits"),
        (
            2 * '[[use]]\nleast_visits_per_hour = 1\nvenues = ["JD-A"]\n',
            "",
            "use: two limits for JD-A",
        ),
        ("kind = ", "", "is not TOML"),
    ],
)
def test_a_wrong_file_is_one_sentence_with_place_and_reason(
    tmp_path: Path, text: str, where: str, why: str
) -> None:
    file = tmp_path / "alerts.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_rules(file)
    sentence = str(caught.value)
    assert sentence.startswith(str(file))
    assert where in sentence
    assert why in sentence
    assert "\n" not in sentence


def test_a_changed_file_holds_and_a_wrong_one_leaves_the_old_in_force(tmp_path: Path) -> None:
    path = tmp_path / "alerts.toml"
    path.write_text('[[rule]]\nkind = "late_opening"\nseverity = "notice"')
    with Records(tmp_path / "records.db") as records:
        desk = AlertDesk(records, Rules(), lambda: NINE + 11 * MINUTE)
        file = AlertsFile(path)
        file.add(desk.read)
        assert not file.look()

        def severity(subject: str) -> str:
            desk.hold("V1", subject, [a_condition(subject=subject)])
            return next(a.severity for a in desk.open if a.subject == subject)

        assert severity("first") == "notice"
        put(path, '[[rule]]\nkind = "late_opening"\nseverity = "critical"')
        assert file.look()
        assert severity("second") == "critical"
        assert severity("first") == "notice", "what was told stays"
        put(path, '[[rule]]\nkind = "late_opening"\nseverity = "shrill"')
        assert not file.look()
        assert "rule.0.severity" in file.refused
        assert severity("third") == "critical"
        path.unlink()
        assert not file.look()
        assert severity("fourth") == "critical"
        put(path, '[[rule]]\nkind = "late_opening"\nenabled = false')
        assert file.look()
        assert not file.refused
        file.ask()
        assert file.look()


def test_a_file_holds_only_when_every_reader_can_read_it(tmp_path: Path) -> None:
    path, held = tmp_path / "alerts.toml", list[str]()
    path.write_text("")
    file = AlertsFile(path)
    file.add(lambda _content, _path: lambda: held.append("rules"))

    def read_channels(content: object, path: Path) -> object:
        if content:
            raise ConfigError(f"{path}: channel.0: no such service")
        return lambda: held.append("channels")

    file.add(read_channels)  # type: ignore[arg-type]
    assert held == ["rules", "channels"]
    put(path, "[[channel]]")
    assert not file.look()
    assert held == ["rules", "channels"]
    assert "no such service" in file.refused


def test_the_doctor_tells_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "alerts.toml"
    path.write_text('[[rule]]\nkind = "late_opening"')
    config = HubConfig(data_dir=tmp_path / "hub", alerts=path)

    def said() -> tuple[bool, str]:
        return next((f.is_fine, f.text) for f in examine(config) if "alerts" in f.text)

    assert said() == (True, f"alerts: {path} has 1 rules of its own")
    path.write_text("[[rule]]")
    is_fine, text = said()
    assert not is_fine
    assert "rule.0.kind" in text


def put(path: Path, text: str) -> None:
    """Put a file in place of another, as an editor does."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(path)
