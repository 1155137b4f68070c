"""The SIP2 server: sockets, limits and TLS, in a thread with a loop of its own.

The hub's pages and its intake know nothing of it, whatever a terminal does; and a board that is
slow to be drawn lets no visitor wait at a kiosk.
"""

import asyncio
import socket
import ssl
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Self, cast

import structlog

from contracts.sip2.line import Encoding
from contracts.sip2.splitter import LineSplitter
from hub.errors import ConfigError
from hub.library.pins import PinDesk, pin_hasher
from hub.library.session import Session
from hub.library.settings import LibrarySettings
from hub.library.terminals import TerminalDesk
from hub.library.worker import Worker
from hub.sections import CirculationSection, Sip2Section
from hub.store.records import Records

log = structlog.get_logger(__name__)

LOGIN_SECONDS: Final = 30.0
"""So long may a connection stand that has not logged in."""
SLOW_SECONDS: Final = 30.0
"""Who reads nothing of its answers for so long is cut off."""
SWEEP_SECONDS: Final = 1.0
MOST_WAITING: Final = 64
"""Lines of one connection that wait for their answers before it is read no further."""
MOST_UNREAD: Final = 64 * 1024


class LibraryServer:
    """`with LibraryServer(…) as server:` listens, answers, and closes what it opened."""

    def __init__(
        self,
        section: Sip2Section,
        circulation: CirculationSection,
        records: Records,
        settings: LibrarySettings,
        clock_ms: Callable[[], int],
    ) -> None:
        self.counts: Counter[str] = Counter()
        """Connections: `accepted`, `over_limit`, `idle`, `slow`."""
        self.section = section
        self._settings = settings
        self._clock_ms = clock_ms
        hasher = pin_hasher()
        self.worker = Worker(records, settings, clock_ms, history_days=circulation.history_days)
        self._terminals = TerminalDesk(records, hasher, clock_ms)
        self._pins = PinDesk(records, hasher, clock_ms)
        self._slow = ThreadPoolExecutor(1, "library pins")
        self._lines: set[_Line] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending = asyncio.Event()
        self._ready = threading.Event()
        self._listener: socket.socket
        self._thread = threading.Thread(target=self._run, name="sip2")

    def __enter__(self) -> Self:
        self._tls = _tls(self.section)
        self._listener = _listen(self.section)
        # The thread for what is slow begins here, and not with the first PIN.
        self._slow.submit(int).result()
        self._thread.start()
        self._ready.wait()
        log.info("sip2_open", host=self.section.host, port=self.port, tls=self._tls is not None)
        return self

    def __exit__(self, *_exc: object) -> None:
        loop = self._loop
        if loop is not None:
            loop.call_soon_threadsafe(self._ending.set)
        self._thread.join()
        self._slow.shutdown()
        self._listener.close()

    @property
    def port(self) -> int:
        """Return where it listens."""
        return int(self._listener.getsockname()[1])

    @property
    def connections(self) -> int:
        """Return how many connections there are now."""
        return len(self._lines)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        finally:
            # Whatever became of it, nobody waits for it for ever.
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.worker.open()
        server = await self._loop.create_server(
            lambda: _Line(self), sock=self._listener, ssl=self._tls
        )
        sweeping = asyncio.create_task(self._sweep(), name="sip2 sweeper")
        self._ready.set()
        await self._ending.wait()
        sweeping.cancel()
        server.close()
        for line in list(self._lines):
            await line.session.close()
            line.transport.abort()
        self.worker.close()

    async def _sweep(self) -> None:
        """Close what has been silent for too long: one look at all is cheaper than a timer each."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            now = time.monotonic()
            for line in list(self._lines):
                patience: float = self.section.idle_seconds
                if not line.session.is_logged_in:
                    patience = min(patience, LOGIN_SECONDS)
                if line.stuck_at is not None and now - line.stuck_at > SLOW_SECONDS:
                    self.counts["slow"] += 1
                    line.transport.abort()
                elif now - line.heard_at > patience:
                    self.counts["idle"] += 1
                    line.transport.abort()

    def meet(self, line: "_Line") -> bool:
        """Take a new connection; False: there are as many as there may be."""
        if len(self._lines) >= self.section.most_connections:
            self.counts["over_limit"] += 1
            return False
        self.counts["accepted"] += 1
        self._lines.add(line)
        return True

    def part(self, line: "_Line") -> None:
        """Forget a connection that is gone."""
        self._lines.discard(line)

    def session(self, address: str) -> Session:
        """Return the session of a new connection."""
        return Session(
            self._settings,
            self.worker,
            self._terminals,
            self._pins,
            self._slow,
            self._clock_ms,
            connection=self.counts["accepted"],
            address=address,
            encoding=Encoding(self.section.encoding),
        )


class _Line(asyncio.Protocol):
    """A connection: bytes in, one line after the other answered, bytes out."""

    def __init__(self, server: LibraryServer) -> None:
        self.transport: asyncio.Transport
        self.session: Session
        self.heard_at = time.monotonic()
        self.stuck_at: float | None = None
        """Since when the terminal does not read what it is answered; monotonic seconds."""
        self._server = server
        self._splitter = LineSplitter()
        self._overlong = 0
        self._waiting: deque[bytes] = deque()
        self._is_busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.session = self._server.session(str((transport.get_extra_info("peername") or ("",))[0]))
        if not self._server.meet(self):
            self.transport.abort()
            return
        self.transport.set_write_buffer_limits(high=MOST_UNREAD)

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None:
            log.info("sip2_connection_lost", reason=str(exc))
        self._waiting.clear()
        self._server.part(self)

    def data_received(self, data: bytes) -> None:
        self.heard_at = time.monotonic()
        self._waiting.extend(self._splitter.feed(data))
        for _ in range(self._splitter.overlong - self._overlong):
            self.transport.write(self.session.ask_again())
        self._overlong = self._splitter.overlong
        if len(self._waiting) > MOST_WAITING:
            # Nobody who keeps to the protocol sends a second before the first is answered.
            self.transport.pause_reading()
        self._go_on()

    def pause_writing(self) -> None:
        self.stuck_at = time.monotonic()

    def resume_writing(self) -> None:
        self.stuck_at = None
        self._go_on()

    def _go_on(self) -> None:
        while self._waiting and not self._is_busy and self.stuck_at is None:
            self._is_busy = True
            self.session.take(self._waiting.popleft(), self._answered)
        if not self._waiting and not self.transport.is_closing():
            self.transport.resume_reading()

    def _answered(self, answer: bytes) -> None:
        self._is_busy = False
        if self.transport.is_closing():
            return
        self.transport.write(answer)
        if self.session.is_over:
            self._waiting.clear()
            self.transport.close()
        elif self._waiting:
            asyncio.get_running_loop().call_soon(self._go_on)


def _listen(section: Sip2Section) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in section.host else socket.AF_INET
        listener = socket.create_server((section.host, section.port), family=family, backlog=128)
    except OSError as error:
        raise ConfigError(
            f"sip2: cannot listen on {section.host}:{section.port}: {error.strerror or error}"
        ) from error
    # What may wait in the system for one terminal; every connection inherits it.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MOST_UNREAD)
    return listener


def _tls(section: Sip2Section) -> ssl.SSLContext | None:
    if section.tls_certificate is None or section.tls_key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(section.tls_certificate, section.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"sip2.tls_certificate: {section.tls_certificate} and its key cannot be used: {error}"
        ) from error
    return context
