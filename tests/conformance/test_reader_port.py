"""What every reader driver does. One line for each implementation.

A reader that reaches memory in blocks also passes the second half.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import cast

import pytest

from firmware_bridge import DeviceError, open_reader
from firmware_bridge.readers.port import BlockReader, Reader, TagChange, TagSeen
from firmware_bridge.registry import READERS
from firmware_bridge.simulated.feig import SimulatedFeigPad
from firmware_bridge.simulated.pad import SimulatedPad, SimulatedTag
from firmware_bridge.simulated.pty_port import PtyPort
from firmware_bridge.simulated.serve import serve
from tests.conformance.uhf_benches import BANK_READERS, uhf_bench
from tests.conformance.uhf_benches import OTHER as UHF_OTHER
from tests.conformance.uhf_benches import UID as UHF_UID

UID = "E004015012345678"
OTHER = "E004015087654321"


@dataclass
class Bench:
    reader: Reader
    put: Callable[[str], None]
    take: Callable[[str], object]
    uid: str = UID
    other: str = OTHER


@dataclass
class PadBench(Bench):
    """A bench of a reader of blocks, with its tags at hand."""

    pad: SimulatedPad | None = None

    @property
    def blocks(self) -> BlockReader:
        return cast("BlockReader", self.reader)

    def lay(self, **what: object) -> SimulatedTag:
        tag = SimulatedTag(self.uid, **what)  # type: ignore[arg-type]
        assert self.pad is not None
        self.pad.put(tag)
        return tag


def pad_bench(reader: Reader, pad: SimulatedPad) -> PadBench:
    return PadBench(reader, lambda uid: pad.put(SimulatedTag(uid)), pad.take, pad=pad)


@asynccontextmanager
async def simulated_bench() -> AsyncIterator[PadBench]:
    pad = SimulatedPad()
    yield pad_bench(open_reader("simulated-reader", "pad", pad=pad), pad)


@asynccontextmanager
async def feig_bench() -> AsyncIterator[PadBench]:
    pad = SimulatedPad()
    device = SimulatedFeigPad(pad)
    async with PtyPort() as port, asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(serve(port, device.receive, gap=device.gap), name="feig-pad")
        yield pad_bench(open_reader("feig", port.path), pad)
        serving.cancel()


BLOCK_READERS: dict[str, Callable[[], AbstractAsyncContextManager[PadBench]]] = {
    "feig": feig_bench,
    "simulated-reader": simulated_bench,
}


@asynccontextmanager
async def bank_bench(name: str) -> AsyncIterator[Bench]:
    async with uhf_bench(name) as laid:
        yield Bench(laid.reader, laid.put, laid.pad.take, UHF_UID, UHF_OTHER)


IMPLEMENTATIONS: dict[str, Callable[[], AbstractAsyncContextManager[Bench]]] = {
    **BLOCK_READERS,
    **{name: partial(bank_bench, name) for name in BANK_READERS},
}


def test_every_reader_is_here() -> None:
    assert set(IMPLEMENTATIONS) == set(READERS)


@pytest.fixture(params=sorted(IMPLEMENTATIONS))
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    async with IMPLEMENTATIONS[request.param]() as device, asyncio.timeout(10):
        yield device


@pytest.fixture(params=sorted(BLOCK_READERS))
async def pad(request: pytest.FixtureRequest) -> AsyncIterator[PadBench]:
    async with BLOCK_READERS[request.param]() as device, asyncio.timeout(10):
        yield device


async def test_tags_arrive_and_leave(bench: Bench) -> None:
    async with bench.reader as reader:
        bench.put(bench.uid)
        seen = aiter(reader)
        assert await anext(seen) == TagSeen(bench.uid, TagChange.ARRIVED)
        bench.put(bench.other)
        bench.take(bench.uid)
        assert await anext(seen) == TagSeen(bench.other, TagChange.ARRIVED)
        assert await anext(seen) == TagSeen(bench.uid, TagChange.LEFT)
        assert await reader.inventory() == {bench.other}


async def test_a_tag_that_lies_there_at_opening_arrives(bench: Bench) -> None:
    bench.put(bench.uid)
    async with bench.reader as reader:
        assert await anext(aiter(reader)) == TagSeen(bench.uid, TagChange.ARRIVED)


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


async def test_blocks_are_written_and_read_back(pad: PadBench) -> None:
    async with pad.blocks as reader:
        tag = pad.lay()
        await reader.write_blocks(UID, 2, b"ABCDEFGH")
        assert await reader.read_blocks(UID, 2, 2) == b"ABCDEFGH"
        assert await reader.read_blocks(UID, 1, 3) == bytes(4) + b"ABCDEFGH"
        assert tag.memory == (bytes(8) + b"ABCDEFGH").ljust(112, b"\x00")


async def test_a_whole_tag_is_written_and_read(pad: PadBench) -> None:
    content = bytes(range(240, 256)) + bytes(range(240))
    async with pad.blocks as reader:
        tag = pad.lay(block_bytes=8, block_count=32)
        await reader.write_blocks(UID, 0, content)
        assert tag.memory == content
        assert await reader.read_blocks(UID, 0, 32) == content


async def test_a_tag_that_is_gone_is_a_device_error(pad: PadBench) -> None:
    async with pad.blocks as reader:
        for call in (
            reader.read_blocks(UID, 0, 1),
            reader.write_blocks(UID, 0, b"ABCD"),
            reader.system_info(UID),
            reader.write_afi(UID, 7),
            reader.write_eas(UID, is_on=True),
            reader.check_eas(UID),
        ):
            with pytest.raises(DeviceError, match=UID):
                await call


async def test_a_write_of_parts_or_beyond_the_end_writes_nothing(pad: PadBench) -> None:
    async with pad.blocks as reader:
        tag = pad.lay(memory=bytearray(range(112)))
        for first, content in ((0, b"ABC"), (27, b"ABCDEFGH"), (-1, b"ABCD"), (0, b"")):
            with pytest.raises(DeviceError):
                await reader.write_blocks(UID, first, content)
        assert tag.memory == bytes(range(112))


async def test_a_read_beyond_the_end_is_a_device_error(pad: PadBench) -> None:
    async with pad.blocks as reader:
        pad.lay()
        for first, count in ((27, 2), (28, 1), (-1, 1), (0, 0), (300, 1)):
            with pytest.raises(DeviceError):
                await reader.read_blocks(UID, first, count)


async def test_a_locked_block_is_a_device_error_and_stays(pad: PadBench) -> None:
    async with pad.blocks as reader:
        tag = pad.lay(locked_blocks={1})
        with pytest.raises(DeviceError, match="locked"):
            await reader.write_blocks(UID, 1, b"ABCD")
        assert tag.memory == bytes(112)


async def test_a_tag_says_what_it_is(pad: PadBench) -> None:
    async with pad.blocks as reader:
        tag = pad.lay(afi=0xC2, dsfid=0x06, block_bytes=8, block_count=64)
        assert await reader.system_info(UID) == tag.info()


async def test_the_afi_is_written_and_other_tags_keep_theirs(pad: PadBench) -> None:
    async with pad.blocks as reader:
        tag = pad.lay(afi=0x07)
        pad.put(OTHER)
        await reader.write_afi(UID, 0xC2)
        assert tag.afi == 0xC2
        assert (await reader.system_info(UID)).afi == 0xC2
        assert (await reader.system_info(OTHER)).afi == 0
        for afi in (-1, 256):
            with pytest.raises(DeviceError, match="0 to 255"):
                await reader.write_afi(UID, afi)
        assert tag.afi == 0xC2


async def test_the_eas_bit_is_set_checked_and_reset(pad: PadBench) -> None:
    async with pad.blocks as reader:
        tag = pad.lay()
        assert not await reader.check_eas(UID)
        for is_on in (True, True, False, False):
            await reader.write_eas(UID, is_on=is_on)
            assert tag.is_eas_on is is_on
            assert await reader.check_eas(UID) is is_on


async def test_a_tag_without_eas_is_a_device_error(pad: PadBench) -> None:
    async with pad.blocks as reader:
        pad.lay(has_eas=False)
        with pytest.raises(DeviceError, match="EAS"):
            await reader.write_eas(UID, is_on=True)
