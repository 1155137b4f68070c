"""A churn of pages that come, go, or never read: the hub does not grow."""

import asyncio
import gc
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

import psutil
import pytest
import uvicorn

from hub import serve
from hub.app import create_app
from hub.config import BrokerSection, HttpSection, HubConfig
from hub.runtime import Hub
from tests.integration.hub.running import JIADING

CONNECTS, AT_ONCE, SLEEPERS = 2_000, 40, 60
MOST_GROWTH_MIB = 24
REQUEST = b"GET %s HTTP/1.1\r\nHost: hub\r\n\r\n"
PATHS = (b"/board/stream", b"/api/v1/live", b"/venues/museum/stream")

OWN = {
    *("live", "live board", "keeping", "broadcast", "duties", "verdicts", "alerts"),
    *("alerts file", "alert watch", "use watch", "deliveries", "tidy deliveries"),
}
"""The names of the hub's own tasks; some begin only when the hub is served already."""


@asynccontextmanager
async def serving(folder: Path, streams: int = 200) -> AsyncIterator[tuple[Hub, int]]:
    """Serve in this process, so that its tasks can be counted."""
    config = HubConfig(
        data_dir=folder / "data",
        district=JIADING,
        broker=BrokerSection(enabled=False),
        http=HttpSection(port=0, max_streams=streams),
    )
    with Hub(config) as hub:
        listener = serve._listen(config.http)
        app = create_app(config, opened=hub)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        server.capture_signals = nullcontext  # type: ignore[assignment,method-assign]  # signals are pytest's
        running = asyncio.create_task(server.serve(sockets=[listener]), name="server")
        await until(lambda: server.started)
        yield hub, listener.getsockname()[1]
        hub.live.feed.close()
        server.should_exit = True
        await running


async def until(find: Callable[[], object], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not find():  # noqa: ASYNC110  what is waited for tells nobody
            await asyncio.sleep(0.01)


async def page(port: int, path: bytes, *, reads: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(REQUEST % path)
    assert b" 200 " in await reader.readline()
    for _ in range(reads):
        await reader.read(4096)
    # Some leave in order, some tear the line.
    if reads % 2:
        writer.transport.abort()
    writer.close()


async def move(hub: Hub) -> None:
    """Let everything change, as in a busy hour."""
    while True:
        hub.live.feed.announce(tuple(hub.live.venues))
        await asyncio.sleep(0.02)


async def settled(hub: Hub, tasks: int) -> None:
    await until(lambda: not len(hub.live.feed) and running_tasks() <= tasks)


def running_tasks() -> int:
    """Count tasks but for the hub's own, which have names, and for waits: these come and go.

    A stream's wait has the stream above it.
    """
    return sum(
        task.get_name() not in OWN and getattr(task.get_coro(), "__qualname__", "") != "Event.wait"
        for task in asyncio.all_tasks()
    )


@pytest.mark.timeout(180)
async def test_pages_come_and_go_and_nothing_is_left(tmp_path: Path) -> None:
    process = psutil.Process()
    async with serving(tmp_path) as (hub, port):
        tasks = running_tasks()
        moving = asyncio.create_task(move(hub))

        async def some(number: int) -> None:
            await asyncio.gather(
                *(page(port, PATHS[i % len(PATHS)], reads=i % 4) for i in range(number))
            )

        await some(AT_ONCE)
        gc.collect()
        before = process.memory_info().rss
        sleepers: list[socket.socket] = []
        for _ in range(CONNECTS // AT_ONCE):
            if len(sleepers) < SLEEPERS:
                # Never reads, and has no room for what is not read.
                sleeper = socket.socket()
                sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
                sleeper.connect(("127.0.0.1", port))
                sleeper.send(REQUEST % PATHS[0])
                sleepers.append(sleeper)
            await some(AT_ONCE)
        gc.collect()
        grown = (process.memory_info().rss - before) / 2**20
        for sleeper in sleepers:
            sleeper.close()
        moving.cancel()
        await settled(hub, tasks)
        assert grown < MOST_GROWTH_MIB, f"{grown:.1f} MiB"


async def test_who_never_reads_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    patience = [(level, option, value) for level, option, value in serve._PATIENCE]
    quick = [(a, b, 1_000 if b == socket.TCP_USER_TIMEOUT else 4096) for a, b, _ in patience]
    monkeypatch.setattr(serve, "_PATIENCE", quick)
    async with serving(tmp_path) as (hub, port):
        tasks = running_tasks()
        with socket.socket() as sleeper:
            sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            sleeper.connect(("127.0.0.1", port))
            sleeper.send(REQUEST % PATHS[0])
            await until(lambda: len(hub.live.feed))
            # It is still there and reads nothing: what it should have read was too much.
            await settled(hub, tasks)


async def test_one_page_that_sleeps_does_not_hold_up_another(tmp_path: Path) -> None:
    async with serving(tmp_path) as (hub, port):
        sleeper = socket.create_connection(("127.0.0.1", port))
        sleeper.send(REQUEST % PATHS[0])
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
        writer.write(REQUEST % PATHS[0])
        async with asyncio.timeout(10):
            while not (line := await reader.readline()).startswith(b"data: "):
                pass
        assert json.loads(line[6:])["fragments"]
        writer.close()
        sleeper.close()
        await until(lambda: not len(hub.live.feed))
