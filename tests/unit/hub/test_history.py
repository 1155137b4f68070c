"""The pure parts of a venue's past: days and hours, habits, courses, decimation, tables."""

import csv
import io
import itertools
import math
import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.api.export import csv_lines
from hub.history import RANGES, Period, RangeName, period
from hub.history.calendar import EARLIEST, LATEST, hours, midnight, segments
from hub.history.climate import climate_pieces
from hub.history.course import course
from hub.history.decimation import Column, Piece, column_edges, decimate
from hub.history.footfall import Slot, Watching, grouped, hour_slots, total
from hub.history.heat import week_map
from hub.history.tables import Field, Table, merged, percent
from hub.history.typical import quantile, typical_day
from hub.history.unwatched import decisive, spans_of, unwatched, up_to_now
from hub.history.watching import common, quality, watched_seconds
from hub.occupancy import Ledger, Sessions
from hub.spreadsheet import harmless
from hub.store.port import Bucket, Interval

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
KOLKATA, LORD_HOWE = ZoneInfo("Asia/Kolkata"), ZoneInfo("Australia/Lord_Howe")
ZONES = (SHANGHAI, BERLIN, KOLKATA, LORD_HOWE, ZoneInfo("Asia/Kathmandu"))
DAY = date(2026, 11, 25)
HOUR = 3600
BOM = "\ufeff"
dates = st.dates(date(2001, 1, 1), date(2090, 1, 1))


@pytest.mark.parametrize(
    ("name", "to", "first"),
    [
        ("day", date(2026, 11, 25), date(2026, 11, 25)),
        ("week", date(2026, 11, 25), date(2026, 11, 19)),
        ("month", date(2026, 11, 25), date(2026, 10, 26)),
        # The last day of a calendar month or year gives exactly that month or year.
        ("month", date(2026, 11, 30), date(2026, 11, 1)),
        ("month", date(2026, 2, 28), date(2026, 2, 1)),
        ("month", date(2024, 3, 30), date(2024, 3, 1)),
        ("year", date(2026, 12, 31), date(2026, 1, 1)),
        ("year", date(2026, 11, 25), date(2025, 11, 26)),
        ("year", date(2024, 2, 29), date(2023, 3, 1)),
    ],
)
def test_a_range_ends_with_its_day(name: RangeName, to: date, first: date) -> None:
    assert period(name, to) == Period(name, first, to)


@given(st.sampled_from(RANGES), dates)
def test_ranges_follow_on_each_other(name: RangeName, to: date) -> None:
    now = period(name, to)
    before = now.before()
    assert before is not None
    assert before.last + timedelta(days=1) == now.first
    after = before.after(LATEST)
    assert after is not None
    assert after.last >= before.last
    assert now.after(now.last) is None


def test_the_calendar_has_ends() -> None:
    assert period("year", date(1, 1, 1)).first == EARLIEST
    assert period("day", EARLIEST).before() is None
    assert period("day", date(9999, 12, 31)).last == LATEST


@given(st.sampled_from(ZONES), dates, st.integers(0, 400))
def test_hours_are_local_hours(zone: ZoneInfo, first: date, days: int) -> None:
    last = first + timedelta(days=days)
    found = hours(segments(zone, first, last))
    assert found[0][0] == midnight(zone, first)
    assert found[-1][1] == midnight(zone, last + timedelta(days=1))
    for (_, until), (at, _) in itertools.pairwise(found):
        assert until == at
    assert all(0 < until - at <= HOUR for at, until in found)


@pytest.mark.parametrize(
    ("zone", "day", "count", "shift"),
    [
        (SHANGHAI, date(2026, 3, 29), 24, 0),
        (BERLIN, date(2026, 3, 29), 23, 0),
        (BERLIN, date(2026, 10, 25), 25, 0),
        (KOLKATA, date(2026, 3, 29), 24, 1800),
        # Clocks go half an hour back: the last hour of that day is a short one.
        (LORD_HOWE, date(2026, 4, 5), 25, 0),
    ],
)
def test_days_when_clocks_change(zone: ZoneInfo, day: date, count: int, shift: int) -> None:
    parts = segments(zone, day, day)
    assert len(hours(parts)) == count
    assert parts[0].shift_s == shift


