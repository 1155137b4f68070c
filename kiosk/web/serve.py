"""Serving the face: uvicorn inside the kiosk's own loop, until cancelled."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import Final

import uvicorn

from kiosk.host import SessionHost
from kiosk.speech import Speaker
from kiosk.web.app import Face, build_app
from kiosk.web.ar.view import ArView
from kiosk.web.settings import WebSettings
from link.patience import Patient

GRACE_SECONDS: Final = 1
MOST_CONNECTIONS: Final = 64
MOST_HEAD_BYTES: Final = 16_384
MOST_MESSAGE_BYTES: Final = 2 * 1024 * 1024
"""A picture of a browser's camera."""


async def serve(
    host: SessionHost,
    listener: socket.socket,
    settings: WebSettings | None = None,
    *,
    speaker: Speaker | None = None,
    ar: ArView | None = None,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Serve the session's page on a socket that listens, until cancelled.

    Nothing that is asked for is logged: it may be a PIN.
    """
    settings = settings or WebSettings()
    face = Face(host, settings, speaker or Speaker(), ar)
    config = uvicorn.Config(
        build_app(face, settings),
        http=Patient,
        ws="none" if ar is None else "websockets-sansio",
        # JPEGs do not get smaller, and packing them would cost more than the engine does.
        ws_per_message_deflate=False,
        ws_max_size=MOST_MESSAGE_BYTES,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        limit_concurrency=MOST_CONNECTIONS,
        # Nobody stands between, and nobody may say so.
        proxy_headers=False,
        h11_max_incomplete_event_size=MOST_HEAD_BYTES,
    )
    server = _Server(config, ready)
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    keeping = None if face.ar is None else asyncio.create_task(face.ar.keep(), name="ar-exhibits")
    try:
        await asyncio.wait(
            {serving, *([keeping] if keeping else [])}, return_when=asyncio.FIRST_COMPLETED
        )
        for task in (serving, keeping):
            if task is not None and task.done():
                task.result()
    except asyncio.CancelledError:
        # Streams never end by themselves: the server is told not to wait for them.
        server.should_exit = server.force_exit = True
        await asyncio.wait({serving})
        raise
    finally:
        if keeping is not None:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)


class _Server(uvicorn.Server):
    """uvicorn that leaves signals to the process, and tells when it answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield
