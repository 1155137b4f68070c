"""Tags through the ports of readers: HF by blocks, UHF by banks."""

from collections.abc import AsyncIterator
from typing import Self

import pytest

from firmware_bridge.errors import DeviceError, FrameError
from firmware_bridge.readers.port import Bank, Reader, SecurityState, TagSeen
from firmware_bridge.readers.simulated import SimulatedReader
from firmware_bridge.readers.tag_access import (
    TagHabits,
    TagRead,
    read_security,
    read_tag,
    write_security,
    write_tag,
)
from firmware_bridge.simulated.pad import SimulatedPad, SimulatedTag, SimulatedUhfTag, TagRefusal
from firmware_bridge.tags import (
    AfiPair,
    SecurityMechanism,
    TagContent,
    TagFormat,
    UhfImage,
    Unreadable,
    UnreadableReason,
    Usage,
    encode_alliance,
    encode_iso_uhf,
)

UID = "E004015012345678"
BOOK = TagContent(TagFormat.OBJECTS, "31000000001", "CN-110108", Usage.CIRCULATING, 2, 1)


class BanksInMemory:
    """A reader of UHF tags that stands on a simulated pad."""

    def __init__(self, pad: SimulatedPad) -> None:
        self.pad = pad

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None: ...

    async def __aiter__(self) -> AsyncIterator[TagSeen]:
        for _ in ():
            yield _

    async def inventory(self) -> frozenset[str]:
        return frozenset(tag.uid for tag in self.pad.uhf_tags)

    async def read_bank(self, uid: str, bank: Bank, first: int, count: int) -> bytes:
        content = self._tag(uid).read(bank, first, count)
        if isinstance(content, TagRefusal):
            raise DeviceError(f"tag {uid} has fewer words")
        return content

    async def write_bank(self, uid: str, bank: Bank, first: int, content: bytes) -> None:
        if self._tag(uid).write(bank, first, content) is not None:
            raise DeviceError(f"tag {uid} cannot be written")

    def _tag(self, uid: str) -> SimulatedUhfTag:
        tag = self.pad.uhf_tag(uid)
        if tag is None:
            raise DeviceError(f"no tag {uid}")
        return tag


