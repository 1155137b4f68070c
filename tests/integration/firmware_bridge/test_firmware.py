"""The board's own firmware under simavr, heard through the driver that a venue uses."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypeVar

import pytest

from firmware_bridge import BoardStatus, CounterReading, open_sensor
from firmware_bridge.sensors.readings import BoardReading
from tests.integration.firmware_bridge.avr_board import (
    BOARD_ID,
    PATIENCE_SECONDS,
    AvrBoard,
    walk,
)

T = TypeVar("T", bound=BoardReading)

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
async def board(tmp_path: Path) -> AsyncIterator[AvrBoard]:
    async with AvrBoard(tmp_path) as running:
        yield running


async def until(readings: AsyncIterator[BoardReading], kind: type[T], **fields: object) -> T:
    """Read on until something says this."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for reading in readings:
            if isinstance(reading, kind) and all(
                getattr(reading, name) == value for name, value in fields.items()
            ):
                return reading
    pytest.fail("the readings ended")


async def test_it_says_who_it_is(board: AvrBoard) -> None:
    async with open_sensor("board", board.port) as sensor:
        status = await until(aiter(sensor), BoardStatus)
    assert status.board_id == BOARD_ID.hex()
    assert (status.firmware, status.protocol, status.boot) == ("1.0.0", 1, 1)
    assert status.channels == ("beam", "contact", "climate")


async def test_visitors_enter_and_leave(board: AvrBoard) -> None:
    async with open_sensor("board", board.port) as sensor:
        readings = aiter(sensor)
        await until(readings, CounterReading, entered_total=0, left_total=0)
        await board.do(*walk("ab"), *walk("ab"), *walk("ba"))
        await until(readings, CounterReading, entered_total=2, left_total=1)
