"""A board and its reader over a real pty and a real pyserial port, over good and bad lines."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from firmware_bridge import (
    BoardStatus,
    ContactReading,
    Continuity,
    CounterBook,
    CounterReading,
    DeviceError,
    DeviceNotFound,
    DeviceTimeout,
    open_sensor,
)
from firmware_bridge.board.messages import ChannelKind, DoorCode, LockCode
from firmware_bridge.simulated.board import SimulatedBoard
from firmware_bridge.simulated.pty_port import PtyPort
from tests.integration.firmware_bridge.bad_line import BadLine, Faults

PATIENCE_SECONDS = 15.0
CROSSINGS = 400

LINES = {
    "perfect": Faults(),
    "one-byte": Faults(one_byte=True),
    "delayed": Faults(delay=0.6),
    "noisy": Faults(noise=0.3),
    "lossy": Faults(drop=0.2, corrupt=0.2),
    "all-at-once": Faults(drop=0.15, corrupt=0.15, noise=0.15, delay=0.3),
    "all-at-once-one-byte": Faults(drop=0.1, corrupt=0.1, noise=0.1, delay=0.3, one_byte=True),
}


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[PtyPort]:
    async with PtyPort(tmp_path / "board") as pty_port:
        yield pty_port


async def send(port: PtyPort, line: BadLine, frame: bytes) -> None:
    for chunk in line.carry(frame):
        await port.write(chunk)


async def say_hello(port: PtyPort, board: SimulatedBoard) -> None:
    """Answer the request of an opened port, over a good line."""
    await port.write(board.receive(await port.read(), 1.0))


@pytest.mark.parametrize("seed", [1, 20, 300])
@pytest.mark.parametrize("faults", LINES.values(), ids=LINES)
async def test_no_crossing_is_lost_on_any_line(port: PtyPort, faults: Faults, seed: int) -> None:
    print(f"seed {seed}")  # noqa: T201
    chance = random.Random(seed)
    board, line = SimulatedBoard(channels=[ChannelKind.BEAM] * 2), BadLine(faults, seed)
    total = [0, 0]

    async def play() -> None:
        await say_hello(port, board)
        for _ in range(CROSSINGS):
            way = chance.randrange(2)
            total[way] += 1
            channel = chance.randrange(2)
            await send(port, line, board.cross(channel, **{("entered", "left")[way]: 1}))
        for chunk in line.flush():
            await port.write(chunk)
        # The next repeat over a good line tells the totals; the contact marks the end.
        await port.write(b"\x00" + board.tick(100.0) + board.reset(101.0))

    seen = [0, 0]
    status: BoardStatus | None = None
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        asyncio.TaskGroup() as tasks,
        open_sensor("board", port.path) as sensor,
    ):
        tasks.create_task(play(), name="board")
        async for reading in sensor:
            if isinstance(reading, CounterReading):
                assert reading.continuity is not Continuity.BROKEN
                seen[0] += reading.entered
                seen[1] += reading.left
            elif isinstance(reading, BoardStatus):
                status = reading
                if reading.boot == 2:
                    break
    assert seen == total
    assert status is not None
    if faults == Faults():
        assert (status.corrupt_frames, status.lost_frames) == (0, 0)
    if line.counts["drop"] or line.counts["corrupt"]:
        assert status.lost_frames > 0


async def test_readings_of_a_perfect_line_come_in_order(port: PtyPort) -> None:
    board = SimulatedBoard()
    async with asyncio.timeout(PATIENCE_SECONDS), open_sensor("board-contact", port.path) as sensor:
        await say_hello(port, board)
        states = [
            (LockCode.UNLOCKED, DoorCode.CLOSED),
            (LockCode.UNLOCKED, DoorCode.OPEN),
            (LockCode.LOCKED, DoorCode.CLOSED),
        ]
        for lock, door in states:
            await port.write(board.set_contact(1, lock, door))
        contacts: list[ContactReading] = []
        async for reading in sensor:
            if isinstance(reading, ContactReading):
                contacts.append(reading)
            if len(contacts) == 4:
                break
        assert [
            (reading.lock.name, reading.door.name, reading.changes_total) for reading in contacts
        ] == [
            ("LOCKED", "CLOSED", 0),
            ("UNLOCKED", "CLOSED", 1),
            ("UNLOCKED", "OPEN", 2),
            ("LOCKED", "CLOSED", 3),
        ]


async def test_a_port_gone_and_back_loses_no_crossing(port: PtyPort) -> None:
    board, book = SimulatedBoard(channels=[ChannelKind.BEAM]), CounterBook()

    async def counted(*, until_total: int) -> int:
        seen = 0
        async with open_sensor("board", port.path, counters=book) as sensor:
            await say_hello(port, board)
            async for reading in sensor:
                if isinstance(reading, CounterReading):
                    seen += reading.entered
                    if reading.entered_total == until_total:
                        port.unplug()
                        with pytest.raises(DeviceError, match="unplugged"):
                            await anext(aiter(sensor))
                        return seen
        pytest.fail("the readings ended")

    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await counted(until_total=0) == 0
        with pytest.raises(DeviceNotFound):
            await counted(until_total=0)
        for _ in range(7):
            board.cross(0, entered=1)  # nobody listens
        port.plug()
        assert await counted(until_total=7) == 7
        board.cross(0, entered=2)
        board.reset(0.0)
        board.cross(0, entered=3)
        port.plug()
        assert await counted(until_total=3) == 3


async def test_wrap_and_reset_on_the_line(port: PtyPort) -> None:
    board = SimulatedBoard(channels=[ChannelKind.BEAM])
    board.cross(0, entered=2**32 - 1, left=2**32 - 1)
    async with asyncio.timeout(PATIENCE_SECONDS), open_sensor("board-beam", port.path) as sensor:
        await say_hello(port, board)
        await port.write(board.cross(0, entered=3) + board.cross(0, left=1) + board.reset(9.0))
        await port.write(board.cross(0, entered=4))
        counters: list[CounterReading] = []
        async for reading in sensor:
            if isinstance(reading, CounterReading):
                counters.append(reading)
            if len(counters) == 5:
                break
    assert [(r.entered_total, r.entered, r.left, r.continuity.name) for r in counters] == [
        (2**32 - 1, 0, 0, "FIRST"),
        (2, 3, 0, "SAME_BOOT"),
        (2, 0, 1, "SAME_BOOT"),
        (0, 0, 0, "REBOOTED"),
        (4, 4, 0, "SAME_BOOT"),
    ]


async def test_garbage_before_between_and_after(port: PtyPort) -> None:
    print("seed 7")  # noqa: T201
    noise = random.Random(7).randbytes(3000)
    board = SimulatedBoard(channels=[ChannelKind.BEAM])
    async with asyncio.timeout(PATIENCE_SECONDS), open_sensor("board", port.path) as sensor:
        await port.write(noise)
        await say_hello(port, board)  # its first frame, the answer, takes the noise with it
        await port.write(noise + b"\x00" + board.cross(0, entered=1))
        totals = []
        async for reading in sensor:
            if isinstance(reading, CounterReading):
                totals.append(reading.entered_total)
            if totals[-1:] == [1]:
                break
        await port.write(board.tick(50.0))
        status = await anext(aiter(sensor))
        assert isinstance(status, BoardStatus)
        assert status.corrupt_frames > 5


async def test_a_board_that_boots_as_its_port_opens_is_asked_again(port: PtyPort) -> None:
    board = SimulatedBoard(channels=[ChannelKind.BEAM])

    async def boot_late() -> None:
        await port.read()  # the first request finds nobody
        await say_hello(port, board)

    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        asyncio.TaskGroup() as tasks,
        open_sensor("board", port.path) as sensor,
    ):
        tasks.create_task(boot_late(), name="board")
        assert isinstance(await anext(aiter(sensor)), BoardStatus)


async def test_noise_alone_is_silence(port: PtyPort) -> None:
    """A lock or a line is known as long as its board is understood, not as long as bytes come."""
    rng = random.Random(7)

    async def rave() -> None:
        while True:
            await port.write(rng.randbytes(64))
            await asyncio.sleep(0.01)

    async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as tasks:
        raving = tasks.create_task(rave(), name="noise")
        async with open_sensor("board", port.path, silence_seconds=0.3) as sensor:
            with pytest.raises(DeviceTimeout, match="said nothing readable"):
                assert [reading async for reading in sensor] == []
        raving.cancel()


async def test_a_consumer_that_was_away_finds_no_silence(port: PtyPort) -> None:
    board = SimulatedBoard(channels=[ChannelKind.BEAM])
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        open_sensor("board", port.path, silence_seconds=0.1) as sensor,
    ):
        await say_hello(port, board)
        readings = aiter(sensor)
        await anext(readings)
        loop, frame = asyncio.get_running_loop(), board.cross(0, entered=1)
        away_until = loop.time() + 0.3
        while loop.time() < away_until:
            await port.write(frame[:3])
            frame = frame[3:]
            await asyncio.sleep(0.02)
        totals = [
            reading.entered_total
            for reading in [await anext(readings) for _ in range(3)]
            if isinstance(reading, CounterReading)
        ]
        assert totals[-1] == 1
