"""Driver of the UHFReader18 and its kin (Chafon CF-RU5102): UHF tags at desks and gates."""

from collections.abc import Callable
from functools import partial

from firmware_bridge.errors import DeviceError, DeviceTimeout, FrameError
from firmware_bridge.framing.uhfreader18 import (
    ANY_ADDRESS,
    MOST_WORDS,
    UhfAnswer,
    UhfCommand,
    UhfReaderInfo,
    UhfStatus,
    decode_answer,
    decode_epcs,
    decode_info,
    encode_read,
    encode_request,
    encode_write,
    encode_write_epc,
    uhfreader18_decoder,
)
from firmware_bridge.readers.port import Bank
from firmware_bridge.readers.uhf import UhfReader
from firmware_bridge.statistics import LineStatistics
from firmware_bridge.transport import Transport, open_transport

BAUDRATE = 57_600
KIOSK_POWER_DBM = 15
"""Enough for a shielded pad; at full power a reader takes books from the next table."""
_POWERS_DBM = range(31)
_SCAN_TIME = 3  # tenths of a second: the shortest that the reader takes
_ANSWER_SECONDS = 0.4
_ATTEMPTS = 3
_MOST_FRAMES = 32
_SENTENCES: dict[int, str] = {
    UhfStatus.FLASH_FULL: "its memory is full",
    UhfStatus.BAD_PASSWORD: "the tag wants another access password",
    UhfStatus.NOT_SUPPORTED: "the tag does not know this command",
    UhfStatus.NOT_SAVED: "it cannot save this setting",
    UhfStatus.EXECUTION: "the command failed",
    UhfStatus.POOR_COMMUNICATION: "the tag answers too weakly: lay it flat on the pad",
    UhfStatus.NO_TAG: "the tag is not in the field: lay it back and try again",
    UhfStatus.WRONG_LENGTH: "it does not know a command of this length",
    UhfStatus.ILLEGAL_COMMAND: "it does not know this command",
    UhfStatus.BAD_PARAMETER: "it does not take this value",
}
_TAG_ERRORS = {
    0x00: "for a reason that it does not tell",
    0x03: "it has no such words",
    0x04: "these words are locked",
    0x0B: "it gets too little power",
}


