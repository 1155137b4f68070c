"""What every sensor driver does, whatever hangs on the wire. One line for each implementation."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, fields, is_dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge import BridgeError, DeviceError, DeviceNotFound, DeviceTimeout, open_sensor
from firmware_bridge.registry import SENSORS
from firmware_bridge.simulated import mhz19, modbus_units, pms5003
from firmware_bridge.simulated.board import SimulatedBoard
from firmware_bridge.simulated.pty_port import PtyPort
from firmware_bridge.statistics import LineStatistics
from tests.integration.firmware_bridge.avr_board import AvrBoard

PATIENCE_SECONDS = 5.0


@dataclass
class Bench:
    """A device at a port, and how to make it speak or vanish."""

    url: str
    speak: Callable[[], object]
    mute: Callable[[], object]
    unplug: Callable[[], object]
    options: dict[str, Any] = field(default_factory=dict)


@asynccontextmanager
async def simulated_bench(
    link: Path, run: Callable[[PtyPort, int], Coroutine[Any, Any, None]], **options: Any
) -> AsyncIterator[Bench]:
    async with PtyPort(link) as port:
        device = asyncio.create_task(run(port, 1), name="device")
        try:
            yield Bench(port.path, lambda: None, device.cancel, port.unplug, options)
        finally:
            device.cancel()
            await asyncio.gather(device, return_exceptions=True)


@asynccontextmanager
async def board_bench(link: Path) -> AsyncIterator[Bench]:
    board = SimulatedBoard()
    loop = asyncio.get_running_loop()
    async with PtyPort(link) as port:

        async def answer() -> None:
            while request := await port.read():
                await port.write(board.receive(request, loop.time()))

        answers = asyncio.create_task(answer(), name="board")
        try:
            yield Bench(
                url=port.path,
                speak=lambda: asyncio.ensure_future(port.write(board.power_on(loop.time()))),
                mute=answers.cancel,
                unplug=port.unplug,
            )
        finally:
            answers.cancel()
            await asyncio.gather(answers, return_exceptions=True)


@asynccontextmanager
async def firmware_bench(link: Path) -> AsyncIterator[Bench]:
    async with AvrBoard(link.parent) as board:
        yield Bench(board.port, lambda: None, board.mute, board.unplug)


IMPLEMENTATIONS: dict[str, Callable[[Path], AbstractAsyncContextManager[Bench]]] = {
    "board": board_bench,
    "board-beam": board_bench,
    "board-climate": board_bench,
    "board-contact": board_bench,
    "board of our firmware": firmware_bench,
    "di-module": partial(simulated_bench, run=modbus_units.run_inputs),
    "mh-z19": partial(simulated_bench, run=mhz19.run, poll_seconds=0.05),
    "pms5003": partial(simulated_bench, run=pms5003.run),
    "senseair-s8": partial(simulated_bench, run=modbus_units.run_senseair, poll_seconds=0.05),
    "sht20": partial(simulated_bench, run=modbus_units.run_sht20, poll_seconds=0.05),
}


async def drain(readings: AsyncIterator[object]) -> None:
    async for _ in readings:
        pass


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def driver_of(kind: str) -> str:
    return kind.partition(" ")[0]


def test_every_sensor_is_here() -> None:
    assert {driver_of(kind) for kind in IMPLEMENTATIONS} == set(SENSORS)


@pytest.fixture(params=sorted(IMPLEMENTATIONS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def driver(kind: str) -> str:
    return driver_of(kind)


@pytest.fixture
async def bench(kind: str, tmp_path: Path) -> AsyncIterator[Bench]:
    async with IMPLEMENTATIONS[kind](tmp_path / "port") as device:
        yield device


async def test_readings_come_after_entering_and_are_frozen(driver: str, bench: Bench) -> None:
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        open_sensor(driver, bench.url, **bench.options) as sensor,
    ):
        seen = []
        async for reading in sensor:
            seen.append(reading)
            if len(seen) == 3:
                break
    for reading in seen:
        assert is_dataclass(reading)
        with pytest.raises(AttributeError):
            setattr(reading, fields(reading)[0].name, 0)
    hash(tuple(seen))


async def test_building_touches_nothing(driver: str) -> None:
    threads = threading.active_count()
    open_sensor(driver, "/nowhere/at/all")
    assert threading.active_count() == threads


async def test_a_port_that_is_not_there_is_not_found(driver: str, tmp_path: Path) -> None:
    with pytest.raises(DeviceNotFound, match="gone-port") as raised:
        async with open_sensor(driver, str(tmp_path / "gone-port")):
            pass
    assert "\n" not in str(raised.value)


async def test_an_unplugged_device_is_a_device_error(driver: str, bench: Bench) -> None:
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        open_sensor(driver, bench.url, **bench.options) as sensor,
    ):
        readings = aiter(sensor)
        await anext(readings)
        bench.unplug()
        with pytest.raises(DeviceError, match="unplugged"):
            await drain(readings)


async def test_a_silent_device_is_a_timeout(driver: str, bench: Bench) -> None:
    bench.mute()
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        open_sensor(driver, bench.url, silence_seconds=0.05, **bench.options) as sensor,
    ):
        with pytest.raises(DeviceTimeout, match="said nothing"):
            await drain(aiter(sensor))


async def test_leaving_is_quick_repeatable_and_leaves_nothing(driver: str, bench: Bench) -> None:
    threads = threading.active_count()
    files = open_files()
    for _ in range(5):
        sensor = open_sensor(driver, bench.url, **bench.options)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await sensor.__aenter__()
            await anext(aiter(sensor))
            await sensor.__aexit__(None, None, None)
            await sensor.__aexit__(None, None, None)
    assert threading.active_count() == threads
    # The bench's end of the pty may watch one descriptor more or less, never five.
    assert abs(open_files() - files) <= 1


async def test_a_reader_that_is_cancelled_closes(driver: str, bench: Bench) -> None:
    threads = threading.active_count()
    began = asyncio.Event()

    async def follow() -> None:
        async with open_sensor(driver, bench.url, **bench.options) as sensor:
            async for _ in sensor:
                began.set()

    following = asyncio.create_task(follow(), name="follow")
    async with asyncio.timeout(PATIENCE_SECONDS):
        await began.wait()
        following.cancel()
        with pytest.raises(asyncio.CancelledError):
            await following
    assert threading.active_count() == threads


async def test_it_can_be_opened_again(driver: str, bench: Bench) -> None:
    for _ in range(3):
        async with (
            asyncio.timeout(PATIENCE_SECONDS),
            open_sensor(driver, bench.url, **bench.options) as sensor,
        ):
            await anext(aiter(sensor))


async def test_out_of_order_use_is_a_bridge_error(driver: str, bench: Bench) -> None:
    sensor = open_sensor(driver, bench.url, **bench.options)
    with pytest.raises(BridgeError, match="not open"):
        await anext(aiter(sensor))
    async with asyncio.timeout(PATIENCE_SECONDS), sensor:
        with pytest.raises(BridgeError, match="opened before"):
            await sensor.__aenter__()


async def test_it_counts_its_talk_over_all_openings(driver: str, bench: Bench) -> None:
    statistics = LineStatistics()
    for _ in range(2):
        sensor = open_sensor(driver, bench.url, statistics=statistics, **bench.options)
        async with asyncio.timeout(PATIENCE_SECONDS), sensor:
            await anext(aiter(sensor))
    assert statistics.reopenings == 1
    # A device that tells by itself is asked nothing.
    assert statistics.requests >= 2 or driver == "pms5003"
    assert statistics.replies >= 2
