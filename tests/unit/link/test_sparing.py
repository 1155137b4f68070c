"""Lines of a log: so many of each topic in a minute, then one that says how many there were."""

from link import sparing
from link.sparing import LINES, MOST_TOPICS, OTHERS, SECONDS, Sparing


def said(of: Sparing, topic: str, times: int, now: float) -> int:
    return sum(of.may_say(topic, now) for _ in range(times))


def test_a_topic_that_floods_is_told_with_its_number() -> None:
    lines = Sparing()
    assert said(lines, "a", 1000, 0.0) == LINES
    assert said(lines, "b", 1, 1.0) == 1
    assert list(lines.unsaid(SECONDS - 0.1)) == []
    assert list(lines.unsaid(SECONDS)) == [("a", 1000 - LINES)]
    assert said(lines, "a", 1000, SECONDS) == LINES
    assert list(lines.unsaid(float("inf"))) == [("a", 1000 - LINES)]


def test_who_says_little_is_never_told_of() -> None:
    lines = Sparing()
    assert said(lines, "a", LINES, 0.0) == LINES
    assert list(lines.unsaid(SECONDS)) == []


def test_many_topics_share_one() -> None:
    lines = Sparing()
    for n in range(MOST_TOPICS):
        assert lines.may_say(f"{n}", 0.0)
    assert sum(lines.may_say(f"new-{n}", 0.0) for n in range(100)) == LINES
    assert len(lines._minutes) == sparing.MOST_TOPICS + 1
    assert list(lines.unsaid(SECONDS)) == [(OTHERS, 100 - LINES)]
