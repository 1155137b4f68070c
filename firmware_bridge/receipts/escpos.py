"""Receipt printers that speak ESC/POS, on a serial port or a USB port that shows as one.

Commands are built by python-escpos, the state is asked by DLE EOT (answered at once) and the end
of a receipt by GS r (answered in its turn). Source: Epson, ESC/POS Command Reference.
"""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from firmware_bridge.errors import DeviceError, DeviceTimeout
from firmware_bridge.receipts.layout import lay_out
from firmware_bridge.receipts.port import PrinterState, PrintResult, Receipt
from firmware_bridge.statistics import LineStatistics
from firmware_bridge.transport import Transport, open_transport, read_until

ASK_OFFLINE: Final = b"\x10\x04\x02"
ASK_ERROR: Final = b"\x10\x04\x03"
ASK_PAPER: Final = b"\x10\x04\x04"
ASK_AT_END: Final = b"\x1d\x72\x01"
CLEAR: Final = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"
REPLY_SECONDS: Final = 1.0
PRINT_SECONDS: Final = 15.0
"""A receipt of a hundred lines with a QR code takes some 8 s on a slow head."""
_COVER_OPEN: Final = 0x04
_FAULTS: Final = 0x68  # auto-cutter, unrecoverable, recoverable by itself
_PAPER_OUT: Final = 0x60
_PAPER_LOW: Final = 0x0C
_SIGNATURE_MASK, _SIGNATURE = 0x93, 0x12  # what every answer to DLE EOT has
_PRINTS: Final = frozenset({PrinterState.READY, PrinterState.PAPER_LOW})


class EscposPrinter:
    """A receipt printer that speaks ESC/POS; Chinese as GB 18030.

    `columns` is how many Latin letters fit on the paper: 32 on 58 mm, 48 on 80 mm.
    `statistics` goes on with the counts of an earlier opening.
    """

    def __init__(
        self,
        url: str,
        *,
        columns: int = 32,
        baudrate: int = 9600,
        print_seconds: float = PRINT_SECONDS,
        reply_seconds: float = REPLY_SECONDS,
        statistics: LineStatistics | None = None,
        connect: Callable[..., Transport] = open_transport,
    ) -> None:
        self.statistics = LineStatistics() if statistics is None else statistics
        self._url = url
        self._columns = columns
        self._baudrate = baudrate
        self._print_seconds = print_seconds
        self._reply_seconds = reply_seconds
        self._connect = connect
        self._transport: Transport | None = None
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        if self._transport is not None:
            raise DeviceError(f"{self._url} was opened before: build a new printer")
        transport = self._connect(self._url, baudrate=self._baudrate)
        await transport.__aenter__()
        self._transport = transport
        self.statistics.openings += 1
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            await transport.__aexit__(kind, error, trace)

    async def state(self) -> PrinterState:
        """Ask the printer how it is; see ReceiptPrinter."""
        async with self._turn:
            return await self._state(self._opened())

    async def print_receipt(self, receipt: Receipt) -> PrintResult:
        """Print and cut; see ReceiptPrinter."""
        async with self._turn:
            transport = self._opened()
            state = await self._state(transport)
            if state not in _PRINTS:
                return PrintResult(False, state)
            await transport.write(lay_out(receipt, self._columns) + ASK_AT_END)
            if await self._ends(transport):
                return PrintResult(True, await self._state(transport))
            state = await self._state(transport)
            await transport.write(CLEAR)
            # Answering, well, and not at the end of a short receipt: it is stuck in the middle.
            return PrintResult(False, PrinterState.FAULT if state in _PRINTS else state)

    async def _state(self, transport: Transport) -> PrinterState:
        offline = await self._ask(transport, ASK_OFFLINE)
        error = await self._ask(transport, ASK_ERROR)
        paper = await self._ask(transport, ASK_PAPER)
        if error & _FAULTS:
            return PrinterState.FAULT
        if offline & _COVER_OPEN:
            return PrinterState.COVER_OPEN
        if paper & _PAPER_OUT:
            return PrinterState.PAPER_OUT
        return PrinterState.PAPER_LOW if paper & _PAPER_LOW else PrinterState.READY

    async def _ask(self, transport: Transport, question: bytes) -> int:
        while await read_until(transport, 0.0):
            pass  # an answer that came after its time
        loop = asyncio.get_running_loop()
        asked_at = loop.time()
        deadline = asked_at + self._reply_seconds
        await transport.write(question)
        self.statistics.requests += 1
        while chunk := await read_until(transport, deadline):
            for byte in chunk:
                if byte & _SIGNATURE_MASK == _SIGNATURE:
                    self.statistics.note_reply(loop.time() - asked_at)
                    return byte
        self.statistics.timeouts += 1
        raise DeviceTimeout(
            f"the printer at {self._url} does not answer: check its power, cable and baud rate"
        )

    async def _ends(self, transport: Transport) -> bool:
        """Tell whether the printer comes to the end of what it was given in time."""
        deadline = asyncio.get_running_loop().time() + self._print_seconds
        while chunk := await read_until(transport, deadline):
            # The answer to GS r has bits 4 and 7 off, by which it is told from the others.
            if any(byte & 0x90 == 0 for byte in chunk):
                return True
        return False

    def _opened(self) -> Transport:
        if self._transport is None:
            raise DeviceError(f"{self._url} is not open: enter the printer first")
        return self._transport
