"""Delivery against what a user would write instead: paho, a persistent session, influxdb-client.

Both send the same readings, at QoS 1, through mosquitto into the same InfluxDB behind nginx. Two
plain writers, `careful` and `batching` (see `plain_writer`); ours is a node's spool and uplink, and
the hub's intake on an InfluxDB store. Faults strike in mid-run: the writer or hub killed with -9
and away for three seconds, the broker killed with -9, the broker restarted in order. For faults the
broker is as Debian ships it, persistence on; for rates its queue is unbounded, since a stock one
would drop what a plain writer is slow to take.
"""

import contextlib
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import plain_writer
from benchmarks.intake import load
from benchmarks.peer_readings import counted, missing, stored
from benchmarks.processes import BROKER_EXTRA, ROOT, hub
from benchmarks.report import Result
from tests.brokers import Mosquitto
from tests.chaos.venue import HubProcess, Process, until
from tests.influx import Influx

TURNS = 3
RATE, FAST, ROWS, SENT_FOR_S = 100, 500, 20, 6
FAULT_AFTER_S, AWAY_S = 2.0, 3.0
SETTLE_S = 25.0
WAYS = ("careful", "batching", "ours")
STOCK = "persistence true\npersistence_location {folder}/\n"


class Place:
    """A broker, a database, a writer, and who sends to it."""

    def __init__(self, folder: Path, influx: Influx, way: str, extra: str) -> None:
        folder.mkdir(parents=True)
        self.folder, self.influx, self.way = folder, influx, way
        self.database = f"{folder.parent.name}-{folder.name}"
        influx.make(self.database)
        self.broker = Mosquitto(folder, extra=extra.format(folder=folder))
        self.broker.start()
        self.writer: Process = (
            HubProcess(folder, self.broker, influx=influx, database=self.database)
            if way == "ours"
            else Process(
                folder / "writer.log",
                "benchmarks.plain_writer",
                *(str(self.broker.port), influx.url, self.database, way),
            )
        )
        self.writer.start()
        log = folder / "writer.log"
        until(
            lambda: self._holds() if way == "ours" else log.exists() and "ready" in log.read_text(),
            30,
        )

    def _holds(self) -> bool:
        return Path(f"{self.folder / 'hub.db'}.trouble").exists()

    def sender(self, messages: int, rows: int, rate: float) -> list[str]:
        arguments = [str(self.broker.port), str(messages), str(rows), str(rate)]
        if self.way == "ours":
            return ["benchmarks.spool_sender", *arguments, str(self.folder / "spool.db")]
        return ["benchmarks.plain_sender", *arguments]

    def points(self) -> tuple[str, str]:
        """Return the measurement, and the tag that names a line."""
        if self.way == "ours":
            return "kaiguan_count", "name"
        return plain_writer.MEASUREMENT, plain_writer.TAG

    def close(self) -> None:
        self.writer.kill9()
        self.broker.stop()


def measure(folder: Path) -> list[Result]:
    """How much comes through."""
    folder.mkdir()
    with Influx(folder / "influx") as influx:
        return list(_rates(folder, influx))


def measure_faults(folder: Path) -> list[Result]:
    """What is lost."""
    folder.mkdir()
    with Influx(folder / "influx") as influx:
        return list(_faults(folder, influx))


def _faults(folder: Path, influx: Influx) -> Iterator[Result]:
    for index, (name, (strike, rate)) in enumerate(FAULTS.items()):
        lost: dict[str, list[tuple[int, int]]] = {way: [] for way in WAYS}
        for turn in range(TURNS):
            for way in WAYS:
                place = Place(folder / f"fault{index}-{turn}" / way, influx, way, STOCK)
                try:
                    lost[way].append(_struck(place, strike, rate))
                finally:
                    place.close()
        told = "; ".join(f"{way} {', '.join(str(lost) for lost, _ in lost[way])}" for way in WAYS)
        wrong = sum(wrong for way in WAYS for _, wrong in lost[way])
        yield Result(
            f"readings lost of {rate * SENT_FOR_S * ROWS:,}, ours: {name}",
            statistics.median(lost for lost, _ in lost["ours"]),
            "",
            at_most=0,
            floor=statistics.median(lost for lost, _ in lost["careful"]),
            note=f"{TURNS} turns: {told}; {wrong} wrong",
        )


