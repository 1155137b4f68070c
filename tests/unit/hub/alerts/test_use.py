"""A venue that hardly anybody visits is told of, once, and only where the visits were counted."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from contracts.rows import Coverage
from hub.alerts import AlertDesk, AlertKind
from hub.alerts.alert import Alert
from hub.alerts.rules import DEFAULTS, Rules, UseLimit
from hub.alerts.use import of_use
from hub.alerts.use_watch import AGAIN_SECONDS, SETTLE_MS, UseWatch
from hub.compliance.localtime import LocalTime
from hub.compliance.schedule import Schedule, Timetable, weekly
from hub.demand.use import Use
from hub.errors import StoreError
from hub.lawbook import read_calendar
from hub.store.records import Records
from tests.unit.hub.board_world import CENTRE, EPOCH, MIDNIGHT, World

LIMIT = UseLimit(least_visits_per_hour=0.5)
DAY = 86_400
CLOCK = LocalTime(ZoneInfo("Asia/Shanghai"))
ELEVEN_TO_SEVEN = ((11 * 3600, 19 * 3600),)
SCHEDULE = Schedule(
    CLOCK, read_calendar(), (Timetable("district", weekly(*[ELEVEN_TO_SEVEN] * 7)),)
)


def a_use(visits: int, known_hours: float = 200.0, known_days: int = 28) -> Use:
    first, last = date(2026, 3, 4), date(2026, 3, 31)
    return Use(first, last, MIDNIGHT - 28 * DAY, visits, 200.0, known_hours, known_days)


def test_it_says_how_many_came_in_which_span_and_what_was_expected() -> None:
    told = of_use("V1", a_use(99), LIMIT)
    assert told is not None
    assert (told.kind, told.subject) == (AlertKind.LOW_USE, "use")
    assert (told.since_ms, told.until_ms) == ((MIDNIGHT - 28 * DAY) * 1000, None)
    assert told.zh == (
        "2026-03-04 至 2026-03-31，开放时间内每小时到馆 0.49 人次，应不少于 0.5"
        "（有记录的 200 小时共 99 人次）"
    )
    assert told.en == (
        "2026-03-04 to 2026-03-31: 0.49 visits per open hour, to be at least 0.5"
        " (99 in 200 hours that were counted)"
    )
    assert told.link == "/venues/V1/demand"


@pytest.mark.parametrize(
    ("use", "amount"),
    [
        (a_use(0), 1.0),
        (a_use(99), 1.0),
        (a_use(100), 0.5),  # at its limit, and not below
        (a_use(119), 0.5),
        (a_use(120), None),
        (a_use(0, known_hours=179), None),  # no data is not: nobody came
        (a_use(0, known_days=13), None),
    ],
)
def test_it_is_raised_below_its_limit_and_over_a_fifth_above(
    use: Use, amount: float | None
) -> None:
    told = of_use("V1", use, LIMIT)
    assert (None if told is None else told.amount) == amount
    rule = DEFAULTS[AlertKind.LOW_USE]
    assert (rule.raise_at, rule.clear_below) == (1, 0.5)


def test_a_venue_s_own_limit_comes_before_the_general_one() -> None:
    rules = Rules.model_validate(
        {
            "use": [
                {"least_visits_per_hour": 1},
                {"least_visits_per_hour": 5, "days": 14, "venues": ["A", "B"]},
            ]
        }
    )
    assert rules.least_use("A") == rules.least_use("B") == rules.use[1]
    assert rules.least_use("C") == rules.use[0]
    ours = Rules().least_use("C")
    assert ours is not None
    assert (ours.least_visits_per_hour, ours.days) == (0.5, 28)
    assert Rules(use=()).least_use("C") is None
    assert Rules(use=rules.use[1:]).least_use("C") is None


@dataclass
class Watched:
    """A venue with a past, a desk, and who watches its use."""

    world: World
    records: Records

    def __post_init__(self) -> None:
        self.desk = AlertDesk(self.records, Rules(), self.now_ms)
        self.watch = self.watcher()

    def now_ms(self) -> int:
        return self.world.now_s * 1000

    def watcher(self) -> UseWatch:
        return UseWatch(
            self.world.board, self.world.store, lambda _venue: SCHEDULE, self.desk, self.now_ms
        )

    def past(self, since_day: int, until_day: int, visits_a_day: int) -> None:
        """Let every door be watched for days before today, and as many come at noon of each."""
        since, until = MIDNIGHT + since_day * DAY, MIDNIGHT + until_day * DAY
        for node, line in (("sim", "main"), ("yard-pi", "yard")):
            row = Coverage(self.world._seq(), EPOCH, line, since * 1000, until * 1000)
            self.world.store_rows(row, node=node)
        for noon in range(since + 12 * 3600, until, DAY):
            if visits_a_day:
                self.world.store_rows(self.world.count("main", noon, visits_a_day))

    def look(self, seconds: int = 0) -> list[Alert]:
        """Let time pass, look, and return what is told of use."""
        self.world.now_s += seconds
        self.watch.look()
        self.desk.tick()
        return [a for a in self.desk.open if a.kind is AlertKind.LOW_USE]

    def rule(self, **use: object) -> None:
        self.desk.rule_by(Rules.model_validate({"use": [use] if use else []}))


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Watched]:
    with Records(tmp_path / "records.db") as records:
        records.load([CENTRE])
        world = World(records)
        world.board.rebuild()
        yield Watched(world, records)
        world.board.close()


SETTLED = SETTLE_MS // 1000


def test_one_visit_a_day_is_told_when_the_backlog_has_settled(at: Watched) -> None:
    at.past(-28, 0, 1)
    assert at.look(SETTLED - 1) == []
    (alert,) = at.look(1)
    assert (alert.venue, alert.subject, alert.severity) == ("centre", "use", "notice")
    assert alert.audience == "district"
    assert alert.since_ms == (MIDNIGHT - 28 * DAY) * 1000
    assert not alert.is_late
    assert "0.12 visits per open hour" in alert.en


def test_a_venue_that_is_visited_is_not_told_of(at: Watched) -> None:
    at.past(-28, 0, 5)
    assert at.look(SETTLED) == []


def test_where_nobody_looked_nothing_is_said(at: Watched) -> None:
    at.past(-28, -4, 0)
    assert at.look(SETTLED) == []


def test_it_is_measured_once_a_day_and_again_in_an_hour_while_unknown(
    at: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads, read = list[int](), at.world.store.buckets_of

    def counted(*asked: Any) -> Any:
        reads.append(at.world.now_s)
        return read(*asked)

    monkeypatch.setattr(at.world.store, "buckets_of", counted)
    at.past(-28, -4, 0)
    at.look(SETTLED)
    at.look(AGAIN_SECONDS - 1)
    assert len(reads) == 1
    at.past(-4, 0, 0)
    assert at.look(1), "late data have come"
    assert len(reads) == 2
    at.look(MIDNIGHT + DAY - 1 - at.world.now_s)
    assert len(reads) == 2
    at.look(1)
    assert reads[2:] == [MIDNIGHT + DAY]


def test_it_holds_while_little_is_known_and_ends_when_people_come(at: Watched) -> None:
    at.past(-28, 0, 1)
    (alert,) = at.look(SETTLED)
    (alert,) = at.look(7 * DAY)
    assert alert.is_active, "a week of which nothing is known says nothing"
    at.past(0, 7, 40)
    at.look(AGAIN_SECONDS)
    (alert,) = at.look(120)
    assert not alert.is_active


def test_another_limit_holds_at_once_and_none_ends_it(at: Watched) -> None:
    at.past(-28, 0, 5)
    assert at.look(SETTLED) == []
    at.rule(least_visits_per_hour=2, days=14)
    (alert,) = at.look()
    assert alert.since_ms == (MIDNIGHT - 14 * DAY) * 1000
    at.rule()
    at.look()
    (alert,) = at.look(120)
    assert not alert.is_active


def test_a_hub_that_starts_again_ends_what_is_no_more(at: Watched) -> None:
    at.past(-28, 0, 1)
    (alert,) = at.look(SETTLED)
    at.desk = AlertDesk(at.records, Rules(use=()), at.now_ms)
    at.watch = at.watcher()
    (held,) = at.look(SETTLED - 1)
    assert held.is_active, "nobody has looked yet"
    at.look(1)
    (again,) = at.look(120)
    assert (again.number, again.is_active) == (alert.number, False)


def test_a_venue_that_is_declared_no_more_is_told_of_no_more(at: Watched) -> None:
    at.past(-28, 0, 1)
    assert at.look(SETTLED)
    at.world.board.declared = {}
    at.look()
    assert not any(alert.is_active for alert in at.look(120))


def test_a_store_that_cannot_be_read_leaves_all_as_it_was(
    at: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    at.past(-28, 0, 1)
    assert at.look(SETTLED)

    def fails(*_: object) -> None:
        raise StoreError("away")

    monkeypatch.setattr(at.world.store, "buckets_of", fails)
    (alert,) = at.look(DAY)
    assert alert.is_active
