"""A UHFReader18 as it behaves on its wire, over the shared pad. Pure."""

from firmware_bridge.errors import FrameError
from firmware_bridge.framing.uhfreader18 import (
    ANY_ADDRESS,
    UhfAnswer,
    UhfCommand,
    UhfStatus,
    decode_read,
    decode_request,
    decode_write,
    encode_answer,
    encode_epcs,
    uhfreader18_decoder,
)
from firmware_bridge.readers.port import Bank
from firmware_bridge.simulated.pad import SimulatedPad, TagRefusal
from firmware_bridge.simulated.uhf_field import put_tag

_TAGS_A_FRAME = 8
_GAP_SECONDS = 0.1
_TAG_ERROR_CODES = {TagRefusal.NO_BLOCK: 0x03, TagRefusal.LOCKED: 0x04}


class SimulatedUhfReader18:
    """A UHF reader that is asked; `power_dbm` and `scan_time` are what it keeps."""

    def __init__(self, pad: SimulatedPad | None = None, *, address: int = 0) -> None:
        self.pad = SimulatedPad() if pad is None else pad
        self.power_dbm = 30
        self.scan_time = 10
        self._address = address
        self._heard_at = 0.0
        self._decoder = uhfreader18_decoder()

    def receive(self, chunk: bytes, now: float) -> bytes:
        """Answer each request for this reader."""
        self._heard_at = now
        said = b""
        for frame in self._decoder.feed(chunk):
            address, command, data = decode_request(frame)
            if address in {self._address, ANY_ADDRESS}:
                said += self._answer(command, data)
        return said

    def tick(self, now: float) -> bytes:
        """Give up half a request: whoever sent it has stopped."""
        if now - self._heard_at > _GAP_SECONDS:
            self._decoder.gap()
        return b""

    def put(self, what: str) -> bytes:
        """Lay a tag with this EPC on the pad. Raises FrameError when it is none."""
        put_tag(self.pad, what)
        return b""

    def take(self, what: str) -> bytes:
        """Take the tag with this EPC off the pad."""
        self.pad.take(what.upper())
        return b""

    def _answer(self, command: int, data: bytes) -> bytes:
        if command == UhfCommand.INVENTORY:
            return self._inventory()
        try:
            status, answer = self._do(command, data)
        except FrameError:
            status, answer = UhfStatus.WRONG_LENGTH, b""
        return self._say(command, status, answer)

    def _inventory(self) -> bytes:
        epcs = [bytes.fromhex(tag.uid) for tag in self.pad.uhf_tags]
        if not epcs:
            return self._say(UhfCommand.INVENTORY, UhfStatus.NO_TAG)
        starts = range(0, len(epcs), _TAGS_A_FRAME)
        said = b""
        for start in starts:
            status = UhfStatus.FINISHED if start == starts[-1] else UhfStatus.MORE_DATA
            told = encode_epcs(epcs[start : start + _TAGS_A_FRAME])
            said += self._say(UhfCommand.INVENTORY, status, told)
        return said

    def _do(self, command: int, data: bytes) -> tuple[UhfStatus, bytes]:
        match command:
            case UhfCommand.READER_INFO:
                kept = bytes([self.power_dbm, self.scan_time])
                return UhfStatus.OK, bytes([2, 36, 9, 3, 49, 0]) + kept
            case UhfCommand.SET_POWER if len(data) == 1:
                self.power_dbm = data[0]
            case UhfCommand.SET_SCAN_TIME if len(data) == 1:
                self.scan_time = data[0]
            case UhfCommand.READ:
                epc, bank, first, count = decode_read(data)
                return self._access(epc, bank, first, count, None)
            case UhfCommand.WRITE:
                epc, bank, first, content = decode_write(data)
                return self._access(epc, bank, first, 0, content)
            case UhfCommand.WRITE_EPC:
                return self._rename(data)
            case _:
                return UhfStatus.ILLEGAL_COMMAND, b""
        return UhfStatus.OK, b""

    def _access(
        self, epc: bytes, bank: int, first: int, count: int, content: bytes | None
    ) -> tuple[UhfStatus, bytes]:
        tag = self.pad.uhf_tag(epc.hex().upper())
        if tag is None:
            return UhfStatus.NO_TAG, b""
        if bank not in set(Bank):
            return UhfStatus.BAD_PARAMETER, b""
        if content is None:
            told = tag.read(Bank(bank), first, count)
        else:
            told = tag.write(Bank(bank), first, content) or b""
        if isinstance(told, TagRefusal):
            return UhfStatus.TAG_ERROR, bytes([_TAG_ERROR_CODES.get(told, 0)])
        return UhfStatus.OK, told

    def _rename(self, data: bytes) -> tuple[UhfStatus, bytes]:
        epc, tags = data[5:], self.pad.uhf_tags
        if not data or len(epc) != 2 * data[0]:
            return UhfStatus.WRONG_LENGTH, b""
        if len(tags) != 1:
            return UhfStatus.NO_TAG, b""
        pc = (len(epc) // 2 << 11) | (tags[0].pc_word & 0x07FF)
        tags[0].write(Bank.EPC, 1, pc.to_bytes(2, "big") + epc)
        return UhfStatus.OK, b""

    def _say(self, command: int, status: UhfStatus, data: bytes = b"") -> bytes:
        return encode_answer(UhfAnswer(self._address, command, status, data))
