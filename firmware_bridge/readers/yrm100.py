"""Driver of the modules with the R200 chip (YRM100, JRD-100, M5Stack UHF unit): UHF tags."""

import asyncio
from collections.abc import Callable
from functools import partial

from firmware_bridge.errors import DeviceError, DeviceTimeout, FrameError
from firmware_bridge.framing.yrm100 import (
    MOST_WORDS,
    FrameType,
    R200Command,
    R200Error,
    R200Frame,
    decode_accessed,
    decode_tag,
    encode_command,
    encode_read,
    encode_select,
    encode_write,
    multi_poll,
    yrm100_decoder,
)
from firmware_bridge.readers.port import Bank
from firmware_bridge.readers.uhf import UhfReader
from firmware_bridge.statistics import LineStatistics
from firmware_bridge.transport import Transport, open_transport

BAUDRATE = 115_200
KIOSK_POWER_DBM = 15.0
"""Enough for a shielded pad; at full power a module takes books from the next table."""
_LEAST_POWER_DBM, _MOST_POWER_DBM = 0.0, 30.0
_WEAKEST_DBM = -128
_ROUND_SECONDS = 0.12
_POLLS = 1000  # far more than fit into a round: it is stopped
_ANSWER_SECONDS = 0.4
_ATTEMPTS = 3
# Selections are for reads and writes; an inventory looks for every tag.
_SELECT_FOR_ACCESS = b"\x02"
_SOFTWARE_VERSION = b"\x01"
_TAG_ERRORS = {
    0x3: "it has no such words",
    0x4: "these words are locked",
    0xB: "it gets too little power",
}
_SENTENCES: dict[int, str] = {
    R200Error.NO_TAG_TO_READ: "the tag is not in the field: lay it back and try again",
    R200Error.NO_TAG_TO_WRITE: "the tag is not in the field: lay it back and try again",
    R200Error.NO_TAG: "the tag is not in the field: lay it back and try again",
    R200Error.BAD_PASSWORD: "the tag wants another access password",
    R200Error.BAD_COMMAND: "it does not know this command",
}