@pytest.mark.parametrize(
    ("watched", "elapsed", "counted", "expected"),
    [
        (3600, 3600, False, "known"),
        (3500, 3600, False, "known"),
        (1800, 3600, False, "partial"),
        (0, 3600, False, "unknown"),
        # Somebody did count: the number is the least that it can be.
        (0, 3600, True, "partial"),
        (0, 0, False, "future"),
    ],
)
def test_quality(watched: float, elapsed: float, counted: bool, expected: str) -> None:
    assert quality(watched, elapsed, counted=counted) == expected


spans_in_order = st.lists(st.integers(0, 500), max_size=20, unique=True).map(
    lambda edges: list(zip(sorted(edges)[::2], sorted(edges)[1::2], strict=False))
)


@given(spans_in_order, spans_in_order, st.integers(0, 500))
def test_watched_seconds_are_the_common_ones(
    watched: list[tuple[int, int]], stretches: list[tuple[int, int]], now: int
) -> None:
    found = watched_seconds([(s * 1000, u * 1000) for s, u in watched], stretches, now)
    for (at, until), seconds in zip(stretches, found, strict=True):
        expected = [s for s in range(at, min(until, now)) if any(a <= s < b for a, b in watched)]
        assert seconds == len(expected)
        parts = common(watched, at, min(until, now))
        assert sum(end - start for start, end in parts) == len(expected)


def slots_of(
    zone: ZoneInfo,
    first: date,
    last: date,
    counts: dict[int, tuple[int, int]],
    dark: tuple[tuple[int, int], ...] = (),
    now_s: int = 2**40,
) -> list[Slot]:
    stretches = hours(segments(zone, first, last))
    start, end = stretches[0][0], stretches[-1][1]
    edges = [start, *(edge for span in sorted(dark) for edge in span), end]
    spans = [(a * 1000, b * 1000) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]
    watched = watched_seconds(spans, stretches, now_s)
    nothing = [0.0] * len(stretches)
    return hour_slots(zone, stretches, counts, Watching(watched, nothing, nothing), now_s)


def test_an_hour_that_nobody_watched_is_not_zero() -> None:
    at = midnight(SHANGHAI, DAY)
    slots = slots_of(SHANGHAI, DAY, DAY, {at: (4, 1)}, ((at + HOUR, at + 2 * HOUR),), at + 3 * HOUR)
    assert [(s.entered, s.quality) for s in slots[:4]] == [
        (4, "known"),
        (None, "unknown"),
        (0, "known"),
        (None, "future"),
    ]
    assert total(slots) == (4, True)


@given(st.integers(0, 2**32))
def test_days_and_weeks_hold_what_their_hours_hold(seed: int) -> None:
    rng = random.Random(seed)
    first = DAY - timedelta(days=rng.randrange(40))
    start = midnight(BERLIN, first)
    counts = {start + i * HOUR: (rng.randrange(9), rng.randrange(9)) for i in range(400)}
    dark = start + rng.randrange(300) * HOUR
    slots = slots_of(BERLIN, first, DAY, counts, ((dark, dark + rng.randrange(1, 90) * HOUR),))
    for step in ("hour", "day", "week"):
        together = grouped(slots, step)
        assert sum(s.entered or 0 for s in together) == sum(s.entered or 0 for s in slots)
        assert sum(s.watched_s for s in together) == sum(s.watched_s for s in slots)
        assert together[0].at_s == slots[0].at_s
        assert together[-1].until_s == slots[-1].until_s


def test_a_house_that_is_dark_at_night_is_known() -> None:
    at = midnight(SHANGHAI, DAY)
    stretches = hours(segments(SHANGHAI, DAY, DAY))
    day = [float(HOUR) if 8 <= i < 20 else 0.0 for i in range(24)]
    slots = hour_slots(SHANGHAI, stretches, {at + 9 * HOUR: (5, 0)}, Watching(day, day, day), 2**40)
    [whole] = grouped(slots, "day")
    assert (whole.entered, whole.quality, whole.share) == (5, "known", 1.0)