def _struck(place: Place, strike: Callable[[Place], None], rate: int) -> tuple[int, int]:
    """Send while something happens; return how many readings are lost or wrong in the end."""
    messages = rate * SENT_FOR_S
    command = [sys.executable, "-m", *place.sender(messages, ROWS, rate)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as sender:
        assert sender.stdout is not None
        assert sender.stdout.readline() == "ready\n"
        time.sleep(FAULT_AFTER_S)
        strike(place)
        told, _ = sender.communicate(timeout=90)
    assert f"sent {messages}" in told, told
    result = (messages * ROWS, 0)
    deadline = time.monotonic() + SETTLE_S
    while result != (0, 0) and time.monotonic() < deadline:
        before, result = (
            result,
            missing(place.influx, place.database, *place.points(), messages * ROWS),
        )
        if before == result and _is_idle(place):
            break
        time.sleep(1.0)
    return result


def _is_idle(place: Place) -> bool:
    """Tell whether nothing has come for five seconds."""
    before = len(stored(place.influx, place.database, *place.points()))
    time.sleep(5.0)
    return before == len(stored(place.influx, place.database, *place.points()))


def _kill_writer(place: Place) -> None:
    place.writer.kill9()
    time.sleep(AWAY_S)
    place.writer.start()


def _lose_broker(place: Place, end: Callable[[], None]) -> None:
    end()
    time.sleep(AWAY_S)
    place.broker.start()


def _rates(folder: Path, influx: Influx) -> Iterator[Result]:
    for rows, messages in ((1, 4000), (20, 3000)):
        rates: dict[str, list[float]] = {
            way: [] for way in ("careful", "batching", "InfluxDB", "SQLite")
        }
        for turn in range(TURNS):
            for way in ("careful", "batching"):
                place = Place(folder / f"rate{rows}-{turn}" / way, influx, way, BROKER_EXTRA)
                with contextlib.closing(place):
                    rates[way].append(rows * messages / _plain_seconds(place, messages, rows))
            for kind in ("InfluxDB", "SQLite"):
                spot = folder / f"rate{rows}-{turn}" / kind
                spot.mkdir()
                rates[kind].append(
                    rows * messages / _own_seconds(spot, influx, kind, messages, rows)
                )
        medians = {way: statistics.median(told) for way, told in rates.items()}
        told = "; ".join(
            f"{way} {medians[way]:,.0f} ({min(rates[way]):,.0f} – {max(rates[way]):,.0f})"
            for way in rates
        )
        yield Result(
            f"intake into InfluxDB, {rows} reading{'s' if rows > 1 else ''} a message",
            medians["InfluxDB"],
            "readings/s",
            floor=medians["careful"],
            note=f"floor: the careful plain writer; medians of {TURNS}, least and most: {told}",
        )


def _plain_seconds(place: Place, messages: int, rows: int) -> float:
    """Return how long it takes until the database holds all that is sent as fast as it goes."""
    command = [sys.executable, "-m", *place.sender(messages, rows, 0)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as sender:
        assert sender.stdout is not None
        assert sender.stdout.readline() == "ready\n"
        began = time.perf_counter()
        while (held := counted(place.influx, place.database, place.points()[0])) < messages * rows:
            time.sleep(0.05)
            assert time.perf_counter() - began < 120, f"only {held} arrived"
        seconds = time.perf_counter() - began
        sender.communicate(timeout=60)
    return seconds


def _own_seconds(folder: Path, influx: Influx, kind: str, messages: int, rows: int) -> float:
    more = ""
    if kind == "InfluxDB":
        influx.make(name := f"own-{folder.parent.name}")
        more = f'[store]\nkind = "influxdb"\nurl = "{influx.url}"\ndatabase = "{name}"\n'
    with Mosquitto(folder, extra=BROKER_EXTRA) as broker, hub(folder, broker.port, more=more):
        return load(broker.port, messages, rows)["seconds"]


FAULTS: dict[str, tuple[Callable[[Place], None], int]] = {
    "no fault": (lambda _place: None, RATE),
    "writer or hub killed -9, away 3 s": (_kill_writer, RATE),
    "broker killed -9, away 3 s": (lambda place: _lose_broker(place, place.broker.kill9), RATE),
    "broker restarted in order, away 3 s": (
        lambda place: _lose_broker(place, place.broker.stop),
        RATE,
    ),
    "writer or hub killed -9, away 3 s, five times the rate": (_kill_writer, FAST),
}
"""What strikes, and at how many messages a second."""
