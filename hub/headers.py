"""What every answer of the web server gets: HEAD beside GET, and headers that a route left out."""

import asyncio
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STATIC_ROOT: Final = "/static/"


class Headers:
    """Wraps an application: HEAD is answered as GET without its body, and nothing is cached.

    An answer is true for a moment only, so it is stored nowhere. Scripts and styles are stored, but
    asked for anew each time (which costs a 304): those of another release would break the page.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        keep = "no-cache" if scope["path"].startswith(STATIC_ROOT) else "no-store"

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", keep)
                headers.setdefault("X-Content-Type-Options", "nosniff")
            await send(message)

        if scope["method"] == "HEAD":
            await _answer_head(self._app, scope, headed)
        else:
            await self._app(scope, receive, headed)


async def _answer_head(app: ASGIApp, scope: Scope, send: Send) -> None:
    """Let GET answer, and end with the first piece of its body: that of a stream has no last."""
    ended = asyncio.Event()

    async def cut(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send(message)
        elif not ended.is_set():
            ended.set()
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def gone() -> Message:
        await ended.wait()
        return {"type": "http.disconnect"}

    # A stream listens for a client that left only under this version of ASGI.
    asgi = {**scope["asgi"], "spec_version": "2.3"}
    await app({**scope, "method": "GET", "asgi": asgi}, gone, cut)
