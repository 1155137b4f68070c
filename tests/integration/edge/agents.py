"""An edge as it runs: a process of its own, a hub that stores what it sends, a board on a pty."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from contracts.ids import NodeId
from contracts.messages import Ack, SourceStatus, Status, decode_status, encode
from contracts.rows import Count
from contracts.topics import Channel, every_node, node_topic, parse_node_topic
from firmware_bridge.board.messages import ChannelKind
from firmware_bridge.simulated.board import SimulatedBoard
from firmware_bridge.simulated.pty_port import PtyPort
from hub.store.port import Interval, SeriesKey
from hub.store.sqlite import SqliteStore
from link.intake import Group, Intake, start
from link.session import BrokerConfig, Session

ROOT = Path(__file__).parents[3]
NODE = NodeId("jiading-lib", "door")
PATIENCE_SECONDS = 25.0
FAR_S = 2**31
BOARD_LINES = "lines = { front = 0, back = 1 }\ncontacts = { lock = 2 }\nclimates = { air = 3 }\n"
KINDS = (ChannelKind.BEAM, ChannelKind.BEAM, ChannelKind.CONTACT, ChannelKind.CLIMATE)


def written(folder: Path, port: int, sources: str, *, broker: str = "") -> Path:
    """Write an agent's configuration."""
    path = folder / "edge.toml"
    path.write_text(
        f'[node]\nvenue = "{NODE.venue}"\nnode = "{NODE.node}"\n'
        f'[broker]\nport = {port}\n{broker}\n[clock]\ntrust = "always"\n{sources}',
        "utf-8",
    )
    return path


def a_serial(port: Path | str, name: str = "board", lines: str = BOARD_LINES) -> str:
    """Return the section of a board."""
    return f'[[serial]]\nname = "{name}"\nport = "{port}"\n{lines}'


def a_camera(source: str, name: str = "camera", more: str = "", line: str = "top") -> str:
    """Return the section of a camera with a level line; who walks down comes in."""
    return (
        f'[[cameras]]\nname = "{name}"\nsource = "{source}"\n{more}\n[[cameras.lines]]\n'
        f'name = "{line}"\nstart = [0.0, 0.5]\nend = [1.0, 0.5]\nin_vector = [0.0, 1.0]\n'
    )


