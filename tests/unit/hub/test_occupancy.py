from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.occupancy import Ledger, Sessions, Tolerances, judge
from hub.occupancy.spans import (
    Span,
    extended,
    first_difference,
    first_stretch,
    holes,
    intersection,
    joined,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = 86_400
MIDNIGHT = 1_774_972_800  # 2026-04-01 00:00 in Shanghai, a Wednesday
WATCHED: list[Span] = [((MIDNIGHT - 9 * DAY) * 1000, (MIDNIGHT + 9 * DAY) * 1000)]
ROUND_THE_CLOCK = Sessions(SHANGHAI, (((0, 1440),),) * 7)
LIBRARY = Sessions(SHANGHAI, (((780, 1200),), *(((510, 1200),),) * 6))

minutes = st.integers(0, 600).map(lambda i: MIDNIGHT + i * 60)
spans_lists = st.lists(
    st.tuples(st.integers(0, 50), st.integers(1, 10)).map(lambda s: (s[0], s[0] + s[1])), max_size=8
).map(joined)
tallies = st.tuples(st.integers(0, 9), st.integers(0, 9))


def at(clock: str, day: int = 0) -> int:
    hours, minute = clock.split(":")
    return MIDNIGHT + day * DAY + int(hours) * 3600 + int(minute) * 60


def a_ledger(sessions: Sessions = ROUND_THE_CLOCK, watched: list[Span] = WATCHED) -> Ledger:
    ledger = Ledger(sessions)
    ledger.watch(watched)
    return ledger


def test_occupancy_is_entries_minus_exits() -> None:
    ledger = a_ledger()
    ledger.put(at("09:00"), 5, 0)
    ledger.put(at("09:01"), 2, 3)
    assert ledger.standing(at("09:02")).occupancy == 4
    assert ledger.standing(at("09:01")).occupancy == 5
    assert ledger.entered(at("09:00"), at("09:02")) == 7


def test_sum_reflects_at_zero() -> None:
    ledger = a_ledger()
    ledger.put(at("09:00"), 1, 4)
    ledger.put(at("09:01"), 2, 0)
    assert ledger.standing(at("10:00")).occupancy == 2


@given(st.dictionaries(minutes, tallies, max_size=40))
def test_never_negative_and_exact_while_never_below_zero(
    counts: dict[int, tuple[int, int]],
) -> None:
    # Only the evening before is due: the first ten hours of the day hold no other zero but 04:00.
    sessions = Sessions(SHANGHAI, (((0, 1440),),) * 7, quiet_at=23 * 60)
    ledger = a_ledger(sessions)
    running, lowest = 0, 0
    for minute, (entered, left) in sorted(counts.items()):
        ledger.put(minute, entered, left)
        running += entered - left
        lowest = min(lowest, running)
        assert ledger.standing(minute + 60).occupancy >= 0
    # Reflection adds exactly what the plain sum would have gone below zero.
    assert ledger.standing(at("11:00")).occupancy == running - lowest


@given(st.lists(st.tuples(minutes, tallies), max_size=60), st.randoms())
def test_any_order_of_arrival_equals_summing_from_scratch(
    arrivals: list[tuple[int, tuple[int, int]]], random: object
) -> None:
    late = a_ledger()
    for i, (minute, (entered, left)) in enumerate(arrivals):
        late.put(minute, entered, left)
        if i % 3 == 0:
            late.standing(at("12:00"))
    scratch = a_ledger()
    for minute, (entered, left) in sorted(dict(arrivals).items()):
        scratch.put(minute, entered, left)
    for clock in ("03:59", "04:00", "05:00", "12:00"):
        assert late.standing(at(clock)) == scratch.standing(at(clock))


@given(
    st.dictionaries(st.integers(-3000, 3000).map(lambda i: MIDNIGHT + i * 60), tallies),
    st.lists(st.tuples(st.integers(-3000, 3000), st.integers(1, 900)), max_size=5),
    st.sampled_from([ROUND_THE_CLOCK, LIBRARY]),
)
def test_shortcuts_say_the_same_as_asking_at_every_minute(
    counts: dict[int, tuple[int, int]], stretches: list[tuple[int, int]], sessions: Sessions
) -> None:
    watched = joined(
        [((MIDNIGHT + s * 60) * 1000, (MIDNIGHT + (s + n) * 60) * 1000) for s, n in stretches]
    )
    ledger = Ledger(sessions)
    ledger.put_all([(minute, *tally) for minute, tally in sorted(counts.items())])
    ledger.standing(at("12:00", 4))
    # Coverage that becomes known later is taken up where it makes a difference.
    ledger.watch(watched)
    occupancy, zero, crossed = 0, None, None
    for minute, (entered, left) in sorted(counts.items()):
        if entered or left:
            found = sessions.zero_between(crossed, minute, zero, watched)
            occupancy, zero = (0, found) if found is not None else (occupancy, zero)
            occupancy, crossed = max(0, occupancy + entered - left), minute + 60
    last = max(counts, default=MIDNIGHT) + 60
    standing = ledger.standing(last)
    if crossed == last:
        assert (standing.occupancy, standing.zero_s) == (occupancy, zero)


@given(spans_lists, spans_lists)
def test_first_difference(a: list[Span], b: list[Span]) -> None:
    def covers(spans: list[Span], t: int) -> bool:
        return any(s <= t < u for s, u in spans)

    expected = next((t for t in range(70) if covers(a, t) != covers(b, t)), None)
    assert first_difference(a, b) == expected


@given(st.dictionaries(minutes, tallies, max_size=40), minutes)
def test_trimming_changes_nothing_after_it(counts: dict[int, tuple[int, int]], cut: int) -> None:
    whole, trimmed = a_ledger(), a_ledger()
    for minute, (entered, left) in counts.items():
        whole.put(minute, entered, left)
        trimmed.put(minute, entered, left)
    trimmed.trim(cut)
    assert whole.standing(at("12:00")) == trimmed.standing(at("12:00"))
    assert len(trimmed) == sum(
        minute >= cut and tally != (0, 0) for minute, tally in counts.items()
    )


def test_newest_minute_costs_the_same_after_a_year() -> None:
    ledger = a_ledger()
    for i in range(100_000):
        ledger.put(MIDNIGHT + i * 60, 1, 1)
    ledger.standing(MIDNIGHT + 10**8)
    steps = 0

    class Counting(Sessions):
        def zero_between(self, *args: object) -> int | None:
            nonlocal steps
            steps += 1
            return None

    ledger._sessions = Counting(SHANGHAI, ROUND_THE_CLOCK.hours)
    ledger.put(MIDNIGHT + 99_999 * 60, 2, 1)
    ledger.standing(MIDNIGHT + 10**8)
    assert steps <= 2


def test_a_minute_taken_back_is_gone() -> None:
    ledger = a_ledger()
    ledger.put(at("09:00"), 5, 0)
    ledger.put(at("09:00"), 0, 0)
    assert len(ledger) == 0
    assert ledger.standing(at("10:00")).occupancy == 0


class TestZero:
    def test_round_the_clock_room_is_empty_at_four_when_quiet(self) -> None:
        ledger = a_ledger()
        ledger.put(at("22:00", -1), 7, 0)
        assert ledger.standing(at("03:59")).occupancy == 7
        standing = ledger.standing(at("04:00"))
        assert (standing.occupancy, standing.zero_s) == (0, at("04:00"))

    def test_exactly_half_an_hour_is_quiet_enough(self) -> None:
        ledger = a_ledger()
        ledger.put(at("03:29"), 5, 0)
        ledger.put(at("04:00"), 1, 0)
        standing = ledger.standing(at("04:01"))
        assert (standing.occupancy, standing.zero_s) == (1, at("04:00"))

    def test_who_comes_just_before_the_opening_belongs_to_the_session_before(self) -> None:
        ledger = a_ledger(LIBRARY, watched=[])
        ledger.put(at("08:29"), 3, 0)
        standing = ledger.standing(at("08:31"))
        assert (standing.occupancy, standing.zero_s) == (0, at("08:30"))

    @pytest.mark.parametrize("days", [0, 1, 2])
    def test_a_zero_of_days_ago_is_found(self, days: int) -> None:
        # Since then somebody crossed, or nobody watched, at every later 04:00.
        zero = at("04:00", -days)
        watched = [((zero - 7200) * 1000, zero * 1000)]
        found = ROUND_THE_CLOCK.zero_between(None, at("05:00"), None, watched)
        assert found == zero

    def test_before_four_the_zero_is_yesterdays(self) -> None:
        assert ROUND_THE_CLOCK.zero_between(None, at("03:59"), None, WATCHED) == at("04:00", -1)

    def test_quiet_is_awaited(self) -> None:
        ledger = a_ledger()
        ledger.put(at("22:00", -1), 7, 0)
        ledger.put(at("03:50"), 1, 0)
        assert ledger.standing(at("04:20")).occupancy == 8
        assert ledger.standing(at("04:21")).zero_s == at("04:21")

    def test_quiet_counts_only_where_someone_watched(self) -> None:
        hole = [
            (WATCHED[0][0], at("03:40") * 1000),
            (at("06:00") * 1000, WATCHED[0][1]),
        ]
        ledger = a_ledger(watched=hole)
        ledger.put(at("22:00", -1), 7, 0)
        assert ledger.standing(at("06:00")).occupancy == 7
        assert ledger.standing(at("06:30")).zero_s == at("06:30")

    def test_scheduled_venue_is_empty_after_its_session(self) -> None:
        ledger = a_ledger(LIBRARY)
        ledger.put(at("19:00"), 30, 0)
        ledger.put(at("20:05"), 0, 27)
        assert ledger.standing(at("20:30")).occupancy == 3
        standing = ledger.standing(at("20:36"))
        assert (standing.occupancy, standing.zero_s) == (0, at("20:36"))

    def test_scheduled_venue_begins_at_zero_even_unwatched(self) -> None:
        ledger = a_ledger(LIBRARY, watched=[])
        ledger.put(at("19:00"), 30, 0)
        assert ledger.standing(at("08:29", 1)).occupancy == 30
        assert ledger.standing(at("08:30", 1)).occupancy == 0

    def test_sessions_past_midnight(self) -> None:
        late = Sessions(SHANGHAI, (((18 * 60, 26 * 60),),) * 7)
        ledger = a_ledger(late)
        ledger.put(at("23:30", -1), 9, 0)
        assert ledger.standing(at("02:29")).occupancy == 9
        assert ledger.standing(at("02:30")).occupancy == 0

    def test_without_declared_hours_the_room_counts_as_always_open(self) -> None:
        room = Sessions(SHANGHAI, ((),) * 7)
        assert room.zero_between(None, at("05:00"), None, WATCHED) == at("04:00")
        assert room.declared(at("12:00")) is None


class TestDeclared:
    @pytest.mark.parametrize(
        ("clock", "day", "is_open", "until"),
        [
            ("12:00", 0, True, at("20:00")),
            ("20:00", 0, False, at("08:30", 1)),
            ("20:00", 4, False, at("13:00", 5)),  # the night before a Monday
            ("08:29", 0, False, at("08:30")),
        ],
    )
    def test_hours(self, clock: str, day: int, is_open: bool, until: int) -> None:
        declared = LIBRARY.declared(at(clock, day))
        assert declared is not None
        assert (declared.open, declared.until_s) == (is_open, until)

    def test_always(self) -> None:
        declared = ROUND_THE_CLOCK.declared(at("12:00"))
        assert declared is not None
        assert declared.always


class TestQuality:
    NOW = at("12:00") * 1000
    ZERO = at("04:00") * 1000

    def test_known_when_watched_since_zero(self) -> None:
        spans = [(self.ZERO - 1000, self.NOW - 60_000)]
        found = judge({"a": spans, "b": spans}, zero_ms=self.ZERO, now_ms=self.NOW)
        assert (found.quality, found.since_ms) == ("known", self.ZERO)

    def test_degraded_by_a_gap_since_zero(self) -> None:
        gap = at("09:00") * 1000
        spans = [(self.ZERO, gap), (gap + 5000, self.NOW)]
        found = judge({"a": spans}, zero_ms=self.ZERO, now_ms=self.NOW)
        assert (found.quality, found.since_ms) == ("degraded", gap)

    def test_a_line_whose_word_is_a_minute_older_is_no_gap(self) -> None:
        late = [(self.ZERO, self.NOW - 61_000)]
        found = judge(
            {"a": [(self.ZERO, self.NOW - 1000)], "b": late}, zero_ms=self.ZERO, now_ms=self.NOW
        )
        assert (found.quality, found.heard_ms) == ("known", self.NOW - 61_000)

    def test_degraded_since_the_first_of_several_gaps(self) -> None:
        near = [(self.ZERO, self.NOW - 9000), (self.NOW - 5000, self.NOW)]
        far = [(self.ZERO, self.NOW - 90_000), (self.NOW - 80_000, self.NOW)]
        found = judge({"a": near, "b": far}, zero_ms=self.ZERO, now_ms=self.NOW)
        assert (found.quality, found.since_ms) == ("degraded", self.NOW - 90_000)

    def test_a_gap_before_zero_is_forgiven(self) -> None:
        spans = [(0, self.ZERO - 9000), (self.ZERO - 5000, self.NOW)]
        assert judge({"a": spans}, zero_ms=self.ZERO, now_ms=self.NOW).quality == "known"

    def test_a_hole_nobody_can_pass_in_is_bridged(self) -> None:
        gap = at("09:00") * 1000
        spans = [(self.ZERO, gap), (gap + 1500, self.NOW)]
        assert judge({"a": spans}, zero_ms=self.ZERO, now_ms=self.NOW).quality == "known"

    def test_unknown_when_one_line_is_not_watched(self) -> None:
        until = self.NOW - 151_000
        found = judge(
            {"a": [(self.ZERO, self.NOW)], "b": [(self.ZERO, until)]},
            zero_ms=self.ZERO,
            now_ms=self.NOW,
        )
        assert found.quality == "unknown"
        assert (found.since_ms, found.missing) == (until, ("b",))

    def test_unknown_at_once_when_the_node_is_away(self) -> None:
        found = judge(
            {"a": [(self.ZERO, self.NOW)]},
            zero_ms=self.ZERO,
            now_ms=self.NOW,
            offline=frozenset({"a"}),
        )
        assert found.quality == "unknown"

    def test_unknown_when_never_watched_or_without_lines(self) -> None:
        assert judge({"a": []}, zero_ms=None, now_ms=self.NOW).quality == "unknown"
        assert judge({}, zero_ms=None, now_ms=self.NOW).quality == "unknown"

    def test_degraded_until_the_first_zero(self) -> None:
        spans = [(at("09:00") * 1000, self.NOW)]
        found = judge({"a": spans}, zero_ms=None, now_ms=self.NOW, tolerances=Tolerances())
        assert (found.quality, found.since_ms) == ("degraded", spans[0][0])


@given(spans_lists, spans_lists)
def test_intersection_holds_exactly_the_common_instants(a: list[Span], b: list[Span]) -> None:
    common = intersection([a, b])
    for t in range(70):
        both = any(s <= t < u for s, u in a) and any(s <= t < u for s, u in b)
        assert any(s <= t < u for s, u in common) == both


@given(spans_lists, st.integers(0, 60), st.integers(0, 60))
def test_holes_are_what_is_not_covered(spans: list[Span], since: int, until: int) -> None:
    found = holes(spans, since, until)
    for t in range(70):
        uncovered = since <= t < until and not any(s <= t < u for s, u in spans)
        assert any(s <= t < u for s, u in found) == uncovered


def test_first_stretch_needs_its_whole_length() -> None:
    assert first_stretch([(0, 10), (20, 60)], 5, 30, 100) == 50
    assert first_stretch([(0, 10), (20, 60)], 5, 30, 49) is None


def test_a_span_grows_from_within_or_from_its_end() -> None:
    assert extended([(0, 3), (5, 10)], 10, 20) == [(0, 3), (5, 20)]
    assert extended([(0, 3), (5, 10)], 5, 8) == [(0, 3), (5, 10)]
    assert extended([(0, 3), (5, 10)], 11, 20) is None
    assert extended([(0, 3), (5, 10)], 4, 20) is None
    assert extended([], 0, 1) is None


def test_spans_that_only_touch_have_nothing_in_common() -> None:
    assert intersection([[(0, 1)], [(1, 2)]]) == []
