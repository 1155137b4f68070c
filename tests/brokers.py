"""Real MQTT brokers on free loopback ports, which a test may kill and start again.

Every broker is a process with a configuration of its own and no memory on disk: what the link
promises may not rest on what a broker keeps.
"""

import socket
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self

from examples.demo.broker import LOOPBACK, broker_command
from examples.demo.ports import free_ports

__all__ = ["BROKERS", "LOOPBACK", "Amqtt", "Broker", "Mosquitto", "answers", "free_port"]

ANSWERS_WITHIN_SECONDS = 15.0
_given: set[int] = set()


def free_port() -> int:
    """Return a loopback port that nobody listens on, and that was not given out before."""
    while True:
        (port,) = free_ports(1)
        if port not in _given:
            _given.add(port)
            return port


def answers(port: int) -> bool:
    """Tell whether something accepts connections on a loopback port."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=0.5).close()
    except OSError:
        return False
    return True


class Broker(ABC):
    """A broker process on one port; `kill9` and `start` bring it back on the same port."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder = folder
        self.port = free_port() if port is None else port
        self.log = folder / f"{type(self).__name__}-{self.port}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self) -> list[str]:
        """Write the configuration and return the command that runs in the foreground."""

    @property
    def pid(self) -> int | None:
        """Return the process id while the broker runs."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start it and return once its port answers. Raises RuntimeError with its log."""
        assert self._process is None, "runs already"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        deadline = time.monotonic() + ANSWERS_WITHIN_SECONDS
        while not answers(self.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill9()
                raise RuntimeError(f"broker does not answer:\n{self.log.read_text()}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End it in order; one that does not end is killed."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def kill9(self) -> None:
        """Kill it in the middle of whatever it does."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class Mosquitto(Broker):
    """The broker that production uses; `extra` adds lines to its configuration."""

    def __init__(self, folder: Path, port: int | None = None, *, extra: str = "") -> None:
        super().__init__(folder, port)
        self.extra = extra

    def command(self) -> list[str]:
        """Write mosquitto.conf and return the command."""
        return broker_command("mosquitto", self.folder, self.port, self.extra)


class Amqtt(Broker):
    """The broker that the demo falls back to: no delivery again, no MQTT 5."""

    def command(self) -> list[str]:
        """Write its configuration and return the command."""
        return broker_command("amqtt", self.folder, self.port)


BROKERS: dict[str, type[Broker]] = {"mosquitto": Mosquitto, "amqtt": Amqtt}
