"""What a GM65-type code scanner says, and how it is told what to do: 9600 8N1.

      text … 0D                                 a code that was read; there is no check
      7E 00 │ type len address(2) data │ CRC    a command: CRC-16/XMODEM, high byte first,
                                                or AB CD for none
      02 00 │ 00 len data │ CRC                 its answer

Source: the makers' manuals of GM65, GM66 and GM812.
"""

import binascii
from collections.abc import Iterator
from enum import IntEnum
from typing import Final

MAX_TEXT: Final = 4096
"""Bytes of one text; the largest QR code holds 2 953."""
NO_CHECK: Final = b"\xab\xcd"
_ANSWER_START = b"\x02\x00\x00"
_ANSWER_OVERHEAD = 6  # start (2), type, len, CRC (2)
_COMMAND_START = b"\x7e\x00"
_END = b"\r"
# Group and record separators stand in codes of GS1 and of libraries; no other control does.
_ALLOWED_CONTROLS = {0x09, 0x1D, 0x1E, 0x04}


class ZoneAddress(IntEnum):
    """Addresses of the scanner's memory of settings."""

    MODE = 0x0000
    TRIGGER = 0x0002


class Gm65Decoder:
    """Cuts a stream into texts and answers to commands; noise is counted, never raised.

    `feed` returns texts as they stood on the line, without their end, and answers whole: they begin
    with 02 00. A text with a control character in it, one of more than MAX_TEXT bytes and an answer
    with a wrong check are `corrupt_frames`.
    """

    def __init__(self) -> None:
        self.corrupt_frames = 0
        self._buffer = bytearray()
        self._is_overlong = False

    @property
    def buffered(self) -> int:
        """How many bytes wait for their end; at most MAX_TEXT."""
        return len(self._buffer)

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Return the texts and answers that this chunk ends."""
        self._buffer += chunk
        frames = []
        while (frame := self._next()) is not None:
            if frame:
                frames.append(frame)
        if len(self._buffer) > MAX_TEXT:
            self._is_overlong = True
            self._buffer.clear()
        return iter(frames)

    def gap(self) -> Iterator[bytes]:
        """Give up what waits for its end; return the texts that half an answer held back."""
        if _ANSWER_START.startswith(self._buffer[:3]):
            del self._buffer[:1]  # what is left of it is no answer, and no text either
        frames = []
        while (frame := self._next()) is not None:
            if frame:
                frames.append(frame)
        if self._buffer or self._is_overlong:
            self.corrupt_frames += 1
        self._buffer.clear()
        self._is_overlong = False
        return iter(frames)

    def _next(self) -> bytes | None:
        """Return the next frame, b"" for one that was corrupt, None when more bytes are needed."""
        if _ANSWER_START.startswith(self._buffer[:3]):
            answer = self._next_answer()
            if answer is None or answer:
                return answer
        end = self._buffer.find(_END)
        if end < 0:
            return None
        text = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        was_overlong, self._is_overlong = self._is_overlong, False
        text = text.removeprefix(b"\n")  # some are set to end a text with 0D 0A
        if was_overlong or len(text) > MAX_TEXT or not _is_plain(text):
            self.corrupt_frames += 1
            return b""
        return text

    def _next_answer(self) -> bytes | None:
        """As _next; b"" when it is no answer after all, and may be text."""
        if len(self._buffer) < 4:
            return None
        length = self._buffer[3] + _ANSWER_OVERHEAD
        if len(self._buffer) < length:
            return None
        answer = bytes(self._buffer[:length])
        if not _is_checked(answer):
            return b""
        del self._buffer[:length]
        return answer


def encode_write(address: int, data: bytes) -> bytes:
    """Return the command that writes settings into the scanner's working memory."""
    body = bytes([0x08, len(data)]) + address.to_bytes(2, "big") + data
    return _COMMAND_START + body + _xmodem(body)


def encode_trigger() -> bytes:
    """Return the command that lights the scanner until it has read one code."""
    return encode_write(ZoneAddress.TRIGGER, b"\x01")


def encode_save() -> bytes:
    """Return the command that keeps the settings over a loss of power."""
    body = bytes([0x09, 0x01, 0x00, 0x00, 0x00])
    return _COMMAND_START + body + _xmodem(body)


def encode_answer(data: bytes = b"\x00") -> bytes:
    """Return the scanner's answer to a command; 00 is success."""
    body = bytes([0x00, len(data)]) + data
    return b"\x02\x00" + body + _xmodem(body)


def is_answer(frame: bytes) -> bool:
    """Tell an answer to a command from a text."""
    return frame[:3] == _ANSWER_START


def decode_command(frame: bytes) -> tuple[int, int, bytes] | None:
    """Return (type, address, data) of a whole command, None when it is none."""
    if len(frame) < 8 or frame[:2] != _COMMAND_START or len(frame) != 8 + frame[3]:
        return None
    if frame[-2:] not in {NO_CHECK, _xmodem(frame[2:-2])}:
        return None
    return frame[2], int.from_bytes(frame[4:6], "big"), frame[6:-2]


def _is_checked(answer: bytes) -> bool:
    return answer[-2:] in {NO_CHECK, _xmodem(answer[2:-2])}


def _is_plain(text: bytes) -> bool:
    return all((byte >= 0x20 and byte != 0x7F) or byte in _ALLOWED_CONTROLS for byte in text)


def _xmodem(body: bytes) -> bytes:
    return binascii.crc_hqx(body, 0).to_bytes(2, "big")
