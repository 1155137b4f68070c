"""The district's story: what goes wrong on purpose shows in the evidence, and nothing else does."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from contracts.ids import NodeId
from contracts.messages import decode_row
from contracts.rows import Count, Coverage, Epoch, Measure, Row, State
from examples.demo.almanac import at_ms, local_day, read_almanac
from examples.demo.evidence import Evidence, pieces
from examples.demo.history import rows_of
from examples.demo.incidents import Incident, read_incidents, read_table
from examples.demo.plan import DISTRICT
from examples.demo.simulator import past_from, pasts_of, present_from
from examples.demo.story import Gap, Story
from examples.demo.visitors import Passing, day_of
from hub.alerts.rules import Rules
from hub.alerts.use import of_use
from hub.compliance.localtime import LocalTime
from hub.compliance.schedule import Schedule, Timetable
from hub.demand.use import read_use
from hub.district import read_district
from hub.lawbook import read_calendar
from hub.occupancy.spans import Span, holes, joined
from hub.venues import OUTSIDE, Venue
from link.buckets import Buckets
from link.intake import Group, Stored
from tests.conformance.fake_store import FakeStore

VENUES = {venue.id: venue for venue in read_district(DISTRICT)}
BEGAN_MS = int(datetime(2026, 11, 25, 2, 0, tzinfo=UTC).timestamp() * 1000)
DAYS = 34
STORY = Story(VENUES.values(), BEGAN_MS)
MINUTE_MS = 60_000
_SEEN_IN_THE_DAY = {"lock_stuck", "lock_lost", "camera_blind"}
PASTS = {(past.node.venue, past.node.node): past for past in pasts_of(STORY, DAYS)}


@cache
def _passings(venue: str, day: date) -> list[Passing]:
    return day_of(VENUES[venue], day, STORY)


@pytest.fixture(scope="module")
def rows() -> dict[tuple[str, str], list[Row]]:
    """Everything that the past of the district tells, by node."""
    return {
        node: [decode_row(body) for day in rows_of(past, STORY) for body in day]
        for node, past in PASTS.items()
    }


Rows = dict[tuple[str, str], list[Row]]


def _spans(rows: list[Row], source: str, value: str | None = None) -> list[Span]:
    """Return when a source was watched, or when a lock read a value."""
    latest: dict[int, Span] = {}
    for row in rows:
        match row:
            case Coverage(source=name) if name == source and value is None:
                latest[row.since_ms] = (row.since_ms, row.until_ms)
            case State(sensor=name) if name == source and value in {None, row.value}:
                latest[row.since_ms] = (row.since_ms, row.until_ms)
            case _:
                pass
    return joined(list(latest.values()), 1)


def _days(venue: Venue) -> Iterator[date]:
    began = local_day(venue, BEGAN_MS)
    yield from (began - timedelta(days=n) for n in range(DAYS, 1, -1))


@pytest.mark.parametrize("venue", VENUES.values(), ids=lambda venue: venue.id)
def test_a_lock_shows_a_breach_only_where_the_table_says_so(venue: Venue, rows: Rows) -> None:
    """On every other day the lock is open for all of the announced hours, and was read."""
    node = next(sensor.node for sensor in venue.sensors if sensor.kind == "lock")
    unlocked = _spans(rows[venue.id, node], "lock", "unlocked")
    read = _spans(rows[venue.id, node], "lock")
    end_ms = present_from(STORY, venue)
    for day in _days(venue):
        declared = [
            (at_ms(venue, day, opens), min(end_ms, at_ms(venue, day, closes)))
            for opens, closes in STORY.almanac.announced(venue, day)
        ]
        unseen = [hole for span in declared for hole in holes(read, *span)]
        shut = [hole for span in declared for hole in holes(unlocked, *span) if hole not in unseen]
        dated = [i for i, at in STORY.dated if (i.venue, at) == (venue.id, day)]
        told = {i.what for i in dated}
        assert bool(unseen) == bool(told & {"lock_lost", "node_off"}), f"{day}: {unseen}"
        is_breach = bool(told & {"late_opening", "early_closing", "closed", "lock_stuck"})
        assert bool(shut) == is_breach, f"{day}: {shut}"
        for incident in dated:
            if incident.minutes is not None:
                assert [b - a for a, b in shut] == [incident.minutes * MINUTE_MS]


def test_what_the_table_calls_a_breach_is_one() -> None:
    kinds = {i.what: i.evidence for i in read_incidents()}
    assert {w for w, e in kinds.items() if e == "breach"} == {
        "late_opening",
        "early_closing",
        "closed",
    }
    assert {w for w, e in kinds.items() if e == "insufficient"} == {"lock_lost", "node_off", "down"}


@pytest.mark.parametrize("venue", VENUES.values(), ids=lambda venue: venue.id)
def test_who_is_counted_is_who_passed_where_somebody_watched(venue: Venue, rows: Rows) -> None:
    for line in venue.lines:
        told = rows[venue.id, line.node]
        watched = _spans(told, line.line)
        expected: dict[int, tuple[int, int]] = {}
        past = PASTS[venue.id, line.node]
        for day in (
            local_day(venue, past.first_ms) + timedelta(days=n) for n in range(-1, DAYS + 2)
        ):
            for passing in _passings(venue.id, day):
                inside = past.first_ms < passing.at_ms <= past.until_ms
                seen = any(since <= passing.at_ms <= until for since, until in watched)
                if passing.line == line.line and inside and seen:
                    minute = passing.at_ms // 60_000 * 60
                    entered, left = expected.get(minute, (0, 0))
                    expected[minute] = (entered + passing.is_in, left + (not passing.is_in))
        found = {
            r.bucket_at: (r.entered, r.left)
            for r in told
            if isinstance(r, Count) and r.line == line.line
        }
        assert found == expected
        gaps = [(gap.since, gap.until) for gap in STORY.gaps(venue, line.node, line.line)]
        span = (past.first_ms, past.until_ms)
        assert holes(watched, *span) == [g for g in gaps if span[0] <= g[0] < span[1]]


def test_a_locked_door_lets_nobody_in(rows: Rows) -> None:
    """But where the contact is stuck: there the two contradict each other, and are told as such."""
    for venue in VENUES.values():
        locks = {sensor.node for sensor in venue.sensors if sensor.kind == "lock"}
        locked = _spans(rows[venue.id, next(iter(locks))], "lock", "locked")
        for day in _days(venue):
            stuck = STORY.stuck(venue, day)
            behind = [
                p.at_ms
                for p in _passings(venue.id, day)
                if p.at_ms < BEGAN_MS - 3 * 86_400_000
                and any(since < p.at_ms < until for since, until in locked)
            ]
            assert bool(behind) == bool(stuck), f"{venue.id} {day}"
            assert all(any(a <= at <= b for a, b in stuck) for at in behind)


def test_seqs_go_on_from_one_and_a_past_is_always_the_same(rows: Rows) -> None:
    found = rows["keju-museum", "sim-archery"]
    assert [row.seq for row in found] == list(range(1, len(found) + 1))
    assert isinstance(found[0], Epoch)
    past = PASTS["keju-museum", "sim-archery"]
    again = Story(VENUES.values(), BEGAN_MS)
    same = next(p for p in pasts_of(again, DAYS) if str(p.node) == "keju-museum/sim-archery")
    assert list(rows_of(past, STORY)) == list(rows_of(same, again))


def test_the_air_leaves_its_limits_on_one_day(rows: Rows) -> None:
    hot: dict[str, set[date]] = {}
    for (venue, _), told in rows.items():
        for row in told:
            if isinstance(row, Measure) and row.quantity == "humidity_percent":
                keeps = VENUES[venue].kind in {"state_museum", "state_art_museum"}
                if keeps and row.mean > 62:
                    hot.setdefault(venue, set()).add(local_day(VENUES[venue], row.bucket_at * 1000))
    (expected,) = [day for i, day in STORY.dated if i.what == "climate"]
    assert hot == {"art-museum": {expected}}


def test_an_evening_goes_over_capacity_and_this_one_comes_near() -> None:
    venue = VENUES["cultural-centre"]
    lines = {line.line: line for line in venue.lines}
    peaks = []
    for day in [d for i, d in STORY.dated if i.what == "event" and d is not None]:
        inside = most = 0
        for passing in _passings(venue.id, day):
            line = lines[passing.line]
            if line.touches_outside:
                inside += 1 if passing.is_in == (line.to_zone != OUTSIDE) else -1
            most = max(most, inside)
        peaks.append(most / (venue.capacity or 1))
    assert 1.0 < peaks[0] < 1.3
    assert 0.85 < peaks[1] <= 1.0


def test_a_room_is_hardly_visited_though_it_opens() -> None:
    room, other = VENUES["dengta-room"], VENUES["dayu-room"]
    visits = {
        venue.id: sum(len(_passings(venue.id, day)) / 2 for day in _days(venue))
        for venue in (room, other)
    }
    assert 0 < visits["dengta-room"] < 0.2 * visits["dayu-room"]


@pytest.mark.parametrize(
    ("room", "is_told"),
    # Of the whole district these rooms have the fewest visits for their hours.
    [("dengta-room", True), ("xiangyang-room", False), ("maoqiao-room", False)],
)
def test_of_the_rooms_only_the_one_that_is_hardly_visited_is_told_of(
    rows: dict[tuple[str, str], list[Row]], room: str, is_told: bool
) -> None:
    venue, store = VENUES[room], FakeStore()
    clock = LocalTime(ZoneInfo(venue.timezone))
    for (of, node), told in rows.items():
        if of == room:
            stored = Stored(NodeId(of, node), "5a" * 8, tuple(told), BEGAN_MS)
            store.commit(Group(stored=[stored]))
    week = tuple(tuple((opens * 60, closes * 60) for opens, closes in day) for day in venue.hours)
    schedule = Schedule(clock, read_calendar(), (Timetable("district", week),))
    limit = Rules().least_use(room)
    assert limit is not None
    use = read_use(store, venue, schedule, BEGAN_MS // 1000, limit.days)
    assert use.is_known
    condition = of_use(room, use, limit)
    assert (condition is not None and condition.amount == 1) == is_told


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 9, 20), "work"),  # a Sunday that makes up for a day of the break
        (date(2026, 9, 25), "statutory"),
        (date(2026, 10, 3), "statutory"),
        (date(2026, 10, 5), "break"),
        (date(2026, 10, 10), "work"),
        (date(2026, 10, 11), "rest"),
        (date(2026, 11, 25), "work"),
    ],
)
def test_the_calendar_is_the_notice(day: date, kind: str) -> None:
    assert read_almanac().kind(day) == kind


@pytest.mark.parametrize(
    ("venue", "day", "hours"),
    [
        ("district-library", date(2026, 10, 1), ((540, 1020),)),
        ("district-library", date(2026, 10, 4), ((510, 1200),)),
        ("museum", date(2026, 2, 16), ((540, 990),)),  # a Monday, and a holiday
        ("museum", date(2026, 7, 7), ((540, 1050),)),
        ("museum", date(2026, 7, 6), ()),  # a vacation opens no Monday
        ("dayu-room", date(2026, 10, 1), ()),
        ("book-room-nanxiang", date(2026, 10, 1), ((0, 1440),)),
    ],
)
def test_hours_of_special_days(venue: str, day: date, hours: tuple[tuple[int, int], ...]) -> None:
    assert read_almanac().announced(VENUES[venue], day) == hours


@pytest.mark.parametrize(
    ("after", "until", "expected"),
    [
        (0, 10, [(0, 10, None)]),
        (0, 25, [(0, 20, "dark")]),
        (0, 40, [(0, 20, "dark"), (30, 40, None)]),
        (20, 25, [(20, 20, "dark")]),
        (22, 25, []),
        (22, 30, [(30, 30, None)]),
        (30, 40, [(30, 40, None)]),
        (35, 40, [(35, 40, None)]),
    ],
)
def test_pieces_leave_the_gaps_out(
    after: int, until: int, expected: list[tuple[int, int, str | None]]
) -> None:
    assert list(pieces((Gap(20, 30, "dark"),), after, until)) == expected


def test_the_document_names_every_incident() -> None:
    text = (DISTRICT.parents[1] / "docs/district.md").read_text("utf-8")
    table = read_table()
    for incident in table.incident:
        row = next(line for line in text.splitlines() if incident.text_en in line)
        assert f"`{incident.venue}`" in row
        assert f"`{incident.what}`" in row
        assert row.endswith(f"| {incident.evidence} |")
    named = {i.venue for i in table.incident} | {d.venue for d in table.declared}
    assert named <= set(VENUES)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"what": "late_opening"}, "late_opening needs days_ago, minutes"),
        ({"what": "camera_blind", "line": "main"}, "needs days_ago, begin, end"),
        ({"what": "lock_lost", "days_ago": 1, "begin": "10:01", "end": "11:00"}, "five-minute"),
    ],
)
def test_an_incident_that_says_too_little_is_refused(
    change: dict[str, object], sentence: str
) -> None:
    plain = {"venue": "museum", "evidence": "kept", "text_zh": "", "text_en": ""}
    with pytest.raises(ValueError, match=sentence):
        Incident.model_validate(plain | change)


def test_a_past_ends_where_the_present_begins() -> None:
    assert len(PASTS) == sum(len(venue.nodes) for venue in VENUES.values())
    museum = PASTS["museum", "sim"]
    assert museum.until_ms == at_ms(VENUES["museum"], date(2026, 11, 24), 0)
    assert museum.first_ms == past_from(STORY, VENUES["museum"], DAYS)
    assert PASTS["book-room-zhouqiao", "door-pi"].until_ms == BEGAN_MS
    assert pasts_of(STORY, 1)[0].node.node == "door-pi"
    assert pasts_of(STORY, 0)[0].node.node == "door-pi"


@pytest.mark.parametrize(
    "node", ["nanxiang-library/sim", "malu-centre/sim", "juyuan-library/sim", "museum/sim"]
)
def test_told_bit_by_bit_it_is_the_same(node: str) -> None:
    """However often a node looks: gaps, stuck contacts and openings come out the same."""
    venue_id, name = node.split("/")
    venue = VENUES[venue_id]
    evidence = Evidence(STORY, venue, name, lambda day: _passings(venue_id, day))
    day = next(
        (at for i, at in STORY.dated if i.venue == venue_id and i.what in _SEEN_IN_THE_DAY and at),
        local_day(venue, BEGAN_MS),
    )
    begin, end = at_ms(venue, day, 0), at_ms(venue, day, 1440)
    rng = random.Random(node)
    looks = sorted(rng.randrange(begin, end) for _ in range(200))
    found = []
    for instants in ([end], [*looks, end]):
        told = dict.fromkeys(evidence.sources, begin)
        buckets = Buckets("e" * 12)
        latest: dict[object, Row] = {}
        for instant in instants:
            evidence.tell(buckets, told, instant)
            drafts = buckets.drafts(instant, everything=True)
            buckets.confirm(drafts, instant)
            latest |= {draft.key: draft.row for draft in drafts}
        found.append(latest)
    assert found[0] == found[1]
    assert found[0]


@pytest.mark.parametrize("days_later", range(0, 400, 23))
def test_whenever_it_is_begun_nobody_passes_a_locked_door(days_later: int) -> None:
    """Incidents fall on other days then, on holidays too."""
    hour_ms = 3_600_000
    story = Story(VENUES.values(), BEGAN_MS + days_later * 24 * hour_ms + days_later % 24 * hour_ms)
    for incident, day in story.dated:
        venue = VENUES[incident.venue]
        if day is None:
            continue
        assert story.almanac.announced(venue, day)
        openings = story.kept(venue, day)
        passings = day_of(venue, day, story)
        assert bool(openings) == (incident.what != "closed")
        for passing in passings:
            assert any(o.unlocked <= passing.at_ms <= o.locked for o in openings), incident
        inside = 0
        lines = {line.line: line for line in venue.lines}
        for passing in passings:
            if lines[passing.line].touches_outside:
                inward = passing.is_in == (lines[passing.line].to_zone != OUTSIDE)
                inside += 1 if inward else -1
            assert inside >= 0
        assert inside == 0
