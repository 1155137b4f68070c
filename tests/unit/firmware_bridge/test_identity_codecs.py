"""Codecs of card and code readers, against the frames that their makers print."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.errors import FrameError
from firmware_bridge.framing import gm65, keys, pn532, rdm6300
from firmware_bridge.readers.codes import read_code
from firmware_bridge.readers.held import HeldCards
from firmware_bridge.readers.identities import CodeScanned, Symbology

CARD_FRAME = b"\x020A001234567A\x03"


def test_an_rdm6300_card_is_as_its_data_sheet_says() -> None:
    assert rdm6300.encode_card("0A00123456") == CARD_FRAME
    assert list(map(rdm6300.decode_card, rdm6300.rdm6300_decoder().feed(CARD_FRAME))) == [
        "0A00123456"
    ]
    assert rdm6300.printed_number("0A00123456") == "0001193046"
    assert rdm6300.printed_number("FFFFFFFFFF") == "4294967295"


@settings(deadline=None)
@given(st.binary(min_size=5, max_size=5))
def test_every_rdm6300_card_is_read_back(number: bytes) -> None:
    card_id = number.hex().upper()
    frame = rdm6300.encode_card(card_id)
    decoder = rdm6300.rdm6300_decoder()
    assert [rdm6300.decode_card(told) for told in decoder.feed(frame + b"\r\n" + frame)] == [
        card_id,
        card_id,
    ]
    assert decoder.corrupt_frames == 0


@pytest.mark.parametrize("card_id", ["", "0a00123456", "0A0012345", "0A001234567", "ZZ00123456"])
def test_no_card_id_is_refused(card_id: str) -> None:
    with pytest.raises(FrameError, match="10 hexadecimal digits"):
        rdm6300.encode_card(card_id)


@pytest.mark.parametrize("at", range(1, 13))
def test_one_wrong_digit_is_no_card(at: int) -> None:
    damaged = bytearray(CARD_FRAME)
    damaged[at] = ord("F") if damaged[at] != ord("F") else ord("0")
    decoder = rdm6300.rdm6300_decoder()
    assert list(decoder.feed(bytes(damaged) + CARD_FRAME)) == [CARD_FRAME]
    assert decoder.corrupt_frames == 1


def test_a_stray_start_of_an_rdm6300_holds_nothing_back() -> None:
    assert list(rdm6300.rdm6300_decoder().feed(b"\x02" + CARD_FRAME)) == [CARD_FRAME]


def test_pn532_frames_are_those_of_its_manual() -> None:
    command = pn532.Pn532Command
    assert pn532.encode_command(command.GET_FIRMWARE_VERSION).hex() == "0000ff02fed4022a00"
    assert pn532.list_passive_targets().hex() == "0000ff04fcd44a0200e000"
    answer = bytes.fromhex("0000ff06fad50332010607e800")
    told = list(pn532.pn532_decoder().feed(pn532.ACK + answer))
    assert told == [pn532.ACK, answer]
    assert pn532.decode_answer(answer, command.GET_FIRMWARE_VERSION) == bytes.fromhex("32010607")
    assert pn532.decode_answer(answer, command.RF_CONFIGURATION) is None
    assert pn532.decode_answer(pn532.ACK, command.GET_FIRMWARE_VERSION) is None
    assert pn532.decode_answer(pn532.NOT_UNDERSTOOD, command.GET_FIRMWARE_VERSION) is None


@settings(deadline=None)
@given(st.sampled_from(list(pn532.Pn532Command)), st.binary(max_size=253))
def test_pn532_commands_and_answers_are_read_back(command: pn532.Pn532Command, data: bytes) -> None:
    sent = [pn532.encode_command(command, data), pn532.encode_answer(command, data)]
    decoder = pn532.pn532_decoder()
    assert list(decoder.feed(pn532.WAKE + sent[0] + sent[1])) == sent
    assert decoder.corrupt_frames == 0
    assert pn532.decode_command(sent[0]) == (command, data)
    assert pn532.decode_answer(sent[1], command) == data


def test_a_pn532_frame_has_a_limit() -> None:
    with pytest.raises(FrameError, match="up to 254 bytes"):
        pn532.encode_command(pn532.Pn532Command.RF_CONFIGURATION, bytes(254))


@pytest.mark.parametrize("uid", ["04A1B2C3", "04112233445566", "04112233445566778899"])
def test_a_target_is_read_back(uid: str) -> None:
    target = pn532.Target(bytes.fromhex(uid), atqa=0x0044, sak=0x20)
    other = pn532.Target(bytes.fromhex("0A0B0C0D"), atqa=0x0004, sak=0x08)
    for held in ((), (target,), (target, other), (other, target)):
        assert pn532.decode_targets(pn532.encode_targets(held)) == held
    assert not target.has_random_uid


def test_what_a_card_can_do_is_passed_over() -> None:
    ats = "0c757784024d415253000000"
    told = f"02 01 0344 20 07 04112233445566 {ats} 02 0004 08 04 0a0b0c0d"
    first, second = pn532.decode_targets(bytes.fromhex(told))
    assert (first.uid.hex(), second.uid.hex()) == ("04112233445566", "0a0b0c0d")


def test_no_target_a_random_one_and_damaged_ones() -> None:
    assert pn532.decode_targets(b"\x00") == ()
    assert pn532.Target(bytes.fromhex("08A1B2C3"), 4, 0x20).has_random_uid
    for data in ("01", "010100040804a1b2", "0101000408ff04a1b2c3", "010100040800"):
        with pytest.raises(FrameError, match="no card id"):
            pn532.decode_targets(bytes.fromhex(data))
    for data in ("", "03010004080404a1b2c3"):
        with pytest.raises(FrameError, match="no number of cards"):
            pn532.decode_targets(bytes.fromhex(data))


def test_gm65_commands_are_those_of_its_manual() -> None:
    assert gm65.encode_save().hex() == "7e000901000000dec8"
    assert gm65.encode_trigger()[:-2].hex() == "7e000801000201"
    assert gm65.encode_answer().hex() == "02000001003331"
    unchecked = bytes.fromhex("7e000801000201abcd")
    assert gm65.decode_command(unchecked) == (0x08, 2, b"\x01")
    assert gm65.decode_command(gm65.encode_trigger()) == (0x08, 2, b"\x01")
    assert gm65.decode_command(unchecked[:-1] + b"\xce") is None
    assert gm65.decode_command(unchecked[:-1]) is None


def test_texts_and_answers_share_a_line() -> None:
    decoder = gm65.Gm65Decoder()
    stream = b"one\r" + gm65.encode_answer() + b"two\r\n" + "三\r".encode() + b"\r" + b"4\r"
    told = list(decoder.feed(stream))
    assert told == [b"one", gm65.encode_answer(), b"two", "三".encode(), b"4"]
    assert [gm65.is_answer(frame) for frame in told] == [False, True, False, False, False]
    assert (decoder.corrupt_frames, decoder.buffered) == (0, 0)


def test_control_characters_overlong_texts_and_lost_ends_are_counted() -> None:
    decoder = gm65.Gm65Decoder()
    assert list(decoder.feed(b"a\x07b\rgood\r")) == [b"good"]
    assert decoder.corrupt_frames == 1
    assert list(decoder.feed(b"x" * 9000 + b"\rgood\r")) == [b"good"]
    assert decoder.corrupt_frames == 2
    assert list(decoder.feed(b"half a te")) == []
    assert list(decoder.gap()) == []
    assert (decoder.corrupt_frames, decoder.buffered) == (3, 0)
    assert list(decoder.feed(b"good\r")) == [b"good"]


def test_half_an_answer_holds_a_text_back_until_the_gap() -> None:
    decoder = gm65.Gm65Decoder()
    assert list(decoder.feed(b"\x02\x00\x00\xff\rgood\r")) == []
    assert list(decoder.gap()) == [b"good"]
    assert (decoder.corrupt_frames, decoder.buffered) == (1, 0)


def test_an_identifier_names_the_symbology() -> None:
    assert read_code(b"]C0B0001234", has_identifier=True) == CodeScanned(
        "B0001234", Symbology.CODE128
    )
    assert read_code(b"]E09787108009821", has_identifier=True).symbology is Symbology.EAN
    assert read_code(b"]Z1x", has_identifier=True).symbology is Symbology.UNKNOWN
    assert read_code(b"]C0B1") == CodeScanned("]C0B1")
    assert read_code("图书".encode("gb18030"), encoding="gb18030") == CodeScanned("图书")
    for content in (b"B0001234", b"]C0", b"]"):
        with pytest.raises(FrameError, match="lacks the identifier"):
            read_code(content, has_identifier=True)
    with pytest.raises(FrameError, match="not utf-8"):
        read_code(b"\xff\xfe")


ASCII_TYPED = "".join(map(chr, range(0x20, 0x7F)))


def test_every_printable_character_is_typed_and_read() -> None:
    decoder = keys.KeyDecoder()
    assert list(decoder.feed(keys.encode_typing(ASCII_TYPED))) == [ASCII_TYPED.encode()]
    assert (decoder.corrupt_frames, decoder.buffered) == (0, 0)


@settings(deadline=None)
@given(st.lists(st.text(ASCII_TYPED, min_size=1, max_size=12), max_size=4), st.integers(1, 50))
def test_typing_is_read_in_any_chunks(texts: list[str], size: int) -> None:
    stream = b"".join(map(keys.encode_typing, texts))
    decoder = keys.KeyDecoder()
    told = [
        text
        for start in range(0, len(stream), size)
        for text in decoder.feed(stream[start : start + size])
    ]
    assert told == [text.encode() for text in texts]


def event(kind: int, code: int, value: int) -> bytes:
    return struct.pack("@llHHi", 1, 2, kind, code, value)


def test_held_keys_are_typed_once_and_keypads_type_digits() -> None:
    decoder = keys.KeyDecoder()
    held = event(1, 2, 1) + event(1, 2, 2) * 5 + event(1, 2, 0)
    keypad = event(1, 79, 1) + event(1, 79, 0) + event(1, 96, 1)
    assert list(decoder.feed(held + keypad)) == [b"11"]


def test_a_text_that_lacks_a_key_is_dropped() -> None:
    decoder = keys.KeyDecoder()
    dropped = keys.encode_typing("12")[:-96] + event(0, 3, 0) + keys.encode_typing("34")
    assert list(decoder.feed(dropped + keys.encode_typing("56"))) == [b"56"]
    assert decoder.corrupt_frames == 1
    function_key = event(1, 59, 1)
    assert list(decoder.feed(function_key + keys.encode_typing("7"))) == []
    assert list(decoder.feed(keys.encode_typing("8" * 5000))) == []
    assert decoder.corrupt_frames == 3


def test_typing_whose_enter_does_not_come_is_given_up() -> None:
    decoder = keys.KeyDecoder()
    list(decoder.feed(event(1, 2, 1) + b"\x00"))
    assert decoder.buffered == 2
    assert list(decoder.gap()) == []
    assert (decoder.corrupt_frames, decoder.buffered) == (1, 0)
    assert list(decoder.feed(keys.encode_typing("9"))) == [b"9"]


def test_held_cards_come_once_and_are_bounded() -> None:
    held = HeldCards(away_seconds=1.0)
    assert [held.read("A", now) for now in (0.0, 0.5, 1.4, 2.5)] == [True, False, False, True]
    assert held.read("B", 2.6)
    assert not held.read("A", 2.7)
    for number in range(100):
        assert held.read(str(number), 3.0)
    assert held.read("A", 3.1)  # forgotten: too many came in between
