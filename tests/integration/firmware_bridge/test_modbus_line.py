"""Several devices on one line: turns, dead and noisy neighbours, unplugging."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from firmware_bridge import DeviceError, DeviceRefused, DeviceTimeout, FrameError, LineStatistics
from firmware_bridge.modbus.book import LineBook, LineSettings
from firmware_bridge.modbus.bus import ModbusLine
from firmware_bridge.modbus.rtu import Function, Request
from firmware_bridge.sensors.modbus_climate import Sht20
from firmware_bridge.sensors.modbus_inputs import DigitalInputs
from firmware_bridge.sensors.readings import ClimateReading, Continuity, CounterReading
from firmware_bridge.sensors.wired_inputs import Wiring
from firmware_bridge.simulated.modbus_line import SimulatedModbusLine, Unit
from firmware_bridge.simulated.modbus_units import ClimateUnit, InputsUnit
from firmware_bridge.simulated.pty_port import PtyPort

PATIENCE_SECONDS = 10.0
FAST = LineSettings(baudrate=115_200)
CLIMATE = Request(1, Function.READ_INPUT_REGISTERS, 1, 2)


@dataclass
class Wire:
    """A pty with units on it, and what the cable does to their answers."""

    port: PtyPort
    line: SimulatedModbusLine
    garble: float = 0.0
    answers_late: float = 0.0
    at_once: int = 0
    busiest: int = 0
    rng: random.Random = field(default_factory=lambda: random.Random(7))

    async def live(self) -> None:
        while request := await self.port.read():
            self.at_once += 1
            self.busiest = max(self.busiest, self.at_once)
            answer = bytearray(self.line.receive(request))
            if answer and self.rng.random() < self.garble:
                answer[self.rng.randrange(len(answer))] ^= 0x41
            await asyncio.sleep(self.answers_late)
            self.at_once -= 1
            await self.port.write(bytes(answer))


@asynccontextmanager
async def a_wire(link: Path) -> AsyncIterator[Wire]:
    units: dict[int, Unit | None] = {
        1: ClimateUnit(25.6, 50.3),
        2: InputsUnit(),
        3: ClimateUnit(-7.5, 80.0),
        4: None,
    }
    async with PtyPort(link) as port:
        wire = Wire(port, SimulatedModbusLine(units))
        living = asyncio.create_task(wire.live(), name="wire")
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                yield wire
        finally:
            living.cancel()
            await asyncio.gather(living, return_exceptions=True)


@pytest.fixture
async def wire(tmp_path: Path) -> AsyncIterator[Wire]:
    async with a_wire(tmp_path / "rs485") as it:
        yield it


async def test_drivers_of_one_port_share_its_line_and_take_turns(wire: Wire) -> None:
    lines = LineBook()
    url = wire.port.path
    climates = [
        Sht20(url, unit=unit, settings=FAST, lines=lines, poll_seconds=0.01) for unit in (1, 3)
    ]
    inputs = DigitalInputs(
        url, unit=2, settings=FAST, lines=lines, wiring=Wiring(beams=((0, 1),)), poll_seconds=0.01
    )
    seen: dict[float | None, int] = {}

    async def follow(sensor: Sht20) -> None:
        async with sensor:
            async for reading in sensor:
                assert isinstance(reading, ClimateReading)
                celsius = reading.temperature_celsius
                seen[celsius] = seen.get(celsius, 0) + 1
                if seen[celsius] == 20:
                    return

    async with inputs, asyncio.TaskGroup() as tasks:
        for climate in climates:
            tasks.create_task(follow(climate))
        readings = aiter(inputs)
        assert isinstance(await anext(readings), CounterReading)
    assert seen == {25.6: 20, -7.5: 20}
    assert wire.busiest == 1
    assert [climate.statistics.timeouts for climate in climates] == [0, 0]
    # Everyone has left: the port is free for another program.
    async with ModbusLine(url, FAST) as line:
        assert await line.ask(CLIMATE, LineStatistics()) == (256, 503)


async def test_a_second_program_on_the_port_is_kept_out(wire: Wire) -> None:
    async with ModbusLine(wire.port.path, FAST):
        with pytest.raises(DeviceError, match="in use by another program"):
            async with ModbusLine(wire.port.path, FAST):
                pass


async def test_devices_of_one_line_have_to_be_set_to_the_same() -> None:
    lines = LineBook()
    lines.line("/dev/rs485", LineSettings())
    with pytest.raises(DeviceError, match="is a line at 9600 baud N; set all"):
        lines.line("/dev/rs485", LineSettings(parity="E"))


async def test_a_dead_unit_a_refusal_and_noise_are_told_apart_and_counted(wire: Wire) -> None:
    statistics = LineStatistics()
    async with ModbusLine(wire.port.path, FAST) as line:
        with pytest.raises(DeviceTimeout, match=r"unit 4 at .* does not answer"):
            await line.ask(Request(4, Function.READ_INPUTS, 0, 8), statistics)
        with pytest.raises(DeviceRefused, match="nothing at this address"):
            await line.ask(Request(1, Function.READ_INPUT_REGISTERS, 7, 2), statistics)
        wire.garble = 1.0
        with pytest.raises(FrameError, match="bytes that are no reply"):
            await line.ask(CLIMATE, statistics)
        wire.garble = 0.0
        assert await line.ask(CLIMATE, statistics) == (256, 503)
    assert (statistics.requests, statistics.replies) == (4, 2)
    assert (statistics.timeouts, statistics.corrupt_frames) == (1, 1)
    assert statistics.latency_seconds is not None
    assert 0 < statistics.latency_seconds <= statistics.longest_latency_seconds < 0.5


async def test_an_answer_that_comes_too_late_is_not_taken_for_the_next(wire: Wire) -> None:
    statistics = LineStatistics()
    async with ModbusLine(wire.port.path, FAST) as line:
        wire.answers_late = 0.15
        with pytest.raises(DeviceTimeout):
            await line.ask(CLIMATE, statistics)
        await asyncio.sleep(0.1)  # it arrives meanwhile
        wire.answers_late = 0.0
        other = Request(3, Function.READ_INPUT_REGISTERS, 1, 2)
        assert await line.ask(other, statistics) == (65536 - 75, 800)


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_noisy_line_costs_answers_and_no_wrong_reading(wire: Wire, seed: int) -> None:
    wire.rng = random.Random(seed)
    wire.garble = 0.2
    sensor = Sht20(wire.port.path, settings=FAST, poll_seconds=0.0)
    seen = 0
    async with sensor:
        async for reading in sensor:
            assert reading == ClimateReading(0, 25.6, 50.3, None)
            seen += 1
            if seen == 20:
                break
    assert sensor.statistics.corrupt_frames + sensor.statistics.timeouts > 0
    assert sensor.statistics.replies == 20


async def test_unplugged_and_back_each_driver_opens_the_line_once_again(wire: Wire) -> None:
    lines = LineBook()
    counts = [LineStatistics(), LineStatistics()]

    def build(place: int) -> Sht20:
        return Sht20(
            wire.port.path,
            unit=(1, 3)[place],
            settings=FAST,
            lines=lines,
            poll_seconds=0.01,
            statistics=counts[place],
        )

    for opening in (1, 2):
        sensors = [build(0), build(1)]
        for sensor in sensors:
            await sensor.__aenter__()
            await anext(aiter(sensor))
        wire.port.unplug()
        for sensor in sensors:
            with pytest.raises(DeviceError, match="unplugged"):
                async for _ in sensor:
                    pass
        # The first one comes back while the second has not yet gone.
        wire.port.plug()
        living = asyncio.create_task(wire.live(), name="wire-again")
        await sensors[0].__aexit__(None, None, None)
        again = build(0)
        async with again:
            assert isinstance(await anext(aiter(again)), ClimateReading)
            await sensors[1].__aexit__(None, None, None)
            assert isinstance(await anext(aiter(again)), ClimateReading)
        assert counts[0].reopenings == 2 * opening - 1
        if opening == 1:
            continue
        wire.port.unplug()
        await living


async def test_a_module_is_looked_at_more_than_twenty_times_a_second(wire: Wire) -> None:
    # At 9600 baud a look takes some 25 ms on a real wire; a pty adds nothing, so it is slept.
    wire.answers_late = 0.015
    sensor = DigitalInputs(wire.port.path, unit=2, wiring=Wiring(beams=((0, 1),)))
    unit = wire.line.units[2]
    assert isinstance(unit, InputsUnit)
    loop = asyncio.get_running_loop()
    async with sensor:
        readings = aiter(sensor)
        await anext(readings)
        began, asked = loop.time(), sensor.statistics.requests
        walking = asyncio.create_task(unit.walk(0, 1), name="visitor")
        entered = 0
        async for reading in readings:
            assert isinstance(reading, CounterReading)
            assert reading.continuity is Continuity.SAME_BOOT
            entered += reading.entered
            if loop.time() - began > 1.5:
                break
        rate = (sensor.statistics.requests - asked) / (loop.time() - began)
        await walking
    assert entered == 1
    assert rate >= 20
