"""The board protocol, byte for byte, and its page."""

import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.board.codec import MESSAGE_TYPES, decode_message, encode_message
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
from firmware_bridge.errors import FrameError
from firmware_bridge.framing import FrameDecoder, crc16

PAGE = Path("docs/board-protocol.md")
BOARD_ID = bytes.fromhex("4b47000000000001")

# name, message, seq, content, CRC, frame: the bytes that other implementations must agree on.
GOLDEN: list[tuple[str, Message, int, str, str, str]] = [
    (
        "Hello",
        Hello(board_id=BOARD_ID, boot=7, firmware=(1, 2, 3), channels=(1, 2, 3)),
        0,
        "01 00 01 4b 47 00 00 00 00 00 01 07 00 00 00 01 02 03 03 01 02 03",
        "e209",
        "02 01 04 01 4b 47 01 01 01 01 03 01 07 01 01 0a 01 02 03 03 01 02 03 e2 09 00",
    ),
    (
        "Hello, after the watchdog",
        Hello(BOARD_ID, boot=8, firmware=(1, 2, 3), channels=(1, 2, 3), reset=ResetCause.WATCHDOG),
        0,
        "01 00 01 4b 47 00 00 00 00 00 01 08 00 00 00 01 02 03 03 01 02 03 04",
        "870b",
        "02 01 04 01 4b 47 01 01 01 01 03 01 08 01 01 0b 01 02 03 03 01 02 03 04 87 0b 00",
    ),
    (
        "Counter",
        Counter(channel=0, boot=7, entered=1000, left=998, is_blocked=False),
        1,
        "02 01 00 07 00 00 00 e8 03 00 00 e6 03 00 00 00",
        "85df",
        "03 02 01 02 07 01 01 03 e8 03 01 03 e6 03 01 01 03 85 df 00",
    ),
    (
        "Counter, blocked, at the wrap",
        Counter(channel=0, boot=7, entered=0xFFFF_FFFF, left=0, is_blocked=True),
        2,
        "02 02 00 07 00 00 00 ff ff ff ff 00 00 00 00 01",
        "542f",
        "03 02 02 02 07 01 01 05 ff ff ff ff 01 01 01 04 01 54 2f 00",
    ),
    (
        "Contact",
        Contact(
            channel=1, lock=LockCode.UNLOCKED, door=DoorCode.OPEN, is_tampered=False, changes=5
        ),
        3,
        "03 03 01 02 02 00 05 00 00 00",
        "6d87",
        "06 03 03 01 02 02 02 05 01 01 03 6d 87 00",
    ),
    (
        "Contact, tampered",
        Contact(channel=1, lock=LockCode.LOCKED, door=DoorCode.CLOSED, is_tampered=True, changes=6),
        4,
        "03 04 01 01 01 01 06 00 00 00",
        "fbc3",
        "08 03 04 01 01 01 01 06 01 01 03 fb c3 00",
    ),
    (
        "Climate",
        Climate(
            channel=2, temperature_centi_celsius=-550, humidity_centi_percent=4870, co2_ppm=612
        ),
        5,
        "04 05 02 da fd 06 13 64 02",
        "4a5c",
        "0c 04 05 02 da fd 06 13 64 02 4a 5c 00",
    ),
    (
        "Climate, nothing measured",
        Climate(
            channel=2, temperature_centi_celsius=None, humidity_centi_percent=None, co2_ppm=None
        ),
        6,
        "04 06 02 00 80 ff ff ff ff",
        "dfaa",
        "04 04 06 02 08 80 ff ff ff ff df aa 00",
    ),
    (
        "Heartbeat",
        Heartbeat(boot=7, uptime_seconds=86400),
        255,
        "05 ff 07 00 00 00 80 51 01 00",
        "ef9b",
        "04 05 ff 07 01 01 04 80 51 01 03 ef 9b 00",
    ),
    (
        "Ack",
        Ack(request_seq=9, request_type=0x81, result=AckResult.DONE),
        8,
        "06 08 09 81 00",
        "ef72",
        "05 06 08 09 81 03 ef 72 00",
    ),
    ("SendAll", SendAll(), 9, "81 09", "a48f", "05 81 09 a4 8f 00"),
    (
        "Command",
        Command(channel=4, action=1, argument=500),
        10,
        "82 0a 04 01 f4 01",
        "253b",
        "09 82 0a 04 01 f4 01 25 3b 00",
    ),
]
NAMES = [row[0] for row in GOLDEN]

