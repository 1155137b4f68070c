"""What every reader of cards and of codes does. One line for each implementation.

A simulated device speaks the real bytes over a real pty.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge import (
    CardSeen,
    CodeScanned,
    DeviceError,
    DeviceNotFound,
    Technology,
    open_card_reader,
    open_code_reader,
)
from firmware_bridge.readers.identities import CardReader, CodeReader
from firmware_bridge.registry import CARD_READERS, CODE_READERS
from firmware_bridge.simulated.device import SimulatedDevice, run_device
from firmware_bridge.simulated.gm65 import SimulatedGm65
from firmware_bridge.simulated.pn532 import SimulatedPn532
from firmware_bridge.simulated.pty_port import PtyPort
from firmware_bridge.simulated.rdm6300 import SimulatedRdm6300
from firmware_bridge.simulated.wedge import SimulatedWedge
from firmware_bridge.statistics import LineStatistics
from firmware_bridge.transport import open_transport

PATIENCE_SECONDS = 10.0
AWAY_SECONDS = 0.3


@dataclass(frozen=True)
class Kind:
    """A driver, its simulated device, two things that it reads, and what it then tells."""

    device: Callable[[], SimulatedDevice]
    things: tuple[str, str]
    told: tuple[object, object]
    options: dict[str, Any]


def cards(technology: Technology, first: str, second: str) -> tuple[CardSeen, CardSeen]:
    return CardSeen(first, technology), CardSeen(second, technology)


# Input events come over a pty here: no test may own a keyboard.
TYPED = {"connect": open_transport}
SHORTLY = {"away_seconds": AWAY_SECONDS}
CARDS = {
    "pn532": Kind(
        SimulatedPn532,
        ("04A1B2C3", "04112233445566"),
        cards(Technology.ISO14443A, "04A1B2C3", "04112233445566"),
        SHORTLY,
    ),
    "rdm6300": Kind(
        SimulatedRdm6300,
        ("0A00123456", "0B000000FF"),
        cards(Technology.EM4100, "0A00123456", "0B000000FF"),
        SHORTLY,
    ),
    "wedge-card": Kind(
        SimulatedWedge,
        ("0001193046", "0000000255"),
        cards(Technology.KEYBOARD, "0001193046", "0000000255"),
        SHORTLY | TYPED,
    ),
}
CODES = {
    "gm65": Kind(
        SimulatedGm65,
        ("9787108009821", "读者:B0001234"),
        (CodeScanned("9787108009821"), CodeScanned("读者:B0001234")),
        {},
    ),
    "wedge-code": Kind(
        SimulatedWedge,
        ("9787108009821", "Abc-12/3 $%"),
        (CodeScanned("9787108009821"), CodeScanned("Abc-12/3 $%")),
        TYPED,
    ),
}


@dataclass
class Bench:
    port: PtyPort
    device: SimulatedDevice
    kind: Kind
    open: Callable[..., CardReader | CodeReader]

    async def put(self, which: int) -> None:
        await self.port.write(self.device.put(self.kind.things[which]))

    async def take(self, which: int) -> None:
        await self.port.write(self.device.take(self.kind.things[which]))

    def build(self) -> CardReader | CodeReader:
        return self.open(self.port.path)


@asynccontextmanager
async def laid_out(name: str, folder: Path) -> AsyncIterator[Bench]:
    kind = CARDS[name] if name in CARDS else CODES[name]
    opener = open_card_reader if name in CARDS else open_code_reader
    device = kind.device()
    async with PtyPort(folder / "reader") as port:
        running = asyncio.create_task(run_device(port, device), name="device")
        try:
            yield Bench(port, device, kind, partial(opener, name, **kind.options))
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


@pytest.fixture(params=sorted(CARDS | CODES))
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    async with laid_out(request.param, tmp_path) as laid, asyncio.timeout(PATIENCE_SECONDS):
        yield laid


@pytest.fixture(params=sorted(CARDS))
async def card_bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    async with laid_out(request.param, tmp_path) as laid, asyncio.timeout(PATIENCE_SECONDS):
        yield laid


def test_every_reader_is_here() -> None:
    assert set(CARDS) == set(CARD_READERS)
    assert set(CODES) == set(CODE_READERS)


async def test_what_is_held_up_is_told_in_order(bench: Bench) -> None:
    async with bench.build() as reader:
        told = aiter(reader)
        await bench.put(0)
        assert await anext(told) == bench.kind.told[0]
        await bench.take(0)
        await bench.put(1)
        assert await anext(told) == bench.kind.told[1]


async def test_a_card_is_told_once_while_it_is_held(card_bench: Bench) -> None:
    async with card_bench.build() as reader:
        told = aiter(reader)
        await card_bench.put(0)
        assert await anext(told) == card_bench.kind.told[0]
        waiting = asyncio.ensure_future(anext(told))
        done, _ = await asyncio.wait([waiting], timeout=AWAY_SECONDS * 2)
        assert not done
        await card_bench.put(1)
        assert await waiting == card_bench.kind.told[1]


async def test_a_card_that_comes_back_is_told_again(card_bench: Bench) -> None:
    async with card_bench.build() as reader:
        told = aiter(reader)
        await card_bench.put(0)
        assert await anext(told) == card_bench.kind.told[0]
        await card_bench.take(0)
        waiting = asyncio.ensure_future(anext(told))
        await asyncio.wait([waiting], timeout=AWAY_SECONDS * 2)
        assert not waiting.done()
        await card_bench.put(0)
        assert await waiting == card_bench.kind.told[0]


async def test_nothing_held_up_is_no_failure(bench: Bench) -> None:
    async with bench.build() as reader:
        waiting = asyncio.ensure_future(anext(aiter(reader)))
        done, _ = await asyncio.wait([waiting], timeout=0.5)
        assert not done
        await bench.put(1)
        assert await waiting == bench.kind.told[1]


async def test_nothing_there_is_not_found(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(DeviceNotFound):
        async with bench.open(str(tmp_path / "nothing")):
            pytest.fail("it opened what is not there")


async def test_unplugged_it_ends_with_an_error_and_another_goes_on(bench: Bench) -> None:
    async with bench.build() as reader:
        told = aiter(reader)
        await bench.put(0)
        await anext(told)
        await bench.take(0)
        bench.port.unplug()
        with pytest.raises(DeviceError):
            await anext(told)
    bench.port.plug()
    running = asyncio.create_task(run_device(bench.port, bench.device), name="device again")
    try:
        async with bench.build() as reader:
            await bench.put(1)
            assert await anext(aiter(reader)) == bench.kind.told[1]
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def test_it_counts_its_talk_over_all_openings(bench: Bench) -> None:
    statistics = LineStatistics()
    for which in (0, 1):
        async with bench.open(bench.port.path, statistics=statistics) as reader:
            await bench.put(which)
            assert await anext(aiter(reader)) == bench.kind.told[which]
            await bench.take(which)
    assert (statistics.openings, statistics.reopenings) == (2, 1)
    assert statistics.replies >= 2
    assert (statistics.timeouts, statistics.corrupt_frames) == (0, 0)


async def test_shut_it_refuses(bench: Bench) -> None:
    reader = bench.build()
    with pytest.raises(DeviceError, match="not open"):
        await anext(aiter(reader))
    async with reader:
        pass
    await reader.__aexit__(None, None, None)
    with pytest.raises(DeviceError, match="not open"):
        await anext(aiter(reader))
    with pytest.raises(DeviceError, match="opened before"):
        await reader.__aenter__()


async def test_whoever_waits_when_it_is_closed_waits_no_longer(bench: Bench) -> None:
    reader = bench.build()

    async def follow() -> None:
        async for _ in reader:
            pass

    async with reader:
        following = asyncio.create_task(follow(), name="follow")
        await asyncio.sleep(0)
    await following
