"""Streams that end with the right to them: when somebody is no longer who they were."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from hub.runtime import Hub
from hub.web_access import credentials, who_asks

LOOK_AGAIN_SECONDS: Final = 10.0
"""So long may a stream outlast the session, token or role that opened it."""


class Leased(Response):
    """A stream that goes on for as long as `holds` says so, asked every `seconds`."""

    def __init__(
        self, stream: Response, holds: Callable[[], Awaitable[bool]], seconds: float
    ) -> None:
        super().__init__(status_code=stream.status_code)
        # The same list: what the framework adds to one answer is sent by the other.
        self.raw_headers = stream.raw_headers
        self._stream = stream
        self._holds = holds
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream; end it in good order once it holds no more."""
        telling = asyncio.create_task(self._stream(scope, receive, send), name="leased stream")
        looking = asyncio.create_task(self._until_over(), name="lease")
        try:
            await asyncio.wait({telling, looking}, return_when=asyncio.FIRST_COMPLETED)
            is_over = not telling.done()
        finally:
            for task in (telling, looking):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        if is_over:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _until_over(self) -> None:
        while await self._holds():  # noqa: ASYNC110  a right ends in the records, without an event
            await asyncio.sleep(self._seconds)


async def leased(stream: Response, request: Request, hub: Hub) -> Response:
    """Return a stream that ends when whoever asked signs out, is disabled or gets another role.

    Their page comes back by itself and is told what they may see then. A visitor's stream rests on
    no right that could end. Looking is no use of a session: one that is only watched grows idle.
    """
    who = await who_asks(request, hub)
    if who.via == "nobody":
        return stream
    token, session = credentials(request)

    async def holds() -> bool:
        entrance = hub.office.entrance
        return who == await run_in_threadpool(entrance.identify, session, token, is_use=False)

    return Leased(stream, holds, LOOK_AGAIN_SECONDS)
