"""The door of an unstaffed room on ptys: relays, contacts, air, card reader, keypad, and its leaf.

The demo and the tests of the kiosk stand at the same door.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from examples.demo.bench.cables import Cable
from firmware_bridge.simulated.device import run_device
from firmware_bridge.simulated.gm65 import SimulatedGm65
from firmware_bridge.simulated.modbus_line import SimulatedModbusLine
from firmware_bridge.simulated.modbus_units import Co2Unit, InputsUnit, RelayUnit
from firmware_bridge.simulated.pty_port import PtyPort
from firmware_bridge.simulated.rdm6300 import SimulatedRdm6300
from firmware_bridge.simulated.serve import serve

STRIKE, LIGHTS, VENTILATION, SIREN, LAMP = range(5)
"""Relays of the module."""
LEAF, FIRE, GATE, TAMPER, CALL = range(5)
"""Inputs of the other module; LEAF is on while the door is closed."""
INPUTS_UNIT, RELAYS_UNIT, AIR_UNIT = 1, 2, 3
BAUDRATE: Final = 115_200
LINK, CARDS, KEYS = "tty-room", "tty-door-cards", "tty-door-keys"
"""Names of the ptys."""
SHOWN_SECONDS: Final = 0.3
LEAF_SECONDS: Final = 2.5
"""How long the leaf is open for one person: seen late, it is still open for a whole second."""


class Door:
    """A cabinet at a door, and the leaf in it. The ptys lie in `folder`.

    With a `baudrate` every byte of the Modbus line takes its time.
    """

    def __init__(self, folder: Path, *, baudrate: int | None = None) -> None:
        self.inputs = InputsUnit()
        self.inputs.inputs[LEAF] = True
        self.relays = RelayUnit([False] * 5)
        self.air = Co2Unit()
        self.cards = SimulatedRdm6300()
        self.keys = SimulatedGm65()
        self._line = SimulatedModbusLine(
            {INPUTS_UNIT: self.inputs, RELAYS_UNIT: self.relays, AIR_UNIT: self.air}
        )
        self._baudrate = baudrate
        self.modules = Cable(folder / LINK, self._live_line)
        self.reader = Cable(folder / CARDS, lambda port: run_device(port, self.cards))
        self.pad = Cable(folder / KEYS, lambda port: run_device(port, self.keys))

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Door"]:
        """Be there while the context lasts."""
        async with AsyncExitStack() as ports:
            cables = (self.modules, self.reader, self.pad)
            for cable in cables:
                await ports.enter_async_context(cable.port)
            jobs = [asyncio.create_task(cable.run(), name="door-cable") for cable in cables]
            try:
                yield self
            finally:
                for job in jobs:
                    job.cancel()
                await asyncio.gather(*jobs, return_exceptions=True)

    @property
    def is_free(self) -> bool:
        """Tell whether the door opens from outside; the fire panel cuts the strike's power too."""
        return self.is_on(STRIKE) or self.inputs.inputs[FIRE]

    def is_on(self, relay: int) -> bool:
        """Tell whether a relay is on."""
        return self.relays.coils[relay]

    def lose_power(self) -> None:
        """Pull the modules out: a relay without power falls back."""
        self.modules.pull()
        self.relays.coils[:] = [False] * len(self.relays.coils)

    async def show(self, card: str) -> None:
        """Hold a card of 10 hexadecimal digits to the reader for a moment."""
        self.cards.put(card)
        await asyncio.sleep(SHOWN_SECONDS)
        self.cards.take(card)

    async def type(self, pin: str) -> None:
        """Type digits and Enter on the keypad."""
        if self.pad.is_in:
            await self.pad.port.write(self.keys.put(pin))

    async def walk_in(self) -> bool:
        """Pull the door, and go in if it opens; return whether it did."""
        if not self.is_free:
            return False
        await self.swing()
        return True

    async def swing(self) -> None:
        """Open the leaf and let it close; from inside it always opens."""
        self.inputs.inputs[LEAF] = False
        await asyncio.sleep(LEAF_SECONDS)
        self.inputs.inputs[LEAF] = True

    async def _live_line(self, port: PtyPort) -> None:
        await serve(port, self._line.receive, baudrate=self._baudrate, bits_a_byte=11)
