"""Telling systemd how a process fares (sd_notify): ready, alive, ending. Without systemd, nothing.

A sign of life comes from the event loop, while what the process is for goes on: that is what a new
start mends. A broker that is away and a full disk are not mended by one.
"""

import asyncio
import os
import socket
from collections.abc import Callable, Mapping

import structlog

log = structlog.get_logger(__name__)


class Watchdog:
    """What systemd's variables of a service ask for: where to tell, and how often."""

    def __init__(self, environment: Mapping[str, str], pid: int | None = None) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        asked_of = environment.get("WATCHDOG_PID", "")
        mine = asked_of in {"", str(os.getpid() if pid is None else pid)}
        wait = environment.get("WATCHDOG_USEC", "")
        self.period_seconds = int(wait) / 1_000_000 / 3 if mine and wait.isdigit() else 0.0
        """A third of what systemd waits for; 0: it does not wait."""

    def tell(self, state: str) -> None:
        """Tell one state; that nobody listens is no reason to end."""
        if not self._address:
            return
        # A leading @ is a name outside of any file system.
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as told:
                told.connect(address)
                told.send(state.encode())
        except OSError as error:
            log.warning("systemd_not_told", state=state, error=str(error))

    async def run(self, is_alive: Callable[[], bool]) -> None:
        """Give signs of life until cancelled, as long as there is life."""
        while self.period_seconds > 0:
            if is_alive():
                self.tell("WATCHDOG=1")
            await asyncio.sleep(self.period_seconds)
