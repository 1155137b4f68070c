"""Serial devices: what 24 idle ports cost one process, and how fast board frames are decoded.

The simulated devices live in a process of their own, on ptys; the measured one opens their ports by
the drivers that an edge uses: twelve boards, four climate and four CO2 sensors, four input modules
with beams, which are looked at 25 times a second.
"""

import asyncio
import json
import random
import sys
import time
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks.processes import cpu_seconds, memory_mib, running
from benchmarks.report import Result
from firmware_bridge import open_sensor
from firmware_bridge.board.codec import encode_message
from firmware_bridge.board.messages import (
    ChannelKind,
    Climate,
    Contact,
    Counter,
    DoorCode,
    LockCode,
)
from firmware_bridge.framing import CobsDecoder, FrameDecoder
from firmware_bridge.sensors.wired_inputs import Wiring
from firmware_bridge.simulated import mhz19, modbus_units
from firmware_bridge.simulated.board import SimulatedBoard
from firmware_bridge.simulated.pty_port import PtyPort
from firmware_bridge.simulated.run import run_board

SECONDS: Final = 60
SETTLE_SECONDS: Final = 8
CHUNK_BYTES: Final = 4096
KINDS: Final = (ChannelKind.BEAM, ChannelKind.CONTACT, ChannelKind.CLIMATE)


async def _board(port: PtyPort, seed: int) -> None:
    board = SimulatedBoard(board_id=seed.to_bytes(8, "big"), channels=KINDS)
    await run_board(port, board, seed=seed, people_per_hour=0, is_open=lambda: True)


PORTS: Final[dict[str, tuple[int, Callable[[PtyPort, int], Coroutine[Any, Any, None]]]]] = {
    "board": (12, _board),
    "sht20": (4, modbus_units.run_sht20),
    "mh-z19": (4, mhz19.run),
    "di-module": (4, modbus_units.run_inputs),
}


def measure(folder: Path) -> list[Result]:
    folder.mkdir()
    return [*_measure_decoding(), *_measure_ports(folder)]


def _measure_decoding() -> list[Result]:
    stream = b"".join(_frames(6000))
    chunks = [stream[at : at + CHUNK_BYTES] for at in range(0, len(stream), CHUNK_BYTES)]
    plain = _rate(len(stream), lambda: [chunk.split(b"\x00") for chunk in chunks])
    note = f"frames of a board, {len(stream) // 6000} bytes each, in chunks of {CHUNK_BYTES}"
    return [
        Result(
            f"COBS decoding{what}",
            _rate(len(stream), partial(_feed, build, chunks)),
            "MB/s",
            at_least=3,
            floor=plain,
            note=note + "; floor: bytes.split",
        )
        for what, build in (
            ("", lambda: CobsDecoder(CHUNK_BYTES)),
            (", CRC checked", FrameDecoder),
        )
    ]


def _frames(count: int) -> Iterable[bytes]:
    rng = random.Random(1)
    for number in range(0, count, 3):
        boot, entered, left = (rng.randrange(5000) for _ in range(3))
        yield encode_message(Counter(0, boot, entered, left), number)
        yield encode_message(Contact(1, LockCode.LOCKED, DoorCode.CLOSED, False, number), number)
        yield encode_message(Climate(2, 2150, 4800, 600), number)


def _feed(build: Callable[[], CobsDecoder | FrameDecoder], chunks: list[bytes]) -> None:
    decoder = build()
    for chunk in chunks:
        for _ in decoder.feed(chunk):
            pass
    if decoder.corrupt_frames:
        raise RuntimeError("sound frames were taken for corrupt")


def _rate(size: int, work: Callable[[], object]) -> float:
    """Return MB/s of processor time, the best of nine: others use the machine too."""
    best = float("inf")
    for _ in range(9):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return size / best / 1e6


def _measure_ports(folder: Path) -> list[Result]:
    devices = ["-m", "benchmarks.serial", "devices", str(folder)]
    reading = ["-m", "benchmarks.serial", "read", str(folder)]
    total = sum(number for number, _ in PORTS.values())
    with running(devices, folder / "devices.log"):
        while len(list(folder.glob("*.tty"))) < total:
            time.sleep(0.1)
        with running(reading, folder / "read.log") as process:
            time.sleep(SETTLE_SECONDS)  # what opening costs is paid once
            before, began = cpu_seconds(process.pid), time.monotonic()
            time.sleep(SECONDS)
            share = (cpu_seconds(process.pid) - before) / (time.monotonic() - began)
            memory = memory_mib(process.pid)
            process.wait(30)
    told = json.loads((folder / "read.log").read_text().splitlines()[-1])
    silent = [name for name, count in told.items() if not count]
    if len(told) != total or silent:
        raise RuntimeError(f"ports that told nothing: {silent or 'the reader ended early'}")
    mix = ", ".join(f"{number} {name}" for name, (number, _) in PORTS.items())
    return [
        Result(
            "24 idle serial ports in one process, share of a core",
            100 * share,
            "%",
            at_most=15,
            note=f"{mix}; over {SECONDS} s, {sum(told.values()):,} readings",
        ),
        Result("its memory", memory, "MiB"),
    ]


async def _run_devices(folder: Path) -> None:
    async with asyncio.TaskGroup() as tasks:
        for name, (count, run) in PORTS.items():
            for number in range(count):
                tasks.create_task(_run_device(folder / f"{name}.{number}.tty", run, number + 1))


async def _run_device(
    link: Path, run: Callable[[PtyPort, int], Coroutine[Any, Any, None]], seed: int
) -> None:
    async with PtyPort(link) as port:
        await run(port, seed)


async def _read_all(folder: Path) -> None:
    names = [
        f"{name}.{number}.tty" for name, (count, _) in PORTS.items() for number in range(count)
    ]
    told = dict.fromkeys(names, 0)
    try:
        async with asyncio.timeout(SETTLE_SECONDS + SECONDS + 1), asyncio.TaskGroup() as tasks:
            for name in told:
                tasks.create_task(_read(folder / name, told))
    except TimeoutError:
        print(json.dumps(told), flush=True)


async def _read(link: Path, told: dict[str, int]) -> None:
    driver = link.name.partition(".")[0]
    options = {"wiring": Wiring(beams=((0, 1),), locks=((2, 3),))} if driver == "di-module" else {}
    async with open_sensor(driver, str(link), **options) as sensor:
        async for _ in sensor:
            told[link.name] += 1


if __name__ == "__main__":
    role, place = sys.argv[1:]
    asyncio.run({"devices": _run_devices, "read": _read_all}[role](Path(place)))
