"""The board's stream: one loop makes what is told, every page sends the same bytes.

A page that reads slowly holds references to shared bytes, a few seconds of them; then it is told
everything anew. One that does not read at all is cut off by the system (hub/serve.py).
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hub.live import Feed
from hub.pages.frames import Frames
from hub.web import RETRY_MILLISECONDS, SILENCE_SECONDS, Full, sse

PACE_SECONDS: Final = 0.5
"""Pages are told twice a second at most: nobody reads faster."""
MOST_WAITING: Final = 16
"""Frames that may wait for one page; of more, it is told the outcome."""
BEAT: Final = sse("beat", "").encode()


class Page:
    """One open page and what it has still to be told."""

    def __init__(self, first: list[bytes]) -> None:
        self._waiting = first
        # One reader, one future: an event costs more for each of a hundred pages.
        self._asleep: asyncio.Future[None] | None = None
        self._closed = False
        self.is_lost = False
        """It fell too far behind: only everything helps."""

    def offer(self, frame: bytes) -> None:
        """Let it be told one more thing."""
        if len(self._waiting) >= MOST_WAITING:
            self._waiting, self.is_lost = [], True
        if not self.is_lost:
            self._waiting.append(frame)
        self._wake()

    def close(self) -> None:
        """End it."""
        self._closed = True
        self._wake()

    async def next(self, frames: Frames) -> bytes | None:
        """Return what it is told next, as soon as there is something; None at its end."""
        while not (self._waiting or self.is_lost or self._closed):
            self._asleep = asyncio.get_running_loop().create_future()
            try:
                await self._asleep
            finally:
                self._asleep = None
        if self._closed:
            return None
        waiting, self._waiting = self._waiting, []
        if self.is_lost:
            self.is_lost, waiting = False, frames.since("")
        return waiting[0] if len(waiting) == 1 else b"".join(waiting)

    def _wake(self) -> None:
        if self._asleep is not None and not self._asleep.done():
            self._asleep.set_result(None)


class Broadcast:
    """All open pages of one board. Used on one event loop."""

    def __init__(self, feed: Feed, frames: Frames) -> None:
        self._feed = feed
        self.frames = frames
        self._pages: set[Page] = set()
        self._behind: set[str] = set()
        self._told_at = 0.0

    def __len__(self) -> int:
        return len(self._pages)

    async def run(self) -> None:
        """Tell pages what changes until the feed ends; nothing is made while there is no page."""
        with self._feed.subscribe(takes_place=False) as news:
            async for venues in news.changes(SILENCE_SECONDS):
                self._behind |= venues or frozenset()
                if self._pages:
                    self._tell()
                    await asyncio.sleep(PACE_SECONDS)
        for page in self._pages:
            page.close()

    @contextmanager
    def join(self, revision: str) -> Iterator[Page]:
        """Give a page that has seen `revision`, for as long as the block lasts."""
        if self._behind and not self._pages:
            self._tell()
        with self._feed.place() as is_open:
            page = Page([f"retry: {RETRY_MILLISECONDS}\n".encode(), *self._first(revision)])
            if not is_open:
                page.close()
            self._pages.add(page)
            try:
                yield page
            finally:
                self._pages.discard(page)

    def _first(self, revision: str) -> list[bytes]:
        return self.frames.since(revision) or [BEAT]

    def _tell(self) -> None:
        venues, self._behind = self._behind, set()
        frame = self.frames.step(venues)
        now = asyncio.get_running_loop().time()
        if frame is None and now - self._told_at < SILENCE_SECONDS - 1:
            return
        self._told_at = now
        for page in self._pages:
            page.offer(frame or BEAT)


class BoardStream(Response):
    """A stream of server-sent events for one page. Raises Full when all streams are taken."""

    media_type = "text/event-stream"

    def __init__(self, broadcast: Broadcast, feed: Feed, revision: str) -> None:
        if feed.is_full:
            raise Full("all live streams are taken; try again later")
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._broadcast = broadcast
        self._revision = revision

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  ASGI's form
        """Send until the page goes away or the hub ends."""
        with self._broadcast.join(self._revision) as page:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            leaving = asyncio.create_task(_leave(receive, page), name="page leaves")
            try:
                while (told := await page.next(self._broadcast.frames)) is not None:
                    await send({"type": "http.response.body", "body": told, "more_body": True})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            finally:
                leaving.cancel()
                with suppress(asyncio.CancelledError):
                    await leaving


async def _leave(receive: Receive, page: Page) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    page.close()
