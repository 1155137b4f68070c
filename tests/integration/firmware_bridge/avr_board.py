"""A real firmware on a simulated ATmega328P: its port is a pty, its inputs are ours to set.

Time is the board's own: what a test lets it wait passes in a fraction of it, or slowly on a machine
that is busy.
"""

import asyncio
import itertools
import signal
from pathlib import Path
from types import TracebackType
from typing import Self

from firmware_bridge.framing import crc16
from tests import firmware_build
from tools.board_identity import EEPROM_BYTES, IDENTITY_PLACES, identity_block

PATIENCE_SECONDS = 30.0
BOARD_ID = bytes.fromhex("4b47000000000328")
BENCH_PLACE = 0x060
STEP_MS = 120
"""Between two beams that a visitor walks through."""


def eeprom(
    board_id: bytes | None = BOARD_ID, *, totals: tuple[int, int] | None = None, wired: int = 7
) -> bytearray:
    """Return what an EEPROM holds; `totals` are where the bench build begins to count."""
    image = bytearray(b"\xff" * EEPROM_BYTES)
    if board_id is not None:
        for place in IDENTITY_PLACES:
            block = identity_block(board_id, wired)
            image[place : place + len(block)] = block
    if totals is not None:
        block = b"".join(total.to_bytes(4, "little") for total in totals)
        block += crc16(block).to_bytes(2, "big")
        image[BENCH_PLACE : BENCH_PLACE + len(block)] = block
    return image


def walk(way: str, step_ms: int = STEP_MS) -> list[str]:
    """Return the commands of a visitor who passes: `ab` enters, `ba` leaves."""
    first, second = way[0], way[1]
    return [
        *(f"set {first} 1", f"wait {step_ms}", f"set {second} 1", f"wait {step_ms}"),
        *(f"set {first} 0", f"wait {step_ms}", f"set {second} 0", f"wait {step_ms}"),
    ]


class AvrBoard:
    """A firmware that runs; leaving the block ends it and keeps its EEPROM in `image`."""

    def __init__(
        self, folder: Path, firmware: Path | None = None, image: bytes | bytearray = b""
    ) -> None:
        self.image = folder / "eeprom.bin"
        self.image.write_bytes(image or eeprom())
        self.port = ""
        self.resets = 0
        self._firmware = firmware
        self._process: asyncio.subprocess.Process | None = None
        self._words = itertools.count()

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            firmware_build.simulator(),
            self._firmware or firmware_build.release(),
            self.image,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self.port = (await self._line()).removeprefix("port ")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGCONT)
        self.unplug()
        try:
            await asyncio.wait_for(self._process.wait(), PATIENCE_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
            raise
        assert self._process.returncode == 0

    def unplug(self) -> None:
        """Take the cable and the supply away: the pty goes with it."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()

    def mute(self) -> None:
        """Have the board do nothing more, with its port still there."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    async def do(self, *commands: str) -> int:
        """Have the commands done, one after the other; return the board's time then, in ms."""
        word = f"done-{next(self._words)}"
        return await self._answer(word, *commands, f"say {word}")

    async def untouched_bytes(self) -> int:
        """Return how many bytes of memory no stack has reached since the supply came."""
        return await self._answer("untouched", "untouched")

    async def _answer(self, word: str, *commands: str) -> int:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write("".join(f"{command}\n" for command in commands).encode())
        await self._process.stdin.drain()
        while not (line := await self._line()).startswith(f"{word} "):
            assert line == "reset", line
            self.resets += 1
        return int(line.split()[1])

    async def _line(self) -> str:
        assert self._process is not None
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), PATIENCE_SECONDS)
        assert line, "the simulator has ended"
        return line.decode().strip()
