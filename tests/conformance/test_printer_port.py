"""What every receipt printer does. One line for each implementation."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from firmware_bridge import DeviceError, open_printer
from firmware_bridge.receipts.port import (
    PrinterState,
    PrintResult,
    Receipt,
    ReceiptLine,
    ReceiptPrinter,
)
from firmware_bridge.receipts.simulated import SimulatedPrinter
from firmware_bridge.registry import PRINTERS
from firmware_bridge.simulated.pty_port import PtyPort
from firmware_bridge.simulated.receipt_printer import SimulatedEscpos, serve

RECEIPT = Receipt(
    (
        ReceiptLine("嘉定区图书馆", is_large=True, is_centred=True),
        ReceiptLine("《围城》 应还 2026-12-28"),
    ),
    qr="https://lib.example.org/loans",
)


@dataclass
class Bench:
    printer: ReceiptPrinter
    become: Callable[[PrinterState], None]
    printed: Callable[[], int]


@asynccontextmanager
async def simulated_bench(_link: Path) -> AsyncIterator[Bench]:
    printer = open_printer("simulated-printer", "slip")
    assert isinstance(printer, SimulatedPrinter)

    def become(state: PrinterState) -> None:
        printer.condition = state

    yield Bench(printer, become, lambda: len(printer.printed))


@asynccontextmanager
async def escpos_bench(link: Path) -> AsyncIterator[Bench]:
    device = SimulatedEscpos()

    def become(state: PrinterState) -> None:
        device.paper_lines = 0 if state is PrinterState.PAPER_OUT else None
        device.is_cover_open = state is PrinterState.COVER_OPEN
        device.has_fault = state is PrinterState.FAULT
        device.is_paper_low = state is PrinterState.PAPER_LOW

    async with PtyPort(link) as port:
        serving = asyncio.create_task(serve(port, device), name="printer")
        printer = open_printer("escpos", port.path)
        yield Bench(printer, become, lambda: len(device.printed))
        port.unplug()
        await serving


IMPLEMENTATIONS = {"escpos": escpos_bench, "simulated-printer": simulated_bench}


def test_every_printer_is_here() -> None:
    assert set(IMPLEMENTATIONS) == set(PRINTERS)


@pytest.fixture(params=sorted(IMPLEMENTATIONS))
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    async with IMPLEMENTATIONS[request.param](tmp_path / "port") as device, asyncio.timeout(30):
        yield device


@pytest.mark.parametrize("state", [PrinterState.READY, PrinterState.PAPER_LOW])
async def test_it_prints_and_says_how_it_is(bench: Bench, state: PrinterState) -> None:
    bench.become(state)
    async with bench.printer as printer:
        assert await printer.state() is state
        for _ in range(2):
            assert await printer.print_receipt(RECEIPT) == PrintResult(True, state)
    assert bench.printed() == 2


@pytest.mark.parametrize(
    "state", [PrinterState.PAPER_OUT, PrinterState.COVER_OPEN, PrinterState.FAULT]
)
async def test_what_cannot_be_printed_is_said_and_not_printed_later(
    bench: Bench, state: PrinterState
) -> None:
    async with bench.printer as printer:
        bench.become(state)
        assert await printer.print_receipt(RECEIPT) == PrintResult(False, state)
        bench.become(PrinterState.READY)
        assert await printer.print_receipt(RECEIPT) == PrintResult(True, PrinterState.READY)
    assert bench.printed() == 1


async def test_shut_it_refuses(bench: Bench) -> None:
    with pytest.raises(DeviceError, match="not open"):
        await bench.printer.state()
    async with bench.printer:
        pass
    await bench.printer.__aexit__(None, None, None)
    with pytest.raises(DeviceError, match="not open"):
        await bench.printer.print_receipt(RECEIPT)