class Yrm100Reader(UhfReader):
    """A module with the R200 chip, such as the YRM100: UHF tags by their EPC, with RSSI.

    `power_dbm` is 0 to 30. Tags that answer more weakly than `minimum_rssi_dbm` are passed over.
    """

    MOST_WORDS = MOST_WORDS

    def __init__(
        self,
        url: str,
        *,
        power_dbm: float = KIOSK_POWER_DBM,
        minimum_rssi_dbm: int = _WEAKEST_DBM,
        statistics: LineStatistics | None = None,
        connect: Callable[..., Transport] = open_transport,
    ) -> None:
        open_line = partial(connect, url, baudrate=BAUDRATE)
        super().__init__(url, yrm100_decoder(), open_line, statistics=statistics)
        self._power_dbm = power_dbm
        self._minimum_rssi_dbm = minimum_rssi_dbm
        self._is_polling = True  # a program before this one may have left it so
        self.firmware = ""

    async def identify(self) -> str:
        """Return the version of the module's software."""
        self._check_open()
        answer = await self._ask(R200Command.VERSION, _SOFTWARE_VERSION)
        self.firmware = answer.parameters[1:].decode("ascii", "replace").strip()
        return self.firmware

    async def _set_up(self) -> None:
        if not _LEAST_POWER_DBM <= self._power_dbm <= _MOST_POWER_DBM:
            raise DeviceError(f"the power is 0 to 30 dBm, not {self._power_dbm:g}")
        await self._stop({})
        await self.identify()
        power = round(self._power_dbm * 100).to_bytes(2, "big")
        self._check_done(await self._ask(R200Command.SET_POWER, power), "take this power")
        self._check_done(
            await self._ask(R200Command.SELECT_MODE, _SELECT_FOR_ACCESS), "be set to select tags"
        )

    async def _round(self) -> list[str]:
        found: dict[str, None] = {}
        is_heard = False
        await self._stop(found)
        self._is_polling = True  # whoever is cancelled from here on leaves it polling
        await self._line.begin(multi_poll(_POLLS))
        until = asyncio.get_running_loop().time() + _ROUND_SECONDS
        while (frame := await self._line.next_frame(until)) is not None:
            is_heard = self._note(frame, found) or is_heard
        await self._stop(found)
        if not is_heard and not found:
            # The command to poll may be what was lost: an empty field is told, never concluded.
            answer = await self._line.ask(
                encode_command(R200Command.SINGLE_POLL),
                lambda frame: self._note(frame, found) or None,
                seconds=_ANSWER_SECONDS,
                attempts=_ATTEMPTS,
            )
            if answer is None:
                raise self._silence()
        return list(found)

    async def _stop(self, found: dict[str, None]) -> None:
        """Stop polling, where it goes on; note the tags that still come."""
        if not self._is_polling:
            return

        def accept(frame: bytes) -> R200Frame | None:
            self._note(frame, found)
            return self._accept(frame, R200Command.STOP)

        stop = encode_command(R200Command.STOP)
        if (
            await self._line.ask(stop, accept, seconds=_ANSWER_SECONDS, attempts=_ATTEMPTS)
        ) is None:
            raise self._silence()
        self._is_polling = False

    def _note(self, told: bytes, found: dict[str, None]) -> bool:
        """Note the tag that a poll found; tell whether the frame answers a poll at all."""
        frame = R200Frame.from_bytes(told)
        if frame.command == R200Command.ERROR:
            return frame.parameters[:1] == bytes([R200Error.NO_TAG])
        if (frame.type, frame.command) != (FrameType.NOTICE, R200Command.SINGLE_POLL):
            return False
        try:
            tag = decode_tag(frame.parameters)
        except FrameError:
            self._refused += 1
            return False
        if tag.rssi_dbm >= self._minimum_rssi_dbm:
            found[tag.epc.hex().upper()] = None
        return True

    async def _read(self, epc: bytes, bank: Bank, first: int, count: int) -> bytes:
        await self._select(epc)
        answer = await self._ask_frame(R200Command.READ, encode_read(bank, first, count))
        return self._accessed(answer, epc, f"read words of tag {epc.hex().upper()}")

    async def _write(self, epc: bytes, bank: Bank, first: int, content: bytes) -> None:
        await self._select(epc)
        # Done twice, a write of the EPC would no longer find the tag by its old one.
        attempts = 1 if bank is Bank.EPC else _ATTEMPTS
        request = encode_write(bank, first, content)
        answer = await self._ask_frame(R200Command.WRITE, request, attempts=attempts)
        self._check_done(answer, f"write words of tag {epc.hex().upper()}")

    async def _select(self, epc: bytes) -> None:
        await self._stop({})
        answer = await self._ask_frame(R200Command.SELECT, encode_select(epc))
        self._check_done(answer, f"select tag {epc.hex().upper()}")

    async def _ask(self, command: R200Command, parameters: bytes = b"") -> R200Frame:
        return await self._ask_frame(command, encode_command(command, parameters))

    async def _ask_frame(
        self, command: R200Command, request: bytes, *, attempts: int = _ATTEMPTS
    ) -> R200Frame:
        answer = await self._line.ask(
            request,
            lambda frame: self._accept(frame, command),
            seconds=_ANSWER_SECONDS,
            attempts=attempts,
        )
        if answer is None:
            raise self._silence()
        return answer

    def _accept(self, told: bytes, command: R200Command) -> R200Frame | None:
        frame = R200Frame.from_bytes(told)
        if frame.type != FrameType.ANSWER:
            return None
        # What a poll did not find comes as an error, too, after it was stopped.
        is_refused = frame.command == R200Command.ERROR and (
            frame.parameters[:1] != bytes([R200Error.NO_TAG])
        )
        return frame if frame.command == command or is_refused else None

    def _accessed(self, answer: R200Frame, epc: bytes, what: str) -> bytes:
        self._check_done(answer, what)
        try:
            answered, content = decode_accessed(answer.parameters)
        except FrameError as error:
            raise DeviceError(f"{self._url} gives an answer that cannot be: {error}") from error
        if answered != epc:
            raise DeviceError(
                f"{self._url} cannot {what}: tag {answered.hex().upper()} answered in its place"
            )
        return content

    def _check_done(self, answer: R200Frame, what: str) -> None:
        if answer.command != R200Command.ERROR:
            return
        code = answer.parameters[0] if answer.parameters else 0
        if code & 0xF0 in {0xA0, 0xB0}:
            why = f"the tag refuses, {_TAG_ERRORS.get(code & 0xF, f'with error {code:02X}')}"
        else:
            why = _SENTENCES.get(code, f"it answers with error {code:02X}")
        raise DeviceError(f"{self._url} cannot {what}: {why}")

    def _silence(self) -> DeviceTimeout:
        return DeviceTimeout(
            f"{self._url} does not answer as an R200 module ({self.corrupt_frames} corrupt "
            "frames): check its power (up to 500 mA), its cable, and that RX and TX are crossed"
        )
