import pytest

from hub.live.feed import Feed
from hub.web import Full, event_stream


async def test_a_slow_subscriber_gets_the_union_and_an_end() -> None:
    feed = Feed(1)
    with feed.subscribe() as subscription:
        assert feed.is_full
        feed.announce({"a"})
        feed.announce({"b"})
        changes = subscription.changes(0.01)
        assert await anext(changes) == frozenset({"a", "b"})
        assert await anext(changes) is None
        feed.close()
        with pytest.raises(StopAsyncIteration):
            await anext(changes)


async def test_news_are_made_only_when_the_reader_took_the_last_ones() -> None:
    told: list[frozenset[str] | None] = []

    def tell(venues: frozenset[str] | None) -> list[str]:
        told.append(venues)
        return ["event"]

    feed = Feed(1)
    body = aiter(event_stream(feed, tell).body_iterator)
    await anext(body)
    with pytest.raises(Full):
        event_stream(feed, tell)
    for i in range(1000):
        feed.announce({f"venue-{i % 7}"})
    await anext(body)
    assert told == [None, frozenset(f"venue-{i}" for i in range(7))]
    feed.close()
    with pytest.raises(StopAsyncIteration):
        await anext(body)
    assert len(feed) == 0
