"""A receipt printer without hardware."""

from types import TracebackType
from typing import Self

from firmware_bridge.errors import DeviceError
from firmware_bridge.receipts.port import PrinterState, PrintResult, Receipt


class SimulatedPrinter:
    """A printer that keeps what it printed in `printed`; `condition` is what it says of itself.

    The URL is only a name in errors.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._is_open = False
        self.condition = PrinterState.READY
        self.printed: list[Receipt] = []

    async def __aenter__(self) -> Self:
        self._is_open = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        self._is_open = False

    async def state(self) -> PrinterState:
        """Return the condition that was set."""
        if not self._is_open:
            raise DeviceError(f"{self._url} is not open: enter the printer first")
        return self.condition

    async def print_receipt(self, receipt: Receipt) -> PrintResult:
        """Keep the receipt when there is paper."""
        state = await self.state()
        is_printed = state in {PrinterState.READY, PrinterState.PAPER_LOW}
        if is_printed:
            self.printed.append(receipt)
        return PrintResult(is_printed, state)
