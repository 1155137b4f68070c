from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.occupancy import Balance, HeadCount, Ledger
from hub.occupancy.residual import spread
from tests.unit.hub.test_occupancy import LIBRARY, ROUND_THE_CLOCK, WATCHED, a_ledger, at

steps_lists = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(any), min_size=1, max_size=40
)


def a_day(ledger: Ledger, *rows: tuple[str, int, int], day: int = 0) -> None:
    for clock, entered, left in rows:
        ledger.put(at(clock, day), entered, left)


def a_library_day(day: int = 0) -> Ledger:
    """Opened at zero, 50 in, 43 out: seven too many when the doors are locked."""
    ledger = a_ledger(LIBRARY)
    a_day(ledger, ("09:00", 30, 0), ("12:00", 20, 10), ("19:50", 0, 33), day=day)
    return ledger


def test_what_is_left_over_at_the_zero_is_the_residual() -> None:
    [balance] = a_library_day().balances(at("23:00"))
    assert balance == Balance(at("20:30", day=-1), at("20:30"), 0, 0, 50, 43)
    assert balance.residual == 7
    assert balance.is_excessive


def test_a_session_that_goes_on_has_no_residual_yet() -> None:
    [balance] = a_library_day().balances(at("19:00"))
    assert (balance.until_s, balance.residual, balance.is_excessive) == (None, None, False)


def test_entries_that_were_missed_are_a_negative_residual() -> None:
    ledger = a_ledger(LIBRARY)
    a_day(ledger, ("09:00", 10, 0), ("12:00", 0, 25), ("18:00", 3, 0), ("19:00", 0, 3))
    [balance] = ledger.balances(at("23:00"))
    # The live sum reflects at zero and would have told of nothing.
    assert ledger.standing(at("19:30")).occupancy == 0
    assert balance.residual == -15
    assert balance.is_excessive


@pytest.mark.parametrize(
    ("entered", "left", "is_excessive"),
    [(10, 7, False), (10, 6, True), (100, 95, False), (100, 94, True), (0, 3, False), (0, 4, True)],
)
def test_a_residual_is_excessive_above_five_per_cent_and_three(
    entered: int, left: int, is_excessive: bool
) -> None:
    assert Balance(0, 9, 0, 0, entered, left).is_excessive is is_excessive


def test_the_residual_is_spread_in_proportion_to_traffic() -> None:
    ledger = a_library_day()
    corrected = ledger.corrected(at("23:00"))
    # 93 crossings: 30 give back 30/93 of seven, 30 more as much, the last 33 the rest.
    assert corrected == pytest.approx(
        {at("09:00"): 30 - 7 * 30 / 93, at("12:00"): 40 - 7 * 60 / 93, at("19:50"): 0.0}
    )
    assert ledger.corrected(at("19:00")) == {}


@given(steps_lists, st.integers(0, 20), st.integers(0, 20))
def test_a_spread_ends_with_the_sure_number_and_never_falls_below_zero(
    steps: list[tuple[int, int]], began_with: int, ended_with: int
) -> None:
    entered, left = (sum(column) for column in zip(*steps, strict=True))
    balance = Balance(0, 9, began_with, ended_with, entered, left)
    numbers = spread(balance, steps)
    assert numbers is not None
    assert numbers[-1] == ended_with
    assert min(numbers) >= 0


@given(steps_lists)
def test_what_a_spread_gives_back_grows_steadily_to_the_residual(
    steps: list[tuple[int, int]],
) -> None:
    entered, left = (sum(column) for column in zip(*steps, strict=True))
    # So many inside at first that nothing is cut off at zero.
    balance = Balance(0, 9, 1000, 900, entered, left)
    numbers = spread(balance, steps)
    assert numbers is not None
    raw = list(accumulate((i - o for i, o in steps), initial=1000))[1:]
    given_back = [r - n for r, n in zip(raw, numbers, strict=True)]
    assert given_back[-1] == pytest.approx(balance.residual)
    signed = [g if (balance.residual or 0) >= 0 else -g for g in given_back]
    assert all(b - a >= -1e-9 for a, b in pairwise(signed))


@given(
    st.lists(
        st.tuples(st.integers(0, 2 * 1440), st.integers(0, 9), st.integers(0, 9)), max_size=60
    ),
    st.lists(st.tuples(st.integers(0, 2 * 1440), st.integers(0, 30)), max_size=3),
    st.randoms(use_true_random=False),
)
def test_late_minutes_and_head_counts_in_any_order_give_the_same(
    rows: list[tuple[int, int, int]], heads: list[tuple[int, int]], random: object
) -> None:
    counts = [HeadCount(at("00:00") + m * 60 + 30, n) for m, n in dict(heads).items()]
    final = {at("00:00") + m * 60: (e, left) for m, e, left in rows}
    plain = a_ledger(LIBRARY)
    plain.count_heads(sorted(counts))
    plain.put_all([(m, *final[m]) for m in sorted(final)])
    late = a_ledger(LIBRARY)
    order = list(final)
    random.shuffle(order)  # type: ignore[attr-defined]
    for index, minute in enumerate(order):
        late.put(minute, *final[minute])
        late.standing(minute + 60)
        late.count_heads(sorted(counts[: index % (len(counts) + 1)]))
    late.count_heads(sorted(counts))
    end = at("12:00", day=3)
    assert late.standing(end) == plain.standing(end)
    assert late.balances(end) == plain.balances(end)
    assert late.corrected(end) == plain.corrected(end)


