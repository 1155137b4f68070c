"""The venues that the demo plays: a day that could be, told once, however it is interrupted."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from contracts.messages import decode_row
from contracts.rows import Count, Coverage, Row, State
from edge.config_file import load as load_edge
from examples.demo.plan import DISTRICT, NODE, SCENE, VENUE, BadState, Plan, claimed
from examples.demo.simulator import PlayedVenue
from examples.demo.visitors import HABITS, Passing, at_ms, day_of, hours_of
from hub.config import load_config
from hub.district import read_district
from hub.venues import OUTSIDE, Venue
from link.clock import Instant

VENUES = {venue.id: venue for venue in read_district(DISTRICT)}
PLAYED = [venue for venue in VENUES.values() if venue.nodes == ("sim",)]
SATURDAY = date(2026, 11, 21)
HOUR_MS = 3_600_000
SET_AT_MS = 1_700_000_000_000


def _name(venue: Venue) -> str:
    return venue.id


def _moves(venue: Venue, passing: Passing) -> tuple[str, str]:
    line = next(line for line in venue.lines if line.line == passing.line)
    ends = (line.from_zone, line.to_zone)
    return ends if passing.is_in else ends[::-1]


def test_five_venues_are_played_and_one_has_an_edge() -> None:
    assert len(PLAYED) == 5
    assert VENUES[VENUE].nodes == (NODE,)
    assert {venue.kind for venue in PLAYED} == set(HABITS)


@pytest.mark.parametrize("venue", PLAYED, ids=_name)
def test_a_day_is_one_that_could_be(venue: Venue) -> None:
    passings = day_of(venue, SATURDAY, 1)
    assert passings == sorted(passings)
    sessions = hours_of(venue, SATURDAY)
    opens, closes = at_ms(venue, SATURDAY, sessions[0][0]), at_ms(venue, SATURDAY, sessions[-1][1])
    inside: Counter[str] = Counter()
    most = 0
    for passing in passings:
        assert opens <= passing.at_ms <= closes + 15 * 60_000
        origin, goal = _moves(venue, passing)
        inside[origin] -= 1
        inside[goal] += 1
        assert all(n >= 0 for zone, n in inside.items() if zone != OUTSIDE), "someone left twice"
        most = max(most, sum(n for zone, n in inside.items() if zone != OUTSIDE))
    assert not any(inside.values()), "someone stayed overnight"
    assert venue.capacity is not None
    assert 0.1 * venue.capacity < most <= venue.capacity


def test_the_seed_decides() -> None:
    venue = PLAYED[0]
    assert day_of(venue, SATURDAY, 1) == day_of(venue, SATURDAY, 1) != day_of(venue, SATURDAY, 2)


def test_a_closed_day_has_no_visitors() -> None:
    venue = VENUES["art-museum"]
    monday = SATURDAY + timedelta(days=2)
    assert hours_of(venue, monday) == ()
    assert day_of(venue, monday, 1) == []


class _Clock:
    """A clock that stands where it is put."""

    os_boot = "05b00701"

    def __init__(self) -> None:
        self.now_ms = 0

    def look(self) -> Instant:
        return Instant(self.now_ms - SET_AT_MS, self.now_ms, is_set=True, error_ms=0)


async def _play(folder: Path, instants: list[int], *, restart: bool, last_breath: bool) -> None:
    """Play one venue up to each instant, with or without a restart or a crash in between."""
    venue = VENUES["cultural-centre"]
    clock = _Clock()
    clock.now_ms = instants[0]
    played = PlayedVenue(venue, folder, 1, clock)
    for instant in instants:
        clock.now_ms = instant
        played.play_until(instant)
        await played.recorder.commit(everything=not restart)
        if restart:
            if last_breath:
                await played.recorder.finish()
            await played.recorder.close()
            played = PlayedVenue(venue, folder, 1, clock)
    await played.recorder.finish()
    await played.recorder.close()


def _rows(folder: Path) -> list[Row]:
    import sqlite3  # noqa: PLC0415  only to look into a spool

    with sqlite3.connect(folder / "cultural-centre.db") as db:
        bodies = [body for (body,) in db.execute("SELECT body FROM row ORDER BY seq")]
    db.close()
    return [decode_row(body) for body in bodies]


def _totals(rows: list[Row]) -> dict[tuple[str, int], tuple[int, int]]:
    """Return what a store would hold: the last row of each epoch, summed over epochs."""
    last = {(r.line, r.bucket_at, r.epoch): r for r in rows if isinstance(r, Count)}
    entered, left = Counter[tuple[str, int]](), Counter[tuple[str, int]]()
    for (line, bucket, _), row in last.items():
        entered[line, bucket] += row.entered
        left[line, bucket] += row.left
    return {key: (entered[key], left[key]) for key in entered}


@pytest.mark.parametrize(
    ("restart", "last_breath"),
    [(False, True), (True, True), (True, False)],
    ids=["one run", "stopped in order", "killed"],
)
async def test_each_visitor_is_told_once(tmp_path: Path, restart: bool, last_breath: bool) -> None:
    venue = VENUES["cultural-centre"]
    noon = at_ms(venue, SATURDAY, 12 * 60)
    # At odd moments, some of them in the middle of a minute.
    instants = [noon + step * 457_001 for step in range(12)]
    await _play(tmp_path, instants, restart=restart, last_breath=last_breath)
    rows = _rows(tmp_path)
    begin = at_ms(venue, SATURDAY - timedelta(days=2), 0)
    expected: dict[tuple[str, int], tuple[int, int]] = {}
    for day in (SATURDAY - timedelta(days=n) for n in range(4)):
        for passing in day_of(venue, day, 1):
            if begin < passing.at_ms <= instants[-1]:
                key = (passing.line, passing.at_ms // 60_000 * 60)
                entered, left = expected.get(key, (0, 0))
                expected[key] = (entered + passing.is_in, left + (not passing.is_in))
    assert _totals(rows) == expected


async def test_coverage_and_lock_have_no_hole(tmp_path: Path) -> None:
    venue = VENUES["cultural-centre"]
    noon = at_ms(venue, SATURDAY, 12 * 60)
    await _play(
        tmp_path, [noon, noon + HOUR_MS, noon + 2 * HOUR_MS], restart=True, last_breath=True
    )
    begin = at_ms(venue, SATURDAY - timedelta(days=2), 0)
    rows = _rows(tmp_path)
    spans: dict[str, list[tuple[int, int]]] = {}
    for row in rows:
        match row:
            case Coverage(source=name, since_ms=since, until_ms=until):
                spans.setdefault(name, []).append((since, until))
            case State(sensor=name, since_ms=since, until_ms=until):
                spans.setdefault(name, []).append((since, until))
            case _:
                pass
    assert set(spans) == {line.line for line in venue.lines} | {"lock"}
    for name, found in spans.items():
        reached = begin
        for since, until in sorted(found):
            assert since <= reached + 1, f"{name} has a hole at {reached}"
            reached = max(reached, until)
        assert reached == noon + 2 * HOUR_MS
    unlocked = [r for r in rows if isinstance(r, State) and r.value == "unlocked"]
    opens = at_ms(venue, SATURDAY, hours_of(venue, SATURDAY)[0][0])
    assert any(abs(row.since_ms - opens) < 15 * 60_000 for row in unlocked)


@pytest.mark.parametrize("camera", [SCENE, "0", '/films/with "quotes" and 空格.mp4'])
def test_the_processes_read_their_configuration(tmp_path: Path, camera: str) -> None:
    plan = Plan(tmp_path / "state", 18_080, 18_883, "amqtt", camera)
    with claimed(plan.state):
        commands = plan.commands()
    edge = load_edge(plan.state / "edge.toml")
    hub = load_config(plan.state / "hub.toml", {})
    assert edge.cameras[0].source == camera
    assert edge.broker.port == hub.broker.port == 18_883
    assert hub.http.port == 18_080
    assert hub.http.is_loopback
    assert hub.district == DISTRICT
    lines = {line.line for line in VENUES[VENUE].lines}
    assert {edge.cameras[0].lines[0].name, *edge.serial[0].lines} == lines
    sensors = {sensor.sensor for sensor in VENUES[VENUE].sensors}
    assert {*edge.serial[0].contacts, *edge.serial[0].climates} == sensors
    assert set(commands) == {"broker", "hub", "board", "edge", "venues"}


def test_fresh_begins_anew_and_touches_nothing_else(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with claimed(state):
        (state / "venues").mkdir()
        (state / "edge.db").touch()
    with claimed(state):
        assert (state / "edge.db").exists()
        with pytest.raises(BadState, match="a demo runs in"), claimed(state, fresh=True):
            pass
        assert (state / "edge.db").exists()
    with claimed(state, fresh=True):
        assert [path.name for path in state.iterdir()] == ["demo.lock"]
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(BadState, match="other things"), claimed(tmp_path, fresh=True):
        pass
    assert (tmp_path / "thesis.txt").exists()


def test_a_folder_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file/state"):
        with pytest.raises(BadState, match="cannot be used: Not a directory"), claimed(folder):
            pass
