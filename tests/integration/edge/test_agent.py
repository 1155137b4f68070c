"""The agent as it is started: what a board counts is what the hub's store holds."""

import asyncio
import random
import socket
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from edge import agent
from edge.config_file import load
from firmware_bridge.board.messages import DoorCode, LockCode
from hub.store.port import SeriesKey
from link.session import BrokerConfig, Session
from tests.brokers import Mosquitto
from tests.integration.edge.agents import (
    NODE,
    Agent,
    Hub,
    a_board,
    a_camera,
    a_serial,
    appended,
    written,
)

pytestmark = pytest.mark.broker


@pytest.fixture
def config(tmp_path: Path, mosquitto: Mosquitto) -> Path:
    return written(tmp_path, mosquitto.port, a_serial(tmp_path / "tty"))


@pytest.fixture
def to_broker(mosquitto: Mosquitto) -> BrokerConfig:
    return BrokerConfig(port=mosquitto.port)


async def test_counts_locks_and_climate_arrive_and_a_stop_leaves_nothing_behind(
    tmp_path: Path, config: Path, to_broker: BrokerConfig
) -> None:
    print("seed 11")  # noqa: T201
    chance = random.Random(11)
    with Hub(tmp_path, to_broker) as hub, Agent(config) as edge:
        async with a_board(tmp_path / "tty") as board:
            await hub.until(lambda: hub.is_in("board", "watching"))
            for _ in range(150):
                line = chance.choice(["front", "back"])
                way = chance.choice(["entered", "left"])
                await board.cross(line, **{way: chance.randrange(1, 4)})
            await board.port.write(
                board.board.set_contact(2, LockCode.UNLOCKED, DoorCode.OPEN)
                + board.board.set_contact(2, LockCode.UNLOCKED, DoorCode.CLOSED)
            )
            await hub.until(lambda: board.counted(hub))
            await hub.until(lambda: [s.value for s in hub.states("lock")] == ["locked", "unlocked"])
            doors = ["closed", "open", "closed"]
            await hub.until(lambda: [s.value for s in hub.states("lock-door")] == doors)
            air = SeriesKey(NODE.venue, NODE.node, "air.temperature_celsius")
            await hub.until(lambda: bool(hub.store.buckets(air, 0, 2**31)))
            assert {bucket.values[2] for bucket in hub.store.buckets(air, 0, 2**31)} == {21.0}

            assert await asyncio.to_thread(edge.stop) == 0
        await hub.until(lambda: hub.status is not None and not hub.status.online)
        assert [cover.ended for cover in hub.coverage("front")] == ["stopped"]
        assert [state.ended for state in hub.states("lock")] == ["changed", "stopped"]
        assert edge.said("agent_stopped")
        assert board.counted(hub)
        with closing(sqlite3.connect(tmp_path / "spool.db")) as spool:
            last = spool.execute("SELECT max(seq) FROM row").fetchone()[0]
        assert [state.mark for _, state in hub.store.streams().values()] == [last]
    # Who comes later is told too.
    (tmp_path / "late").mkdir()
    with Hub(tmp_path / "late", to_broker) as late:
        await late.until(lambda: late.status is not None and not late.status.online)


async def test_a_killed_agent_is_told_offline_and_loses_nothing_appended(
    tmp_path: Path, config: Path, to_broker: BrokerConfig
) -> None:
    with Hub(tmp_path, to_broker) as hub, Agent(config) as edge:
        hub.deaf = True
        async with a_board(tmp_path / "tty") as board:
            await hub.until(lambda: hub.is_in("board", "watching"))
            first_boot = hub.heard[-1].boot
            while not appended(tmp_path / "spool.db"):
                await board.cross("front", entered=1)
                await asyncio.sleep(0.01)
            await board.cross("front", entered=1)  # may or may not be appended yet
            edge.kill9()
            await hub.until(lambda: not hub.heard[-1].online)
            assert hub.heard[-1].boot == first_boot
            durable = appended(tmp_path / "spool.db")
            assert durable["front"][0] > 0

            hub.deaf = False
            await board.cross("front", left=5)  # nobody watches: a gap shows, no number
            edge.start()
            await hub.until(lambda: hub.is_in("board", "watching"))
            await hub.until(lambda: hub.totals("front") == durable["front"])
            await board.cross("front", entered=3)
            entered, left = durable["front"]
            await hub.until(lambda: hub.totals("front") == (entered + 3, left))
            await hub.until(lambda: len(hub.coverage("front")) == 2)
            before, after = hub.coverage("front")
            assert before.until_ms < after.since_ms
            assert hub.heard[-1].boot != first_boot
            assert await asyncio.to_thread(edge.stop) == 0