class UhfReader18(UhfReader):
    """A UHFReader18, such as the CF-RU5102: UHF tags by their EPC.

    `power_dbm` is 0 to 30; `address` is the reader's on its bus, 255 for whichever is there.
    """

    MOST_WORDS = MOST_WORDS

    def __init__(
        self,
        url: str,
        *,
        address: int = ANY_ADDRESS,
        power_dbm: int = KIOSK_POWER_DBM,
        statistics: LineStatistics | None = None,
        connect: Callable[..., Transport] = open_transport,
    ) -> None:
        open_line = partial(connect, url, baudrate=BAUDRATE)
        super().__init__(url, uhfreader18_decoder(), open_line, statistics=statistics)
        self._address = address
        self._power_dbm = power_dbm
        self.info: UhfReaderInfo | None = None

    async def identify(self) -> UhfReaderInfo:
        """Return what the reader says of itself."""
        self._check_open()
        answer = await self._ask(UhfCommand.READER_INFO)
        try:
            self.info = decode_info(answer.data)
        except FrameError as error:
            raise DeviceError(f"{self._url} gives an answer that cannot be: {error}") from error
        return self.info

    async def write_epc(self, epc: str) -> None:
        """Give the one tag in the field an EPC of up to 62 bytes, whatever it had before.

        Raises DeviceError when several tags are there, or none has the EPC afterwards.
        """
        self._check_open()
        before = await self.inventory()
        if len(before) != 1:
            raise DeviceError(f"{self._url} sees {len(before)} tags: lay one on the pad, alone")
        async with self._turn:
            answer = await self._ask(UhfCommand.WRITE_EPC, encode_write_epc(bytes.fromhex(epc)))
            self._check_done(answer, f"give tag {next(iter(before))} another EPC")
        if await self.inventory() != {epc.upper()}:
            raise DeviceError(f"no tag has the EPC {epc.upper()} afterwards: write it again")

    async def _set_up(self) -> None:
        if self._power_dbm not in _POWERS_DBM:
            raise DeviceError(f"the power is 0 to 30 dBm, not {self._power_dbm}")
        info = await self.identify()
        # Settings are kept in a memory that wears out: write what differs only.
        if info.power_dbm != self._power_dbm:
            answer = await self._ask(UhfCommand.SET_POWER, bytes([self._power_dbm]))
            self._check_done(answer, f"take a power of {self._power_dbm} dBm")
        if info.scan_time != _SCAN_TIME:
            answer = await self._ask(UhfCommand.SET_SCAN_TIME, bytes([_SCAN_TIME]))
            self._check_done(answer, "take a scan time")

    async def _round(self) -> list[str]:
        answers: list[UhfAnswer] = []

        def collect(frame: bytes) -> list[UhfAnswer] | None:
            answer = self._accept(frame, UhfCommand.INVENTORY)
            if answer is not None and len(answers) < _MOST_FRAMES:
                answers.append(answer)
                if answer.status != UhfStatus.MORE_DATA:
                    return answers
            return None

        told = await self._line.ask(
            self._request(UhfCommand.INVENTORY),
            collect,
            seconds=_ANSWER_SECONDS + _SCAN_TIME / 10,
            attempts=_ATTEMPTS,
        )
        if told is None:
            raise self._silence()
        if answers[-1].status == UhfStatus.NO_TAG:
            return []
        if answers[-1].status > UhfStatus.MORE_DATA:
            self._check_done(answers[-1], "look for tags")
        try:
            return [epc.hex().upper() for answer in answers for epc in decode_epcs(answer.data)]
        except FrameError as error:
            raise DeviceError(f"{self._url} gives an answer that cannot be: {error}") from error

    async def _read(self, epc: bytes, bank: Bank, first: int, count: int) -> bytes:
        answer = await self._ask(UhfCommand.READ, encode_read(epc, bank, first, count))
        self._check_done(answer, f"read words of tag {epc.hex().upper()}")
        return answer.data

    async def _write(self, epc: bytes, bank: Bank, first: int, content: bytes) -> None:
        data = encode_write(epc, bank, first, content)
        # Done twice, a write of the EPC would no longer find the tag by its old one.
        attempts = 1 if bank is Bank.EPC else _ATTEMPTS
        answer = await self._ask(UhfCommand.WRITE, data, attempts=attempts)
        self._check_done(answer, f"write words of tag {epc.hex().upper()}")

    async def _ask(
        self, command: UhfCommand, data: bytes = b"", *, attempts: int = _ATTEMPTS
    ) -> UhfAnswer:
        answer = await self._line.ask(
            self._request(command, data),
            lambda frame: self._accept(frame, command),
            seconds=_ANSWER_SECONDS,
            attempts=attempts,
        )
        if answer is None:
            raise self._silence()
        return answer

    def _request(self, command: UhfCommand, data: bytes = b"") -> bytes:
        return encode_request(command, data, address=self._address)

    def _accept(self, frame: bytes, command: UhfCommand) -> UhfAnswer | None:
        answer = decode_answer(frame)
        if answer is None or answer.command != command:
            return None
        return answer if self._address in {ANY_ADDRESS, answer.address} else None

    def _check_done(self, answer: UhfAnswer, what: str) -> None:
        if answer.status == UhfStatus.OK:
            return
        if answer.status == UhfStatus.TAG_ERROR:
            code = answer.data[0] if answer.data else 0
            why = f"the tag refuses, {_TAG_ERRORS.get(code, f'with error {code:02X}')}"
        else:
            why = _SENTENCES.get(answer.status, f"it answers with status {answer.status:02X}")
        raise DeviceError(f"{self._url} cannot {what}: {why}")

    def _silence(self) -> DeviceTimeout:
        return DeviceTimeout(
            f"{self._url} does not answer as a UHFReader18 ({self.corrupt_frames} corrupt frames): "
            "check its power, its cable and that it works in answer mode at 57600 baud"
        )
