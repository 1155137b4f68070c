"""A scanner that types, as its input events look. Pure."""

from firmware_bridge.errors import FrameError
from firmware_bridge.framing.keys import encode_typing


class SimulatedWedge:
    """A keyboard that types what is put, and Enter. It hears nothing."""

    def receive(self, chunk: bytes, now: float) -> bytes:
        """Take bytes: a keyboard is not written to."""
        del chunk, now
        return b""

    def tick(self, now: float) -> bytes:
        """Say nothing by itself."""
        del now
        return b""

    def put(self, what: str) -> bytes:
        """Type a text. Raises FrameError for a character that has no key."""
        try:
            return encode_typing(what)
        except KeyError as error:
            raise FrameError(f"no key of a scanner types {error.args[0]!r}") from error

    def take(self, what: str) -> bytes:
        """Do nothing: what was typed is typed."""
        del what
        return b""
