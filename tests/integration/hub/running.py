"""A hub as its operator runs it: a process, a configuration file, a port."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from typer.testing import CliRunner, Result

from hub.__main__ import app
from link.session import BrokerConfig, Session
from tests.accounts import bearer, token_for
from tests.integration.hub.feeding import Node

ROOT = Path(__file__).parents[3]
JIADING = ROOT / "examples" / "jiading"
T = TypeVar("T")


def until(find: Callable[[], T], seconds: float = 15.0) -> T:
    """Return what `find` finds, as soon as it is true. Fails after a while."""
    deadline = time.monotonic() + seconds
    while not (found := find()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {found!r}"
        time.sleep(0.02)
    return found


def command(*arguments: str) -> Result:
    """Run one command of the hub in this process, where no process of its own is the point."""
    return CliRunner().invoke(app, [*arguments])


def run_hub(*arguments: str, timeout: float = 30) -> subprocess.CompletedProcess[str]:
    """Run one command of the hub to its end."""
    return subprocess.run(
        [sys.executable, "-m", "hub", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


class HubProcess:
    """`python -m hub serve` in a folder of its own."""

    def __init__(
        self,
        folder: Path,
        broker_port: int,
        *,
        district: Path | None = JIADING,
        broker: str = "",
        more: str = "",
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.config = folder / "hub.toml"
        self.url = ""
        self.token = ""
        """An admin's, made at the first start."""
        self._log = folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        declared = f'district = "{district}"\n' if district else ""
        self.config.write_text(
            f'data_dir = "data"\n{declared}[http]\nport = 0\n'
            f"[broker]\nport = {broker_port}\n{broker}\n"
            "[live]\nswap_milliseconds = 50\npublish_seconds = 1\nstale_seconds = 30\n"
            f"{more}"
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(5)

    @property
    def log(self) -> str:
        return self._log.read_text("utf-8")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it and return once it answers."""
        self.token = self.token or token_for(self.folder / "data" / "records.db")
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "hub", "serve", "--config", str(self.config)],
                cwd=ROOT,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONWARNINGS": "error"},
            )
        process = self._process
        # What a start does is bound by the processor, which other tests share.
        until(lambda: "hub ready: " in self.log or process.poll() is not None, 180)
        assert process.poll() is None, self.log
        self.url = self.log.partition("hub ready: ")[2].split()[0].rstrip("/")

    def stop(self) -> int:
        """Ask it to end and return its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(15)
        self._process = None
        return code

    def get(self, path: str) -> Any:
        """Return what the API answers."""
        return httpx.get(f"{self.url}/api/v1{path}", headers=bearer(self.token), timeout=10).json()

    def occupancy(self, venue: str) -> Any:
        return self.get(f"/venues/{venue}/occupancy")


class Wire:
    """A client of the broker: sends as nodes, keeps what it hears."""

    def __init__(self, broker: int | BrokerConfig, *subscriptions: str) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self._session = Session(
            BrokerConfig(port=broker) if isinstance(broker, int) else broker,
            f"test-{os.getpid()}-{id(self)}",
            subscriptions=subscriptions,
            on_message=lambda topic, payload: self.heard.append((topic, payload)),
        )

    def __enter__(self) -> Self:
        self._session.open()
        until(lambda: self._session.connected)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._session.close()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        assert self._session.publish(topic, payload, retain=retain)

    def send(self, node: Node) -> None:
        """Send what a node has appended."""
        for payload in node.payloads():
            self.publish(node.data_topic, payload)

    def payloads(self, topic: str) -> list[bytes]:
        return [payload for heard, payload in tuple(self.heard) if heard == topic]
