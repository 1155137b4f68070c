"""UHF readers on a pty, over a pad that the test lays tags on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, cast

from firmware_bridge import open_reader
from firmware_bridge.readers.port import BankReader
from firmware_bridge.simulated.device import SimulatedDevice, run_device
from firmware_bridge.simulated.pad import SimulatedPad, SimulatedUhfTag
from firmware_bridge.simulated.pty_port import PtyPort
from firmware_bridge.simulated.uhfreader18 import SimulatedUhfReader18
from firmware_bridge.simulated.yrm100 import SimulatedYrm100

UID = "30751FEB705C5904E3D50D70"
OTHER = "E28011700000020B8B6C4BB7"


class OnPad(SimulatedDevice, Protocol):
    """A simulated device over a pad."""

    pad: SimulatedPad


BANK_READERS: dict[str, Callable[[], OnPad]] = {
    "uhfreader18": SimulatedUhfReader18,
    "yrm100": SimulatedYrm100,
}


@dataclass
class UhfBench:
    reader: BankReader
    device: OnPad
    port: PtyPort

    @property
    def pad(self) -> SimulatedPad:
        return self.device.pad

    def put(self, uid: str) -> None:
        self.lay(uid)

    def lay(self, uid: str = UID, **what: object) -> SimulatedUhfTag:
        tag = SimulatedUhfTag(bytes.fromhex(uid), **what)  # type: ignore[arg-type]
        self.pad.put(tag)
        return tag


@asynccontextmanager
async def uhf_bench(name: str, **options: object) -> AsyncIterator[UhfBench]:
    device = BANK_READERS[name]()
    async with PtyPort() as port, asyncio.TaskGroup() as tasks:
        running = tasks.create_task(run_device(port, device), name=f"simulated {name}")
        reader = cast("BankReader", open_reader(name, port.path, **options))
        yield UhfBench(reader, device, port)
        running.cancel()
