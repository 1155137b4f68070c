import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.counting.geometry import Direction
from edge.counting.scoring import CountedCrossing, TrueCrossing, score

IN, OUT = Direction.IN, Direction.OUT


@pytest.mark.parametrize(
    ("counted", "truth", "expected"),
    [
        pytest.param([], [], (0, 0, 0), id="empty"),
        pytest.param([(5.0, IN)], [(5.4, IN, False)], (1, 0, 0), id="near-enough"),
        pytest.param([(5.0, IN)], [(6.0, IN, False)], (1, 0, 0), id="exactly-the-tolerance"),
        pytest.param([(5.0, IN)], [(6.01, IN, False)], (0, 1, 1), id="too-late"),
        pytest.param([(5.0, IN)], [(5.0, OUT, False)], (0, 1, 1), id="wrong-way"),
        pytest.param([(5.0, IN), (5.1, IN)], [(5.0, IN, False)], (1, 1, 0), id="one-to-one"),
        pytest.param([(5.0, IN)], [(5.0, IN, True)], (0, 0, 0), id="uncertain-is-neutral"),
        pytest.param([], [(5.0, IN, True)], (0, 0, 0), id="uncertain-missed-is-neutral"),
        pytest.param(
            [(5.0, IN)], [(5.0, IN, True), (5.9, IN, False)], (1, 0, 0), id="certain-goes-first"
        ),
        pytest.param(
            [(5.0, IN), (5.9, IN)],
            [(4.2, IN, False), (5.5, IN, False)],
            (2, 0, 0),
            id="best-assignment-not-greedy",
        ),
        pytest.param(
            [(5.0, IN), (5.2, IN)],
            [(5.0, IN, False), (5.3, IN, True)],
            (1, 0, 0),
            id="left-over-taken-by-uncertain",
        ),
    ],
)
def test_matching(
    counted: list[tuple[float, Direction]],
    truth: list[tuple[float, Direction, bool]],
    expected: tuple[int, int, int],
) -> None:
    result = score([CountedCrossing(*c) for c in counted], [TrueCrossing(*t) for t in truth])
    assert (result.true_positives, len(result.false), len(result.missed)) == expected


def test_nothing_counted_and_nothing_true_is_perfect() -> None:
    result = score([], [])
    assert (result.precision, result.recall, result.f1) == (1.0, 1.0, 1.0)


def test_ratios() -> None:
    result = score(
        [CountedCrossing(1, IN), CountedCrossing(9, IN)],
        [TrueCrossing(1, IN), TrueCrossing(4, OUT), TrueCrossing(6, OUT)],
    )
    assert result.precision == 0.5
    assert result.recall == pytest.approx(1 / 3)
    assert result.f1 == pytest.approx(0.4)


some_counted = st.lists(
    st.builds(CountedCrossing, st.floats(0, 20), st.sampled_from(Direction)), max_size=8
)
some_truth = st.lists(
    st.builds(TrueCrossing, st.floats(0, 20), st.sampled_from(Direction), st.booleans()), max_size=8
)


@given(some_counted, some_truth)
def test_every_certain_crossing_is_found_or_missed(
    counted: list[CountedCrossing], truth: list[TrueCrossing]
) -> None:
    result = score(counted, truth)
    assert result.true_positives + len(result.missed) == sum(not t.uncertain for t in truth)
    assert result.true_positives + len(result.false) <= len(counted)


@given(some_truth)
def test_a_perfect_counter_scores_one(truth: list[TrueCrossing]) -> None:
    counted = [CountedCrossing(t.at_seconds, t.direction) for t in truth]
    assert score(counted, truth).f1 == 1.0


@given(some_counted, some_truth)
def test_order_does_not_matter(counted: list[CountedCrossing], truth: list[TrueCrossing]) -> None:
    forwards, backwards = score(counted, truth), score(counted[::-1], truth[::-1])
    assert forwards.true_positives == backwards.true_positives
    assert len(forwards.false) == len(backwards.false)
