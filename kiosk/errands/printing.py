"""The printer of slips: kept open, asked how it is, opened again while it fails."""

import asyncio
import random
from collections.abc import Callable
from typing import Final, Literal

from firmware_bridge.errors import BridgeError, DeviceError
from firmware_bridge.receipts.port import PrinterState, PrintResult, Receipt, ReceiptPrinter

ASK_SECONDS: Final = 10.0
FIRST_WAIT_SECONDS: Final = 1.0
LONGEST_WAIT_SECONDS: Final = 15.0

NotPrinted = Literal["", "no_paper", "printer_away"]

_SENTENCES: Final = {
    PrinterState.FAULT: "the printer has a fault: switch it off and on, look at its cutter",
    PrinterState.COVER_OPEN: "the printer's cover is open: close it",
    PrinterState.PAPER_OUT: "the printer is out of paper: put a roll in",
}


class SlipPrinter:
    """`build` makes a printer, not yet entered. `trouble` gets how it is, empty when it prints.

    `paper` is told whether there is paper: the library's system hears of it with its next status.
    """

    def __init__(
        self,
        build: Callable[[], ReceiptPrinter],
        trouble: Callable[[str], None],
        *,
        paper: Callable[[bool], None] = lambda _: None,
        rng: random.Random | None = None,
        ask_seconds: float = ASK_SECONDS,
        wait_seconds: float = FIRST_WAIT_SECONDS,
    ) -> None:
        self._build = build
        self._trouble = trouble
        self.paper = paper
        self._rng = rng or random.Random()  # noqa: S311  jitter
        self._ask_seconds = ask_seconds
        self._first_wait = wait_seconds
        self._printer: ReceiptPrinter | None = None
        self._failed = asyncio.Event()

    async def run(self) -> None:
        """Keep the printer open until cancelled, through every outage."""
        wait = self._first_wait
        while True:
            try:
                async with self._build() as printer:
                    self._note(await printer.state())
                    self._printer, wait = printer, self._first_wait
                    await self._follow(printer)
            except BridgeError as error:
                self._trouble(str(error))
            finally:
                self._printer = None
            await asyncio.sleep(wait * self._rng.uniform(0.8, 1.2))
            wait = min(2 * wait, LONGEST_WAIT_SECONDS)

    async def print_slip(self, receipt: Receipt) -> NotPrinted:
        """Print, and say why it was not printed, nothing when it was."""
        printer = self._printer
        if printer is None:
            return "printer_away"
        try:
            result: PrintResult = await printer.print_receipt(receipt)
        except DeviceError as error:
            self._trouble(str(error))
            self._failed.set()
            return "printer_away"
        self._note(result.state)
        if result.is_printed:
            return ""
        return "no_paper" if result.state is PrinterState.PAPER_OUT else "printer_away"

    async def _follow(self, printer: ReceiptPrinter) -> None:
        self._failed.clear()
        while not self._failed.is_set():
            try:
                async with asyncio.timeout(self._ask_seconds):
                    await self._failed.wait()
            except TimeoutError:
                self._note(await printer.state())

    def _note(self, state: PrinterState) -> None:
        self._trouble(_SENTENCES.get(state, ""))
        self.paper(state is not PrinterState.PAPER_OUT)
