"""Keys of a keyboard that is none: scanners and card readers that type what they read, then Enter.

      │ seconds, microseconds │ type (2) │ code (2) │ value (4) │   the kernel's input_event, in the
        a C long each                                              machine's own byte order

Value 1 is a key that goes down, 0 up, 2 held. Source: the kernel's Documentation/input/input.rst
and include/uapi/linux/input-event-codes.h.
"""

import struct
from collections.abc import Iterator
from typing import Final

EVENT_FORMAT: Final = "@llHHi"
EVENT_BYTES: Final = struct.calcsize(EVENT_FORMAT)
MAX_TEXT: Final = 4096
_SYN, _KEY = 0, 1
_SYN_DROPPED = 3
_DOWN = 1
_ENTER = {28, 96}
_SHIFT = {42, 54}

# Code -> what it types alone and with shift, on the American layout that such devices use.
_PLAIN: Final = (
    dict(zip(range(2, 14), "1234567890-=", strict=True))
    | dict(zip(range(16, 28), "qwertyuiop[]", strict=True))
    | dict(zip(range(30, 42), "asdfghjkl;'`", strict=True))
    | dict(zip(range(43, 54), "\\zxcvbnm,./", strict=True))
    | {15: "\t", 57: " ", 55: "*", 74: "-", 78: "+", 83: ".", 98: "/"}
    | dict(zip((82, 79, 80, 81, 75, 76, 77, 71, 72, 73), "0123456789", strict=True))
)
_SHIFTED: Final = dict(zip("1234567890-=[];'`\\,./", '!@#$%^&*()_+{}:"~|<>?', strict=True))
# Keypad keys type the same with shift, as they do with NumLock on.
_KEYPAD: Final = {55, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 98}


class KeyDecoder:
    """Cuts a stream of input events into what was typed before each Enter; never raises.

    A text that lacks a key (the kernel's queue ran over, an unknown key, over MAX_TEXT) is dropped
    and is one of `corrupt_frames`.
    """

    def __init__(self) -> None:
        self.corrupt_frames = 0
        self._buffer = bytearray()
        self._shifts: set[int] = set()
        self._text: list[str] = []
        self._is_damaged = False

    @property
    def buffered(self) -> int:
        """How many characters and bytes of an event wait; at most MAX_TEXT and 23."""
        return len(self._text) + len(self._buffer)

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Return the texts, as ASCII, that an Enter in this chunk ends. Empty ones are left out."""
        self._buffer += chunk
        whole = len(self._buffer) // EVENT_BYTES * EVENT_BYTES
        events = bytes(self._buffer[:whole])
        del self._buffer[:whole]
        texts = []
        for _, _, kind, code, value in struct.iter_unpack(EVENT_FORMAT, events):
            text = self._take(kind, code, value)
            if text:
                texts.append(text)
        return iter(texts)

    def gap(self) -> Iterator[bytes]:
        """Give up a text without its Enter, half an event, and a shift key that nobody holds."""
        if self._text or self._buffer or self._is_damaged:
            self.corrupt_frames += 1
        self._buffer.clear()
        self._shifts.clear()
        self._forget()
        return iter(())

    def _take(self, kind: int, code: int, value: int) -> bytes:
        if (kind, code) == (_SYN, _SYN_DROPPED):
            self._is_damaged = True
            self._shifts.clear()
        elif kind == _KEY and code in _SHIFT:
            (self._shifts.add if value else self._shifts.discard)(code)
        elif kind == _KEY and value == _DOWN:
            return self._press(code)
        return b""

    def _press(self, code: int) -> bytes:
        if code in _ENTER:
            text, is_damaged = "".join(self._text), self._is_damaged
            self._forget()
            self.corrupt_frames += is_damaged
            return b"" if is_damaged else text.encode("ascii")
        character = _PLAIN.get(code)
        if character is None or len(self._text) >= MAX_TEXT:
            self._is_damaged = True
        elif self._shifts and code not in _KEYPAD:
            self._text.append(_SHIFTED.get(character, character.upper()))
        else:
            self._text.append(character)
        return b""

    def _forget(self) -> None:
        self._text.clear()
        self._is_damaged = False


def encode_typing(text: str) -> bytes:
    """Return the events with which a scanner types an ASCII text, and Enter.

    Raises KeyError for a character that has no key.
    """
    events = b""
    for character in text:
        plain = _UNSHIFTED.get(character, character.lower())
        code = _CODES[plain]
        needs_shift = character != plain
        if needs_shift:
            events += _event(42, 1)
        events += _event(code, 1) + _event(code, 0)
        if needs_shift:
            events += _event(42, 0)
    return events + _event(28, 1) + _event(28, 0)


_UNSHIFTED: Final = {shifted: plain for plain, shifted in _SHIFTED.items()}
_CODES: Final = {character: code for code, character in _PLAIN.items() if code not in _KEYPAD}


def _event(code: int, value: int) -> bytes:
    # Each change is followed by a report, as the kernel sends it.
    return struct.pack(EVENT_FORMAT, 0, 0, _KEY, code, value) + struct.pack(
        EVENT_FORMAT, 0, 0, _SYN, 0, 0
    )
