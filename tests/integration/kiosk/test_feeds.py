"""What is told of the venue and of blocked cards: asked, kept, and said while the hub is away."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from contracts.blocked_cards import BlockedCards, decode_blocked_cards, encode_blocked_cards
from contracts.hours import PublicHours
from contracts.messages import Live, encode
from contracts.venue_facts import VenueFacts, encode_facts
from kiosk.errands.card_feed import CardFeed
from kiosk.errands.facts_feed import FactsFeed
from kiosk.session.events import FactsNow
from link.errors import LinkError

NOW_MS = 1_795_000_000_000


class Hub:
    """Answers one path with facts and an ETag."""

    def __init__(self) -> None:
        self.content = b"{}"
        self.status = 200
        self.asked: list[str | None] = []
        hub = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                tag = self.headers.get("If-None-Match")
                hub.asked.append(tag)
                status = hub.status
                if status == 200 and tag == '"1"':
                    status = 304
                self.send_response(status)
                self.send_header("ETag", '"1"')
                self.end_headers()
                if status == 200:
                    self.wfile.write(hub.content)

            def log_message(self, *_args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def hours() -> PublicHours:
    return PublicHours("Asia/Shanghai", NOW_MS // 1000, NOW_MS // 1000 + 86_400, ())


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()
    yield hub
    hub.close()


@asynccontextmanager
async def running(work: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    task = asyncio.create_task(work())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not is_so():  # noqa: ASYNC110  anything may make it so
            await asyncio.sleep(0.01)


def facts(hours: PublicHours) -> VenueFacts:
    return VenueFacts("lib", "图书馆", "Library", NOW_MS, hours)


async def test_facts_come_are_kept_and_grow_old_with_a_date(
    tmp_path: Path, hub: Hub, hours: PublicHours
) -> None:
    told: list[FactsNow] = []
    troubles: list[str] = []
    path = tmp_path / "facts.json"

    def feed(url: str | None) -> FactsFeed:
        return FactsFeed(
            url, "lib", path, told.append, troubles.append, lambda: 1000, ask_seconds=0.05
        )

    hub.content = encode_facts(facts(hours))
    one = feed(hub.url)
    async with running(one.run):
        await until(lambda: told[-1:] == [FactsNow(facts(hours))])
        await until(lambda: '"1"' in hub.asked)
        one.take_live(encode(Live("lib", NOW_MS + 1, 7, "known", capacity=50)))
        shown = told[-1].facts
        assert shown is not None
        assert (shown.occupancy, shown.capacity, shown.quality) == (7, 50, "known")
        one.take_live(b"nonsense")
        hub.status = 500
        await until(lambda: told[-1].hub_away_since_s == 1000)
        assert "500" in troubles[-1]
        hub.status = 200
        await until(lambda: told[-1].hub_away_since_s is None)

    told.clear()
    async with running(feed(None).run):  # a start without any hub
        await until(lambda: bool(told))
    assert told == [FactsNow(facts(hours))]


async def test_what_is_no_facts_changes_nothing(tmp_path: Path, hub: Hub) -> None:
    told: list[FactsNow] = []
    troubles: list[str] = []
    path = tmp_path / "facts.json"
    path.write_bytes(b"{")
    hub.content = json.dumps({"venue": "lib"}).encode()
    feed = FactsFeed(
        hub.url, "lib", path, told.append, troubles.append, lambda: 1000, ask_seconds=0.05
    )
    async with running(feed.run):
        await until(lambda: len(troubles) > 1)
    assert told[-1] == FactsNow(None, 1000)


async def test_a_list_of_cards_is_kept_for_its_owner_and_outlives_the_hub(tmp_path: Path) -> None:
    cards = BlockedCards(NOW_MS, "0" * 16, frozenset({"1" * 16}))
    taken: list[BlockedCards] = []
    path = tmp_path / "cards.json"
    async with running(_feed(path, lambda: cards, taken).run):
        await until(lambda: bool(taken) and path.exists())
    assert path.stat().st_mode & 0o777 == 0o600

    def away() -> BlockedCards:
        raise LinkError("the hub is away")

    taken.clear()
    async with running(_feed(path, away, taken).run):
        await until(lambda: bool(taken))
    assert taken == [cards]


def _feed(
    path: Path, fetch: Callable[[], BlockedCards], taken: list[BlockedCards]
) -> CardFeed[BlockedCards]:
    encode, decode = encode_blocked_cards, decode_blocked_cards
    return CardFeed(path, fetch, taken.append, encode=encode, decode=decode)
