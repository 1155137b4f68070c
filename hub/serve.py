"""One process: the hub and its web server, until SIGTERM or SIGINT."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import structlog
import uvicorn
from starlette.types import ASGIApp

from hub import interpreter
from hub.api import health
from hub.app import create_app
from hub.config import HttpSection, HubConfig
from hub.errors import ConfigError, HubError
from hub.gate import IDLE_SECONDS, MOST_HEADER_BYTES, Gate
from hub.live.board import wall_ms
from hub.runtime import Hub
from link.patience import Patient
from link.systemd import Watchdog

log = structlog.get_logger(__name__)

STALL_SECONDS = 30
_PATIENCE = (
    # Who reads nothing for so long is cut off: the system does it, whatever waits behind.
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALL_SECONDS * 1000),
    # What may wait in the system for one client.
    (socket.SOL_SOCKET, socket.SO_SNDBUF, 128 * 1024),
)
"""Every connection inherits these from the listener."""
GRACE_SECONDS = 5
"""How long answers that are under way may take once the hub is told to end."""


def serve(config: HubConfig, ready: Callable[[str, Hub], None] = lambda _url, _hub: None) -> None:
    """Serve until told to end; `ready(url, hub)` is called once requests are answered.

    Raises ConfigError when the address cannot be used, HubError when the hub cannot open or broke.
    """
    # Opened outside of the server, so that what prevents it is one sentence and no traceback.
    with closing(_listen(config.http)) as listener, Hub(config) as hub:
        interpreter.tune()
        asyncio.run(_serve(config, hub, listener, ready))


def server_config(app: ASGIApp, http: HttpSection) -> uvicorn.Config:
    """Return how uvicorn serves an application behind its gate: limits, TLS, proxies."""
    return uvicorn.Config(
        app,
        http=Patient,
        ws="none",
        log_config=None,
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=GRACE_SECONDS,
        server_header=False,
        timeout_keep_alive=IDLE_SECONDS,
        h11_max_incomplete_event_size=MOST_HEADER_BYTES,
        # Streams, and as many again as ask at the same moment.
        limit_concurrency=2 * http.max_streams + 100,
        proxy_headers=bool(http.trusted_proxies),
        forwarded_allow_ips=list(http.trusted_proxies),
        ssl_certfile=http.tls_certificate,
        ssl_keyfile=http.tls_key,
    )


async def _serve(
    config: HubConfig, hub: Hub, listener: socket.socket, ready: Callable[[str, Hub], None]
) -> None:
    server: _Server
    broken = False

    def on_failure() -> None:
        nonlocal broken
        broken, server.should_exit = True, True

    def on_ready() -> None:
        watchdog.tell("READY=1")
        ready(_url(listener, http), hub)

    watchdog = Watchdog(os.environ)
    http = config.http
    server = _Server(
        server_config(Gate(create_app(config, opened=hub, failed=on_failure), http), http),
        hub,
        on_ready,
        lambda: watchdog.tell("STOPPING=1"),
    )
    # While the board is judged; `/readyz` tells of what a new start does not mend.
    watching = asyncio.create_task(
        watchdog.run(lambda: not health.is_stale(hub, wall_ms())), name="watchdog"
    )
    try:
        await server.serve(sockets=[listener])
    finally:
        watching.cancel()
    if broken or not server.started:
        raise HubError("the hub made a mistake and cannot go on; its log says which")


class _Server(uvicorn.Server):
    """uvicorn, ending its streams first and leaving signals to one place."""

    def __init__(
        self,
        config: uvicorn.Config,
        hub: Hub,
        ready: Callable[[], None],
        ending: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._hub = hub
        self._ready = ready
        self._ending = ending

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End: a live stream never ends by itself, so it is told to."""
        self._ending()
        self._hub.live.feed.close()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take SIGTERM and SIGINT as the wish to end; uvicorn's own way would end with an error."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end, number)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)

    def _end(self, number: int) -> None:
        # First the end, then the word of it: a log that nobody reads any more may raise.
        self.should_exit = True
        log.info("hub_ends", signal=signal.Signals(number).name)


def _listen(http: HttpSection) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in http.host else socket.AF_INET
        listener = socket.create_server((http.host, http.port), family=family, backlog=512)
    except OSError as error:
        raise ConfigError(
            f"http: cannot listen on {http.host}:{http.port}: {error.strerror or error}"
        ) from error
    listener.set_inheritable(True)
    for level, option, value in _PATIENCE:
        listener.setsockopt(level, option, value)
    return listener


def _url(listener: socket.socket, http: HttpSection) -> str:
    scheme = "https" if http.tls_certificate else "http"
    host, port = listener.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
