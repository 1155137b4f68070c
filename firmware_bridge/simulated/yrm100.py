"""A module with the R200 chip as it behaves on its wire, over the shared pad. Pure."""

from firmware_bridge.errors import FrameError
from firmware_bridge.framing.yrm100 import (
    FrameType,
    R200Command,
    R200Error,
    R200Frame,
    R200Tag,
    decode_access,
    decode_select,
    encode_accessed,
    encode_tag,
    yrm100_decoder,
)
from firmware_bridge.readers.port import Bank
from firmware_bridge.simulated.pad import SimulatedPad, SimulatedUhfTag, TagRefusal
from firmware_bridge.simulated.uhf_field import put_tag

_DONE = b"\x00"
_GAP_SECONDS = 0.1
_TAG_ERROR_CODES = {TagRefusal.NO_BLOCK: 0x3, TagRefusal.LOCKED: 0x4}


class SimulatedYrm100:
    """A UHF module: polls while it is told to, reads and writes the tag that was selected."""

    def __init__(self, pad: SimulatedPad | None = None) -> None:
        self.pad = SimulatedPad() if pad is None else pad
        self.power = 2600  # hundredths of a dBm
        self._heard_at = 0.0
        self._decoder = yrm100_decoder()
        self._selected = b""
        self._polls = 0

    def receive(self, chunk: bytes, now: float) -> bytes:
        """Answer each command."""
        self._heard_at = now
        said = b""
        for told in self._decoder.feed(chunk):
            frame = R200Frame.from_bytes(told)
            if frame.type == FrameType.COMMAND:
                said += self._answer(frame.command, frame.parameters)
        return said

    def tick(self, now: float) -> bytes:
        """Poll once, and give up half a command: whoever sent it has stopped."""
        if now - self._heard_at > _GAP_SECONDS:
            self._decoder.gap()
        if not self._polls:
            return b""
        self._polls -= 1
        return self._poll()

    def put(self, what: str) -> bytes:
        """Lay a tag with this EPC on the pad. Raises FrameError when it is none."""
        put_tag(self.pad, what)
        return b""

    def take(self, what: str) -> bytes:
        """Take the tag with this EPC off the pad."""
        self.pad.take(what.upper())
        return b""

    def _answer(self, command: int, parameters: bytes) -> bytes:
        try:
            return self._do(command, parameters)
        except FrameError:
            return _error(R200Error.BAD_COMMAND)

    def _do(self, command: int, parameters: bytes) -> bytes:
        match command:
            case R200Command.SINGLE_POLL:
                return self._poll()
            case R200Command.MULTI_POLL if len(parameters) == 3:
                self._polls = int.from_bytes(parameters[1:], "big")
                return b""
            case R200Command.STOP:
                self._polls = 0
            case R200Command.SELECT:
                self._selected = decode_select(parameters)
            case R200Command.SELECT_MODE:
                pass
            case R200Command.SET_POWER if len(parameters) == 2:
                self.power = int.from_bytes(parameters, "big")
            case R200Command.GET_POWER:
                return _answer(command, self.power.to_bytes(2, "big"))
            case R200Command.VERSION:
                return _answer(command, parameters[:1] + b"V2.3.5")
            case R200Command.READ | R200Command.WRITE:
                return self._access(command, parameters)
            case _:
                return _error(R200Error.BAD_COMMAND)
        return _answer(command, _DONE)

    def _poll(self) -> bytes:
        tags = self.pad.uhf_tags
        if not tags:
            return _error(R200Error.NO_TAG)
        return b"".join(
            R200Frame(
                FrameType.NOTICE,
                R200Command.SINGLE_POLL,
                encode_tag(R200Tag(bytes.fromhex(tag.uid), tag.rssi_dbm), tag.pc_word),
            ).to_bytes()
            for tag in tags
        )

    def _access(self, command: int, parameters: bytes) -> bytes:
        bank, first, count, content = decode_access(parameters)
        tag = self.pad.uhf_tag(self._selected.hex().upper())
        is_read = command == R200Command.READ
        if tag is None or bank not in set(Bank):
            return _error(R200Error.NO_TAG_TO_READ if is_read else R200Error.NO_TAG_TO_WRITE)
        epc, pc = bytes.fromhex(tag.uid), tag.pc_word
        told = _accessed(tag, Bank(bank), first, count, content, is_read=is_read)
        if isinstance(told, TagRefusal):
            code = (0xA0 if is_read else 0xB0) | _TAG_ERROR_CODES.get(told, 0xF)
            return _answer(R200Command.ERROR, bytes([code]) + encode_accessed(epc, pc, b""))
        return _answer(command, encode_accessed(epc, pc, told))


def _accessed(
    tag: SimulatedUhfTag, bank: Bank, first: int, count: int, content: bytes, *, is_read: bool
) -> bytes | TagRefusal:
    if is_read:
        return tag.read(bank, first, count)
    if len(content) != 2 * count:
        raise FrameError("a command to write announces another number of words than it holds")
    return tag.write(bank, first, content) or _DONE


def _answer(command: int, parameters: bytes) -> bytes:
    return R200Frame(FrameType.ANSWER, command, parameters).to_bytes()


def _error(code: int) -> bytes:
    return _answer(R200Command.ERROR, bytes([code]))
