"""A simulated board on a pty, at real-time pace."""

import asyncio
from collections.abc import Callable

from firmware_bridge.simulated.board import SimulatedBoard
from firmware_bridge.simulated.pty_port import PtyPort
from firmware_bridge.simulated.venue import MEAN_STAY_SECONDS, SimulatedVenue

_TICK_SECONDS = 0.1


async def run_board(
    port: PtyPort,
    board: SimulatedBoard,
    *,
    seed: int,
    people_per_hour: float,
    mean_stay_seconds: float = MEAN_STAY_SECONDS,
    is_open: Callable[[], bool],
) -> None:
    """Run until cancelled, or until the port is unplugged; `port` is entered by the caller."""
    loop = asyncio.get_running_loop()
    venue = SimulatedVenue(
        board,
        seed=seed,
        people_per_hour=people_per_hour,
        mean_stay_seconds=mean_stay_seconds,
        started_at=loop.time(),
    )
    async with asyncio.TaskGroup() as tasks:
        answers = tasks.create_task(_answer(port, board), name="simulated-board-answers")
        await port.write(board.power_on(loop.time()))
        while not answers.done():
            await port.write(venue.advance(loop.time(), is_open=is_open()))
            await asyncio.sleep(_TICK_SECONDS)


async def _answer(port: PtyPort, board: SimulatedBoard) -> None:
    loop = asyncio.get_running_loop()
    while request := await port.read():
        await port.write(board.receive(request, loop.time()))
