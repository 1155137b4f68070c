"""Serving a local page for some minutes: where it listens, what it is called, how it ends."""

import asyncio
import secrets
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from ipaddress import ip_address
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from edge.calibrate.guard import Guard
from edge.errors import ConfigError
from link.patience import Patient

LONGEST_MINUTES: Final = 240
GRACE_SECONDS: Final = 2
MOST_CONNECTIONS: Final = 64
MOST_HEAD_BYTES: Final = 16_384


class Deadline:
    """The time for which a page is served."""

    def __init__(self, minutes: float) -> None:
        self._at = time.monotonic() + 60 * minutes

    def seconds_left(self) -> float:
        """Return how long it still is."""
        return max(0.0, self._at - time.monotonic())

    def has_passed(self) -> bool:
        """Tell whether it is over."""
        return self.seconds_left() == 0


def listen(host: str, port: int, *, allow_network: bool) -> socket.socket:
    """Open the page's port; 0 takes a free one.

    Raises ConfigError for an address that others reach, unless that is allowed, and for one that
    cannot be used.
    """
    if not _is_loopback(host) and not allow_network:
        raise ConfigError(
            f"--host {host}: others would reach this page; say --allow-network if they shall (with"
            " a one-time code), or leave it on this machine and come over SSH"
        )
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise ConfigError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error


def serve(
    app: ASGIApp,
    listener: socket.socket,
    deadline: Deadline,
    *,
    ready: Callable[[str], None],
    ending: Callable[[], None],
) -> None:
    """Serve until the deadline, SIGTERM or SIGINT; `ready(address)` once requests are answered.

    On an address that others reach the page asks for the code that is in the address.
    """
    host = listener.getsockname()[0]
    code = None if _is_loopback(host) else secrets.token_urlsafe(16)
    guard = Guard(app, code=code, has_ended=deadline.has_passed)
    address = f"{_address(listener)}/{'' if code is None else f'#{code}'}"
    with closing(listener):
        server = _Server(server_config(guard), lambda: ready(address), ending)
        asyncio.run(_serve(server, listener, deadline))


def server_config(guard: Guard) -> uvicorn.Config:
    """Return how uvicorn serves a page behind its guard."""
    return uvicorn.Config(
        guard,
        http=Patient,
        ws="none",
        log_config=None,
        access_log=False,
        lifespan="on",
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        limit_concurrency=MOST_CONNECTIONS,
        h11_max_incomplete_event_size=MOST_HEAD_BYTES,
        # Nobody stands between, and nobody may say so.
        proxy_headers=False,
    )


async def _serve(server: "_Server", listener: socket.socket, deadline: Deadline) -> None:
    loop = asyncio.get_running_loop()
    over = loop.call_later(deadline.seconds_left(), server.end)
    try:
        await server.serve(sockets=[listener])
    finally:
        over.cancel()


class _Server(uvicorn.Server):
    """uvicorn, ending its streams first and leaving signals to one place."""

    def __init__(
        self, config: uvicorn.Config, ready: Callable[[], None], ending: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._ready, self._ending = ready, ending

    def end(self) -> None:
        """Stop serving."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End: a live view never ends by itself, so it is told to."""
        self._ending()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take SIGTERM and SIGINT as the wish to end; uvicorn's own way would end with an error."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.end)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    if ip_address(host).is_unspecified:
        host = _own_address() or host
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _own_address() -> str | None:
    """Return the address under which this machine is known on its network; nothing is sent."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        try:
            # A documentation address: a datagram socket that is connected only looks up its route.
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return str(probe.getsockname()[0])
