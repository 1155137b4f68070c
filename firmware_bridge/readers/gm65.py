"""Driver of GM65, GM66, GM812 and other scanners that send text and a carriage return."""

import asyncio
from collections.abc import Callable
from functools import partial

from firmware_bridge.errors import DeviceTimeout
from firmware_bridge.framing.gm65 import (
    Gm65Decoder,
    encode_save,
    encode_trigger,
    encode_write,
    is_answer,
)
from firmware_bridge.readers.codes import read_code
from firmware_bridge.readers.identities import CodeScanned
from firmware_bridge.readers.push import PushReader
from firmware_bridge.statistics import LineStatistics
from firmware_bridge.transport import Transport, open_transport

BAUDRATE = 9600
# A scanner hands out a long QR code in bursts; half a text is kept for so long.
_GAP_SECONDS = 0.5
_ANSWER_SECONDS = 1.0


class Gm65Reader(PushReader[CodeScanned]):
    """A code scanner on a serial line, GM65 or alike: text ended by a carriage return.

    `encoding` is that of texts in two-dimensional codes. `has_identifier`: the scanner is set to
    send AIM identifiers. Commands are answered while somebody iterates.
    """

    def __init__(
        self,
        url: str,
        *,
        encoding: str = "utf-8",
        has_identifier: bool = False,
        statistics: LineStatistics | None = None,
        connect: Callable[..., Transport] = open_transport,
    ) -> None:
        open_line = partial(connect, url, baudrate=BAUDRATE)
        super().__init__(
            url, Gm65Decoder(), open_line, gap_seconds=_GAP_SECONDS, statistics=statistics
        )
        self._encoding = encoding
        self._has_identifier = has_identifier
        self._answered = asyncio.Event()

    async def trigger(self) -> None:
        """Light the scanner until it has read one code, or its own time is over.

        Raises DeviceTimeout when it does not answer.
        """
        await self._command(encode_trigger())

    async def write_setting(self, address: int, data: bytes, *, save: bool = False) -> None:
        """Write settings into the scanner's working memory, and keep them when `save`.

        Addresses stand in the maker's manual. Raises DeviceTimeout when it does not answer.
        """
        await self._command(encode_write(address, data))
        if save:
            await self._command(encode_save())

    async def _command(self, command: bytes) -> None:
        self._check_open()
        self._answered.clear()
        await self._line.write(command)
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self._answered.wait()
        except TimeoutError:
            raise DeviceTimeout(
                f"{self._url} does not answer a command: check that the scanner is set to its "
                "serial interface, and both wires"
            ) from None

    def _tell(self, frame: bytes, now: float) -> CodeScanned | None:  # noqa: ARG002
        if is_answer(frame):
            self._answered.set()
            return None
        return read_code(frame, encoding=self._encoding, has_identifier=self._has_identifier)
