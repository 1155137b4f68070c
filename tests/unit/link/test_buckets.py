"""Coverage follows the counts that it vouches for, in every commit."""

from contracts.rows import Coverage
from link.buckets import Buckets, Draft

AT = 1_760_000_050_000


def commit(buckets: Buckets) -> list[Draft]:
    drafts = buckets.drafts(AT)
    buckets.confirm(drafts, AT)
    return drafts


def test_coverage_that_ended_follows_a_minute_that_still_grows() -> None:
    buckets = Buckets("e0" * 6)
    buckets.crossed("front", AT, entered=1)
    buckets.watched("front", AT + 1)
    buckets.unwatched("front", "failed")
    assert len(commit(buckets)) == 2
    assert commit(buckets) == []
    buckets.crossed("front", AT + 5_000, entered=1)
    again = commit(buckets)
    assert [type(draft.row).__name__ for draft in again] == ["Count", "Coverage"]
    assert isinstance(again[1].row, Coverage)
    assert again[1].row.ended == "failed"
    assert not again[1].final


def test_what_another_spool_takes_over_is_what_was_not_durable() -> None:
    buckets = Buckets("e0" * 6)
    buckets.crossed("front", AT, entered=2)
    commit(buckets)
    buckets.crossed("front", AT, entered=3)
    buckets.rebase("e1" * 6)
    (draft,) = buckets.drafts(AT)
    assert (draft.row.epoch, draft.row.entered) == ("e1" * 6, 3)  # type: ignore[union-attr]


def test_what_is_not_a_number_is_not_a_reading() -> None:
    buckets = Buckets("e0" * 6)
    buckets.measured("air", "celsius", AT, float("nan"))
    assert buckets.drafts(AT, everything=True) == []
