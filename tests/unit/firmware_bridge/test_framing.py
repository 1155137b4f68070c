"""Framing: any chunking, any noise, and the same frames."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.errors import FrameError
from firmware_bridge.framing import (
    MAX_CONTENT,
    CobsDecoder,
    FrameDecoder,
    cobs_decode,
    cobs_encode,
    crc16,
    encode_frame,
)

contents = st.binary(min_size=1, max_size=MAX_CONTENT)


def chunked(stream: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)]


def bitwise_crc16(content: bytes) -> int:
    """CRC-16/IBM-3740 from its definition, bit by bit."""
    register = 0xFFFF
    for byte in content:
        register ^= byte << 8
        for _ in range(8):
            register = (register << 1) ^ (0x1021 if register & 0x8000 else 0)
            register &= 0xFFFF
    return register


def test_crc_has_the_check_value_of_its_name() -> None:
    assert crc16(b"123456789") == 0x29B1
    assert crc16(b"") == 0xFFFF


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_crc_is_its_definition(content: bytes) -> None:
    assert crc16(content) == bitwise_crc16(content)


@pytest.mark.parametrize(
    ("packet", "encoded"),
    [
        # The examples of the COBS article and of its Wikipedia page.
        ("00", "01 01"),
        ("00 00", "01 01 01"),
        ("00 11 00", "01 02 11 01"),
        ("11 22 00 33", "03 11 22 02 33"),
        ("11 22 33 44", "05 11 22 33 44"),
        ("11 00 00 00", "02 11 01 01 01"),
        ("45 00 00 2c 4c", "02 45 01 03 2c 4c"),
        ("", "01"),
    ],
)
def test_cobs_examples(packet: str, encoded: str) -> None:
    assert cobs_encode(bytes.fromhex(packet)) == bytes.fromhex(encoded)
    assert cobs_decode(bytes.fromhex(encoded)) == bytes.fromhex(packet)


def test_cobs_at_full_blocks() -> None:
    run = bytes(range(1, 255))
    assert cobs_encode(run) == b"\xff" + run
    assert cobs_encode(b"\x00" + run) == b"\x01\xff" + run
    assert cobs_encode(run + b"\xff") == b"\xff" + run + b"\x02\xff"
    assert cobs_encode(run + b"\x00") == b"\xff" + run + b"\x01\x01"


@settings(deadline=None)
@given(st.binary(max_size=1200) | st.integers(0, 600).map(lambda n: b"\x01" * n))
def test_cobs_round_trip(packet: bytes) -> None:
    encoded = cobs_encode(packet)
    assert b"\x00" not in encoded
    assert cobs_decode(encoded) == packet


@settings(deadline=None)
@given(st.binary(max_size=600))
def test_cobs_decodes_or_refuses(encoded: bytes) -> None:
    try:
        packet = cobs_decode(encoded)
    except FrameError:
        return
    assert len(packet) < len(encoded)


@settings(deadline=None)
@given(contents)
def test_a_frame_costs_four_bytes(content: bytes) -> None:
    frame = encode_frame(content)
    assert len(frame) == len(content) + 4
    assert frame.count(0) == 1
    assert list(FrameDecoder().feed(frame)) == [content]


@pytest.mark.parametrize("size", [0, MAX_CONTENT + 1])
def test_a_frame_has_limits(size: int) -> None:
    with pytest.raises(FrameError, match="1 to 250 bytes"):
        encode_frame(b"\x01" * size)


@settings(deadline=None)
@given(st.lists(contents, max_size=6), st.lists(st.integers(0, 2000), max_size=20))
def test_any_chunking_gives_the_same_frames(sent: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(map(encode_frame, sent))
    decoder = FrameDecoder()
    assert [content for chunk in chunked(stream, cuts) for content in decoder.feed(chunk)] == sent
    assert decoder.corrupt_frames == 0


@settings(deadline=None)
@given(st.lists(st.binary(max_size=700), max_size=10), contents)
def test_noise_never_raises_stays_bounded_and_spares_what_follows(
    noise: list[bytes], content: bytes
) -> None:
    decoder = FrameDecoder()
    for chunk in noise:
        list(decoder.feed(chunk))
        assert decoder.buffered <= MAX_CONTENT + 3
    assert list(decoder.feed(b"\x00" + encode_frame(content)))[-1:] == [content]


# The same examples each time: one in 65 536 wrong frames passes its check.
@settings(deadline=None, derandomize=True)
@given(st.lists(contents, min_size=3, max_size=3), st.data())
def test_one_wrong_byte_costs_one_frame(sent: list[bytes], data: st.DataObject) -> None:
    frames = [bytearray(encode_frame(content)) for content in sent]
    position = data.draw(st.integers(0, len(frames[1]) - 2))
    frames[1][position] ^= data.draw(st.integers(1, 255))
    decoder = FrameDecoder()
    assert list(decoder.feed(b"".join(frames))) == [sent[0], sent[2]]
    assert decoder.corrupt_frames >= 1


def test_an_endless_run_is_one_corrupt_frame_and_is_not_kept() -> None:
    decoder = CobsDecoder(max_encoded=253)
    for _ in range(1000):
        assert list(decoder.feed(b"\x55" * 997)) == []
        assert decoder.buffered == 0
    assert list(decoder.feed(b"\x00\x02\x11\x00")) == [b"\x11"]
    assert decoder.corrupt_frames == 1


def test_repeated_delimiters_are_no_noise() -> None:
    decoder = FrameDecoder()
    assert list(decoder.feed(b"\x00\x00\x00" + encode_frame(b"a") + b"\x00")) == [b"a"]
    assert decoder.corrupt_frames == 0


def test_a_frame_too_short_for_its_check_is_corrupt() -> None:
    decoder = FrameDecoder()
    for packet in (b"", b"\x01", b"\xff\xff"):
        assert list(decoder.feed(cobs_encode(packet) + b"\x00")) == []
    assert decoder.corrupt_frames == 3


def test_feeding_takes_effect_without_reading_its_answer() -> None:
    decoder = FrameDecoder()
    frame = encode_frame(b"abc")
    decoder.feed(frame[:3])
    assert list(decoder.feed(frame[3:])) == [b"abc"]
