"""A GM65 as it behaves on its wire. Pure."""

from firmware_bridge.errors import FrameError
from firmware_bridge.framing.gm65 import decode_command, encode_answer

_COMMAND_START = 0x7E


class SimulatedGm65:
    """A code scanner: `put` scans a text; settings are a memory of bytes."""

    def __init__(self) -> None:
        self.settings: dict[int, int] = {}
        self.saves = 0
        self._buffer = bytearray()

    def receive(self, chunk: bytes, now: float) -> bytes:
        """Answer each whole command; anything else is passed over byte by byte."""
        del now
        said = b""
        self._buffer += chunk
        while len(self._buffer) >= 4:
            length = 8 + self._buffer[3]
            if self._buffer[0] == _COMMAND_START and len(self._buffer) < length:
                break
            command = decode_command(bytes(self._buffer[:length]))
            if command is None:
                del self._buffer[0]
                continue
            del self._buffer[:length]
            said += self._obey(*command)
        return said

    def tick(self, now: float) -> bytes:
        """Say nothing: a scanner speaks when it scans."""
        del now
        return b""

    def put(self, what: str) -> bytes:
        """Scan a text. Raises FrameError for one with an end of line in it."""
        if "\r" in what or "\n" in what:
            raise FrameError("a code with an end of line cannot be told apart from two codes")
        return what.encode() + b"\r"

    def take(self, what: str) -> bytes:
        """Do nothing: a code was read once."""
        del what
        return b""

    def _obey(self, kind: int, address: int, data: bytes) -> bytes:
        if kind == 0x08:
            self.settings |= dict(enumerate(data, start=address))
        elif kind == 0x09:
            self.saves += 1
        return encode_answer()
