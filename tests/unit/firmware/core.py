"""The firmware's pure parts as Python calls them: the same C, compiled for this machine."""

import ctypes
from ctypes import CFUNCTYPE, POINTER, Structure, c_bool, c_int16, c_uint8, c_uint16, c_uint32
from functools import cache

from tests import firmware_build

BOOT_SLOTS, BOOT_SLOT_BYTES, BOOT_RECORD_BYTES = 112, 8, 6
ReadByte = CFUNCTYPE(c_uint8, c_uint16)


class FrameReader(Structure):
    """struct frame_reader."""

    _fields_ = [
        ("bytes", c_uint8 * 253),
        ("size", c_uint8),
        ("is_overlong", c_bool),
        ("corrupt_frames", c_uint16),
    ]


class Beams(Structure):
    """struct beams."""

    _fields_ = [
        ("entered", c_uint32),
        ("left", c_uint32),
        ("since_ms", c_uint16),
        ("broken_ms", c_uint16 * 2),
        ("state", c_uint8),
        ("first", c_uint8),
        ("broken", c_uint8),
        ("is_blocked", c_bool),
        ("is_parted", c_bool),
        ("is_reversed", c_bool),
    ]


class Debounce(Structure):
    """struct debounce."""

    _fields_ = [("stable", c_uint8), ("differs_ms", c_uint8 * 8)]


class Contact(Structure):
    """struct contact."""

    _fields_ = [
        ("lock", c_uint8),
        ("door", c_uint8),
        ("is_tampered", c_bool),
        ("changes", c_uint32),
    ]


class Climate(Structure):
    """struct climate."""

    _fields_ = [("temperature_centi_celsius", c_int16), ("humidity_centi_percent", c_uint16)]


class Request(Structure):
    """struct request."""

    _fields_ = [
        ("seq", c_uint8),
        ("type", c_uint8),
        ("result", c_uint8),
        ("wants_all", c_bool),
        ("action", c_uint8),
    ]


class Identity(Structure):
    """struct identity."""

    _fields_ = [("board_id", c_uint8 * 8), ("wired", c_uint8)]


class BootPlace(Structure):
    """struct boot_place."""

    _fields_ = [("boot", c_uint32), ("slot", c_uint8)]


@cache
def library() -> ctypes.CDLL:
    """Return the library, its functions declared."""
    core = ctypes.CDLL(str(firmware_build.core()))
    content = POINTER(c_uint8)
    declared = {
        "crc16": (c_uint16, content, c_uint8),
        "frame_encode": (c_uint8, content, c_uint8, content),
        "frame_read": (c_uint8, POINTER(FrameReader), c_uint8),
        "beams_step": (c_bool, POINTER(Beams), c_uint8),
        "debounce_begin": (None, POINTER(Debounce), c_uint8),
        "debounce_step": (c_uint8, POINTER(Debounce), c_uint8, content),
        "contact_begin": (None, POINTER(Contact), c_uint8, c_uint8),
        "contact_step": (c_bool, POINTER(Contact), c_uint8, c_uint8),
        "sht3x_decode": (c_bool, content, POINTER(Climate)),
        "identity_decode": (c_bool, content, POINTER(Identity)),
        "identity_unknown": (None, POINTER(Identity)),
        "boots_next": (BootPlace, ReadByte),
        "boots_record": (None, c_uint32, content),
        "message_hello": (c_uint8, content, c_uint8, content, c_uint32, c_uint8),
        "message_counter": (c_uint8, content, c_uint8, c_uint32, POINTER(Beams)),
        "message_contact": (c_uint8, content, c_uint8, POINTER(Contact)),
        "message_climate": (c_uint8, content, c_uint8, POINTER(Climate)),
        "message_heartbeat": (c_uint8, content, c_uint8, c_uint32, c_uint32),
        "message_ack": (c_uint8, content, c_uint8, POINTER(Request)),
        "request_read": (c_bool, content, c_uint8, POINTER(Request)),
    }
    for name, (result, *arguments) in declared.items():
        function = getattr(core, name)
        function.restype = result
        function.argtypes = arguments
    return core


def array(content: bytes) -> "ctypes.Array[c_uint8]":
    """Return bytes as C takes them."""
    return (c_uint8 * max(len(content), 1)).from_buffer_copy(content or b"\0")


def encoded(content: bytes) -> bytes:
    """Return the frame of a content; no bytes for one that the firmware refuses."""
    frame = (c_uint8 * 256)()
    size = library().frame_encode(array(content), len(content), frame)
    return bytes(frame[:size])


class Frames:
    """The firmware's frame_reader, in the manner of FrameDecoder."""

    def __init__(self) -> None:
        self._reader = FrameReader()

    @property
    def corrupt_frames(self) -> int:
        return int(self._reader.corrupt_frames)

    def feed(self, chunk: bytes) -> list[bytes]:
        contents = []
        for byte in chunk:
            size = library().frame_read(self._reader, byte)
            if size:
                contents.append(bytes(self._reader.bytes[:size]))
        return contents


def message(name: str, seq: int, *arguments: object) -> bytes:
    """Return the content that message_… writes, and see that it stays in its place."""
    content = (c_uint8 * 64)(*[0xA5] * 64)
    size = getattr(library(), f"message_{name}")(content, seq, *arguments)
    assert bytes(content[40:]) == b"\xa5" * 24
    return bytes(content[:size])