@given(st.lists(st.integers(0, 500), min_size=1, max_size=60), st.floats(0, 1))
def test_a_quantile_lies_inside(values: list[int], share: float) -> None:
    ordered = sorted(values)
    found = quantile(ordered, share)
    assert ordered[0] <= found <= ordered[-1]
    below = sum(value <= found + 1e-9 for value in ordered)
    assert below >= math.floor(share * (len(ordered) - 1)) + 1


def test_a_habit_ignores_hours_that_nobody_watched() -> None:
    ten = [midnight(SHANGHAI, DAY - timedelta(days=7 * i)) + 10 * HOUR for i in range(9)]
    counts = {at: (100 + i, 0) for i, at in enumerate(ten)}
    dark = (ten[8], ten[8] + HOUR), (ten[3] + 60, ten[3] + HOUR)
    slots = slots_of(SHANGHAI, DAY - timedelta(days=56), DAY, counts, dark)
    habit = typical_day(SHANGHAI, DAY, slots)
    # Of eight Wednesdays before this one two were dark at ten: six remain, today is not among them.
    assert (habit.hours[10].samples, habit.left_out) == (6, 2)
    assert habit.hours[10].median == quantile([101, 102, 104, 105, 106, 107], 0.5)
    assert habit.hours[11].median == 0
    assert len(habit.days) == 8


@given(st.lists(st.integers(0, 90), min_size=8, max_size=8), st.sets(st.integers(1, 8)))
def test_unwatched_hours_never_move_a_habit(values: list[int], dark: set[int]) -> None:
    ten = {i: midnight(SHANGHAI, DAY - timedelta(days=7 * i)) + 10 * HOUR for i in range(1, 9)}
    spans = sorted((ten[i], ten[i] + HOUR) for i in dark)
    lit = {ten[i]: (values[i - 1], 0) for i in ten if i not in dark}
    first = DAY - timedelta(days=56)
    found = typical_day(SHANGHAI, DAY, slots_of(SHANGHAI, first, DAY, lit, tuple(spans)))
    told = sorted(value for value, _ in lit.values())
    hour = found.hours[10]
    assert hour.samples == len(told)
    if len(told) < 3:
        assert hour.median is None
    else:
        assert (hour.low, hour.median) == (quantile(told, 0.1), quantile(told, 0.5))


def test_a_week_map_on_days_when_clocks_change() -> None:
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    start = midnight(BERLIN, spring)
    slots = slots_of(BERLIN, spring, spring, {start + i * HOUR: (1, 0) for i in range(23)})
    row = week_map(BERLIN, slots)[6]
    # Two o'clock does not exist; it is absent, neither zero nor unknown.
    assert [cell.entered for cell in row[1:4]] == [1, None, 1]
    assert row[2].quality == "future"
    start = midnight(BERLIN, autumn)
    slots = slots_of(BERLIN, autumn, autumn, {start + i * HOUR: (1, 0) for i in range(25)})
    assert [cell.entered for cell in week_map(BERLIN, slots)[6][1:4]] == [1, 2, 1]


def test_a_week_map_takes_the_mean_of_whole_hours() -> None:
    first = DAY - timedelta(days=13)
    ten = midnight(SHANGHAI, DAY) + 10 * HOUR
    slots = slots_of(
        SHANGHAI,
        first,
        DAY,
        {ten: (30, 0), ten - 7 * 86_400: (5, 0)},
        ((ten - 7 * 86_400, ten - 7 * 86_400 + 600),),
    )
    cell = week_map(SHANGHAI, slots)[2][10]
    assert (cell.entered, cell.hours, cell.left_out, cell.quality) == (30, 1, 1, "known")


pieces_in_order = st.lists(
    st.tuples(st.integers(1, 90), st.one_of(st.none(), st.integers(0, 400))), max_size=60
)


def as_pieces(lengths: list[tuple[int, int | None]]) -> list[Piece]:
    at, result = 0, []
    for length, value in lengths:
        result.append(Piece(at, at + length, value, value, value))
        at += length
    return result


