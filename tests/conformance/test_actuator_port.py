"""What every actuator driver does. One line for each implementation."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from firmware_bridge import DeviceError, open_actuator
from firmware_bridge.actuators.port import Actuator, OutputReading
from firmware_bridge.registry import ACTUATORS
from firmware_bridge.simulated.modbus_units import run_relay
from firmware_bridge.simulated.pty_port import PtyPort


@asynccontextmanager
async def simulated_bench(_link: Path) -> AsyncIterator[Actuator]:
    yield open_actuator("simulated-actuator", "outputs")


@asynccontextmanager
async def relay_bench(link: Path) -> AsyncIterator[Actuator]:
    async with PtyPort(link) as port:
        device = asyncio.create_task(run_relay(port, 1), name="relay")
        yield open_actuator("modbus-relay", port.path, poll_seconds=0.05)
        port.unplug()
        await device


IMPLEMENTATIONS = {"modbus-relay": relay_bench, "simulated-actuator": simulated_bench}


def test_every_actuator_is_here() -> None:
    assert set(IMPLEMENTATIONS) == set(ACTUATORS)


@pytest.fixture(params=sorted(IMPLEMENTATIONS))
async def actuator(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Actuator]:
    async with IMPLEMENTATIONS[request.param](tmp_path / "port") as device, asyncio.timeout(30):
        yield device


async def test_states_come_first_then_changes(actuator: Actuator) -> None:
    async with actuator:
        readings = aiter(actuator)
        assert await anext(readings) == OutputReading(0, is_on=False)
        assert await anext(readings) == OutputReading(1, is_on=False)
        assert await actuator.switch(1, is_on=True) == OutputReading(1, is_on=True)
        assert await anext(readings) == OutputReading(1, is_on=True)


async def test_switching_twice_is_harmless(actuator: Actuator) -> None:
    async with actuator:
        for _ in range(2):
            assert await actuator.switch(0, is_on=True) == OutputReading(0, is_on=True)
        await actuator.switch(0, is_on=False)
        readings = aiter(actuator)
        seen = [await anext(readings) for _ in range(4)]
        assert [reading.is_on for reading in seen if reading.channel == 0] == [False, True, False]


async def test_an_output_that_is_not_there_is_a_device_error(actuator: Actuator) -> None:
    async with actuator:
        with pytest.raises(DeviceError, match="99"):
            await actuator.switch(99, is_on=True)


async def test_shut_it_refuses_and_leaving_changes_nothing(actuator: Actuator) -> None:
    with pytest.raises(DeviceError, match="not open"):
        await actuator.switch(0, is_on=True)
    async with actuator:
        await actuator.switch(0, is_on=True)
    await actuator.__aexit__(None, None, None)
    with pytest.raises(DeviceError, match="not open"):
        await actuator.switch(0, is_on=False)


async def test_whoever_waits_when_it_is_closed_waits_no_longer(actuator: Actuator) -> None:
    async def follow() -> None:
        async for _ in actuator:
            pass

    async with actuator:
        following = asyncio.create_task(follow(), name="follow")
        await asyncio.sleep(0)
    await following
