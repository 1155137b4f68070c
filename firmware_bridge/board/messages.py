"""The messages of the board protocol, version 1.

Content of a frame; integers are little-endian, u = unsigned, i = signed:

      ┌──────┬─────┬─────────┐
      │ type │ seq │ payload │      seq: counts the sender's frames, modulo 256
      └──────┴─────┴─────────┘

A payload may grow at its end: a reader ignores bytes beyond those it knows. Any other change
takes a new type. The worked bytes are in docs/board-protocol.md.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, ClassVar, Self

from firmware_bridge.errors import FrameError

PROTOCOL_VERSION = 1
BOARD_ID_BYTES = 8
MAX_CHANNELS = 64
_ABSENT_I16 = -0x8000
_ABSENT_U16 = 0xFFFF


class ChannelKind(IntEnum):
    """What is wired to a channel."""

    BEAM = 1
    CONTACT = 2
    CLIMATE = 3


class LockCode(IntEnum):
    """Bolt contact as the board sees it; UNKNOWN where none is wired."""

    UNKNOWN = 0
    LOCKED = 1
    UNLOCKED = 2


class DoorCode(IntEnum):
    """Door contact as the board sees it; UNKNOWN where none is wired."""

    UNKNOWN = 0
    CLOSED = 1
    OPEN = 2


class ResetCause(IntEnum):
    """Why a board booted; UNTOLD where its firmware does not say."""

    UNTOLD = 0
    POWER = 1
    BROWN_OUT = 2
    PIN = 3
    WATCHDOG = 4


class AckResult(IntEnum):
    """How a board took a command."""

    DONE = 0
    UNKNOWN_COMMAND = 1
    BAD_ARGUMENT = 2
    BUSY = 3


@dataclass(frozen=True, slots=True)
class Hello:
    """Type 0x01: who the board is. Sent at boot and in answer to SendAll, before its channels.

    protocol u8 | board_id 8 bytes | boot u32 | firmware u8.u8.u8 | n u8 | n x kind u8 | reset u8
    A channel's number is its position in the list. An unknown kind stays a number, as an unknown
    reset does; the first firmwares did not send a reset.
    """

    TYPE: ClassVar[int] = 0x01
    board_id: bytes
    boot: int
    firmware: tuple[int, int, int]
    channels: tuple[int, ...]
    protocol: int = PROTOCOL_VERSION
    reset: int = ResetCause.UNTOLD

    def to_payload(self) -> bytes:
        """Return the payload bytes."""
        if len(self.board_id) != BOARD_ID_BYTES or len(self.channels) > MAX_CHANNELS:
            raise FrameError(f"a hello takes an id of 8 bytes and up to {MAX_CHANNELS} channels")
        head = struct.pack("<B8sI3B", self.protocol, self.board_id, self.boot, *self.firmware)
        reset = [self.reset] if self.reset != ResetCause.UNTOLD else []
        return head + bytes([len(self.channels), *self.channels, *reset])

    @classmethod
    def from_payload(cls, payload: bytes) -> Self:
        """Return the message; raises FrameError when the payload is too short."""
        protocol, board_id, boot, major, minor, patch, count = _unpack("<B8sI3BB", payload)
        channels = payload[17 : 17 + count]
        if count > MAX_CHANNELS or len(channels) != count:
            raise FrameError(f"a hello announces {count} channels and carries {len(channels)}")
        reset = next(iter(payload[17 + count :]), ResetCause.UNTOLD)
        return cls(board_id, boot, (major, minor, patch), tuple(channels), protocol, reset)


@dataclass(frozen=True, slots=True)
class Counter:
    """Type 0x02: a beam counter's totals since this boot.

    channel u8 | boot u32 | entered u32 | left u32 | flags u8 (bit 0: a beam is blocked)
    """

    TYPE: ClassVar[int] = 0x02
    channel: int
    boot: int
    entered: int
    left: int
    is_blocked: bool = False

    def to_payload(self) -> bytes:
        """Return the payload bytes."""
        return struct.pack(
            "<BIIIB", self.channel, self.boot, self.entered, self.left, self.is_blocked
        )

    @classmethod
    def from_payload(cls, payload: bytes) -> Self:
        """Return the message; raises FrameError when the payload is too short."""
        channel, boot, entered, left, flags = _unpack("<BIIIB", payload)
        return cls(channel, boot, entered, left, bool(flags & 1))


@dataclass(frozen=True, slots=True)
class Contact:
    """Type 0x03: the state of a lock and its door. Sent on change and repeated.

    channel u8 | lock u8 | door u8 | flags u8 (bit 0: tamper) | changes u32 (since this boot)
    """

    TYPE: ClassVar[int] = 0x03
    channel: int
    lock: LockCode
    door: DoorCode
    is_tampered: bool
    changes: int

    def to_payload(self) -> bytes:
        """Return the payload bytes."""
        return struct.pack(
            "<BBBBI", self.channel, self.lock, self.door, self.is_tampered, self.changes
        )

    @classmethod
    def from_payload(cls, payload: bytes) -> Self:
        """Return the message; raises FrameError for a short payload or an unknown state."""
        channel, lock, door, flags, changes = _unpack("<BBBBI", payload)
        try:
            return cls(channel, LockCode(lock), DoorCode(door), bool(flags & 1), changes)
        except ValueError as error:
            raise FrameError(f"channel {channel} sends a contact state: {error}") from error


@dataclass(frozen=True, slots=True)
class Climate:
    """Type 0x04: the air at a channel; None for what is not measured.

    channel u8 | temperature i16 (0.01 degC, 0x8000 absent) | humidity u16 (0.01 %, 0xFFFF absent)
    | co2 u16 (ppm, 0xFFFF absent)
    """

    TYPE: ClassVar[int] = 0x04
    channel: int
    temperature_centi_celsius: int | None
    humidity_centi_percent: int | None
    co2_ppm: int | None = None

    def to_payload(self) -> bytes:
        """Return the payload bytes."""
        return struct.pack(
            "<BhHH",
            self.channel,
            _or_absent(self.temperature_centi_celsius, _ABSENT_I16),
            _or_absent(self.humidity_centi_percent, _ABSENT_U16),
            _or_absent(self.co2_ppm, _ABSENT_U16),
        )

    @classmethod
    def from_payload(cls, payload: bytes) -> Self:
        """Return the message; raises FrameError when the payload is too short."""
        channel, temperature, humidity, co2 = _unpack("<BhHH", payload)
        return cls(
            channel,
            None if temperature == _ABSENT_I16 else temperature,
            None if humidity == _ABSENT_U16 else humidity,
            None if co2 == _ABSENT_U16 else co2,
        )


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Type 0x05: the board lives. boot u32 | uptime u32 (seconds since this boot)."""

    TYPE: ClassVar[int] = 0x05
    boot: int
    uptime_seconds: int

    def to_payload(self) -> bytes:
        """Return the payload bytes."""
        return struct.pack("<II", self.boot, self.uptime_seconds)

    @classmethod
    def from_payload(cls, payload: bytes) -> Self:
        """Return the message; raises FrameError when the payload is too short."""
        return cls(*_unpack("<II", payload))


