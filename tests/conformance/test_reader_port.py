"""What every reader driver does. One line for each implementation."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from firmware_bridge import DeviceError, open_reader
from firmware_bridge.readers.port import Reader, TagChange, TagSeen
from firmware_bridge.readers.simulated import SimulatedReader
from firmware_bridge.registry import READERS

UID = "E004015012345678"
OTHER = "E004015087654321"


@dataclass
class Bench:
    reader: Reader
    put: Callable[[str], None]
    take: Callable[[str], None]


@asynccontextmanager
async def simulated_bench() -> AsyncIterator[Bench]:
    reader = open_reader("simulated-reader", "pad")
    assert isinstance(reader, SimulatedReader)
    yield Bench(reader, reader.put, reader.take)


IMPLEMENTATIONS = {"simulated-reader": simulated_bench}


def test_every_reader_is_here() -> None:
    assert set(IMPLEMENTATIONS) == set(READERS)


@pytest.fixture(params=sorted(IMPLEMENTATIONS))
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    async with IMPLEMENTATIONS[request.param]() as device, asyncio.timeout(5):
        yield device


async def test_tags_arrive_and_leave(bench: Bench) -> None:
    async with bench.reader as reader:
        bench.put(UID)
        seen = aiter(reader)
        assert await anext(seen) == TagSeen(UID, TagChange.ARRIVED)
        bench.put(OTHER)
        bench.take(UID)
        assert await anext(seen) == TagSeen(OTHER, TagChange.ARRIVED)
        assert await anext(seen) == TagSeen(UID, TagChange.LEFT)
        assert await reader.inventory() == {OTHER}


async def test_a_tag_that_lies_there_at_opening_arrives(bench: Bench) -> None:
    bench.put(UID)
    async with bench.reader as reader:
        assert await anext(aiter(reader)) == TagSeen(UID, TagChange.ARRIVED)


async def test_blocks_are_written_and_read_back(bench: Bench) -> None:
    async with bench.reader as reader:
        bench.put(UID)
        await reader.write_blocks(UID, 2, b"ABCDEFGH")
        assert await reader.read_blocks(UID, 2, 2) == b"ABCDEFGH"
        assert await reader.read_blocks(UID, 1, 3) == bytes(4) + b"ABCDEFGH"


async def test_a_tag_that_is_gone_is_a_device_error(bench: Bench) -> None:
    async with bench.reader as reader:
        with pytest.raises(DeviceError, match=UID):
            await reader.read_blocks(UID, 0, 1)
        with pytest.raises(DeviceError, match=UID):
            await reader.write_blocks(UID, 0, b"ABCD")


async def test_a_write_of_parts_or_beyond_the_end_writes_nothing(bench: Bench) -> None:
    async with bench.reader as reader:
        bench.put(UID)
        before = await reader.read_blocks(UID, 0, 28)
        for first, content in ((0, b"ABC"), (27, b"ABCDEFGH"), (-1, b"ABCD")):
            with pytest.raises(DeviceError):
                await reader.write_blocks(UID, first, content)
        assert await reader.read_blocks(UID, 0, 28) == before


async def test_shut_it_refuses(bench: Bench) -> None:
    with pytest.raises(DeviceError, match="not open"):
        await bench.reader.inventory()
    async with bench.reader:
        pass
    await bench.reader.__aexit__(None, None, None)
    with pytest.raises(DeviceError, match="not open"):
        await bench.reader.inventory()


async def test_whoever_waits_when_it_is_closed_waits_no_longer(bench: Bench) -> None:
    async def follow() -> None:
        async for _ in bench.reader:
            pass

    async with bench.reader:
        following = asyncio.create_task(follow(), name="follow")
        await asyncio.sleep(0)
    await following