u8, u16, u32 = (st.integers(0, 2**bits - 1) for bits in (8, 16, 32))
messages: st.SearchStrategy[Message] = st.one_of(
    st.builds(
        Hello,
        st.binary(min_size=8, max_size=8),
        u32,
        st.tuples(u8, u8, u8),
        st.lists(u8, max_size=64).map(tuple),
        u8,
        st.integers(1, 255),
    ),
    st.builds(Counter, u8, u32, u32, u32, st.booleans()),
    st.builds(
        Contact, u8, st.sampled_from(LockCode), st.sampled_from(DoorCode), st.booleans(), u32
    ),
    st.builds(
        Climate,
        u8,
        st.none() | st.integers(-0x7FFF, 0x7FFF),
        st.none() | st.integers(0, 0xFFFE),
        st.none() | st.integers(0, 0xFFFE),
    ),
    st.builds(Heartbeat, u32, u32),
    st.builds(Ack, u8, u8, st.sampled_from(AckResult)),
    st.just(SendAll()),
    st.builds(Command, u8, u8, u16),
)


def content_of(frame: bytes) -> bytes:
    [content] = FrameDecoder().feed(frame)
    return content


@pytest.mark.parametrize("golden", GOLDEN, ids=NAMES)
def test_golden_vectors(golden: tuple[str, Message, int, str, str, str]) -> None:
    _, message, seq, content, check, frame = golden
    assert encode_message(message, seq) == bytes.fromhex(frame)
    assert content_of(bytes.fromhex(frame)) == bytes.fromhex(content)
    assert decode_message(bytes.fromhex(content)) == (seq, message)
    assert f"{crc16(bytes.fromhex(content)):04x}" == check


def test_every_message_has_a_golden_vector() -> None:
    assert {type(row[1]) for row in GOLDEN} == set(MESSAGE_TYPES.values())


def test_the_page_shows_these_vectors() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("## Worked vectors")[2]
    shown = [
        [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        for line in table.splitlines()
        if line.startswith("|") and "`" in line
    ]
    assert [(row[0], row[2], row[3], row[4]) for row in shown] == [
        (name, content, check, frame) for name, _, _, content, check, frame in GOLDEN
    ]


def test_the_page_has_a_section_for_each_message() -> None:
    sections = re.findall(r"^### (0x..) (\w+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {(int(number, 16), name) for number, name in sections} == {
        (number, message.__name__) for number, message in MESSAGE_TYPES.items()
    }


@settings(deadline=None)
@given(messages, st.integers(0, 1000))
def test_round_trip(message: Message, seq: int) -> None:
    assert decode_message(content_of(encode_message(message, seq))) == (seq % 256, message)


@settings(deadline=None)
@given(messages, st.binary(min_size=1, max_size=60))
def test_a_payload_may_grow(message: Message, extra: bytes) -> None:
    content = bytes([message.TYPE, 0]) + message.to_payload()
    assert decode_message(content + extra) == (0, message)


@settings(deadline=None)
@given(messages)
def test_a_short_payload_is_refused(message: Message) -> None:
    content = bytes([message.TYPE, 0]) + message.to_payload()
    optional = 1 if isinstance(message, Hello) else 0  # its reset
    if len(content) > 2:
        with pytest.raises(FrameError):
            decode_message(content[: -1 - optional])


@settings(deadline=None)
@given(st.binary(max_size=80))
def test_any_content_decodes_or_is_refused(content: bytes) -> None:
    with suppress(FrameError):
        decode_message(content)


def test_a_later_type_is_no_error() -> None:
    assert decode_message(b"\x7f\x05whatever") == (5, None)


@pytest.mark.parametrize(
    "message",
    [
        Counter(0, 1, 2**32, 0),
        Counter(256, 1, 0, 0),
        Climate(0, 40_000, 0),
        Hello(b"short", 1, (1, 0, 0), ()),
        Hello(BOARD_ID, 1, (1, 0, 0), (1,) * 65),
        Hello(BOARD_ID, 1, (1, 0, 0), (256,)),
    ],
)
def test_what_does_not_fit_is_refused(message: Message) -> None:
    with pytest.raises(FrameError):
        encode_message(message, 0)


def test_states_without_a_name_are_refused() -> None:
    with pytest.raises(FrameError, match="channel 1"):
        decode_message(bytes.fromhex("03 00 01 07 01 00 00000000"))
    with pytest.raises(FrameError, match="result"):
        decode_message(bytes.fromhex("06 00 01 81 09"))


def test_messages_are_frozen() -> None:
    heartbeat = Heartbeat(1, 2)
    assert replace(heartbeat, boot=2) == Heartbeat(2, 2)
    with pytest.raises(AttributeError):
        heartbeat.boot = 3  # type: ignore[misc]
