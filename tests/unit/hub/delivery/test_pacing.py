"""What a channel sends next: order, limits, gathering, back-off, giving up."""

from collections.abc import Sequence
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from hub.delivery.book import Trying
from hub.delivery.pacing import (
    LONGEST_PAUSE_MS,
    LONGEST_REST_MS,
    MINUTE_MS,
    Turn,
    is_given_up,
    next_turn,
    pause_ms,
    rest_ms,
)

NOW = 1_800_000_000_000


class W(NamedTuple):
    id: int
    alert: str = ""
    severity: str = "warning"
    next_ms: int = NOW


def some(*ids: int) -> list[W]:
    return [W(id_, str(id_)) for id_ in ids]


def test_the_most_pressing_goes_first_then_the_oldest() -> None:
    waiting = [W(1, "a", "notice"), W(2, "b", "critical"), W(3, "c", "critical")]
    assert next_turn(waiting, (), 10, NOW) == Turn((2,))
    assert next_turn(waiting[:1], (), 10, NOW) == Turn((1,))
    assert next_turn((), (), 10, NOW) == Turn()


def test_no_event_overtakes_an_earlier_one_of_its_alert() -> None:
    raise_, escalation = W(1, "a", "notice"), W(2, "a", "critical")
    assert next_turn([raise_, escalation], (), 10, NOW) == Turn((1,))
    later = raise_._replace(next_ms=NOW + 500)
    assert next_turn([later, escalation], (), 10, NOW) == Turn(at_ms=NOW + 500)
    assert next_turn([later, escalation, W(3, "b")], (), 10, NOW) == Turn((3,))


def test_more_than_may_go_are_gathered_into_one_message() -> None:
    minute = [NOW - 1000 * n for n in range(9)]
    assert next_turn(some(*range(1, 51)), minute, 10, NOW).ids == tuple(range(1, 51))
    assert next_turn(some(1), minute, 10, NOW) == Turn((1,))
    assert next_turn(some(1, 2), minute[:8], 10, NOW) == Turn((1,))
    # One a minute: each message takes all that is due.
    assert next_turn(some(1, 2), (), 1, NOW) == Turn((1, 2))


def test_a_full_minute_waits_until_a_place_is_free() -> None:
    assert next_turn(some(1), [NOW - 59_000, NOW - 1], 2, NOW) == Turn(at_ms=NOW + 1000)
    assert next_turn(some(1), [NOW - MINUTE_MS, NOW - 1], 2, NOW) == Turn((1,))
    # A clock that was set back has no messages of the future.
    assert next_turn(some(1), [NOW + 5000, NOW + 6000], 2, NOW) == Turn((1,))


@given(st.integers(1, 2000), st.integers(1, 30))
def test_everything_goes_and_never_more_than_allowed(count: int, per_minute: int) -> None:
    """A burst of any size: nothing is lost, and no minute has more messages than it may."""
    waiting: Sequence[W] = some(*range(1, count + 1))
    sent: list[int] = []
    told: set[int] = set()
    now = NOW
    for _ in range(200):
        if not waiting:
            break
        turn = next_turn(waiting, sent, per_minute, now)
        if turn.ids:
            sent.append(now)
            assert not told & set(turn.ids)
            told |= set(turn.ids)
            waiting = [each for each in waiting if each.id not in told]
            now += 10
        else:
            assert turn.at_ms is not None
            assert turn.at_ms > now
            now = turn.at_ms
    assert told == set(range(1, count + 1))
    for at in sent:
        assert sum(at - MINUTE_MS < other <= at for other in sent) <= per_minute
    # What comes at once has gone at once.
    assert sent[-1] - NOW < MINUTE_MS


@given(st.integers(1, 100), st.floats(0, 1, exclude_max=True))
def test_pauses_double_are_spread_and_have_an_end(attempts: int, rand: float) -> None:
    longest = min(LONGEST_PAUSE_MS, 2_000 * 2 ** (attempts - 1))
    assert longest // 2 <= pause_ms(attempts, rand) <= longest
    assert rest_ms(attempts, rand) <= LONGEST_REST_MS
    assert pause_ms(attempts, 0.9) > pause_ms(attempts, 0.1)


def test_given_up_after_so_many_tries_or_so_long() -> None:
    trying = Trying(tries=3, hours=2)
    assert not is_given_up(trying, 2, NOW, NOW + 7_199_999)
    assert is_given_up(trying, 3, NOW, NOW)
    assert is_given_up(trying, 1, NOW, NOW + 7_200_000)
