"""Telling subscribers which venues changed: each has a set, so a slow one piles nothing up."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import contextmanager, nullcontext


class Feed:
    """Subscribers of one event loop."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._subscribers: set[Subscription] = set()
        self._taken = 0
        self._closed = False

    def __len__(self) -> int:
        return self._taken

    @property
    def is_full(self) -> bool:
        """Tell whether one more subscriber would be too many."""
        return self._taken >= self._most

    @contextmanager
    def place(self) -> Iterator[bool]:
        """Take a place for as long as the block lasts; False: the feed has ended."""
        self._taken += 1
        try:
            yield not self._closed
        finally:
            self._taken -= 1

    @contextmanager
    def subscribe(self, *, takes_place: bool = True) -> "Iterator[Subscription]":
        """Give a subscription for as long as the block lasts."""
        subscription = Subscription()
        self._subscribers.add(subscription)
        if self._closed:
            subscription.close()
        try:
            with self.place() if takes_place else nullcontext():
                yield subscription
        finally:
            self._subscribers.discard(subscription)

    def announce(self, venues: Collection[str]) -> None:
        """Tell every subscriber that these venues changed; none at all: something else did."""
        for subscription in self._subscribers:
            subscription.add(venues)

    def close(self) -> None:
        """End every subscription, so that a server that shuts down need not wait for them."""
        self._closed = True
        for subscription in self._subscribers:
            subscription.close()


class Subscription:
    """What one subscriber has not been told yet."""

    def __init__(self) -> None:
        self._venues: set[str] = set()
        self._news = asyncio.Event()
        self._closed = False

    def add(self, venues: Collection[str]) -> None:
        """Note changed venues."""
        self._venues.update(venues)
        self._news.set()

    def close(self) -> None:
        """Let the subscriber end."""
        self._closed = True
        self._news.set()

    async def changes(self, silence_seconds: float) -> AsyncIterator[frozenset[str] | None]:
        """Yield changed venues as they come; None after a silence, to show that the line stands."""
        while True:
            try:
                async with asyncio.timeout(silence_seconds):
                    await self._news.wait()
            except TimeoutError:
                yield None
                continue
            if self._closed:
                return
            self._news.clear()
            venues, self._venues = frozenset(self._venues), set()
            yield venues
