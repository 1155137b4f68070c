"""Cutting by length: any chunking, any noise, and the same frames."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.framing.scan import NEEDS_MORE, NO_FRAME, ScanDecoder

START = 0xBB
MAX_FRAME = 20


def measure(buffer: bytearray) -> int:
    if buffer[0] != START:
        return NO_FRAME
    return buffer[1] if len(buffer) > 1 else NEEDS_MORE


def is_sound(frame: bytes) -> bool:
    return len(frame) > 2 and sum(frame) % 256 == 0


def decoder() -> ScanDecoder:
    return ScanDecoder(measure, is_sound, max_frame=MAX_FRAME, fillers=b"\x00")


def frame_of(content: bytes) -> bytes:
    body = bytes([START, len(content) + 3]) + content
    return body + bytes([-sum(body) & 0xFF])


GOOD = frame_of(b"good")
frames = st.binary(max_size=MAX_FRAME - 3).map(frame_of)


@settings(deadline=None)
@given(st.lists(frames, max_size=5), st.integers(1, 7))
def test_any_chunking_gives_the_same_frames(sent: list[bytes], size: int) -> None:
    stream, cut = b"\x00\x00".join(sent), decoder()
    told = [
        frame
        for start in range(0, len(stream), size)
        for frame in cut.feed(stream[start : start + size])
    ]
    assert told == sent
    assert (cut.corrupt_frames, cut.buffered) == (0, 0)


@settings(deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=8))
def test_noise_never_raises_stays_bounded_and_spares_what_follows(noise: list[bytes]) -> None:
    cut = decoder()
    for chunk in noise:
        list(cut.feed(chunk))
        assert cut.buffered < MAX_FRAME
    told = [*cut.feed(GOOD), *cut.gap()]
    assert told[-1] == GOOD or list(cut.feed(GOOD)) == [GOOD]


def test_a_stray_start_holds_a_good_frame_back_until_the_gap() -> None:
    cut = decoder()
    assert list(cut.feed(bytes([START, MAX_FRAME]) + GOOD)) == []
    assert list(cut.gap()) == [GOOD]
    assert (cut.corrupt_frames, cut.buffered) == (1, 0)


def test_a_damaged_frame_gives_up_one_byte_only() -> None:
    cut = decoder()
    damaged = bytes([START, len(GOOD) + 2]) + GOOD  # its length takes the good one in
    assert list(cut.feed(damaged)) == [GOOD]
    assert cut.corrupt_frames == 1


@pytest.mark.parametrize("length", [0, 1, MAX_FRAME + 1, 255])
def test_an_impossible_length_is_no_frame(length: int) -> None:
    cut = decoder()
    assert list(cut.feed(bytes([START, length]) + GOOD)) == [GOOD]


def test_runs_of_noise_are_counted_and_fillers_are_not() -> None:
    cut = decoder()
    list(cut.feed(b"\x00\x00" + GOOD + b"\x00" + GOOD))
    assert cut.corrupt_frames == 0
    list(cut.feed(b"xyz" + GOOD + b"z" + GOOD))
    assert cut.corrupt_frames == 2
    list(cut.gap())
    assert cut.corrupt_frames == 2
