"""Consistent Overhead Byte Stuffing: a packet without the byte 0x00, so that 0x00 ends it.

      packet   45 00 00 2C 4C
      encoded  02 45 01 03 2C 4C   00
               │     │  │          └ delimiter: occurs nowhere else, so a lost byte costs one packet
               │     │  └ next zero (here: the end) is 3 bytes on
               │     └ next zero is 1 byte on
               └ next zero is 2 bytes on

A code 0xFF means 254 bytes without a zero behind them. Source: Cheshire and Baker,
"Consistent Overhead Byte Stuffing", IEEE/ACM Transactions on Networking 7(2), 1999.
"""

from collections.abc import Iterator

from firmware_bridge.errors import FrameError

DELIMITER = 0x00
_FULL_BLOCK = 0xFF
_ZERO = b"\x00"


def cobs_encode(packet: bytes) -> bytes:
    """Return the packet without any 0x00; the delimiter is not appended."""
    encoded = bytearray(b"\x00")
    code_at = 0
    for position, byte in enumerate(packet, start=1):
        if byte != DELIMITER:
            encoded.append(byte)
        full = len(encoded) - code_at == _FULL_BLOCK
        if byte == DELIMITER or full:
            encoded[code_at] = len(encoded) - code_at
            if full and byte != DELIMITER and position == len(packet):
                return bytes(encoded)
            code_at = len(encoded)
            encoded.append(0)
    encoded[code_at] = len(encoded) - code_at
    return bytes(encoded)


def cobs_decode(encoded: bytes) -> bytes:
    """Return the packet.

    Raises FrameError when a code points beyond the end or a 0x00 stands inside.
    """
    if not encoded:
        raise FrameError("an empty run of bytes holds no packet")
    if DELIMITER in encoded:
        raise FrameError(f"byte 0x00 inside a stuffed packet of {len(encoded)} bytes")
    pieces = []
    position, size = 0, len(encoded)
    while position < size:
        code = encoded[position]
        block, position = encoded[position + 1 : position + code], position + code
        pieces.append(block)
        if code != _FULL_BLOCK and position < size:
            pieces.append(_ZERO)
    if position != size:
        raise FrameError(f"stuffing points beyond the end of {size} bytes")
    return b"".join(pieces)


class CobsDecoder:
    """Cuts a stream of bytes into packets; noise is counted, never raised.

    `corrupt_frames` counts the runs between two delimiters that hold no packet. The buffer never
    holds more than `max_encoded` bytes: a longer run is dropped up to its delimiter, counted once.
    """

    def __init__(self, max_encoded: int) -> None:
        self.corrupt_frames = 0
        self._max_encoded = max_encoded
        self._buffer = bytearray()
        self._is_overlong = False

    @property
    def buffered(self) -> int:
        """How many bytes wait for their delimiter."""
        return len(self._buffer)

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Return the packets that this chunk ends. It is taken in whole at the call."""
        packets = []
        *ended, rest = chunk.split(b"\x00")
        for run in ended:
            packet = self._end_run(run) if self._buffer or self._is_overlong else self._whole(run)
            if packet is not None:
                packets.append(packet)
        self._extend(rest)
        return iter(packets)

    def _extend(self, run: bytes) -> None:
        if len(self._buffer) + len(run) > self._max_encoded:
            self._is_overlong = True
        if self._is_overlong:
            self._buffer.clear()
        else:
            self._buffer += run

    def _end_run(self, run: bytes) -> bytes | None:
        self._extend(run)
        encoded, self._buffer = bytes(self._buffer), bytearray()
        was_overlong, self._is_overlong = self._is_overlong, False
        if was_overlong:
            self.corrupt_frames += 1
            return None
        return self._whole(encoded)

    def _whole(self, encoded: bytes) -> bytes | None:
        if not encoded:
            return None  # two delimiters in a row: how a sender flushes the line, not noise
        if len(encoded) > self._max_encoded:
            self.corrupt_frames += 1
            return None
        try:
            return cobs_decode(encoded)
        except FrameError:
            self.corrupt_frames += 1
            return None
