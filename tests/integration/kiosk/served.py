"""A kiosk's page on a real socket, in a loop of its own; the desk behind it is the test."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self

from kiosk.host import SessionHost
from kiosk.session.effects import Effect
from kiosk.session.events import Event, Ticked
from kiosk.session.moment import Moment
from kiosk.session.settings import SessionSettings
from kiosk.session.state import State, Visit
from kiosk.speech import Speaker
from kiosk.web.ar.view import ArView
from kiosk.web.serve import serve
from kiosk.web.settings import WebSettings

NOW_S = 1_795_910_000
"""A Sunday morning in Shanghai."""


@dataclass
class ServedKiosk:
    """`with ServedKiosk() as kiosk:` serves; `answer` is called with each effect, in the loop."""

    settings: SessionSettings = field(default_factory=SessionSettings)
    web: WebSettings = field(default_factory=lambda: WebSettings(night_from=0, night_until=0))
    answer: Callable[["ServedKiosk", Effect], None] = lambda _kiosk, _effect: None
    speaker: Speaker = field(default_factory=Speaker)
    ar: ArView | None = None
    door: Any = None
    """What the page at the door shows, as a caretaker."""
    effects: list[Effect] = field(default_factory=list)
    ahead: float = 0.0
    """Seconds by which the session's clock is ahead of this machine's."""

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.host = SessionHost(self._carry_out, self.moment, self.settings)
        self.host.door = self.door
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,))
        self._thread.start()
        assert ready.wait(20)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._serving.cancel)
        self._thread.join()
        self._listener.close()

    def moment(self) -> Moment:
        """Return the session's present."""
        return Moment(time.monotonic() + self.ahead, NOW_S + round(self.ahead))

    def post(self, *events: Event) -> None:
        """Give events to the session, and wait until it has them."""
        self._in_loop(lambda: [self.host.post(event) for event in events])

    def pass_seconds(self, seconds: float) -> None:
        """Let time go on, and the session see it."""
        self.ahead += seconds
        self.post(Ticked())

    def show(self, visit: Visit, **around: Any) -> None:
        """Put the session where a test wants it."""

        def put() -> None:
            # Every change has its serial and its time, as the reducer gives them.
            serial = self.host.state.visit.serial + 1
            moment = self.moment()
            now = replace(visit, serial=serial, touched_at=moment.monotonic)
            self.host.state = State(replace(self.host.state.around, **around), now)
            self.host.post(Ticked())

        self._in_loop(put)

    def _carry_out(self, effect: Effect) -> None:
        self.effects.append(effect)
        self.answer(self, effect)

    def _in_loop(self, call: Callable[[], Any]) -> None:
        done: Future[Any] = Future()

        def run() -> None:
            try:
                done.set_result(call())
            except BaseException as error:  # noqa: BLE001  carried to the test's thread
                done.set_exception(error)

        self._loop.call_soon_threadsafe(run)
        done.result(20)

    def _run(self, ready: threading.Event) -> None:
        async def main() -> None:
            self._serving = asyncio.ensure_future(
                serve(
                    self.host,
                    self._listener,
                    self.web,
                    speaker=self.speaker,
                    ar=self.ar,
                    ready=ready.set,
                )
            )
            await asyncio.wait({self._serving})

        self._loop.run_until_complete(main())
        self._loop.close()
