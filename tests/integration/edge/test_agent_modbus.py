"""An agent with several devices on one Modbus line: what they tell, and one outage of the line."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from firmware_bridge.simulated.modbus_line import SimulatedModbusLine, Unit, run_line
from firmware_bridge.simulated.modbus_units import ClimateUnit, InputsUnit
from firmware_bridge.simulated.pty_port import PtyPort
from hub.store.port import SeriesKey
from link.session import BrokerConfig
from tests.brokers import Mosquitto
from tests.integration.edge.agents import FAR_S, NODE, Agent, Hub, written
from tests.integration.edge.test_doctor import told

pytestmark = pytest.mark.broker


def sections(port: Path) -> str:
    line = f'port = "{port}"\nbaudrate = 115200\n'
    return (
        f'[[serial]]\nname = "module"\n{line}driver = "di-module"\nunit = 2\n'
        "beams = { front = [0, 1] }\nbolts = { lock = 2 }\ndoors = { lock = 3 }\n"
        "gate_alarms = { gate = 4 }\nfire_alarms = { hall = 5 }\ninverted = [5]\n"
        f'[[serial]]\nname = "air"\n{line}driver = "sht20"\nunit = 1\nclimates = {{ room = 0 }}\n'
        f'[[serial]]\nname = "dead"\n{line}driver = "sht20"\nunit = 9\nclimates = {{ attic = 0 }}\n'
    )


@dataclass
class Line:
    """Two units that live and one that does not, on a port that may be unplugged."""

    port: PtyPort
    inputs: InputsUnit = field(default_factory=InputsUnit)
    _living: asyncio.Task[None] | None = None

    def plug(self) -> None:
        units: dict[int, Unit | None] = {1: ClimateUnit(-3.5, 40.0), 2: self.inputs, 9: None}
        self.port.plug()
        self._living = asyncio.create_task(run_line(self.port, SimulatedModbusLine(units)))

    async def unplug(self) -> None:
        self.port.unplug()
        if self._living is not None:
            await self._living


@asynccontextmanager
async def a_line(link: Path) -> AsyncIterator[Line]:
    line = Line(PtyPort(link))
    # Locked, closed, no fire.
    for number in (2, 3, 5):
        line.inputs.inputs[number] = True
    line.plug()
    try:
        yield line
    finally:
        await line.unplug()


async def test_devices_of_one_line_tell_and_one_outage_is_one_failure_each(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    port = tmp_path / "rs485"
    config = written(tmp_path, mosquitto.port, sections(port))
    with Hub(tmp_path, BrokerConfig(port=mosquitto.port)) as hub, Agent(config) as edge:
        async with a_line(port) as line:
            await hub.until(lambda: hub.is_in("module", "watching"))
            await hub.until(lambda: [s.value for s in hub.states("lock")] == ["locked"])
            for beams in ((0, 1), (0, 1), (1, 0)):
                await line.inputs.walk(*beams, slowness=3)
                await asyncio.sleep(0.3)
            await hub.until(lambda: hub.totals("front") == (2, 1))
            line.inputs.inputs[5] = False  # fire
            line.inputs.inputs[2] = False
            await hub.until(lambda: [s.value for s in hub.states("hall")] == ["quiet", "active"])
            await hub.until(lambda: [s.value for s in hub.states("lock")][-1] == "unlocked")
            assert [s.value for s in hub.states("lock-door")] == ["closed"]
            assert [s.value for s in hub.states("gate")] == ["quiet"]
            await hub.until(lambda: hub.is_in("dead", "failed"))
            dead = hub.source("dead")
            assert dead is not None
            assert "unit 9 at" in dead.detail
            assert dead.line is not None
            assert (dead.line.replies, dead.line.latency_ms) == (0, None)
            assert dead.line.timeouts == dead.line.requests > 2
            await line.unplug()
            await hub.until(lambda: hub.is_in("module", "failed") and hub.is_in("air", "failed"))
            line.plug()
            await hub.until(
                lambda: hub.is_in("module", "watching") and hub.is_in("air", "watching")
            )
            await line.inputs.walk(0, 1, slowness=3)
            await hub.until(lambda: hub.totals("front") == (3, 1))
            module = hub.source("module")
            assert module is not None
            assert module.line is not None
            assert module.line.reopenings == 1
            assert module.line.replies > 100
            assert module.line.latency_ms is not None
            # While the line is there: one that goes before the agent is a failure more.
            assert await asyncio.to_thread(edge.stop) == 0
        (event,) = hub.store.events(NODE.venue, 0, FAR_S * 1000)
        assert (event.source, event.name) == ("hall", "fire_alarm")
        quantity = SeriesKey(NODE.venue, NODE.node, "room.temperature_celsius")
        measured = {bucket.values[2:] for bucket in hub.store.buckets(quantity, 0, FAR_S)}
        assert measured == {(-3.5, -3.5)}
        for name in ("module", "air"):
            states = [e["state"] for e in edge.said("source_changed") if e["source"] == name]
            assert states == ["starting", "watching", "failed", "watching"]


async def test_the_doctor_asks_every_device_of_a_line(tmp_path: Path, mosquitto: Mosquitto) -> None:
    port = tmp_path / "rs485"
    alive = sections(port).partition('[[serial]]\nname = "dead"')[0]
    config = written(tmp_path, mosquitto.port, alive)
    async with a_line(port):
        code, lines = await told(config)
    assert lines[-2:] == [
        "ok    module: di-module answers",
        "ok    air: sht20 answers: -3.5 °C, 40.0 %",
    ]
    assert code == 0
