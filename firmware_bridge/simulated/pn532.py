"""A PN532 as it behaves on its wire. Pure."""

from firmware_bridge.errors import FrameError
from firmware_bridge.framing.pn532 import (
    ACK,
    MOST_TARGETS,
    NOT_UNDERSTOOD,
    Pn532Command,
    Target,
    decode_command,
    encode_answer,
    encode_targets,
    pn532_decoder,
)

_FIRMWARE = bytes.fromhex("32010607")  # PN532, version 1.6, type A, B and ISO/IEC 18092
_UID_BYTES = {4, 7, 10}


class SimulatedPn532:
    """A 13.56 MHz reader of cards: sleeps until it is woken, finds the two cards put last."""

    def __init__(self) -> None:
        self._decoder = pn532_decoder()
        self._field: dict[str, Target] = {}
        self._is_awake = False

    def receive(self, chunk: bytes, now: float) -> bytes:
        """Acknowledge and answer commands, once the host has woken it."""
        del now
        self._is_awake = self._is_awake or 0x55 in chunk
        said = b""
        for frame in self._decoder.feed(chunk):
            command = decode_command(frame)
            if command is not None and self._is_awake:
                said += ACK + self._answer(*command)
        return said

    def tick(self, now: float) -> bytes:
        """Say nothing: it is asked."""
        del now
        return b""

    def put(self, what: str) -> bytes:
        """Hold a card up; its UID has 8, 14 or 20 hexadecimal digits. Raises FrameError."""
        try:
            uid = bytes.fromhex(what)
        except ValueError:
            uid = b""
        if len(uid) not in _UID_BYTES:
            raise FrameError(f"{what!r} is not a card id of 8, 14 or 20 hexadecimal digits")
        self._field[what.upper()] = Target(uid, atqa=0x0004, sak=0x08)
        return b""

    def take(self, what: str) -> bytes:
        """Take the card away."""
        self._field.pop(what.upper(), None)
        return b""

    def _answer(self, command: int, parameters: bytes) -> bytes:
        if command == Pn532Command.GET_FIRMWARE_VERSION:
            return encode_answer(Pn532Command.GET_FIRMWARE_VERSION, _FIRMWARE)
        if command in {Pn532Command.SAM_CONFIGURATION, Pn532Command.RF_CONFIGURATION}:
            return encode_answer(Pn532Command(command))
        if command == Pn532Command.IN_LIST_PASSIVE_TARGET and parameters[1:2] == b"\x00":
            targets = list(self._field.values())
            found = encode_targets(targets[-min(MOST_TARGETS, parameters[0]) :])
            return encode_answer(Pn532Command.IN_LIST_PASSIVE_TARGET, found)
        return NOT_UNDERSTOOD
