"""Makes what lies in this folder, with the code of the first release: never with today's.

    git archive 3b4009c | tar x -C OLD
    cd OLD && PYTHONPATH=OLD python …/tests/compatibility/first_release/make.py …/first_release

One node tells a book room's week, 2026-11-09 to 2026-11-15, from a clock that the script moves; its
spool goes over a real mosquitto to a real hub (`python -m hub serve`). What passed the broker is
kept as `traffic.jsonl`, what the hub stored as `series.db` and `records.db`.
"""

import asyncio
import json
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from contracts.ids import NodeId
from contracts.messages import SourceStatus
from link.clock import Instant
from link.recorder import Recorder
from link.session import BrokerConfig
from link.uplink import Uplink
from tests.brokers import LOOPBACK, Mosquitto, free_port

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY_S = int(datetime(2026, 11, 9, tzinfo=ZONE).timestamp())
MINUTE, HOUR, DAY = 60, 3600, 86_400
BEGAN_S = MONDAY_S - 600
NODE = NodeId("book-room-zhouqiao", "door-pi")


class MovedClock:
    """A clock that stands where the script puts it."""

    os_boot = "0b" * 16

    def __init__(self) -> None:
        self.now_s = BEGAN_S

    def look(self) -> Instant:
        return Instant((self.now_s - BEGAN_S) * 1000, self.now_s * 1000, True)


async def tell(recorder: Recorder, clock: MovedClock) -> None:
    """Tell the week in half hours, each one commit."""
    dice = random.Random(20261109)

    def at(second: int) -> int:
        return (second - BEGAN_S) * 1000

    for half in range(-1, 7 * 48):
        start = MONDAY_S + half * HOUR // 2
        hour = (start - MONDAY_S) % DAY / HOUR
        # On Wednesday from 14:00 to 16:30 the camera is dark, on Friday until 10:00 it is locked.
        is_dark = MONDAY_S + 2 * DAY + 14 * HOUR <= start < MONDAY_S + 2 * DAY + 16.5 * HOUR
        is_shut = MONDAY_S + 4 * DAY + 2 * HOUR <= start < MONDAY_S + 4 * DAY + 10 * HOUR
        for minute in range(0, 30, 5):
            second = max(start, BEGAN_S) + minute * MINUTE
            clock.now_s = second
            recorder.state("lock", "locked" if is_shut else "unlocked", at(second))
            if not is_shut and not is_dark and 7 <= hour < 23 and dice.random() < 0.25:
                recorder.crossed("front", at(second + 20), entered=dice.randint(1, 3))
                recorder.crossed("side", at(second + 21), left=dice.randint(0, 2))
            if minute == 0 and hour % 4 == 0:
                value = 18 + round(dice.random() * 6, 2)
                recorder.measured("climate", "temperature_celsius", at(second + 5), value)
            for line in ("front", "side"):
                if is_dark and line == "front":
                    recorder.unwatched(line, "source_failed")
                else:
                    recorder.watched(line, at(second + 4 * MINUTE + 59))
        if half % 48 == 30:
            recorder.happened("board", "tamper", at(start + 60), {"day": half // 48, "open": True})
        clock.now_s = start + HOUR // 2
        await recorder.commit()
    clock.now_s = MONDAY_S + 7 * DAY
    recorder.state("lock", "unlocked", at(clock.now_s))
    await recorder.finish()


async def forward(recorder: Recorder, port: int) -> None:
    """Send all of it, and come back once the hub has it."""
    sources = (SourceStatus("camera-front", "camera", "watching", BEGAN_S * 1000),)
    uplink = Uplink(
        recorder, NODE, BrokerConfig(LOOPBACK, port), software="first", sources=lambda: sources
    )
    task = asyncio.create_task(uplink.run())
    await asyncio.sleep(0.5)
    deadline = asyncio.get_running_loop().time() + 60
    while not await uplink.handed_over(5):
        if asyncio.get_running_loop().time() > deadline:
            raise RuntimeError("the hub did not take it")
        await asyncio.sleep(0.1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def captured(port: int, told: list[tuple[str, bytes]]) -> mqtt.Client:
    """Write down all that passes the broker."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="capture")
    client.on_connect = lambda c, *_: c.subscribe("kaiguan/v1/#", 1)
    client.on_message = lambda _c, _u, message: told.append((message.topic, bytes(message.payload)))
    client.connect(LOOPBACK, port)
    client.loop_start()
    return client


def main(target: Path) -> None:
    """Make the files."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        district = folder / "district"
        district.mkdir()
        shutil.copy("examples/jiading/book-room-zhouqiao.toml", district)
        broker = Mosquitto(folder, free_port())
        broker.start()
        config = folder / "hub.toml"
        config.write_text(
            f'data_dir = "hub"\ndistrict = "district"\n[broker]\nport = {broker.port}\n'
            "[http]\nport = 0\n"
        )
        told: list[tuple[str, bytes]] = []
        client = captured(broker.port, told)
        command = [sys.executable, "-m", "hub", "serve", "--config", str(config)]
        hub = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert hub.stdout is not None
            assert hub.stdout.readline().startswith("hub ready")
            clock = MovedClock()
            recorder = Recorder(folder / "spool.db", clock)

            async def week() -> None:
                await tell(recorder, clock)
                await forward(recorder, broker.port)
                await recorder.close()

            asyncio.run(week())
        finally:
            hub.terminate()
            hub.wait(20)
            client.disconnect()
            broker.stop()
        for name in ("series.db", "records.db"):
            with sqlite3.connect(folder / "hub" / name, isolation_level=None) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.execute("PRAGMA journal_mode=DELETE")
                connection.execute("VACUUM")
            shutil.copy(folder / "hub" / name, target / name)
        with (target / "traffic.jsonl").open("w", encoding="utf-8") as out:
            for topic, payload in told:
                if topic.startswith(f"kaiguan/v1/{NODE.venue}/{NODE.node}/"):
                    text = payload.decode("utf-8")
                    out.write(json.dumps([topic, text], ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
