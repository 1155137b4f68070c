"""The firmware and the host speak the same bytes: the C is compared with the Python codec."""

from ctypes import byref

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.board.codec import decode_message, encode_message
from firmware_bridge.board.messages import (
    Ack,
    AckResult,
    Climate,
    Command,
    Contact,
    Counter,
    DoorCode,
    Heartbeat,
    Hello,
    LockCode,
    Message,
    ResetCause,
    SendAll,
)
from firmware_bridge.framing import FrameDecoder, crc16, encode_frame
from firmware_bridge.simulated.board import SimulatedBoard
from tests.unit.firmware import core

u8, u32 = st.integers(0, 255), st.integers(0, 2**32 - 1)
contents = st.binary(min_size=1, max_size=250)
# Bytes that mean something to the stuffing come often.
noises = st.lists(
    st.binary(max_size=300) | st.sampled_from([b"\0", b"\0\0", b"\1", b"\xff" * 260]), max_size=6
).map(b"".join)


@settings(deadline=None)
@given(st.binary(max_size=255))
def test_the_same_check(content: bytes) -> None:
    assert core.library().crc16(core.array(content), len(content)) == crc16(content)


@settings(deadline=None)
@given(contents | st.integers(1, 250).map(bytes) | st.integers(1, 250).map(lambda n: b"\1" * n))
def test_the_same_frame(content: bytes) -> None:
    assert core.encoded(content) == encode_frame(content)


@pytest.mark.parametrize("size", [0, 251, 255])
def test_no_frame_for_what_does_not_fit(size: int) -> None:
    assert core.encoded(b"\1" * size) == b""


@settings(deadline=None)
@given(st.lists(contents.map(encode_frame) | noises, max_size=6).map(b"".join))
def test_the_same_contents_and_the_same_corrupt_frames(stream: bytes) -> None:
    ours, theirs = core.Frames(), FrameDecoder()
    assert ours.feed(stream) == list(theirs.feed(stream))
    assert ours.corrupt_frames == theirs.corrupt_frames


@settings(deadline=None)
@given(contents, st.data())
def test_a_wrong_byte_is_found_by_both(content: bytes, data: st.DataObject) -> None:
    frame = bytearray(encode_frame(content))
    frame[data.draw(st.integers(0, len(frame) - 1))] ^= data.draw(st.integers(1, 255))
    stream = bytes(frame) + encode_frame(b"next")
    ours, theirs = core.Frames(), FrameDecoder()
    assert ours.feed(stream) == list(theirs.feed(stream))
    assert ours.corrupt_frames == theirs.corrupt_frames


def said(content: bytes) -> Message | None:
    """Return a message after a way over the line, both ends in their own language."""
    [arrived] = FrameDecoder().feed(core.encoded(content))
    assert arrived == content
    seq, message = decode_message(arrived)
    assert seq == 77
    return message


@settings(deadline=None)
@given(st.binary(min_size=8, max_size=8), u32, st.sampled_from(ResetCause))
def test_hello(board_id: bytes, boot: int, reset: ResetCause) -> None:
    content = core.message("hello", 77, core.array(board_id), boot, reset)
    assert said(content) == Hello(board_id, boot, (1, 0, 0), (1, 2, 3), reset=reset)


@settings(deadline=None)
@given(u32, u32, u32, st.booleans())
def test_counter(boot: int, entered: int, left: int, is_blocked: bool) -> None:
    beams = core.Beams(entered=entered, left=left, is_blocked=is_blocked)
    content = core.message("counter", 77, boot, byref(beams))
    assert said(content) == Counter(0, boot, entered, left, is_blocked)


@settings(deadline=None)
@given(st.sampled_from(LockCode), st.sampled_from(DoorCode), st.booleans(), u32)
def test_contact(lock: LockCode, door: DoorCode, is_tampered: bool, changes: int) -> None:
    contact = core.Contact(lock, door, is_tampered, changes)
    content = core.message("contact", 77, byref(contact))
    assert said(content) == Contact(1, lock, door, is_tampered, changes)


@settings(deadline=None)
@given(st.integers(-0x8000, 0x7FFF), st.integers(0, 0xFFFF))
def test_climate(temperature: int, humidity: int) -> None:
    content = core.message("climate", 77, byref(core.Climate(temperature, humidity)))
    assert said(content) == Climate(
        2,
        None if temperature == -0x8000 else temperature,
        None if humidity == 0xFFFF else humidity,
    )


@settings(deadline=None)
@given(u32, u32)
def test_heartbeat(boot: int, uptime_seconds: int) -> None:
    content = core.message("heartbeat", 77, boot, uptime_seconds)
    assert said(content) == Heartbeat(boot, uptime_seconds)


def answer(content: bytes) -> tuple[Message | None, bool] | None:
    """Return what the firmware answers, and whether it then tells everything."""
    request = core.Request()
    if not core.library().request_read(core.array(content), len(content), byref(request)):
        return None
    return said(core.message("ack", 77, byref(request))), bool(request.wants_all)


requests = (
    st.builds(lambda seq: encode_message(SendAll(), seq), u8)
    | st.builds(lambda seq, *of: encode_message(Command(*of), seq), u8, st.integers(0, 4), u8, u8)
    | st.binary(min_size=1, max_size=8).map(lambda b: encode_frame(bytes([b[0] | 0x80]) + b[1:]))
)


@settings(deadline=None)
@given(requests)
def test_the_same_answers_as_the_simulated_board(frame: bytes) -> None:
    [content] = FrameDecoder().feed(frame)
    [acked, *rest] = FrameDecoder().feed(SimulatedBoard().receive(frame, 1.0))
    _, ack = decode_message(acked)
    assert answer(content) == (ack, bool(rest))


def test_an_echo_of_its_own_words_is_not_answered() -> None:
    """Two boards, or a board and a converter that echoes, would answer each other for ever."""
    for message in (Ack(1, 0x81, AckResult.DONE), Heartbeat(1, 2)):
        [content] = FrameDecoder().feed(encode_message(message, 0))
        assert answer(content) is None
