"""The kiosk's devices on ptys, as their firmware behaves, and hands that pull their cables."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from examples.demo.bench.cables import Cable
from firmware_bridge.simulated import receipt_printer
from firmware_bridge.simulated.device import run_device
from firmware_bridge.simulated.feig import SimulatedFeigPad
from firmware_bridge.simulated.gm65 import SimulatedGm65
from firmware_bridge.simulated.pad import SimulatedPad
from firmware_bridge.simulated.pn532 import SimulatedPn532
from firmware_bridge.simulated.pty_port import PtyPort
from firmware_bridge.simulated.receipt_printer import SimulatedEscpos
from firmware_bridge.simulated.serve import serve

PAD_BAUDRATE: Final = 38_400


class Devices:
    """Pad, card reader, code scanner and receipt printer of one kiosk; ptys lie in `folder`.

    `before_write` is told each uid that the kiosk is about to write.
    """

    def __init__(self, folder: Path, before_write: Callable[[str], None]) -> None:
        self.pad = SimulatedPad()
        self.cards = SimulatedPn532()
        self.scanner = SimulatedGm65()
        self.printer = SimulatedEscpos()
        self._feig = SimulatedFeigPad(self.pad, before_write=before_write)
        self.cables = {
            "pad": Cable(folder / "pad", self._live_pad),
            "card_reader": Cable(folder / "cards", lambda port: run_device(port, self.cards)),
            "code_reader": Cable(folder / "codes", lambda port: run_device(port, self.scanner)),
            "printer": Cable(
                folder / "printer", lambda port: receipt_printer.serve(port, self.printer)
            ),
        }

    async def scan(self, text: str) -> None:
        """Hold a code to the scanner."""
        if self.cables["code_reader"].is_in:
            await self.cables["code_reader"].port.write(self.scanner.put(text))

    async def run(self) -> None:
        """Be there until cancelled."""
        async with AsyncExitStack() as ports, asyncio.TaskGroup() as tasks:
            for name, cable in self.cables.items():
                await ports.enter_async_context(cable.port)
                tasks.create_task(cable.run(), name=f"device-{name}")

    async def _live_pad(self, port: PtyPort) -> None:
        feig = self._feig
        await serve(
            port,
            feig.receive,
            baudrate=PAD_BAUDRATE,
            bits_a_byte=11,
            air_seconds=lambda: feig.air_seconds,
            gap=feig.gap,
        )