@given(pieces_in_order, st.integers(1, 50))
def test_decimation_loses_neither_peak_nor_gap(
    lengths: list[tuple[int, int | None]], columns: int
) -> None:
    pieces = as_pieces(lengths)
    end = pieces[-1].until_s if pieces else 1
    edges = column_edges(0, end, columns)
    found = decimate(pieces, edges)
    assert len(found) <= columns
    values = [piece.mean for piece in pieces if piece.mean is not None]
    assert max((c.most for c in found if c.most is not None), default=None) == max(
        values, default=None
    )
    assert min((c.least for c in found if c.least is not None), default=None) == min(
        values, default=None
    )
    dark = sum(p.until_s - p.at_s for p in pieces if p.mean is None)
    assert sum(c.unknown_s for c in found) == dark
    for piece in pieces:
        if piece.mean is None:
            touched = [c for c in found if c.at_s < piece.until_s and piece.at_s < c.until_s]
            assert all(c.unknown_s > 0 for c in touched)
    area = sum(p.mean * (p.until_s - p.at_s) for p in pieces if p.mean is not None)
    told = sum(c.mean * (c.until_s - c.at_s - c.unknown_s) for c in found if c.mean is not None)
    assert told == pytest.approx(area)


@given(pieces_in_order, st.integers(1, 20))
def test_a_shorter_table_loses_neither_peak_nor_gap(
    lengths: list[tuple[int, int | None]], most: int
) -> None:
    pieces = as_pieces(lengths)
    end = pieces[-1].until_s if pieces else 1
    columns = decimate(pieces, column_edges(0, end, 50))
    short = merged(columns, most)
    assert len(short) <= max(most, 1)
    peaks = [[c.most for c in table if c.most is not None] for table in (columns, short)]
    assert max(peaks[0], default=None) == max(peaks[1], default=None)
    assert sum(c.unknown_s for c in short) == sum(c.unknown_s for c in columns)


OPEN = Sessions(SHANGHAI, (((8 * 60, 20 * 60),),) * 7)


def a_course(
    rows: list[tuple[int, int, int]], watched: list[tuple[int, int]], start: int, end: int
) -> tuple[Piece, ...]:
    ledger = Ledger(OPEN, start - 86_400)
    spans = [(a * 1000, b * 1000) for a, b in watched]
    ledger.watch(spans)
    ledger.put_all(rows)
    return course(ledger, spans, start, end)


def test_a_course_goes_back_to_zero_in_the_evening() -> None:
    start = midnight(SHANGHAI, DAY)
    nine = start + 9 * HOUR
    found = a_course(
        [(nine, 7, 0), (nine + 120, 0, 2)], [(start - HOUR, start + 86_400)], start, start + 86_400
    )
    zero = start + 20 * HOUR + 1800
    assert [(p.at_s, p.until_s, p.most) for p in found if p.most] == [
        (nine, nine + 120, 7),
        (nine + 120, zero, 5),
    ]
    assert found[-1].most == 0
    assert found[-1].until_s == start + 86_400


def test_a_course_is_not_known_where_nobody_watched_and_may_be_off_after_it() -> None:
    start = midnight(SHANGHAI, DAY)
    nine, noon = start + 9 * HOUR, start + 12 * HOUR
    watched = [(start - 86_400, noon), (noon + HOUR, start + 86_400)]
    found = a_course([(start - HOUR, 0, 1), (nine, 7, 0)], watched, start, start + 18 * HOUR)
    assert [(p.most, p.is_sure) for p in found if p.at_s >= nine] == [
        (7, True),
        (None, True),
        (7, False),
    ]
    assert [p for p in found if p.most is None] == [Piece(noon, noon + HOUR, None, None, None)]


@given(st.integers(0, 2**32))
def test_a_course_has_no_holes_and_agrees_with_the_ledger(seed: int) -> None:
    rng = random.Random(seed)
    start = midnight(SHANGHAI, DAY)
    minutes = sorted(rng.sample(range(-1440, 2880), rng.randrange(60)))
    rows = [(start + m * 60, rng.randrange(5), rng.randrange(5)) for m in minutes]
    dark = start + rng.randrange(86_400)
    watched = [(start - 86_400, dark), (dark + rng.randrange(1, HOUR), start + 3 * 86_400)]
    end = start + rng.randrange(1, 2 * 86_400)
    found = a_course(rows, watched, start, end)
    assert (found[0].at_s, found[-1].until_s) == (start, end)
    assert all(a.until_s == b.at_s for a, b in itertools.pairwise(found))
    ledger = Ledger(OPEN, start - 86_400)
    ledger.watch([(a * 1000, b * 1000) for a, b in watched])
    ledger.put_all(rows)
    after = [standing.occupancy for standing in ledger.steps(start, end)]
    told = [p.most for p in found if p.most is not None]
    if dark >= end or not after:
        assert max(told, default=0) >= max(after, default=0)


