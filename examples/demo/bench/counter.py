"""The counting board at the book room's door: visitors of its own, and whoever walks here."""

import time
from pathlib import Path
from typing import Final

from examples.demo.bench.cables import Cable
from firmware_bridge.simulated.board import SimulatedBoard
from firmware_bridge.simulated.pty_port import PtyPort
from firmware_bridge.simulated.run import run_board

VISITORS_PER_HOUR: Final = 12
_BEAM: Final = 0


class Counter:
    """A board behind a pty at `link`, which the edge reads."""

    def __init__(self, link: Path) -> None:
        # A board that starts again has a higher boot counter than before.
        self._board = SimulatedBoard(boot=int(time.time()))
        self.cable = Cable(link, self._live)

    async def run(self) -> None:
        """Be there until cancelled."""
        async with self.cable.port:
            await self.cable.run()

    async def passed(self, *, entered: int = 0, left: int = 0) -> None:
        """Count people who walk through the door."""
        await self.cable.port.write(self._board.cross(_BEAM, entered=entered, left=left))

    async def _live(self, port: PtyPort) -> None:
        await run_board(
            port, self._board, seed=1, people_per_hour=VISITORS_PER_HOUR, is_open=lambda: True
        )
