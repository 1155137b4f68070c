"""Every way in which a batch can meet a stream."""

import pytest

from contracts.messages import Batch, Boot
from contracts.rows import Count
from link.acceptance import Accept, Decision, Duplicate, Fork, Refuse, StreamState, judge

A, B, C = "aaaaaaaa", "bbbbbbbb", "cccccccc"
FIRST = Boot(A, 1)
OURS = StreamState(10, (Boot(A, 1),))


def a_batch(
    after: int,
    upto: int,
    *,
    boot: Boot = FIRST,
    before: tuple[Boot, ...] = (),
    oldest: int = 1,
) -> Batch:
    rows = tuple(Count(seq, "e0" * 4, "front", 60, seq) for seq in range(after + 1, upto + 1))
    return Batch("5a" * 8, boot.boot, boot.first, after, upto, oldest, rows, before)


@pytest.mark.parametrize(
    ("batch", "state", "mark"),
    [
        (a_batch(10, 12), OURS, 12),
        (a_batch(4, 12), OURS, 12),  # straddles
        (a_batch(0, 5), StreamState(), 5),
        (a_batch(10, 12, boot=Boot(B, 11), before=(Boot(A, 1),)), OURS, 12),
        (a_batch(19, 22, oldest=20), OURS, 22),  # what lies between is lost
    ],
)
def test_accepted(batch: Batch, state: StreamState, mark: int) -> None:
    decision = judge(batch, state)
    assert isinstance(decision, Accept)
    assert decision.state.mark == mark
    assert decision.fork_of is None
    assert [row.seq for row in decision.rows] == list(
        range(max(batch.after, state.mark) + 1, mark + 1)
    )
    assert decision.lost_upto == (batch.oldest - 1 if batch.after > state.mark else None)


@pytest.mark.parametrize(
    ("batch", "decision"),
    [
        (a_batch(0, 10), Duplicate(10)),
        (a_batch(2, 7), Duplicate(10)),
        (a_batch(11, 12), Refuse(10)),
        (a_batch(21, 22, oldest=20), Refuse(10)),  # lost rows, and more that are not here yet
        # A spool put back, or a clone that comes second: it opened where we have gone on.
        (a_batch(6, 12, boot=Boot(B, 7), before=(Boot(A, 1),)), Fork(B, 6)),
        (a_batch(0, 3, boot=Boot(B, 1)), Fork(B, 0)),
    ],
)
def test_not_accepted(batch: Batch, decision: Decision) -> None:
    assert judge(batch, OURS) == decision


TWIN_CAME_FIRST = StreamState(20, (Boot(A, 1), Boot(B, 7)))


def test_what_a_twin_brought_is_not_the_senders() -> None:
    assert judge(a_batch(2, 5), TWIN_CAME_FIRST) == Duplicate(6)
    assert judge(a_batch(6, 9), TWIN_CAME_FIRST) == Fork(A, 6)


def test_shared_rows_are_taken_before_the_fork_is_told() -> None:
    state = StreamState(4, (Boot(A, 1), Boot(C, 3)))
    decision = judge(a_batch(2, 9, boot=Boot(B, 3), before=(Boot(A, 1),)), state)
    assert decision == Fork(B, 2)
    behind = StreamState(2, (Boot(A, 1), Boot(C, 5)))
    decision = judge(a_batch(2, 9), behind)
    assert isinstance(decision, Accept)
    assert (decision.state.mark, decision.fork_of) == (4, A)
    assert [row.seq for row in decision.rows] == [3, 4]


def test_a_late_batch_of_an_earlier_opening_is_no_fork() -> None:
    state = StreamState(12, (Boot(A, 1), Boot(B, 11)))
    assert judge(a_batch(3, 10), state) == Duplicate(10)


def test_lines_with_no_opening_in_common_share_nothing() -> None:
    batch = a_batch(6, 12, boot=Boot(C, 9), before=(Boot("dddddddd", 8),))
    assert judge(batch, OURS) == Fork(C, 0)