def test_a_head_count_fixes_the_number_from_then_on() -> None:
    ledger = a_library_day()
    ledger.count_heads([HeadCount(at("13:00"), 28)])
    assert ledger.standing(at("12:59")).occupancy == 40
    assert ledger.standing(at("13:00")).occupancy == 28
    assert ledger.standing(at("13:00")).anchor_s == at("13:00")
    # A late minute before it changes the past, and nothing after it.
    ledger.put(at("12:30"), 5, 0)
    assert ledger.standing(at("12:59")).occupancy == 45
    assert ledger.standing(at("13:00")).occupancy == 28
    a_day(ledger, ("14:00", 2, 0))
    assert ledger.standing(at("14:01")).occupancy == 30


def test_crossings_of_a_head_counts_own_minute_are_before_it() -> None:
    ledger = a_ledger(LIBRARY)
    ledger.put(at("13:00"), 9, 0)
    ledger.count_heads([HeadCount(at("13:00") + 30, 4)])
    assert ledger.standing(at("13:00") + 29).occupancy == 9
    assert ledger.standing(at("13:00") + 30).occupancy == 4
    ledger.put(at("13:00"), 11, 0)
    assert ledger.standing(at("13:05")).occupancy == 4


def test_a_head_count_parts_the_session_into_two_residuals() -> None:
    ledger = a_library_day()
    ledger.count_heads([HeadCount(at("13:00"), 36)])
    first, second = ledger.balances(at("23:00"))
    assert (first.residual, first.until_s) == (4, at("13:00"))
    assert (second.began_with, second.since_s, second.residual) == (36, at("13:00"), 3)
    corrected = ledger.corrected(at("23:00"))
    assert corrected[at("12:00")] == 36
    assert corrected[at("19:50")] == 0


def test_a_head_count_that_is_taken_back_leaves_no_trace() -> None:
    ledger, untouched = a_library_day(), a_library_day()
    ledger.count_heads([HeadCount(at("13:00"), 2)])
    assert ledger.standing(at("15:00")).occupancy == 2
    ledger.count_heads([])
    assert ledger.standing(at("15:00")) == untouched.standing(at("15:00"))
    assert ledger.balances(at("23:00")) == untouched.balances(at("23:00"))


def test_a_zero_after_a_head_count_is_a_zero() -> None:
    ledger = a_library_day()
    ledger.count_heads([HeadCount(at("13:00"), 28)])
    standing = ledger.standing(at("21:00"))
    assert (standing.occupancy, standing.counted_s) == (0, None)


def test_heads_counted_after_closing_stand_until_the_next_opening() -> None:
    ledger = a_library_day()
    ledger.count_heads([HeadCount(at("21:00"), 2)])
    assert ledger.standing(at("22:00")).occupancy == 2
    # The first sure number that came ended the session: the zero, not the two who stayed.
    [balance] = ledger.balances(at("22:00"))
    assert (balance.ended_with, balance.residual) == (0, 7)
    assert ledger.standing(at("09:00", day=1)).occupancy == 0


def test_a_room_that_never_closes_has_its_residual_in_the_quiet_of_the_night() -> None:
    ledger = a_ledger(ROUND_THE_CLOCK)
    a_day(ledger, ("03:00", 1, 1), day=0)
    a_day(ledger, ("09:00", 30, 0), ("23:00", 0, 20), day=0)
    a_day(ledger, ("08:00", 3, 0), day=1)
    first, second, third = ledger.balances(at("10:00", day=1))
    assert first.until_s == at("04:00")
    assert (second.since_s, second.until_s, second.residual) == (
        at("04:00"),
        at("04:00", day=1),
        10,
    )
    assert third.until_s is None
    # Busy at 04:00: the zero waits for half an hour without anybody.
    busy = a_ledger(ROUND_THE_CLOCK)
    a_day(busy, ("09:00", 30, 0), day=0)
    a_day(busy, ("03:50", 0, 1), ("04:10", 0, 1), day=1)
    assert busy.balances(at("04:30", day=1))[-1].until_s is None
    assert busy.balances(at("04:45", day=1))[-1].until_s == at("04:41", day=1)


def test_what_was_folded_away_is_still_told_of() -> None:
    ledger = a_library_day()
    told = ledger.last_ended(at("23:00"))
    ledger.trim(at("00:00", day=1))
    assert len(ledger) == 0
    assert ledger.last_ended(at("01:00", day=1)) == told
    assert told is not None
    assert told.residual == 7


def test_without_a_zero_before_it_a_stretch_has_no_residual() -> None:
    ledger = Ledger(ROUND_THE_CLOCK)
    ledger.watch([(at("08:50") * 1000, WATCHED[0][1])])
    a_day(ledger, ("09:00", 5, 0))
    assert ledger.balances(at("10:00", day=0))[0].residual is None
    first = ledger.balances(at("10:00", day=1))[0]
    assert (first.began_with, first.ended_with, first.residual) == (None, 0, None)
    assert ledger.corrected(at("10:00", day=1)) == {}
