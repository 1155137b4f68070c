"""A relay that does not follow, pulses that end in any case, a roll that ends in mid-receipt."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from firmware_bridge import DeviceError, DeviceTimeout, OutputNotConfirmed
from firmware_bridge.actuators.modbus_relay import ModbusRelay
from firmware_bridge.actuators.port import OutputReading
from firmware_bridge.receipts.escpos import EscposPrinter
from firmware_bridge.receipts.port import PrinterState, PrintResult, Receipt, ReceiptLine
from firmware_bridge.simulated.modbus_line import SimulatedModbusLine, run_line
from firmware_bridge.simulated.modbus_units import RelayUnit
from firmware_bridge.simulated.pty_port import PtyPort
from firmware_bridge.simulated.receipt_printer import SimulatedEscpos, serve

PATIENCE_SECONDS = 10.0
RECEIPT = Receipt(tuple(ReceiptLine(f"line {number}") for number in range(12)))
OFF = OutputReading(0, is_on=False)


@asynccontextmanager
async def a_relay(link: Path, unit: RelayUnit | None) -> AsyncIterator[ModbusRelay]:
    async with PtyPort(link) as port:
        living = asyncio.create_task(run_line(port, SimulatedModbusLine({1: unit})))
        async with asyncio.timeout(PATIENCE_SECONDS):
            yield ModbusRelay(port.path, channels=4, poll_seconds=0.05)
        port.unplug()
        await living


async def until_on(readings: AsyncIterator[OutputReading]) -> None:
    while await anext(readings) != OutputReading(0, is_on=True):
        pass


async def test_an_output_that_does_not_follow_is_told(tmp_path: Path) -> None:
    unit = RelayUnit(stuck={2})
    async with a_relay(tmp_path / "port", unit) as relay, relay:
        with pytest.raises(
            OutputNotConfirmed, match=r"output 2 of unit 1 .* switched on and is not"
        ):
            await relay.switch(2, is_on=True)
        with pytest.raises(OutputNotConfirmed):
            await relay.pulse(2, 0.01)
        assert await relay.switch(1, is_on=True) == OutputReading(1, is_on=True)


async def test_a_strike_is_pulsed_and_let_go(tmp_path: Path) -> None:
    unit = RelayUnit()
    async with a_relay(tmp_path / "port", unit) as relay, relay:
        first, second = (
            asyncio.create_task(relay.pulse(0, 0.1)),
            asyncio.create_task(relay.pulse(0, 0.1)),
        )
        readings = aiter(relay)
        seen = [await anext(readings) for _ in range(8)]
        assert [await first, await second] == [OFF, OFF]
        assert [reading.is_on for reading in seen if reading.channel == 0] == [
            False,
            True,
            False,
            True,
            False,
        ]
        for seconds in (0.0, 31.0):
            with pytest.raises(DeviceError, match="at most 30 s"):
                await relay.pulse(0, seconds)


async def test_a_pulse_ends_when_its_caller_or_its_relay_goes(tmp_path: Path) -> None:
    unit = RelayUnit()
    async with a_relay(tmp_path / "port", unit) as relay:
        async with relay:
            readings = aiter(relay)
            pulsing = asyncio.create_task(relay.pulse(0, 20.0))
            await until_on(readings)
            pulsing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await pulsing
            assert not unit.coils[0]
            pulsing = asyncio.create_task(relay.pulse(0, 20.0))
            await until_on(readings)
        assert not unit.coils[0]
        pulsing.cancel()
        with pytest.raises((asyncio.CancelledError, DeviceError)):
            await pulsing


async def test_what_another_switch_does_is_seen(tmp_path: Path) -> None:
    unit = RelayUnit()
    async with a_relay(tmp_path / "port", unit) as relay, relay:
        readings = aiter(relay)
        for _ in range(4):
            await anext(readings)
        unit.coils[3] = True
        assert await anext(readings) == OutputReading(3, is_on=True)


async def test_a_module_that_is_dead_is_a_timeout(tmp_path: Path) -> None:
    async with a_relay(tmp_path / "port", None) as relay:
        with pytest.raises(DeviceTimeout, match=r"unit 1 at .* does not answer"):
            async with relay:
                pass


@asynccontextmanager
async def a_printer(link: Path, device: SimulatedEscpos) -> AsyncIterator[EscposPrinter]:
    async with PtyPort(link) as port:
        living = asyncio.create_task(serve(port, device))
        async with asyncio.timeout(PATIENCE_SECONDS):
            yield EscposPrinter(port.path, print_seconds=0.3, reply_seconds=0.3)
        port.unplug()
        await living


async def test_a_roll_that_ends_in_mid_receipt_prints_nothing_for_the_next_visitor(
    tmp_path: Path,
) -> None:
    device = SimulatedEscpos(paper_lines=5)
    async with a_printer(tmp_path / "port", device) as printer, printer:
        result = await printer.print_receipt(RECEIPT)
        assert result == PrintResult(False, PrinterState.PAPER_OUT)
        device.paper_lines = 100
        next_one = Receipt((ReceiptLine("the next visitor"),))
        result = await printer.print_receipt(next_one)
        assert result == PrintResult(True, PrinterState.READY)
        assert printer.statistics.requests == printer.statistics.replies == 12
        assert printer.statistics.latency_seconds is not None
    (printed,) = device.printed
    assert b"the next visitor" in printed
    assert b"line 11" not in printed


async def test_a_printer_that_is_switched_off_is_a_timeout(tmp_path: Path) -> None:
    port = PtyPort(tmp_path / "port")
    async with port, EscposPrinter(port.path, reply_seconds=0.1) as printer:
        with pytest.raises(DeviceTimeout, match="check its power"):
            await printer.print_receipt(RECEIPT)
        counts = printer.statistics
        assert (counts.openings, counts.requests, counts.replies, counts.timeouts) == (1, 1, 0, 1)
        port.unplug()
        with pytest.raises(DeviceError, match="unplugged"):
            await printer.state()
