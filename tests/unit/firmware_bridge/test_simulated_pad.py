"""The field that simulated readers share."""

import pytest

from firmware_bridge.framing import crc16_genibus
from firmware_bridge.readers.port import Bank, TagChange
from firmware_bridge.simulated.pad import (
    AnyTag,
    SimulatedPad,
    SimulatedTag,
    SimulatedUhfTag,
    TagRefusal,
)

EPC = bytes.fromhex("30751FEB705C5904E3D50D70")


def test_a_pad_tells_who_comes_and_goes() -> None:
    pad, told = SimulatedPad(), []
    pad.watch(lambda tag, change: told.append((tag.uid, change)))
    book: AnyTag = SimulatedTag("E0")
    pad.put(book)
    pad.put(book)
    assert pad.hf_tag("E0") is book
    assert pad.uhf_tag("E0") is None
    assert pad.take("E0") is book
    assert pad.take("E0") is None
    assert told == [("E0", TagChange.ARRIVED), ("E0", TagChange.LEFT)]


def test_a_silent_tag_answers_nobody_and_can_be_taken() -> None:
    pad = SimulatedPad()
    for tag in (SimulatedTag("E0"), SimulatedUhfTag(EPC)):
        pad.put(tag)
        tag.is_silent = True
    assert (pad.hf_tags, pad.uhf_tags) == ([], [])
    assert pad.take("E0") is not None


def test_a_tag_keeps_to_its_blocks() -> None:
    tag = SimulatedTag("E0", bytearray(b"abcd"), block_count=2, locked_blocks={1})
    assert tag.read(0, 2) == b"abcd" + bytes(4)
    for first, count in ((-1, 1), (0, 3), (2, 1), (0, 0)):
        assert tag.read(first, count) is TagRefusal.NO_BLOCK
    assert tag.write(0, b"ABC") is TagRefusal.NO_BLOCK
    assert tag.write(0, b"ABCDEFGH") is TagRefusal.LOCKED
    assert tag.write(0, b"ABCD") is None
    assert tag.memory == b"ABCD" + bytes(4)
    assert SimulatedTag("E0", has_eas=False).switch_eas(is_on=True) is TagRefusal.UNSUPPORTED


def test_a_uhf_tag_reckons_its_crc_and_is_named_by_its_uii() -> None:
    tag = SimulatedUhfTag(EPC, pc=0x3400)
    assert tag.uid == EPC.hex().upper()
    assert tag.read(Bank.EPC, 0, 8) == bytes.fromhex("3A76 3400") + EPC
    assert tag.write(Bank.EPC, 2, b"\xf0") is TagRefusal.NO_BLOCK
    assert tag.write(Bank.EPC, 2, b"\xf0\x00") is None
    assert tag.uid == "F000" + EPC.hex().upper()[4:]
    check = tag.read(Bank.EPC, 0, 1)
    assert isinstance(check, bytes)
    assert int.from_bytes(check, "big") == crc16_genibus(b"\x34\x00\xf0\x00" + EPC[2:])
    assert tag.write(Bank.TID, 0, b"\x00\x00") is TagRefusal.LOCKED
    assert tag.read(Bank.USER, 0, 33) is TagRefusal.NO_BLOCK


@pytest.mark.parametrize("words", [0, 1, 6, 31])
def test_the_length_of_a_uii_is_in_its_pc_word(words: int) -> None:
    tag = SimulatedUhfTag(b"\xab" * 2 * words)
    assert tag.pc_word >> 11 == words
    assert tag.uid == "AB" * 2 * words
