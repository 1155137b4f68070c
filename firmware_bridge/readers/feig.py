"""FEIG OBID i-scan: the HF pads of library desks and kiosks (ID ISC.MR, PR, M02, LR)."""

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import ParamSpec, TypeVar

import structlog

from firmware_bridge.errors import DeviceError, FrameError
from firmware_bridge.feig import commands as feig
from firmware_bridge.feig import statuses
from firmware_bridge.feig.commands import Answer, ReaderVersion
from firmware_bridge.feig.frames import frame_decoder
from firmware_bridge.line import GAP_SECONDS
from firmware_bridge.readers.feig_line import ANY_ADDRESS, FeigLine
from firmware_bridge.readers.field_reader import FieldReader, in_doubt
from firmware_bridge.readers.port import TagInfo
from firmware_bridge.statistics import LineStatistics
from firmware_bridge.transport import Transport, open_transport

BAUDRATE = 38_400
PARITY = "E"
"""What these readers are delivered with."""
_MOST_MORE = 32
_MOST_BLOCKS = 256

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

_log = structlog.get_logger(__name__)


class FeigReader(FieldReader):
    """A FEIG OBID i-scan pad at a serial port, or at `socket://host:10001`.

    `address` is its bus address, 255 for whichever is there. `is_reversed` says that it sends the
    bytes of a block last first, as its manuals say. `is_advanced` is the form of its frames;
    without it the first request is tried in both. `patience` stretches all timeouts. `statistics`
    goes on with the counts of an earlier opening. `connect` makes the transport; without one the
    line is 38 400 baud, even parity.
    """

    def __init__(
        self,
        url: str,
        *,
        address: int = ANY_ADDRESS,
        baudrate: int = BAUDRATE,
        parity: str = PARITY,
        is_reversed: bool = True,
        is_advanced: bool | None = None,
        patience: float = 1.0,
        statistics: LineStatistics | None = None,
        connect: Callable[[str], Transport] | None = None,
    ) -> None:
        super().__init__(
            url,
            frame_decoder(),
            partial(connect, url)
            if connect
            else partial(open_transport, url, baudrate=baudrate, parity=parity),
            gap_seconds=GAP_SECONDS * patience,
            statistics=statistics,
        )
        self._address = address
        self._is_reversed = is_reversed
        self._is_advanced = is_advanced
        self._patience = patience

    async def identify(self) -> ReaderVersion:
        """Return what the reader says of itself."""
        answer = await self._ask(bytes([feig.VERSION]), "tell its version")
        version = self._decoded(feig.decode_version, answer.data)
        _log.info("reader_known", port=self._url, firmware=version.firmware)
        return version

    async def system_info(self, uid: str) -> TagInfo:
        """Return what the tag says of itself."""
        what = f"tell what tag {uid} is"
        block_bytes, _ = await self._read(uid, 0, 1)
        answer = await self._ask(feig.system_info_request(uid), what)
        dsfid, afi, count, chip = self._decoded(feig.decode_system_info, answer.data, block_bytes)
        if answer.data[1 : 1 + feig.UID_BYTES].hex().upper() != uid.upper():
            # An answer that a bad line held back or brought twice: frames have no number.
            raise DeviceError(f"{self._url} tells of another tag than {uid}: ask it again")
        return TagInfo(uid, block_bytes, count, afi, dsfid, chip)

    async def read_blocks(self, uid: str, first: int, count: int) -> bytes:
        """Return blocks of a tag."""
        if first < 0 or count < 1 or first + count > _MOST_BLOCKS:
            raise DeviceError(f"tag {uid} has no blocks {first} to {first + count - 1}")
        content = b""
        for start in range(first, first + count, feig.MOST_BLOCKS):
            _, part = await self._read(uid, start, min(feig.MOST_BLOCKS, first + count - start))
            content += part
        return content

    async def write_blocks(self, uid: str, first: int, content: bytes) -> None:
        """Write whole blocks, and read them back."""
        info = await self.system_info(uid)
        count, rest = divmod(len(content), info.block_bytes)
        if rest or count < 1:
            raise DeviceError(
                f"a write of {len(content)} bytes is not in whole blocks of {info.block_bytes}"
            )
        if first < 0 or first + count > info.block_count:
            raise DeviceError(f"tag {uid} has no blocks {first} to {first + count - 1}")
        await self._write(info, first, content)
        with in_doubt(uid):
            is_held = await self.read_blocks(uid, first, count) == content
        if not is_held:
            raise DeviceError(f"tag {uid} does not hold what was written: write it again")
        await self._rescan()

    async def write_afi(self, uid: str, afi: int) -> None:
        """Write the AFI, and read it back."""
        if not 0 <= afi <= 0xFF:
            raise DeviceError(f"an AFI is 0 to 255, not {afi}")
        await self._ask(feig.write_afi_request(uid, afi), f"write the AFI of tag {uid}")
        with in_doubt(uid):
            info = await self.system_info(uid)
        if info.afi != afi:
            raise DeviceError(f"tag {uid} keeps the AFI {info.afi:02X}: it may be locked")
        await self._rescan()

    async def write_eas(self, uid: str, *, is_on: bool) -> None:
        """Switch the EAS bit, and ask for the alarm."""
        command = feig.SET_EAS if is_on else feig.RESET_EAS
        await self._ask(feig.eas_request(uid, command), f"switch the EAS bit of tag {uid}")
        with in_doubt(uid):
            is_set = await self.check_eas(uid)
        if is_set is not is_on:
            raise DeviceError(f"tag {uid} keeps its EAS bit: it may be locked or protected")
        await self._rescan()

    async def check_eas(self, uid: str) -> bool:
        """Return whether the tag answers the alarm probe.

        A tag with the bit reset is as silent as one that is gone, so its silence counts only while
        it answers to something else.
        """
        request = feig.eas_request(uid, feig.EAS_ALARM)
        what = f"check the EAS bit of tag {uid}"
        answer = await self._ask(request, what, allowed=(statuses.OK, statuses.NO_TAG))
        if answer.status == statuses.OK:
            return True
        await self._read(uid, 0, 1)
        return False

    async def _set_up(self) -> None:
        self._bus = FeigLine(
            self._url,
            self._line,
            address=self._address,
            is_advanced=self._is_advanced,
            patience=self._patience,
        )

    async def _round(self) -> list[str]:
        """Return the uids of all tags that answer now.

        The reset wakes those that an earlier round has put to silence.
        """
        bus = self._bus
        uids: list[str] = []
        await bus.ask(bytes([feig.RF_RESET]))
        for number in range(_MOST_MORE):
            answer = await bus.ask(feig.inventory_request(more=number > 0))
            if answer.status not in _INVENTORY_STATUSES:
                raise self._refusal("look for tags", answer)
            if answer.status == statuses.NO_TAG:
                break
            uids += self._decoded(feig.decode_inventory, answer.data)
            if answer.status != statuses.MORE_DATA:
                break
        return uids

    async def _write(self, info: TagInfo, first: int, content: bytes) -> None:
        step = feig.MOST_BLOCKS * info.block_bytes
        for at in range(0, len(content), step):
            request = feig.write_request(
                info.uid,
                first + at // info.block_bytes,
                content[at : at + step],
                info.block_bytes,
                is_reversed=self._is_reversed,
            )
            with in_doubt(info.uid) if at else nullcontext():
                await self._ask(request, f"write blocks of tag {info.uid}")

    async def _read(self, uid: str, first: int, count: int) -> tuple[int, bytes]:
        answer = await self._ask(feig.read_request(uid, first, count), f"read blocks of tag {uid}")
        return self._decoded(feig.decode_blocks, answer.data, count, is_reversed=self._is_reversed)

    async def _ask(
        self, request: bytes, what: str, *, allowed: tuple[int, ...] = (statuses.OK,)
    ) -> Answer:
        self._check_open()
        async with self._turn:
            answer = await self._bus.ask(request)
        if answer.status not in (*allowed, statuses.RF_WARNING):
            raise self._refusal(what, answer)
        return answer

    def _decoded(
        self,
        decode: Callable[_Arguments, _Result],
        *arguments: _Arguments.args,
        **options: _Arguments.kwargs,
    ) -> _Result:
        try:
            return decode(*arguments, **options)
        except FrameError as error:
            raise DeviceError(f"{self._url} gives an answer that cannot be: {error}") from error

    def _refusal(self, what: str, answer: Answer) -> DeviceError:
        sentence = statuses.sentence_of(answer.status, answer.data)
        return DeviceError(f"{self._url} cannot {what}: {sentence}")


_INVENTORY_STATUSES = {
    statuses.OK,
    statuses.NO_TAG,
    statuses.MORE_DATA,
    statuses.RF_WARNING,
}
