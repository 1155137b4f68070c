"""Every driver of the registry on a cable on which anything may come; time leaps.

On the other end is the simulated device of the driver's case. What it says is damaged, doubled, cut
in pieces, mixed with noise, or lost; later the cable is sound again, and the device is heard.
"""

import asyncio
import random
import time
from collections import Counter, deque
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from firmware_bridge import BridgeError
from firmware_bridge.modbus.book import LineBook, LineSettings
from firmware_bridge.modbus.bus import ModbusLine
from firmware_bridge.registry import load_driver
from tests.fuzz.leaping import LeapingLoop
from tests.fuzz.mutations import damaged
from tests.integration.firmware_bridge.driver_cases import CASES, Case

HEALED_SECONDS = 600.0
"""Of the device's time: so long may a driver take to hear a sound device again."""
MODBUS = frozenset({"di-module", "senseair-s8", "sht20"})


class Cable:
    """A transport whose other end is a simulated device, or worse. Opened again and again."""

    def __init__(self, device: Any, seed: int) -> None:
        self.device = device
        self.is_sound = False
        self.chunks = 0
        self.harm = 0.5
        """How likely it is that something becomes of what is said; goes up and down."""
        self.dice = random.Random(seed)
        self._waiting: deque[bytes] = deque()
        self._said: deque[bytes] = deque(maxlen=20)
        self.slowest = 0.0
        self._at = time.thread_time()

    async def __aenter__(self) -> Self:
        self._waiting.clear()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        pass

    async def read(self) -> bytes:
        """Return what comes next; never nothing."""
        self.slowest = max(self.slowest, time.thread_time() - self._at)
        while not self._waiting:
            await asyncio.sleep(
                0.02 if self.is_sound else self.dice.choice((0.0, 0.001, 0.02, 0.02, 0.3))
            )
            self.carry(self.device.tick(asyncio.get_running_loop().time()))
            if not self.is_sound and self.dice.random() < self.harm:
                self._waiting.append(self._noise())
        self.chunks += 1
        if self.chunks % 40 == 0:
            self.harm = self.dice.choice((0.02, 0.1, 0.5))
        self._at = time.thread_time()
        return self._waiting.popleft()

    async def write(self, data: bytes) -> None:
        """Let the device hear the host: on a bad cable not always what it said."""
        if not self.is_sound and self.dice.random() < self.harm / 2:
            data = damaged(self.dice, data)
        self.carry(self.device.receive(data, asyncio.get_running_loop().time()))

    def carry(self, answer: bytes) -> None:
        """Carry what the device says."""
        if answer:
            self._said.append(answer)
        if self.is_sound:
            self._waiting.extend([answer] if answer else [])
            return
        if not answer or self.dice.random() < self.harm / 2:
            return
        sent = (
            answer
            if self.dice.random() >= self.harm
            else damaged(self.dice, answer, list(self._said))
        )
        cut = self.dice.randrange(len(sent) + 1)
        self._waiting.extend(part for part in (sent[:cut], sent[cut:]) if part)

    def _noise(self) -> bytes:
        if self._said and self.dice.random() < 0.6:
            return damaged(self.dice, self.dice.choice(self._said), list(self._said)) or b"\x00"
        return self.dice.randbytes(self.dice.choice((1, 2, 8, 60, 1000, 5000)))


class _Book(LineBook):
    def __init__(self, cable: Cable) -> None:
        super().__init__()
        self._cable = cable

    def line(self, url: str, settings: LineSettings) -> ModbusLine:
        return ModbusLine(url, settings, connect=lambda *_args, **_options: self._cable)


@dataclass
class Heard:
    """What came of one driver."""

    chunks: int
    told: int
    failures: Counter[str]
    slowest_seconds: float


def try_driver(name: str, seed: int, chunks: int) -> Heard:
    """Hold a driver against so many bad chunks, then against a sound cable."""
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        return runner.run(_try(name, CASES[name], seed, chunks))


async def _try(name: str, case: Case, seed: int, chunks: int) -> Heard:
    cable = Cable(case.build(), seed)
    failures: Counter[str] = Counter()
    told: list[object] = []
    count = 0
    changed = asyncio.Event()

    async def follow() -> None:
        nonlocal count
        options = {**case.options, "connect": lambda *_args, **_options: cable}
        if name in MODBUS:
            del options["connect"]
            options["lines"] = _Book(cable)
        while True:
            try:
                async with load_driver(name)("cable", **options) as device:
                    async for one in device:
                        count += 1
                        if cable.is_sound:
                            told.append(case.key(one))
                        changed.set()
            except BridgeError as error:
                assert str(error).isprintable(), error
                failures[type(error).__name__] += 1
                await asyncio.sleep(0.02)

    following = asyncio.create_task(follow(), name=name)
    try:
        while cable.chunks < chunks:
            await asyncio.sleep(1.0)
            if following.done():
                await following
            if not name.startswith("board"):
                # Something to tell; the totals of a board are those of the sound time.
                cable.carry(case.act(cable.device, 7 + cable.dice.randrange(3)))
                await asyncio.sleep(cable.dice.choice((0.0, 0.5, 3.0)))
                for number in range(7, 10):
                    cable.carry(case.undo(cable.device, number))
        cable.is_sound = True
        for number in range(2):
            async with asyncio.timeout(HEALED_SECONDS):
                cable.carry(case.act(cable.device, number))
                while case.told(number) not in told:
                    await asyncio.sleep(1.0)
                    if following.done():
                        await following
                    cable.carry(case.again(cable.device, number))
            cable.carry(case.undo(cable.device, number))
    except TimeoutError:
        raise AssertionError(f"{name}: seed {seed}: a sound device is not heard any more") from None
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
    return Heard(cable.chunks, count, failures, cable.slowest)
