"""Whether the browser is started anew: a page that hangs is, one that cannot be judged is not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.shell.heart import START_SECONDS, STEADY_SECONDS, WAITS, Heart, Pulse

BEATS = Pulse(answers=True, is_seen=True, drew_seconds=1.0)
SILENCE = 20.0


def a_beating_heart(now: float = 100.0) -> Heart:
    heart = Heart(SILENCE, began=0.0)
    assert heart.judge(BEATS, now) == "well"
    return heart


def test_a_page_that_draws_is_well_and_one_that_stopped_is_begun_anew() -> None:
    heart = a_beating_heart()
    assert heart.judge(replace(BEATS, drew_seconds=19.0), 119.0) == "well"
    assert heart.judge(replace(BEATS, drew_seconds=21.0), 121.0) == "anew"


def test_a_browser_has_its_time_to_draw_first() -> None:
    heart = Heart(SILENCE, began=0.0)
    never = replace(BEATS, drew_seconds=None)
    assert heart.judge(never, 1.0) == "unknown"
    assert heart.judge(never, START_SECONDS) == "unknown"
    assert heart.judge(never, START_SECONDS + 2) == "anew"


def test_what_the_browser_before_drew_is_not_this_ones() -> None:
    heart = a_beating_heart(now=100.0)
    heart.began_anew(101.0)
    assert heart.judge(replace(BEATS, drew_seconds=2.0), 102.0) == "unknown"
    assert heart.judge(replace(BEATS, drew_seconds=0.5), 110.0) == "well"


@pytest.mark.parametrize("gone", [{"answers": False}, {"is_seen": False}])
def test_without_a_kiosk_or_a_panel_nothing_is_judged(gone: dict[str, bool]) -> None:
    """A page is not drawn for nobody: its silence in the dark is none, and a while after."""
    heart = a_beating_heart()
    for seconds in range(0, 3600, 7):
        dark = replace(BEATS, drew_seconds=float(seconds), **gone)
        assert heart.judge(dark, 101.0 + seconds) == "unknown"
    still_silent = replace(BEATS, drew_seconds=3600.0)
    assert heart.judge(still_silent, 3701.0) == "unknown"
    assert heart.judge(replace(still_silent, drew_seconds=3619.0), 3720.0) == "unknown"
    assert heart.judge(BEATS, 3720.5) == "well"


def test_a_page_that_goes_on_being_silent_in_the_light_is_begun_anew() -> None:
    heart = a_beating_heart()
    assert heart.judge(replace(BEATS, is_seen=False, drew_seconds=300.0), 400.0) == "unknown"
    assert heart.judge(replace(BEATS, drew_seconds=301.0), 401.0) == "unknown"
    assert heart.judge(replace(BEATS, drew_seconds=322.0), 422.0) == "anew"


def test_a_page_that_fills_its_panel_no_more_is_begun_anew_after_a_while() -> None:
    heart = a_beating_heart()
    small = replace(BEATS, fits=False)
    assert heart.judge(small, 101.0) == "well"
    assert heart.judge(BEATS, 110.0) == "well"
    assert heart.judge(small, 111.0) == "well"
    assert heart.judge(small, 130.0) == "well"
    assert heart.judge(small, 132.0) == "anew"


def test_waits_grow_up_to_a_bound_and_begin_anew_when_it_is_steady() -> None:
    heart, waited, now = Heart(SILENCE, began=0.0), [], 0.0
    for _ in range(8):
        waited.append(heart.wait_seconds())
        now += START_SECONDS + 1
        heart.began_anew(now)
    assert waited == [*WAITS, *[WAITS[-1]] * (8 - len(WAITS))]
    assert heart.judge(BEATS, now + 5) == "well"
    assert heart.wait_seconds() == WAITS[-1]
    assert heart.judge(BEATS, now + 6 + STEADY_SECONDS) == "well"
    assert heart.wait_seconds() == WAITS[0]


pulses = st.builds(
    Pulse,
    answers=st.booleans(),
    is_seen=st.booleans(),
    drew_seconds=st.none() | st.floats(0, 1e5),
    fits=st.booleans(),
)


@given(st.lists(st.tuples(st.floats(0.1, 30), pulses), min_size=1, max_size=60))
def test_new_starts_are_bounded_whatever_is_told(told: list[tuple[float, Pulse]]) -> None:
    """No browser is ended before it had its silence, and never while nobody could see it."""
    heart, now, began = Heart(SILENCE, began=0.0), 0.0, 0.0
    for step, pulse in told:
        now += step
        if heart.judge(pulse, now) == "anew":
            assert pulse.answers
            assert pulse.is_seen
            assert now - began > SILENCE
            now += heart.wait_seconds()
            began = now
            heart.began_anew(now)
