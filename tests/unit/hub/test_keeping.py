"""What is due to be deleted, and when."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub import keeping
from hub.config import KeepingSection, load_config
from hub.errors import ConfigError
from hub.keeping import Horizons, Keeper, horizons
from hub.store.port import Kind, SeriesKey, SeriesRow
from hub.store.sqlite import SqliteStore

DAY = 86_400
CO2 = SeriesKey("venue", "node", "climate.co2_ppm")


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


NOW = at("2026-06-15T10:20:30")


@pytest.mark.parametrize(
    ("section", "newest", "due"),
    [
        (KeepingSection(), "2026-06-15T10:00", ("2026-03-17T10:00", None, "2023-06-11T10:00")),
        (
            KeepingSection(climate_raw_days=31),
            "2026-06-15T10:00",
            ("2026-05-15T10:00", None, "2023-06-11T10:00"),
        ),
        (
            KeepingSection(telemetry_days=400),
            "2026-06-15T10:00",
            ("2026-03-17T10:00", None, "2025-05-11T10:00"),
        ),
        # 2023, 2024 and 2025 are whole with what they are judged by, and 2026 as far as it is.
        (
            KeepingSection(evidence_years=3),
            "2026-06-15T10:00",
            ("2026-03-17T10:00", "2022-11-22T00:00", "2023-06-11T10:00"),
        ),
        # A hub that heard nothing for a year, or whose clock runs ahead.
        (
            KeepingSection(evidence_years=3),
            "2025-06-15T10:00",
            ("2025-03-17T11:00", "2021-11-22T00:00", "2022-06-11T11:00"),
        ),
        # A node whose clock runs ahead.
        (KeepingSection(), "2099-01-01T00:00", ("2026-03-17T10:00", None, "2023-06-11T10:00")),
    ],
)
def test_what_is_due(
    section: KeepingSection, newest: str, due: tuple[str, str | None, str]
) -> None:
    measures, evidence, telemetry = due
    expected = Horizons(at(measures), None if evidence is None else at(evidence), at(telemetry))
    assert horizons(section, NOW, at(newest)) == expected


def test_nothing_stored_nothing_due() -> None:
    assert horizons(KeepingSection(), NOW, None) is None


@pytest.mark.parametrize("years", [2, 0, -1])
def test_less_than_three_years_are_refused(tmp_path: Path, years: int) -> None:
    path = tmp_path / "hub.toml"
    path.write_text(f"[keeping]\nevidence_years = {years}\n")
    with pytest.raises(
        ConfigError, match=r"keeping\.evidence_years: evidence is kept for at least"
    ):
        load_config(path)


def test_telemetry_is_kept_for_as_long_as_pages_show_it(tmp_path: Path) -> None:
    path = tmp_path / "hub.toml"
    path.write_text("[keeping]\ntelemetry_days = 399\n")
    with pytest.raises(ConfigError, match=r"keeping\.telemetry_days"):
        load_config(path)


async def test_a_pass_deletes_what_is_due(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "PAUSE_SECONDS", 0)
    hour = NOW - NOW % 3600
    with SqliteStore(tmp_path / "series.db") as store:
        keeper = Keeper(store, KeepingSection(), lambda: NOW * 1000)
        assert await keeper.keep() == 0
        store.write(
            SeriesRow(CO2, Kind.MEASURE, hour - days * DAY, "e0", (1, 5.0, 5.0, 5.0))
            for days in (0, 89, 90, 91, 200)
        )
        assert await keeper.keep() == 2
        assert len(store.buckets(CO2, 0, 2**40)) == 3
        assert len(store.hourly([CO2], 0, 2**40)[CO2]) == 5
