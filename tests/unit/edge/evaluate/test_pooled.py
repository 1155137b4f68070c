import pytest

from edge.evaluate.pooled import pool
from tests.unit.edge.evaluate.reports import a_report


def test_crossings_add_up_and_costs_weigh_by_what_they_are_costs_of() -> None:
    short = a_report(clip_seconds=10.0, real_time_factor=10.0, frames_processed=100)
    long = a_report(tp=8, fp=0, fn=0, clip_seconds=90.0, real_time_factor=30.0, cpu_ms_median=4.0)
    pooled = pool([short, long])
    assert (pooled.clips, pooled.tp, pooled.fp, pooled.fn) == (2, 10, 1, 1)
    assert pooled.f1 == pytest.approx(20 / 22, abs=1e-4)
    # 10 s in one second and 90 s in three.
    assert pooled.real_time_factor == 25.0
    assert pooled.cpu_ms_median == pytest.approx((100 * 2.0 + 450 * 4.0) / 550, abs=1e-3)


def test_where_nothing_happened_and_nothing_was_counted_all_is_right() -> None:
    assert pool([a_report(tp=0, fp=0, fn=0)]).f1 == 1.0


def test_nothing_cannot_be_added_up() -> None:
    with pytest.raises(ValueError, match="nothing"):
        pool([])
