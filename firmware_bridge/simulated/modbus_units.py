"""Simulated devices of a Modbus line: climate, CO2, digital inputs, relays."""

import asyncio
import math
import random
from dataclasses import dataclass, field
from typing import Final

from firmware_bridge.simulated.modbus_line import SimulatedModbusLine, run_beside, run_line
from firmware_bridge.simulated.pty_port import PtyPort

_BEAM_SECONDS: Final = 0.25
_BETWEEN_BEAMS_SECONDS: Final = 0.1
_PEOPLE_PER_HOUR: Final = 60.0
_STEP_SECONDS: Final = 1.0


@dataclass
class ClimateUnit:
    """An SHT20: input registers 1 and 2 in tenths."""

    temperature_celsius: float = 21.5
    humidity_percent: float = 48.0

    def read(self, function: int, address: int, count: int) -> tuple[int, ...] | None:
        """Return registers."""
        if function != 4 or not 1 <= address <= address + count - 1 <= 2:
            return None
        registers = (
            round(self.temperature_celsius * 10) & 0xFFFF,
            round(self.humidity_percent * 10),
        )
        return registers[address - 1 : address - 1 + count]

    def write_coil(self, address: int, is_on: bool) -> bool:  # noqa: ARG002  it has none
        """Refuse."""
        return False


@dataclass
class Co2Unit:
    """A SenseAir S8: input register 3."""

    co2_ppm: int = 430

    def read(self, function: int, address: int, count: int) -> tuple[int, ...] | None:
        """Return the register."""
        return (self.co2_ppm,) if (function, address, count) == (4, 3, 1) else None

    def write_coil(self, address: int, is_on: bool) -> bool:  # noqa: ARG002  it has none
        """Refuse."""
        return False


@dataclass
class InputsUnit:
    """A module of digital inputs, the same as bits and as registers of one input each."""

    inputs: list[bool] = field(default_factory=lambda: [False] * 8)

    def read(self, function: int, address: int, count: int) -> tuple[int, ...] | None:
        """Return inputs."""
        if not 1 <= function <= 4 or address + count > len(self.inputs):
            return None
        return tuple(int(bit) for bit in self.inputs[address : address + count])

    def write_coil(self, address: int, is_on: bool) -> bool:  # noqa: ARG002  it has none
        """Refuse."""
        return False

    async def walk(self, first: int, second: int, *, slowness: float = 1.0) -> None:
        """Let one visitor pass two beams, in the time that an adult takes or longer."""
        self.inputs[first] = True
        await asyncio.sleep(_BETWEEN_BEAMS_SECONDS * slowness)
        self.inputs[second] = True
        await asyncio.sleep((_BEAM_SECONDS - _BETWEEN_BEAMS_SECONDS) * slowness)
        self.inputs[first] = False
        await asyncio.sleep(_BETWEEN_BEAMS_SECONDS * slowness)
        self.inputs[second] = False


@dataclass
class RelayUnit:
    """A module of relays. A coil that is stuck takes the order and does not move."""

    coils: list[bool] = field(default_factory=lambda: [False] * 4)
    stuck: set[int] = field(default_factory=set)

    def read(self, function: int, address: int, count: int) -> tuple[int, ...] | None:
        """Return coils."""
        if function != 1 or address + count > len(self.coils):
            return None
        return tuple(int(coil) for coil in self.coils[address : address + count])

    def write_coil(self, address: int, is_on: bool) -> bool:
        """Set a coil."""
        if address >= len(self.coils):
            return False
        if address not in self.stuck:
            self.coils[address] = is_on
        return True


async def run_sht20(port: PtyPort, seed: int) -> None:
    """Run a climate sensor, unit 1, whose air drifts, until the port is unplugged."""
    rng = random.Random(seed)  # noqa: S311  a believable day, not a secret
    unit = ClimateUnit()
    line = SimulatedModbusLine({1: unit})

    async def drift() -> None:
        step = 0
        while True:
            wave = math.sin(step * math.tau / 86_400)
            unit.temperature_celsius = 21.5 + 1.5 * wave + rng.gauss(0, 0.05)
            unit.humidity_percent = 48.0 - 4.0 * wave + rng.gauss(0, 0.2)
            step += 1
            await asyncio.sleep(_STEP_SECONDS)

    await run_beside(port, line, drift)


async def run_senseair(port: PtyPort, seed: int) -> None:
    """Run a CO2 sensor, unit 254, until the port is unplugged."""
    rng = random.Random(seed)  # noqa: S311
    unit = Co2Unit()

    async def breathe() -> None:
        while True:
            unit.co2_ppm = round(600 + rng.gauss(0, 5))
            await asyncio.sleep(_STEP_SECONDS)

    await run_beside(port, SimulatedModbusLine({254: unit}), breathe)


async def run_inputs(port: PtyPort, seed: int) -> None:
    """Run an input module, unit 1, until the port is unplugged.

    Inputs 0 and 1 are beams that visitors pass, 2 a bolt (unlocked), 3 a door (closed), 4 a gate
    alarm, 5 a fire alarm.
    """
    rng = random.Random(seed)  # noqa: S311
    unit = InputsUnit()
    unit.inputs[3] = True

    async def visit() -> None:
        while True:
            await asyncio.sleep(rng.expovariate(_PEOPLE_PER_HOUR / 3600))
            beams = (0, 1) if rng.random() < 0.5 else (1, 0)
            await unit.walk(*beams)

    await run_beside(port, SimulatedModbusLine({1: unit}), visit)


async def run_relay(port: PtyPort, seed: int) -> None:  # noqa: ARG001  nothing happens by itself
    """Run a relay module, unit 1, until the port is unplugged."""
    await run_line(port, SimulatedModbusLine({1: RelayUnit()}))
