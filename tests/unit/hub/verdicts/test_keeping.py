"""Evidence of the last three full years stays, verdicts stay for ever."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from contracts.rows import Row, State
from hub import keeping
from hub.compliance.bounds import Status
from hub.compliance.rules import KEPT
from hub.config import KeepingSection
from hub.keeping import Keeper
from hub.store.port import Kind
from hub.store.records.verdicts import WantedVerdicts
from hub.venues import Sensor
from tests.unit.hub.verdicts.world import LIBRARY, World, at

WEEKLY = KEPT.id
WEEK = "2023-W02"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A library whose week W02 of 2023 was kept, and judged then."""
    world = World(tmp_path, at("2023-01-17", "12:00"))
    world.desk.open()
    world.tell(*world.kept_week("2023-01-09"))
    world.judge()
    yield world
    world.close()


def keep(world: World, day: str) -> None:
    """Let the keeper run on a later day, of which something is stored."""
    world.now_s = at(day, "12:00")
    world.tell(world.entry(world.now_s))
    keeper = Keeper(world.store, KeepingSection(evidence_years=3), lambda: world.now_s * 1000)
    asyncio.run(keeper.keep())


def test_within_three_full_years_the_evidence_of_a_verdict_is_there(world: World) -> None:
    keep(world, "2026-12-31")
    [row] = world.desk.versions("library", WEEKLY, WEEK)
    verdict = world.desk.explain("library", WEEKLY, WEEK)
    assert (row.status, verdict.digest) == (Status.COMPLIANT, row.digest)


def test_after_them_the_verdict_stays_whatever_comes_late(world: World) -> None:
    keep(world, "2027-01-15")
    assert world.desk.explain("library", WEEKLY, WEEK).status is Status.INSUFFICIENT
    world.tell(world.lock("locked", at("2023-01-11", "10:00"), at("2023-01-11", "11:00")))
    world.judge()
    [row] = world.desk.versions("library", WEEKLY, WEEK)
    assert (row.version, row.status) == (1, Status.COMPLIANT)


WITH_KIOSK = replace(
    LIBRARY,
    sensors=(*LIBRARY.sensors, Sensor("sim", "kiosk", "kiosk")),
)


def a_week(world: World, monday: date, dice: random.Random) -> list[Row]:
    """Return a week as life has it: kept, late, shut in mid-week, half unheard, or not there."""
    rows = world.kept_week(monday.isoformat())
    fate = dice.choice(["kept", "kept", "late", "gap", "shut", "nothing"])
    if fate == "nothing":
        return []
    told: list[Row] = []
    for told_as in rows:
        row = told_as
        if isinstance(row, State) and row.value == "unlocked" and dice.random() < 0.3:
            if fate == "late":
                since = row.since_ms + dice.randrange(60, 5400) * 1000
                told.append(replace_state(row, value="locked", until_ms=since))
                row = replace_state(row, since_ms=since)
            elif fate == "gap":
                row = replace_state(row, until_ms=row.until_ms - dice.randrange(60, 7200) * 1000)
            elif fate == "shut":
                row = replace_state(row, value="locked")
        told.append(row)
    start = at(monday, "0")
    told += [
        world.event(dice.choice(("loan", "return", "session", "kiosk_use", "rating", "tamper")), s)
        for s in sorted(start + dice.randrange(7 * 86_400) for _ in range(dice.randrange(6)))
    ]
    return told


def replace_state(row: State, **changes: object) -> State:
    told = {name: getattr(row, name) for name in row.__struct_fields__}
    return State(**{**told, **changes})


@pytest.mark.parametrize(
    ("seed", "most"),
    [(7, 60), *(pytest.param(seed, 100_000, marks=pytest.mark.soak) for seed in (8, 9, 10))],
)
def test_what_may_be_forgotten_changes_no_verdict_of_three_years(
    tmp_path: Path, seed: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The least that may be kept is kept; verdicts of three years are worked out anew."""
    monkeypatch.setattr(keeping, "PAUSE_SECONDS", 0)
    dice = random.Random(seed)
    world = World(tmp_path, at("2026-12-31", "12:00"), venues=(WITH_KIOSK,))
    try:
        world.desk.open()
        monday, end = date(2022, 8, 1), date(2026, 12, 31)
        while monday < end:
            for venue in world.venues:
                if monday.month in {1, 7} and monday.day < 8:
                    # Locked over weeks, and over the new year: judged as far back as 31 days.
                    since = at(monday - timedelta(days=20), "20:00")
                    shut = world.lock("locked", since, at(monday + timedelta(days=7), "08:30"))
                    world.tell(shut, venue=venue.id)
                else:
                    world.tell(*a_week(world, monday, dice), venue=venue.id)
            monday += timedelta(days=7)
        world.judge()
        first = date(2023, 1, 1)
        known = {
            row.key: row
            for row in world.desk.newest(WantedVerdicts(most=100_000))
            if row.last >= first
        }
        assert len({row.status for row in known.values()}) >= 3
        years = {row.period for row in known.values() if len(row.period) == 4}
        assert {"2023", "2024", "2025", "2026"} <= years
        stored = {key: kind for key, kind in world.store.series().items() if kind is Kind.COUNT}
        hours = world.store.hourly(list(stored), 0, 2**40)
        counts = sum(len(world.store.buckets(key, 0, 2**40)) for key in stored)

        least = KeepingSection(evidence_years=3, climate_raw_days=31, telemetry_days=400)
        keeper = Keeper(world.store, least, lambda: world.now_s * 1000)
        assert asyncio.run(keeper.keep()) > 100
        assert sum(len(world.store.buckets(key, 0, 2**40)) for key in stored) < counts

        assert world.store.hourly(list(stored), 0, 2**40) == hours
        world.again()
        weeks = [row for row in known.values() if row.rule == WEEKLY]
        for row in dice.sample([*known.values()], min(most, len(known))):
            verdict = world.desk.explain(row.venue, row.rule, row.period)
            assert (verdict.status, verdict.digest) == (row.status, row.digest), row.key
        assert all(world.desk.has_evidence("library", row.period) for row in weeks)
        # Marked once more, all of it, the judge finds nothing new to write down.
        for venue in world.venues:
            world.desk.touched(venue.id, at("2022-08-01", "0") * 1000, world.now_s * 1000)
        world.judge()
        again = {row.key: row for row in world.desk.newest(WantedVerdicts(most=100_000))}
        assert {key: again[key].version for key in known} == {
            key: row.version for key, row in known.items()
        }
        assert not world.desk.has_evidence("library", "2022-W40")
    finally:
        world.close()
