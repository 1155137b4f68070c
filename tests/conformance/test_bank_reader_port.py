"""What every reader of UHF tags does beyond seeing them. One line for each in uhf_benches."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from firmware_bridge import DeviceError, DeviceTimeout, open_reader
from firmware_bridge.readers.port import Bank, TagChange, TagSeen
from firmware_bridge.simulated.pad import SimulatedUhfTag
from firmware_bridge.simulated.pty_port import PtyPort
from firmware_bridge.simulated.yrm100 import SimulatedYrm100
from firmware_bridge.statistics import LineStatistics
from tests.conformance.uhf_benches import BANK_READERS, OTHER, UID, UhfBench, uhf_bench

PATIENCE_SECONDS = 15


@pytest.fixture(params=sorted(BANK_READERS))
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[UhfBench]:
    async with uhf_bench(request.param) as laid, asyncio.timeout(PATIENCE_SECONDS):
        yield laid


async def test_banks_are_written_and_read_back(bench: UhfBench) -> None:
    async with bench.reader as reader:
        tag, neighbour = bench.lay(), bench.lay(OTHER)
        await reader.write_bank(UID, Bank.USER, 3, b"ABCD")
        assert await reader.read_bank(UID, Bank.USER, 2, 4) == bytes(2) + b"ABCD" + bytes(2)
        assert tag.banks[Bank.USER] == (bytes(6) + b"ABCD").ljust(64, b"\x00")
        assert neighbour.banks[Bank.USER] == bytes(64)
        assert await reader.read_bank(UID, Bank.TID, 0, 6) == tag.tid
        assert await reader.read_bank(UID, Bank.EPC, 2, 6) == bytes.fromhex(UID)


async def test_a_bank_longer_than_a_frame_is_written_and_read(bench: UhfBench) -> None:
    content = bytes(range(200))
    async with bench.reader as reader:
        tag = bench.lay(user=bytes(200))
        await reader.write_bank(UID, Bank.USER, 0, content)
        assert tag.banks[Bank.USER] == content
        assert await reader.read_bank(UID, Bank.USER, 0, 100) == content


@pytest.mark.parametrize("length", [2, 12, 16, 30])
async def test_another_uii_gives_another_uid(bench: UhfBench, length: int) -> None:
    uii = bytes(range(1, length + 1))
    async with bench.reader as reader:
        tag = bench.lay()
        pc = (length // 2 << 11) | 0x01C2
        await reader.write_bank(UID, Bank.EPC, 1, pc.to_bytes(2, "big") + uii)
        assert (tag.uid, tag.pc_word) == (uii.hex().upper(), pc)
        assert await reader.inventory() == {uii.hex().upper()}


async def test_a_part_of_the_uii_or_the_pc_alone_is_written(bench: UhfBench) -> None:
    async with bench.reader as reader:
        tag = bench.lay()
        await reader.write_bank(UID, Bank.EPC, 4, b"\xab\xcd")
        assert tag.uid == UID[:8] + "ABCD" + UID[12:]
        await reader.write_bank(tag.uid, Bank.EPC, 1, b"\x40\x07")  # two words longer
        assert tag.uid == UID[:8] + "ABCD" + UID[12:] + "00000000"


async def test_what_is_no_write_writes_nothing(bench: UhfBench) -> None:
    async with bench.reader as reader:
        tag = bench.lay()
        before = {bank: bytes(content) for bank, content in tag.banks.items()}
        for bank, first, content in (
            (Bank.USER, 0, b"ABC"),
            (Bank.USER, 0, b""),
            (Bank.USER, -1, b"AB"),
            (Bank.USER, 31, b"ABCD"),
            (Bank.USER, 300, b"AB"),
            (Bank.EPC, 0, b"ABCD"),
            (Bank.TID, 0, b"AB"),
        ):
            with pytest.raises(DeviceError):
                await reader.write_bank(UID, bank, first, content)
        assert tag.banks == before


async def test_a_read_beyond_the_end_is_a_device_error(bench: UhfBench) -> None:
    async with bench.reader as reader:
        bench.lay()
        for first, count in ((31, 2), (32, 1), (-1, 1), (0, 0), (300, 1)):
            with pytest.raises(DeviceError, match=r"no such words|has no words"):
                await reader.read_bank(UID, Bank.USER, first, count)


async def test_a_tag_that_is_gone_is_a_device_error(bench: UhfBench) -> None:
    async with bench.reader as reader:
        bench.lay(OTHER)
        with pytest.raises(DeviceError, match=UID):
            await reader.read_bank(UID, Bank.USER, 0, 1)
        for bank in (Bank.USER, Bank.EPC):
            with pytest.raises(DeviceError, match=UID):
                await reader.write_bank(UID, bank, 1, b"AB")


async def test_a_tag_exchanged_while_it_is_written_is_not_claimed(bench: UhfBench) -> None:
    """The tag goes right after the write, so that reading back meets nobody."""

    class Leaving(SimulatedUhfTag):
        __slots__ = ()

        def write(self, bank: Bank, first: int, content: bytes) -> None:
            super().write(bank, first, content)
            bench.pad.take(self.uid)

    async with bench.reader as reader:
        bench.pad.put(Leaving(bytes.fromhex(UID)))
        with pytest.raises(DeviceError, match="not known, so write it again"):
            await reader.write_bank(UID, Bank.USER, 0, b"ABCD")


async def test_calls_and_rounds_take_turns(bench: UhfBench) -> None:
    async with bench.reader as reader:
        bench.lay()

        async def follow() -> list[TagSeen]:
            seen = aiter(reader)
            return [await anext(seen), await anext(seen)]

        following = asyncio.ensure_future(follow())
        for number in range(5):
            content = bytes([0, number])
            await reader.write_bank(UID, Bank.USER, 0, content)
            assert await reader.read_bank(UID, Bank.USER, 0, 1) == content
        bench.lay(OTHER)
        assert await following == [
            TagSeen(UID, TagChange.ARRIVED),
            TagSeen(OTHER, TagChange.ARRIVED),
        ]


@pytest.mark.parametrize("name", sorted(BANK_READERS))
async def test_it_counts_its_talk(name: str) -> None:
    statistics = LineStatistics(openings=1, corrupt_frames=5)
    async with (
        uhf_bench(name, statistics=statistics) as laid,
        asyncio.timeout(PATIENCE_SECONDS),
        laid.reader as reader,
    ):
        await reader.inventory()
    assert (statistics.openings, statistics.timeouts, statistics.corrupt_frames) == (2, 0, 5)
    assert statistics.requests == statistics.replies >= 2


@pytest.mark.parametrize("name", sorted(BANK_READERS))
async def test_a_line_on_which_nobody_answers_is_a_timeout(name: str) -> None:
    async with PtyPort() as port, asyncio.timeout(PATIENCE_SECONDS):
        with pytest.raises(DeviceTimeout, match="does not answer"):
            async with open_reader(name, port.path):
                pytest.fail("nobody is there")


@pytest.mark.parametrize("name", sorted(BANK_READERS))
async def test_a_power_that_no_reader_has_is_refused(name: str) -> None:
    async with uhf_bench(name, power_dbm=31) as laid, asyncio.timeout(PATIENCE_SECONDS):
        with pytest.raises(DeviceError, match="0 to 30 dBm, not 31"):
            async with laid.reader:
                pytest.fail("it took this power")


async def test_weak_tags_are_passed_over() -> None:
    async with (
        uhf_bench("yrm100", minimum_rssi_dbm=-60) as laid,
        asyncio.timeout(PATIENCE_SECONDS),
        laid.reader as reader,
    ):
        laid.lay(rssi_dbm=-75)
        laid.lay(OTHER, rssi_dbm=-60)
        assert await reader.inventory() == {OTHER}


async def test_a_poll_that_was_lost_is_no_empty_field(monkeypatch: pytest.MonkeyPatch) -> None:
    obey = SimulatedYrm100.receive

    def deaf_to_polls(module: SimulatedYrm100, chunk: bytes, now: float) -> bytes:
        return b"" if chunk.startswith(b"\xbb\x00\x27") else obey(module, chunk, now)

    monkeypatch.setattr(SimulatedYrm100, "receive", deaf_to_polls)
    async with (
        uhf_bench("yrm100") as laid,
        asyncio.timeout(PATIENCE_SECONDS),
        laid.reader as reader,
    ):
        assert await reader.inventory() == frozenset()
        laid.lay()
        assert await reader.inventory() == {UID}


async def test_a_round_that_was_cancelled_does_not_go_on() -> None:
    async with (
        uhf_bench("yrm100") as laid,
        asyncio.timeout(PATIENCE_SECONDS),
        laid.reader as reader,
    ):
        laid.lay()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await reader.inventory()
        assert vars(laid.device)["_polls"] > 0
        assert await reader.read_bank(UID, Bank.USER, 0, 1) == bytes(2)
        assert vars(laid.device)["_polls"] == 0


async def test_settings_are_written_only_where_they_differ() -> None:
    async with uhf_bench("uhfreader18", power_dbm=9) as laid, asyncio.timeout(PATIENCE_SECONDS):
        device = laid.device
        async with laid.reader:
            pass
        assert (vars(device)["power_dbm"], vars(device)["scan_time"]) == (9, 3)


async def test_the_one_tag_is_given_an_epc() -> None:
    async with (
        uhf_bench("uhfreader18") as laid,
        asyncio.timeout(PATIENCE_SECONDS),
        laid.reader as reader,
    ):
        write_epc = reader.write_epc  # type: ignore[attr-defined]
        with pytest.raises(DeviceError, match="sees 0 tags"):
            await write_epc("ABCD")
        tag = laid.lay()
        await write_epc("0123456789ABCDEF")
        assert tag.uid == "0123456789ABCDEF"
        laid.lay(OTHER)
        with pytest.raises(DeviceError, match="sees 2 tags"):
            await write_epc("ABCD")


async def test_many_tags_come_in_several_frames() -> None:
    async with (
        uhf_bench("uhfreader18") as laid,
        asyncio.timeout(PATIENCE_SECONDS),
        laid.reader as reader,
    ):
        uids = {f"3000{number:020X}" for number in range(30)}
        for uid in sorted(uids):
            laid.lay(uid)
        assert await reader.inventory() == uids