def test_climate_of_stretches() -> None:
    found = climate_pieces(
        [Bucket(0, (2, 40, 18, 22)), Bucket(3600, (2, 44, 21, 23)), Bucket(10_800, (1, 9, 9, 9))],
        [(0, 7200), (7200, 10_800), (10_800, 14_400)],
        11_000,
    )
    assert found == (
        Piece(0, 7200, 18, 21, 23),
        Piece(7200, 10_800, None, None, None),
        Piece(10_800, 11_000, 9, 9, 9),
    )


def test_why_nobody_watched() -> None:
    minute = 60_000
    failed = Interval(0, 10 * minute, ended="source_failed")
    lines: dict[str, list[Interval]] = {
        "pi/front": [failed, Interval(20 * minute, 30 * minute)],
        "pi/side": [failed, Interval(20 * minute, 40 * minute)],
        "pi/yard": [],
    }
    found = unwatched({n: (spans_of(i), i) for n, i in lines.items()}, 0, 40 * minute)
    assert [(u.since_ms // minute, u.until_ms // minute, u.reason, u.lines) for u in found] == [
        (0, 40, "never", ("pi/yard",)),
        (10, 20, "source_failed", ("pi/front", "pi/side")),
        (30, 40, "silent", ("pi/front",)),
    ]


@pytest.mark.parametrize(
    ("until", "ended", "reaches"),
    [(80, None, 100), (40, None, 40), (80, "stopped", 80), (100, None, 100)],
)
def test_coverage_that_is_about_to_grow_reaches_to_now(
    until: int, ended: str | None, reaches: int
) -> None:
    assert up_to_now([(0, until)], [Interval(0, until, ended=ended)], 100, 50) == [(0, reaches)]


def test_only_clocks_that_were_set_decide_and_nobody_watches_the_future() -> None:
    good = Interval(0, 10)
    rows = [good, Interval(20, 30, clock="unset"), Interval(40, 999)]
    assert decisive(rows, 100) == [good]


def test_not_all_is_never_all() -> None:
    assert [percent(share) for share in (None, 0, 0.5, 0.9999, 1)] == [None, 0, 50, 99.9, 100]


@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8"), max_size=12), min_size=3, max_size=3),
        max_size=5,
    )
)
def test_csv_is_read_back_and_holds_no_formula(rows: list[list[str]]) -> None:
    table = Table("t", tuple(Field(n, "code") for n in "abc"), tuple(tuple(row) for row in rows))
    text = b"".join(csv_lines(table.told(SHANGHAI))).decode()
    read = list(csv.reader(io.StringIO(text.removeprefix(BOM), newline="")))
    assert read[0] == ["a", "b", "c"]
    for written, found in zip(rows, read[1:], strict=True):
        for before, after in zip(written, found, strict=True):
            assert after == harmless(before)
            assert after in {before, f"'{before}"}
            assert not after.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def test_csv_says_what_is_not_known_and_when() -> None:
    table = Table(
        "t",
        (Field("from", "instant", "ISO 8601"), Field("least", "number", "°C"), Field("q", "code")),
        ((midnight(SHANGHAI, DAY), -3.5, "known"), (midnight(SHANGHAI, DAY), None, '=1+"x"')),
    )
    assert b"".join(csv_lines(table.told(SHANGHAI))).decode() == (
        "\ufefffrom (ISO 8601),least (°C),q\r\n"
        "2026-11-25T00:00:00.000+08:00,-3.5,known\r\n"
        '2026-11-25T00:00:00.000+08:00,,"\'=1+""x"""\r\n'
    )


def test_columns_of_a_chart_are_known_by_their_gaps() -> None:
    assert datetime.fromtimestamp(0, UTC).year == 1970
    assert decimate([Piece(0, 5, 1, 1, 1), Piece(5, 9, None, None, None)], [0, 10]) == [
        Column(0, 10, 1, 1, 1, 4)
    ]
