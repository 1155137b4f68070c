"""systemd as a service sees it: the socket that it is to tell, and processes that stand still."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

import pytest

PERIOD_SECONDS = 0.2
"""How often a service that `Systemd` started gives a sign of life."""
PATIENCE_SECONDS = 25.0


class Systemd:
    """Listens for what a service tells."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)

    def __enter__(self) -> Self:
        self._socket.bind(str(self._path))
        return self

    def __exit__(self, *_exc: object) -> None:
        self._socket.close()

    def started_by(self, patch: pytest.MonkeyPatch) -> None:
        """Let every process that starts from now on be a service of this systemd."""
        patch.setenv("NOTIFY_SOCKET", str(self._path))
        patch.setenv("WATCHDOG_USEC", str(int(3 * PERIOD_SECONDS * 1_000_000)))
        patch.delenv("WATCHDOG_PID", raising=False)

    def until(self, state: str) -> list[str]:
        """Return what is told up to a state. Fails when nothing is told for long."""
        self._socket.settimeout(PATIENCE_SECONDS)
        told: list[str] = []
        while state not in told:
            told.append(self._socket.recv(1000).decode())
        return told

    def hears_nothing(self, seconds: float = 8 * PERIOD_SECONDS) -> None:
        """Fail when something is told within several periods; what came before does not count."""
        self._socket.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                self._socket.recv(1000)
        self._socket.settimeout(seconds)
        with pytest.raises(TimeoutError):
            self._socket.recv(1000)


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Stop a child of ours while the block lasts: it runs not at all, and does not end."""
    os.kill(pid, signal.SIGSTOP)
    os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOWAIT)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
