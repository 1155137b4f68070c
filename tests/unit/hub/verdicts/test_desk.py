"""The verdict desk: what is marked is judged, versions are kept, findings are told as levels."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from hub.compliance.bounds import Status
from hub.compliance.rules import KEPT
from hub.errors import NotFound
from tests.unit.hub.verdicts.world import World, at

WEEKLY = "c09.district_weekly"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A library on the Monday after its week W10, at noon."""
    world = World(tmp_path, at("2026-03-09", "12:00"))
    world.desk.open()
    yield world
    world.close()


def status(world: World, rule: str, period: str) -> str:
    return next(str(r.status) for r in world.desk.current() if (r.rule, r.period) == (rule, period))


def test_a_week_that_was_kept_is_compliant(world: World) -> None:
    world.tell(*world.kept_week("2026-03-02"))
    world.judge()
    assert status(world, WEEKLY, "2026-W10") == "compliant"
    [row] = world.desk.versions("library", WEEKLY, "2026-W10")
    assert (row.version, row.is_final, row.grade) == (1, True, "A")
    assert (row.open_s, row.unknown_s, str(row.coverage)) == (76 * 3600, 0, "1")
    assert row.raw.low == row.raw.high == Fraction(76)


def test_the_same_evidence_again_makes_no_new_version(world: World) -> None:
    world.tell(*world.kept_week("2026-03-02"))
    for _ in range(3):
        world.desk.touched("library", *(x * 1000 for x in (at("2026-03-03", "9"), world.now_s)))
        world.judge()
    assert len(world.desk.versions("library", WEEKLY, "2026-W10")) == 1


def test_late_data_make_a_new_version_and_the_old_one_stays(world: World) -> None:
    gap = at("2026-03-04", "10:00"), at("2026-03-04", "12:00")
    early = [
        row
        for row in world.kept_week("2026-03-02")
        if not (getattr(row, "since_ms", 0) <= gap[0] * 1000 < getattr(row, "until_ms", 0))
    ]
    morning, evening = at("2026-03-04", "08:30"), at("2026-03-04", "20:00")
    monday, sunday = at("2026-03-02", "0"), at("2026-03-09", "0")
    world.tell(
        *early,
        world.lock("unlocked", morning, gap[0]),
        world.lock("unlocked", gap[1], evening),
        world.watched(monday, gap[0]),
        world.watched(gap[1], sunday),
    )
    world.judge()
    world.tell(world.lock("unlocked", *gap), world.watched(*gap))
    world.judge()
    first, second = world.desk.versions("library", WEEKLY, "2026-W10")
    assert (first.version, first.status) == (1, Status.INSUFFICIENT)
    assert [first.raw.low, first.raw.high] == [Fraction(74), Fraction(76)]
    assert (second.version, second.status) == (2, Status.COMPLIANT)
    assert first.digest != second.digest


def test_explain_works_a_verdict_out_anew(world: World) -> None:
    world.tell(*world.kept_week("2026-03-02"))
    world.judge()
    verdict = world.desk.explain("library", WEEKLY, "2026-W10")
    [kept] = world.desk.versions("library", WEEKLY, "2026-W10")
    assert (verdict.digest, verdict.status) == (kept.digest, kept.status)


@pytest.mark.parametrize(
    ("venue", "rule", "period"),
    [("nowhere", WEEKLY, "2026-W10"), ("library", "c11.state_days", "2026"),
     ("library", WEEKLY, "soon")],
)  # fmt: skip
def test_explain_says_what_there_is_not(world: World, venue: str, rule: str, period: str) -> None:
    with pytest.raises(NotFound):
        world.desk.explain(venue, rule, period)


def test_a_week_that_goes_on_is_not_written_each_minute(world: World) -> None:
    world.now_s = at("2026-03-10", "09:00")
    world.judge()
    for _ in range(120):
        world.now_s += 60
        world.tell(world.lock("unlocked", at("2026-03-10", "08:30"), world.now_s))
        world.judge()
    versions = world.desk.versions("library", WEEKLY, "2026-W11")
    assert len(versions) <= 2
    [now] = [r for r in world.desk.current("library") if (r.rule, r.period) == (WEEKLY, "2026-W11")]
    assert now.open_s == 150 * 60
    assert (now.is_final, now.forecast, now.version) == (False, "reachable", versions[-1].version)


def test_a_late_opening_is_told_while_it_happens(world: World) -> None:
    opens, minute = at("2026-03-10", "08:30"), 60
    told_at = None
    for second in range(0, 20 * minute, 5):
        world.now_s = opens + second
        if second % minute == 0:  # the node extends what it reads once a minute
            world.tell(world.lock("locked", at("2026-03-09", "20:00"), world.now_s))
        world.judge()
        if told_at is None and "late_opening" in world.kinds("2026-03-10"):
            told_at = second
    assert told_at is not None
    assert 10 * minute < told_at <= 12 * minute


def test_which_rules_a_venue_has(world: World) -> None:
    world.tell(*world.kept_week("2026-03-02"))
    world.judge()
    rules = {row.rule for row in world.desk.current("library")}
    assert {KEPT.id, WEEKLY, "c09.every_day", "c08.offpeak_share", "c08.free"} <= rules
    assert not {rule for rule in rules if rule.startswith(("c10", "c11"))}


def test_the_year_is_judged_as_well(world: World) -> None:
    world.tell(*world.kept_week("2026-03-02"))
    world.judge()
    [row] = world.desk.versions("library", "c08.offpeak_share", "2026")
    assert (row.first, row.last, row.is_final) == (date(2026, 1, 1), date(2026, 12, 31), False)