@dataclass(frozen=True, slots=True)
class Ack:
    """Type 0x06: the board's answer to a host.

    request_seq u8 | request_type u8 | result u8
    """

    TYPE: ClassVar[int] = 0x06
    request_seq: int
    request_type: int
    result: AckResult

    def to_payload(self) -> bytes:
        """Return the payload bytes."""
        return struct.pack("<BBB", self.request_seq, self.request_type, self.result)

    @classmethod
    def from_payload(cls, payload: bytes) -> Self:
        """Return the message; raises FrameError for a short payload or an unknown result."""
        seq, request_type, result = _unpack("<BBB", payload)
        try:
            return cls(seq, request_type, AckResult(result))
        except ValueError as error:
            raise FrameError(f"an acknowledgement carries a result: {error}") from error


@dataclass(frozen=True, slots=True)
class SendAll:
    """Type 0x81, host to board: send Hello, then every channel, then Heartbeat. No payload."""

    TYPE: ClassVar[int] = 0x81

    def to_payload(self) -> bytes:
        """Return no bytes."""
        return b""

    @classmethod
    def from_payload(cls, _payload: bytes) -> Self:
        """Return the message."""
        return cls()


@dataclass(frozen=True, slots=True)
class Command:
    """Type 0x82, host to board: do this at a channel. channel u8 | action u8 | argument u16."""

    TYPE: ClassVar[int] = 0x82
    channel: int
    action: int
    argument: int = 0

    def to_payload(self) -> bytes:
        """Return the payload bytes."""
        return struct.pack("<BBH", self.channel, self.action, self.argument)

    @classmethod
    def from_payload(cls, payload: bytes) -> Self:
        """Return the message; raises FrameError when the payload is too short."""
        return cls(*_unpack("<BBH", payload))


Message = Hello | Counter | Contact | Climate | Heartbeat | Ack | SendAll | Command


def _unpack(layout: str, payload: bytes) -> tuple[Any, ...]:
    try:
        return struct.unpack_from(layout, payload)
    except struct.error as error:
        needed = struct.calcsize(layout)
        raise FrameError(f"a payload of {len(payload)} bytes, {needed} are needed") from error


def _or_absent(value: int | None, absent: int) -> int:
    return absent if value is None else value