class CardsOnly:
    """A reader that sees numbers and reaches no memory."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None: ...

    async def __aiter__(self) -> AsyncIterator[TagSeen]:
        for _ in ():
            yield _

    async def inventory(self) -> frozenset[str]:
        return frozenset()


def laid(image: UhfImage) -> tuple[BanksInMemory, SimulatedUhfTag]:
    tag = SimulatedUhfTag(image.uii, image.pc, user=image.user.ljust(64, b"\x00"))
    pad = SimulatedPad()
    pad.put(tag)
    return BanksInMemory(pad), tag


@pytest.mark.parametrize("tag_format", [TagFormat.OBJECTS, TagFormat.DANISH])
async def test_an_hf_tag_is_written_read_and_secured(tag_format: TagFormat) -> None:
    content = TagContent(tag_format, "B1", "DE-705", Usage.CIRCULATING, 1, 1, title="红楼梦")
    async with SimulatedReader("pad") as reader:
        reader.put(UID)
        assert await read_security(reader, UID) is SecurityState.UNKNOWN
        await write_tag(reader, UID, content)
        assert await read_tag(reader, UID) == TagRead(UID, content, SecurityState.UNKNOWN)
        assert await write_security(reader, UID, is_on=True) == UID
        assert await read_tag(reader, UID) == TagRead(UID, content, SecurityState.ON)
        await write_security(reader, UID, is_on=False)
        assert await read_security(reader, UID) is SecurityState.OFF


async def test_gates_of_both_kinds_need_both_bits() -> None:
    both = TagHabits(AfiPair(0x9D, 0x9E), SecurityMechanism.BOTH)
    eas = TagHabits(mechanism=SecurityMechanism.EAS)
    async with SimulatedReader("pad") as reader:
        tag = SimulatedTag(UID)
        reader.pad.put(tag)
        await write_security(reader, UID, is_on=True, habits=eas)
        assert (tag.afi, tag.is_eas_on) == (0, True)
        assert await read_security(reader, UID, eas) is SecurityState.ON
        assert await read_security(reader, UID, both) is SecurityState.UNKNOWN
        for is_on, state in ((True, SecurityState.ON), (False, SecurityState.OFF)):
            await write_security(reader, UID, is_on=is_on, habits=both)
            assert (tag.afi, tag.is_eas_on) == (0x9D if is_on else 0x9E, is_on)
            assert await read_security(reader, UID, both) is state


async def test_what_does_not_fit_an_hf_tag_writes_nothing() -> None:
    async with SimulatedReader("pad") as reader:
        reader.put(UID)
        for content in (
            TagContent(TagFormat.OBJECTS, "B1", title="x" * 200),
            TagContent(TagFormat.UHF, "B1"),
        ):
            with pytest.raises(FrameError):
                await write_tag(reader, UID, content)
        assert await reader.read_blocks(UID, 0, 28) == bytes(112)


async def test_a_uhf_tag_of_iso_is_read_and_secured() -> None:
    content = TagContent(TagFormat.UHF, "31000000001", "CN-110108", Usage.CIRCULATING, 2, 1)
    reader, tag = laid(encode_iso_uhf(content))
    uid = tag.uid
    assert await read_tag(reader, uid) == TagRead(uid, content, SecurityState.ON)
    assert await write_security(reader, uid, is_on=False) == uid
    assert tag.pc_word & 0xFF == 0xC2
    assert await read_tag(reader, uid) == TagRead(uid, content, SecurityState.OFF)


async def test_a_uhf_tag_of_the_alliance_gets_another_uid_when_it_is_lent() -> None:
    content = TagContent(TagFormat.ALLIANCE, "32103179", "10248", None, 1, 1)
    reader, tag = laid(encode_alliance(content))
    uid = tag.uid
    assert await read_tag(reader, uid) == TagRead(uid, content, SecurityState.ON)
    lent = await write_security(reader, uid, is_on=False)
    assert lent == tag.uid != uid
    assert await read_tag(reader, lent) == TagRead(lent, content, SecurityState.OFF)
    assert await write_security(reader, lent, is_on=True) == uid


@pytest.mark.parametrize("tag_format", [TagFormat.UHF, TagFormat.ALLIANCE])
async def test_a_uhf_tag_is_written(tag_format: TagFormat) -> None:
    content = TagContent(tag_format, "32103179", "10248", Usage.CIRCULATING, 2, 2, shelf="红A-3")
    reader, tag = laid(UhfImage(0x3000, bytes(12)))
    await write_tag(reader, tag.uid, content)
    assert await read_tag(reader, tag.uid) == TagRead(tag.uid, content, SecurityState.ON)


async def test_a_uhf_tag_of_another_trade_has_no_security_bit() -> None:
    reader, tag = laid(UhfImage(0x3000, bytes.fromhex("300833B2DDD9014000000000")))
    found = await read_tag(reader, tag.uid)
    assert isinstance(found.content, Unreadable)
    assert (found.content.reason, found.security) == (
        UnreadableReason.FOREIGN,
        SecurityState.UNKNOWN,
    )
    before = bytes(tag.banks[Bank.EPC])
    with pytest.raises(DeviceError, match="has no security bit"):
        await write_security(reader, tag.uid, is_on=False)
    assert tag.banks[Bank.EPC] == before


async def test_a_uhf_tag_takes_no_format_of_hf() -> None:
    reader, tag = laid(UhfImage(0x3000, bytes(12)))
    with pytest.raises(FrameError, match="format of HF tags"):
        await write_tag(reader, tag.uid, BOOK)


async def test_a_reader_of_cards_reaches_no_memory() -> None:
    reader: Reader = CardsOnly()
    for call in (
        read_tag(reader, "1"),
        write_tag(reader, "1", BOOK),
        write_security(reader, "1", is_on=True),
        read_security(reader, "1"),
    ):
        with pytest.raises(DeviceError, match="reads no memory of tags"):
            await call