async def test_a_port_unplugged_and_back_and_noise_and_sources_that_are_not_there(
    tmp_path: Path, mosquitto: Mosquitto, to_broker: BrokerConfig
) -> None:
    print("seed 5")  # noqa: T201
    noise = random.Random(5).randbytes(3000)
    config = written(
        tmp_path,
        mosquitto.port,
        a_serial(tmp_path / "tty")
        + a_serial(tmp_path / "absent", "gone", "lines = { nowhere = 0 }\n")
        + a_camera("no-such-film.mp4"),
    )
    with Hub(tmp_path, to_broker) as hub, Agent(config) as edge:
        async with a_board(tmp_path / "tty") as board:
            await hub.until(lambda: hub.is_in("board", "watching"))
            await hub.until(lambda: hub.is_in("gone", "failed") and hub.is_in("camera", "failed"))
            gone, camera = hub.source("gone"), hub.source("camera")
            assert gone is not None
            assert gone.detail.startswith(f"no serial port at {tmp_path / 'absent'}")
            assert camera is not None
            assert "no-such-film.mp4: cannot be opened" in camera.detail

            await board.cross("front", entered=4, left=1)
            await board.port.write(noise + b"\x00")
            await board.cross("front", entered=2)
            await hub.until(lambda: board.counted(hub))
            board.unplug()
            await hub.until(lambda: hub.is_in("board", "failed"))
            source = hub.source("board")
            assert source is not None
            assert source.detail == (
                f"{tmp_path / 'tty'} is gone: the device was unplugged, restarted or lost its power"
            )
            await board.cross("front", entered=7)
            await board.cross("back", left=2)
            board.plug()
            await hub.until(lambda: hub.is_in("board", "watching"))
            await hub.until(lambda: board.counted(hub))
            await hub.until(lambda: len(hub.coverage("front")) == 2)
            before, after = hub.coverage("front")
            assert before.ended == "device_failed"
            assert before.until_ms < after.since_ms
            # It was tried again and again, and said once.
            said = [line for line in edge.said("source_changed") if line["source"] == "gone"]
            assert [line["state"] for line in said] == ["starting", "failed"]
            assert await asyncio.to_thread(edge.stop) == 0


async def test_without_a_camera_no_library_of_vision_is_loaded(
    tmp_path: Path, config: Path, to_broker: BrokerConfig
) -> None:
    with Hub(tmp_path, to_broker) as hub, Agent(config, flags="-X importtime") as edge:
        async with a_board(tmp_path / "tty"):
            await hub.until(lambda: hub.is_in("board", "watching"))
            assert await asyncio.to_thread(edge.stop) == 0
        names = {line.rpartition("|")[2].strip() for line in edge.text.splitlines()}
        assert {"edge.agent", "serial"} <= names
        assert not {name.partition(".")[0] for name in names} & {"cv2", "numpy", "scipy"}


async def test_a_cancelled_agent_leaves_no_thread_and_no_task(
    tmp_path: Path, mosquitto: Mosquitto, to_broker: BrokerConfig
) -> None:
    sources = a_serial(tmp_path / "tty") + a_camera("scene:3")
    config = load(written(tmp_path, mosquitto.port, sources))
    with Hub(tmp_path, to_broker) as hub:
        async with a_board(tmp_path / "tty") as board:
            running = asyncio.create_task(agent.run(config))
            await hub.until(lambda: hub.is_in("board", "watching"))
            await hub.until(lambda: hub.is_in("camera", "watching"))
            await board.cross("front", entered=1)
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
    # The guards around every test look for threads and tasks that are left.


async def test_the_socket_sends_at_once(mosquitto: Mosquitto) -> None:
    connected = threading.Event()
    session = Session(BrokerConfig(port=mosquitto.port), "prompt", on_connected=connected.set)
    session.open()
    try:
        assert await asyncio.to_thread(connected.wait, 10)
        sock = session._client.socket()
        assert isinstance(sock, socket.socket)
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    finally:
        await asyncio.to_thread(session.close)


async def test_a_second_agent_on_one_spool_is_refused(
    tmp_path: Path, config: Path, to_broker: BrokerConfig
) -> None:
    with Hub(tmp_path, to_broker) as hub, Agent(config) as edge:
        async with a_board(tmp_path / "tty"):
            await hub.until(lambda: hub.is_in("board", "watching"))
            with Agent(config) as second:
                assert second._process is not None
                assert await asyncio.to_thread(second._process.wait, 20) == 1
            assert "spool.db is in use by another agent: stop that one first" in edge.text
            assert await asyncio.to_thread(edge.stop) == 0
