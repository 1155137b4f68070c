"""The whole way of a visitor: real firmware, serial line, driver, edge, spool, broker, store."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from contracts.messages import decode_row
from contracts.rows import Coverage, State
from edge.serial_section import SerialSection
from edge.sources.serial_device import SerialSource
from hub.store.port import SeriesKey
from link.clock import SystemClock
from link.recorder import Recorder
from link.session import BrokerConfig
from tests.brokers import Mosquitto
from tests.integration.edge.agents import (
    NODE,
    Agent,
    Hub,
    a_serial,
    appended,
    until,
    written,
)
from tests.integration.firmware_bridge.avr_board import AvrBoard, walk

LINES = "lines = { front = 0 }\ncontacts = { lock = 1 }\nclimates = { air = 2 }\n"
TOO_SLOW = ["set a 1", "wait 1600", "set b 1", "wait 100", "set a 0", "wait 100", "set b 0"]


@pytest.fixture
async def board(tmp_path: Path) -> AsyncIterator[AvrBoard]:
    async with AvrBoard(tmp_path) as running:
        yield running


async def test_beams_become_rows_of_the_spool(tmp_path: Path, board: AvrBoard) -> None:
    section = SerialSection(name="board", port=board.port, lines={"front": 0}, contacts={"lock": 1})
    spool = tmp_path / "spool.db"
    recorder = Recorder(spool, SystemClock("always"))
    source = SerialSource(section, recorder)
    running = [
        asyncio.create_task(recorder.run(), name="recorder"),
        asyncio.create_task(source.run(lambda _wrong: None), name="source"),
    ]
    try:
        # The first totals are the base of what is counted, so they have to be read before.
        await until(lambda: source._board is not None and bool(source._counted_at))
        await board.do(*walk("ab"), *walk("ab"), *TOO_SLOW, "wait 100", *walk("ba"))
        await until(lambda: appended(spool) == {"front": (2, 1)})
        # The reset loses who stands between the beams, and none who was counted.
        await board.do(
            *walk("ab"), "set a 1", "wait 50", "power", "wait 500", "set a 0", "wait 100"
        )
        await board.do(*walk("ba"))
        await until(lambda: appended(spool) == {"front": (3, 2)})
    finally:
        for task in running:
            task.cancel()
        await asyncio.wait(running)
        await recorder.finish()
        await recorder.close()
    with closing(sqlite3.connect(spool)) as database:
        rows = [decode_row(body) for (body,) in database.execute("SELECT body FROM row")]
    covered = [row.ended for row in rows if isinstance(row, Coverage) and row.source == "front"]
    assert covered == ["board_restarted", "stopped"]
    assert {row.value for row in rows if isinstance(row, State)} == {"locked", "closed"}


@pytest.mark.broker
async def test_beams_and_a_lock_arrive_in_the_hubs_store(
    tmp_path: Path, mosquitto: Mosquitto, board: AvrBoard
) -> None:
    config = written(tmp_path, mosquitto.port, a_serial(board.port, lines=LINES))
    with Hub(tmp_path, BrokerConfig(port=mosquitto.port)) as hub, Agent(config) as edge:
        await board.do("climate 26214 32768")
        await hub.until(lambda: hub.is_in("board", "watching"))
        await hub.until(lambda: [state.value for state in hub.states("lock")] == ["locked"])
        await board.do(*walk("ab"), *walk("ab"), *walk("ba"), "set lock 1", "wait 5100")
        await hub.until(lambda: hub.totals("front") == (2, 1))
        await hub.until(lambda: [s.value for s in hub.states("lock")] == ["locked", "unlocked"])

        await board.do("reset", "wait 500", *walk("ab"))
        await hub.until(lambda: hub.totals("front") == (3, 1))
        await hub.until(lambda: len(hub.coverage("front")) == 2)
        assert hub.coverage("front")[0].ended == "board_restarted"
        assert [entry["reset"] for entry in edge.said("board_known")] == ["power", "pin"]
        assert await asyncio.to_thread(edge.stop) == 0
        air = SeriesKey(NODE.venue, NODE.node, "air.temperature_celsius")
        await hub.until(lambda: bool(hub.store.buckets(air, 0, 2**31)))
        assert {bucket.values[2] for bucket in hub.store.buckets(air, 0, 2**31)} == {25.0}
