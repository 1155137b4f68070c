"""An RDM6300 as it behaves on its wire. Pure."""

from firmware_bridge.framing.rdm6300 import encode_card

REPEAT_SECONDS = 0.1


class SimulatedRdm6300:
    """A 125 kHz reader: the frame of the card that was held up last repeats while it is there."""

    def __init__(self) -> None:
        self._frames: dict[str, bytes] = {}
        self._next_at = 0.0

    def receive(self, chunk: bytes, now: float) -> bytes:
        """Take bytes: it has no receiving wire."""
        del chunk, now
        return b""

    def tick(self, now: float) -> bytes:
        """Repeat the card's frame; 125 kHz readers tell one card of several."""
        if not self._frames or now < self._next_at:
            return b""
        self._next_at = now + REPEAT_SECONDS
        return next(reversed(self._frames.values()))

    def put(self, what: str) -> bytes:
        """Hold a card of 10 hexadecimal digits up. Raises FrameError for another id."""
        self._frames[what.upper()] = encode_card(what.upper())
        return b""

    def take(self, what: str) -> bytes:
        """Take the card away."""
        self._frames.pop(what.upper(), None)
        return b""