class Agent:
    """A process `python -m edge run`, or of another program; leaving the block kills it."""

    def __init__(
        self,
        config: Path,
        *,
        password: str | None = None,
        flags: str = "",
        program: str = "edge",
    ) -> None:
        self._program = program
        self.config = config
        self.log = config.with_suffix(".log")
        self._flags = flags.split()
        # As its unit starts it.
        self._environment = {**os.environ, "MALLOC_ARENA_MAX": "2"}
        if password is not None:
            self._environment["KAIGUAN_BROKER_PASSWORD"] = password
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill9()
        if error is not None:
            print(self.text)  # noqa: T201

    def start(self) -> None:
        command = [
            sys.executable,
            *self._flags,
            "-m",
            self._program,
            "run",
            "--config",
            str(self.config),
        ]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdout=log, stderr=log, env=self._environment
            )

    def stop(self) -> int:
        """Ask it to stop and return its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(PATIENCE_SECONDS)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill9(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def text(self) -> str:
        return self.log.read_text("utf-8")

    def said(self, event: str) -> list[dict[str, Any]]:
        """Return what it logged under a name."""
        lines = [line for line in self.text.splitlines() if line.startswith("{")]
        return [entry for entry in map(json.loads, lines) if entry["event"] == event]


class Hub:
    """Stores what arrives and acknowledges it; `deaf`, it takes nothing."""

    def __init__(self, folder: Path, broker: BrokerConfig) -> None:
        self.store = SqliteStore(folder / "hub.db")
        self.intake = Intake(self.store, self._acknowledge, self._stored)
        self.deaf = False
        self.heard: list[Status] = []
        self._news = threading.Condition()
        self._session = Session(
            broker,
            "the-hub",
            subscriptions=(every_node(Channel.DATA), every_node(Channel.STATUS)),
            on_message=self._receive,
        )

    def __enter__(self) -> Self:
        self._thread = start(self.intake)
        self._session.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._session.close()
        self.intake.close()
        self._thread.join()
        self.store.close()
        if error is not None:
            print(self.heard[-3:])  # noqa: T201

    async def until(self, is_so: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
        """Wait, from one arrival to the next, until something is so."""

        def wait() -> bool:
            with self._news:
                return self._news.wait_for(is_so, seconds)

        assert await asyncio.to_thread(wait)

    @property
    def status(self) -> Status | None:
        return self.heard[-1] if self.heard else None

    def source(self, name: str) -> SourceStatus | None:
        """Return what the node says of a source."""
        sources = self.status.sources if self.status and self.status.online else ()
        return next((source for source in sources if source.name == name), None)

    def is_in(self, name: str, state: str) -> bool:
        source = self.source(name)
        return source is not None and source.state == state

    def totals(self, line: str) -> tuple[int, int]:
        """Return how many entered and left by a line."""
        buckets = self.store.buckets(SeriesKey(NODE.venue, NODE.node, line), 0, FAR_S)
        return (
            int(sum(bucket.values[0] for bucket in buckets)),
            int(sum(bucket.values[1] for bucket in buckets)),
        )

    def coverage(self, source: str) -> list[Interval]:
        return list(self.store.coverage(NODE.venue, NODE.node, source, 0, FAR_S * 1000))

    def states(self, sensor: str) -> list[Interval]:
        return list(self.store.states(NODE.venue, NODE.node, sensor, 0, FAR_S * 1000))

    def _receive(self, topic: str, payload: bytes) -> None:
        node, channel = parse_node_topic(topic)
        if channel is Channel.DATA and not self.deaf:
            self.intake.receive(node, topic, payload)
        elif channel is Channel.STATUS:
            with self._news:
                self.heard.append(decode_status(payload))
                self._news.notify_all()

    def _acknowledge(self, node: NodeId, ack: Ack) -> None:
        self._session.publish(node_topic(node, Channel.ACK), encode(ack))

    def _stored(self, _group: Group) -> None:
        with self._news:
            self._news.notify_all()


class Board:
    """A simulated board whose clock runs, on a port that may be unplugged."""

    def __init__(self, link: Path) -> None:
        self.port = PtyPort(link)
        self.board = SimulatedBoard(channels=KINDS)
        self.truth = {"front": [0, 0], "back": [0, 0]}
        self._plugged = asyncio.Event()

    async def cross(self, line: str, *, entered: int = 0, left: int = 0) -> None:
        """Let people pass; a board that is unplugged counts on."""
        self.truth[line][0] += entered
        self.truth[line][1] += left
        await self.port.write(
            self.board.cross(list(self.truth).index(line), entered=entered, left=left)
        )

    def counted(self, hub: Hub) -> bool:
        """Tell whether the hub holds what the board has counted."""
        return all(hub.totals(line) == tuple(total) for line, total in self.truth.items())

    def unplug(self) -> None:
        self._plugged.clear()
        self.port.unplug()

    def plug(self) -> None:
        self.port.plug()
        self._plugged.set()

    async def live(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._answer(), name="board-answers")
            tasks.create_task(self._tick(), name="board-ticks")

    async def _answer(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._plugged.wait()
            request = await self.port.read()
            if request:
                await self.port.write(self.board.receive(request, loop.time()))
            elif self._plugged.is_set():
                self._plugged.clear()

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        self.board.power_on(loop.time())
        while True:
            await self.port.write(self.board.tick(loop.time()))
            await asyncio.sleep(0.1)


@asynccontextmanager
async def a_board(link: Path) -> AsyncIterator[Board]:
    """Run a board while the block lasts."""
    board = Board(link)
    board.plug()
    living = asyncio.create_task(board.live(), name="board")
    try:
        yield board
    finally:
        living.cancel()
        await asyncio.wait({living})
        board.unplug()


def passwords(folder: Path, **users: str) -> Path:
    """Write mosquitto's file of passwords."""
    path = folder / "passwords"
    path.touch(mode=0o600)
    for user, password in users.items():
        subprocess.run(["mosquitto_passwd", "-b", str(path), user, password], check=True)
    return path


async def until(is_so: Callable[[], bool]) -> None:
    """Look into a log, which tells nobody that it has grown, until something is so."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not is_so():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def appended(spool: Path) -> dict[str, tuple[int, int]]:
    """Return what a spool holds of each line."""
    found: dict[str, tuple[int, int]] = {}
    with closing(sqlite3.connect(spool)) as database:
        for (body,) in database.execute("SELECT body FROM row"):
            if json.loads(body)["type"] == "count":
                row = msgspec.json.decode(body, type=Count)
                entered, left = found.get(row.line, (0, 0))
                found[row.line] = (entered + row.entered, left + row.left)
    return found
