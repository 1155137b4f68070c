"""A node with an updater and without systemd: `updating_node.py UPDATER.toml NODE.toml SOCKET`.

The agent is a child that is started anew when it ends, as systemd would, and says that it is ready
as it says it there.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from updater.engine import Updater, surroundings
from updater.installing import VenvInstaller
from updater.settings import Settings, load
from updater.state import Seen

AGAIN_SECONDS = 0.3


class ProcessRunner:
    """Starts the agent from `current`, and again whenever it ends."""

    def __init__(self, settings: Settings, config: Path, notify: Path) -> None:
        self._settings = settings
        self._config = config
        self._notify = notify
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(notify))
        self._socket.setblocking(False)
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._is_ready = False
        self._starts = 0
        self._ended_at = 0.0

    def restart(self) -> int:
        with self._lock:
            self._end()
            before = self._starts
            self._start()
            return before

    def look(self) -> Seen:
        with self._lock, contextlib.suppress(BlockingIOError):
            while True:
                if self._socket.recv(1000) == b"READY=1":
                    self._is_ready = True
        self.revive()
        return Seen(self._is_ready, self._starts)

    def revive(self) -> None:
        with self._lock:
            if self._child is not None and self._child.poll() is not None:
                self._is_ready = False
                self._ended_at = self._ended_at or time.monotonic()
                if time.monotonic() - self._ended_at > AGAIN_SECONDS:
                    self._start()

    def close(self) -> None:
        with self._lock:
            self._end()
        self._socket.close()

    def _start(self) -> None:
        self._starts += 1
        self._is_ready, self._ended_at = False, 0.0
        python = self._settings.releases / "current/bin/python"
        # What this test is found by is nothing of the release's.
        inherited = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        self._child = subprocess.Popen(
            [str(python), "-m", "edge", "run", "--config", str(self._config)],
            cwd=self._config.parent,
            env=inherited | {"NOTIFY_SOCKET": str(self._notify)},
        )

    def _end(self) -> None:
        if self._child is None:
            return
        self._child.terminate()
        try:
            self._child.wait(5)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        with contextlib.suppress(BlockingIOError):
            while True:
                self._socket.recv(1000)


def main(updater_toml: Path, config: Path, notify: Path) -> None:
    settings = load(updater_toml)
    runner = ProcessRunner(settings, config, notify)
    updater = Updater(
        settings,
        surroundings(settings, runner, VenvInstaller(), lambda line: print(line, flush=True)),  # noqa: T201
    )
    signal.signal(signal.SIGTERM, lambda *_: updater.stop.set())
    try:
        updater.open()
        runner.restart()
        while not updater.stop.wait(0.2):
            updater.look()
    finally:
        runner.close()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
