"""Every driver against its simulated device over a real pty, on good and on bad lines.

The table is driver_cases.py. A driver that is not in it fails the first test here. What the drivers
are held to: all that happens is told, nothing else is, and a line that was bad does no harm once it
is good again.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge import BridgeError
from firmware_bridge.registry import DRIVERS, load_driver
from firmware_bridge.simulated.device import run_device
from firmware_bridge.simulated.pty_port import PtyPort
from tests.integration.firmware_bridge.bad_line import Faults
from tests.integration.firmware_bridge.driver_cases import CASES, EXEMPT, Case
from tests.integration.firmware_bridge.faulty_port import FaultyPort

PATIENCE_SECONDS = 60.0
AGAIN_SECONDS = 1.5
THINGS = 2

GOOD_LINES = {
    "perfect": Faults(),
    "one-byte": Faults(one_byte=True),
    "delayed": Faults(delay=0.4),
}
LOSSY_LINES = {
    "lossy": Faults(drop=0.05, corrupt=0.05, noise=0.1),
}
BAD_LINES = LOSSY_LINES | {
    "all-at-once": Faults(drop=0.03, corrupt=0.03, noise=0.05, delay=0.2, one_byte=True),
}
SEEDS_OF_SOAK = range(100, 120)


def those_with(lines: dict[str, Faults]) -> list[Any]:
    return [
        pytest.param(name, faults, id=f"{name}-{line}")
        for name, case in sorted(CASES.items())
        for line, faults in lines.items()
        if case.lines is None or line in case.lines
    ]


def test_every_driver_is_here() -> None:
    assert set(CASES) | set(EXEMPT) == set(DRIVERS)
    assert not set(CASES) & set(EXEMPT)


@dataclass
class Watch:
    """What a program sees that opens a driver again whenever it fails, as an edge does."""

    case: Case
    open: Callable[[], Any]
    seen: list[object] = field(default_factory=list)
    failures: list[BridgeError] = field(default_factory=list)
    is_open: bool = False

    def __post_init__(self) -> None:
        self._changed = asyncio.Condition()

    async def follow(self) -> None:
        while True:
            try:
                async with self.open() as device:
                    await self._note(is_open=True)
                    async for told in device:
                        key = self.case.key(told)
                        if key is not None and self.seen[-1:] != [key]:
                            self.seen.append(key)
                            await self._note(is_open=True)
            except BridgeError as error:
                self.failures.append(error)
                await self._note(is_open=False)
                await asyncio.sleep(0.02)

    async def until(self, is_so: Callable[[], bool], seconds: float) -> bool:
        """Wait until something is so; tell whether it became so."""
        try:
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(is_so)
        except TimeoutError:
            return False
        return True

    async def _note(self, *, is_open: bool) -> None:
        async with self._changed:
            self.is_open = is_open
            self._changed.notify_all()


@dataclass
class Bench:
    """A device on its line, and who watches it."""

    case: Case
    device: Any
    port: PtyPort
    line: FaultyPort
    watch: Watch

    async def happen(self, number: int) -> None:
        """Let the n-th thing happen, and again, until it is told."""
        # A scanner that nobody listens to yet is not heard.
        watch = self.watch
        await watch.until(lambda: watch.is_open, PATIENCE_SECONDS)
        expected = self.case.told(number)
        since = len(self.watch.seen)
        await self.line.write(self.case.act(self.device, number))
        while not await self.watch.until(
            lambda: expected in self.watch.seen[since:], AGAIN_SECONDS
        ):
            await self.line.write(self.case.again(self.device, number))
        await self.line.write(self.case.undo(self.device, number))

    async def run(self) -> None:
        """Run the device through unplugs."""
        while True:
            await run_device(self.line, self.device)
            await asyncio.sleep(0.02)


@asynccontextmanager
async def laid_out(name: str, faults: Faults, seed: int, folder: Path) -> AsyncIterator[Bench]:
    print(f"seed {seed}")  # noqa: T201
    case = CASES[name]
    device = case.build()
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        PtyPort(folder / "device") as port,
        FaultyPort(port, faults, seed) as line,
        asyncio.TaskGroup() as tasks,
    ):
        driver = load_driver(name)
        watch = Watch(case, lambda: driver(port.path, **case.options))
        bench = Bench(case, device, port, line, watch)
        running = [
            tasks.create_task(bench.run(), name="device"),
            tasks.create_task(watch.follow(), name="watch"),
        ]
        await asyncio.sleep(0)
        power_on = getattr(device, "power_on", None)
        if power_on is not None:
            await line.write(power_on(0.0))
        yield bench
        for task in running:
            task.cancel()


@pytest.mark.parametrize(("name", "faults"), those_with(GOOD_LINES))
async def test_on_a_good_line_all_is_told_once(name: str, faults: Faults, tmp_path: Path) -> None:
    async with laid_out(name, faults, 1, tmp_path) as bench:
        for number in range(THINGS):
            await bench.happen(number)
        assert [key for key in bench.watch.seen if key not in bench.case.before] == [
            key for key in map(bench.case.told, range(THINGS)) if key not in bench.case.before
        ]
        assert bench.watch.failures == []


async def bear(name: str, faults: Faults, seed: int, folder: Path) -> None:
    """Hold a driver against a bad line that becomes good."""
    async with laid_out(name, faults, seed, folder) as bench:
        for number in range(THINGS):
            await bench.happen(number)
        bench.line.heal()
        await bench.happen(THINGS)
        if bench.case.has_check:
            right = {bench.case.told(number) for number in range(THINGS + 1)}
            assert set(bench.watch.seen) <= right | bench.case.before


@pytest.mark.parametrize(("name", "faults"), those_with(LOSSY_LINES))
async def test_on_a_lossy_line_nothing_false_is_told(
    name: str, faults: Faults, tmp_path: Path
) -> None:
    await bear(name, faults, 20, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("seed", SEEDS_OF_SOAK)
@pytest.mark.parametrize(("name", "faults"), those_with(BAD_LINES))
async def test_on_many_bad_lines_nothing_false_is_told(
    name: str, faults: Faults, seed: int, tmp_path: Path
) -> None:
    await bear(name, faults, seed, tmp_path)


@pytest.mark.parametrize("name", sorted(CASES))
async def test_unplugged_and_back_it_goes_on(name: str, tmp_path: Path) -> None:
    async with laid_out(name, Faults(), 1, tmp_path) as bench:
        await bench.happen(0)
        bench.port.unplug()
        assert await bench.watch.until(lambda: bool(bench.watch.failures), 30)
        assert "\n" not in str(bench.watch.failures[0])
        bench.port.plug()
        await bench.happen(1)
