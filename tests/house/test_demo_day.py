"""The venues that the demo plays: a day that could be, told once, however it is interrupted."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from contracts.messages import decode_row
from contracts.rows import Count, Coverage, Measure, Row, State
from edge.config_file import load as load_edge
from examples.demo.almanac import at_ms, local_day
from examples.demo.evidence import Evidence
from examples.demo.plan import (
    DISTRICT,
    KIOSK,
    NODE,
    SCENE,
    VENUE,
    BadState,
    Begun,
    DeskPorts,
    Plan,
    begun,
    claimed,
)
from examples.demo.simulator import PlayedNode, is_played, present_from
from examples.demo.story import Story
from examples.demo.visitors import HABITS, Passing, day_of
from hub.config import load_config, read_toml
from hub.delivery.reading import book_of
from hub.district import read_district
from hub.venues import OUTSIDE, Venue
from kiosk.caretaker.caretaker import ENTRY
from kiosk.config_file import load as load_kiosk
from link.clock import Instant

VENUES = {venue.id: venue for venue in read_district(DISTRICT)}
SATURDAY = date(2026, 11, 21)
HOUR_MS = 3_600_000
SET_AT_MS = 1_700_000_000_000
BEGAN_MS = int(datetime(2026, 11, 21, 2, 0, tzinfo=UTC).timestamp() * 1000)
"""Ten in the morning of that Saturday, in Jiading."""
STORY = Story(VENUES.values(), BEGAN_MS, incidents=())
"""Nothing goes wrong in it."""


def _name(venue: Venue) -> str:
    return venue.id


def _moves(venue: Venue, passing: Passing) -> tuple[str, str]:
    line = next(line for line in venue.lines if line.line == passing.line)
    ends = (line.from_zone, line.to_zone)
    return ends if passing.is_in else ends[::-1]


def test_one_venue_has_an_edge_and_all_others_are_played() -> None:
    assert set(VENUES[VENUE].nodes) == {NODE, KIOSK}
    assert not any(map(is_played, VENUES[VENUE].nodes))
    others = [venue for venue in VENUES.values() if venue.id != VENUE]
    assert all(is_played(node) for venue in others for node in venue.nodes)
    assert {venue.kind for venue in VENUES.values()} == set(HABITS)


@pytest.mark.parametrize("venue", VENUES.values(), ids=_name)
def test_a_day_is_one_that_could_be(venue: Venue) -> None:
    passings = day_of(venue, SATURDAY, STORY)
    assert passings == sorted(passings)
    sessions = STORY.kept(venue, SATURDAY)
    opens = sessions[0].opens
    # A room without closing time lets its visitors stay.
    closes = sessions[-1].locked + (
        12 * HOUR_MS if sessions[-1].locked == sessions[-1].closes else 0
    )
    inside: Counter[str] = Counter()
    most = 0
    for passing in passings:
        assert opens <= passing.at_ms <= closes
        origin, goal = _moves(venue, passing)
        inside[origin] -= 1
        inside[goal] += 1
        assert all(n >= 0 for zone, n in inside.items() if zone != OUTSIDE), "someone left twice"
        most = max(most, sum(n for zone, n in inside.items() if zone != OUTSIDE))
    assert not any(inside.values()), "someone stayed overnight"
    assert venue.capacity is not None
    assert 0.05 * venue.capacity < most <= venue.capacity


def test_the_seed_decides() -> None:
    venue = VENUES["museum"]
    same, other = (Story([venue], BEGAN_MS, seed) for seed in (1, 2))
    assert day_of(venue, SATURDAY, STORY) == day_of(venue, SATURDAY, same)
    assert day_of(venue, SATURDAY, same) != day_of(venue, SATURDAY, other)


def test_a_closed_day_has_no_visitors() -> None:
    venue = VENUES["art-museum"]
    monday = SATURDAY + timedelta(days=2)
    assert STORY.kept(venue, monday) == ()
    assert day_of(venue, monday, STORY) == []


class _Clock:
    """A clock that stands where it is put."""

    os_boot = "05b00701"

    def __init__(self) -> None:
        self.now_ms = 0

    def look(self) -> Instant:
        return Instant(self.now_ms - SET_AT_MS, self.now_ms, is_set=True, error_ms=0)


def _node(folder: Path, clock: _Clock, node: str = "sim") -> PlayedNode:
    venue = VENUES["cultural-centre"]
    evidence = Evidence(STORY, venue, node, partial(day_of, venue, story=STORY))
    return PlayedNode(evidence, STORY, folder, clock)


async def _play(
    folder: Path, instants: list[int], *, restart: bool, last_breath: bool, node: str = "sim"
) -> None:
    """Play one node up to each instant, with or without a restart or a crash in between."""
    clock = _Clock()
    clock.now_ms = instants[0]
    played = _node(folder, clock, node)
    for instant in instants:
        clock.now_ms = instant
        played.play_until(instant)
        await played.recorder.commit(everything=not restart)
        if restart:
            if last_breath:
                await played.recorder.finish()
            await played.recorder.close()
            played = _node(folder, clock, node)
    await played.recorder.finish()
    await played.recorder.close()


def _rows(folder: Path, node: str = "sim") -> list[Row]:
    import sqlite3  # noqa: PLC0415  only to look into a spool

    with sqlite3.connect(folder / f"cultural-centre.{node}.db") as db:
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
    begin = present_from(STORY, venue)
    assert begin == at_ms(venue, SATURDAY - timedelta(days=1), 0)
    expected: dict[tuple[str, int], tuple[int, int]] = {}
    for day in (SATURDAY - timedelta(days=n) for n in range(4)):
        for passing in day_of(venue, day, STORY):
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
    begin = present_from(STORY, venue)
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
    assert set(spans) == {line.line for line in venue.lines if line.node == "sim"} | {"lock"}
    for name, found in spans.items():
        reached = begin
        for since, until in sorted(found):
            assert since <= reached + 1, f"{name} has a hole at {reached}"
            reached = max(reached, until)
        assert reached == noon + 2 * HOUR_MS
    unlocked = [r for r in rows if isinstance(r, State) and r.value == "unlocked"]
    opening = STORY.kept(venue, SATURDAY)[0].unlocked
    assert any(row.since_ms == opening for row in unlocked)


@pytest.mark.parametrize("last_breath", [True, False], ids=["stopped in order", "killed"])
async def test_the_air_is_told_once(tmp_path: Path, last_breath: bool) -> None:
    noon = at_ms(VENUES["cultural-centre"], SATURDAY, 12 * 60)
    instants = [noon + step * 457_001 for step in range(12)]
    await _play(tmp_path, instants, restart=True, last_breath=last_breath, node="sim-theatre")
    rows = [row for row in _rows(tmp_path, "sim-theatre") if isinstance(row, Measure)]
    told = Counter((row.quantity, row.bucket_at) for row in rows)
    assert set(told.values()) == {1}
    begin, end = present_from(STORY, VENUES["cultural-centre"]) // 1000, instants[-1] // 1000
    buckets = set(range(begin, end - 299, 300))
    quantities = ("temperature_celsius", "humidity_percent", "co2_ppm")
    assert set(told) == {(quantity, bucket) for quantity in quantities for bucket in buckets}
    assert all(row.min <= row.mean <= row.max for row in rows)


@pytest.mark.parametrize("camera", [SCENE, "0", '/films/with "quotes" and 空格.mp4'])
def test_the_processes_read_their_configuration(tmp_path: Path, camera: str) -> None:
    began, desk = Begun(BEGAN_MS, 60, 1), DeskPorts(*range(18_090, 18_096))
    plan = Plan(tmp_path / "state", 18_080, 18_883, "amqtt", began, camera, ports=desk)
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
    declared = {(sensor.node, sensor.sensor) for sensor in VENUES[VENUE].sensors}
    sensors = {sensor for node, sensor in declared if node == NODE}
    assert {*edge.serial[0].contacts, *edge.serial[0].climates} == sensors
    assert declared - {(NODE, sensor) for sensor in sensors} == {(KIOSK, ENTRY)}
    assert set(commands) == {
        *("broker", "hub", "edge", "phone", "venues"),
        *("bench", "kiosk", "postcards"),
    }
    kiosk = load_kiosk(plan.state / "kiosk/kiosk.toml")
    assert (kiosk.node.venue, kiosk.face.port) == (VENUE, desk.kiosk)
    assert kiosk.broker.port == desk.broker_line
    assert kiosk.room is not None
    assert kiosk.room.inputs is not None
    assert kiosk.room.inputs.port == kiosk.room.outputs.port == kiosk.room.air[0].port
    assert kiosk.ar is not None
    assert kiosk.ar.file == plan.state / "kiosk/postcards.mp4"
    assert hub.alerts is not None
    assert [channel.id for channel in book_of(read_toml(hub.alerts), hub.alerts).channel] == [
        "duty"
    ]


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


def test_a_state_goes_on_with_what_it_was_begun_with(tmp_path: Path) -> None:
    first = begun(tmp_path, 4, None)
    assert (first.days, first.seed) == (4, 1)
    assert begun(tmp_path, None, None) == begun(tmp_path, 4, 1) == first
    for days, seed in ((5, None), (None, 2)):
        with pytest.raises(BadState, match="4 days of history and seed 1"):
            begun(tmp_path, days, seed)
    (tmp_path / "demo.json").write_text("{")
    with pytest.raises(BadState, match="begins anew"):
        begun(tmp_path, None, None)


def test_a_state_of_an_earlier_release_is_named(tmp_path: Path) -> None:
    (tmp_path / "venues").mkdir()
    with pytest.raises(BadState, match="an earlier release's"):
        begun(tmp_path, None, None)


def test_the_instant_decides_which_day_it_is() -> None:
    assert local_day(VENUES["museum"], BEGAN_MS) == SATURDAY
