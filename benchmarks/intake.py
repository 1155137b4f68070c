"""Durable intake against a bare subscriber, in pairs: floor, hub, floor, hub, …

Both get the same messages from the same generator over the same kind of broker.
"""

import json
import statistics
import subprocess
import sys
from pathlib import Path

from benchmarks.load import nodes_of_load
from benchmarks.processes import ROOT, broker, get, hub, memory_mib
from benchmarks.report import Result
from benchmarks.secure import SecurePlace
from benchmarks.venues import write_district

PAIRS = 3
FLEET = 2000


def measure(folder: Path) -> list[Result]:
    single = _pairs(folder / "single", 60_000, 1)
    many = _pairs(folder / "many", 40_000, 20)
    return [
        Result(
            "intake, 1 reading a message, share of the floor",
            statistics.median(rate / floor for floor, rate in single),
            "",
            at_least=0.6,
            note=f"stretch 0.75; hub {statistics.median(r for _, r in single):,.0f} messages/s, "
            f"bare paho {statistics.median(f for f, _ in single):,.0f}",
        ),
        Result(
            "intake, 20 readings a message",
            20 * statistics.median(rate for _, rate in many),
            "readings/s",
            at_least=100_000,
            floor=20 * statistics.median(floor for floor, _ in many),
            note="stretch 150 000; a reading is in and out of a line's minute",
        ),
    ]


def measure_fleet(folder: Path) -> list[Result]:
    folder.mkdir()
    district = write_district(folder / "district", venues=FLEET // 2, nodes=2, lines=10)
    with broker(folder) as port, hub(folder, port, district) as (pid, api):
        result = _json("-m", "benchmarks.fleet", str(port), str(FLEET), "10", "30")
        memory = memory_mib(pid)
        health = get(api, "/api/v1/health")
    assert result["unacknowledged"] == 0, result
    note = (
        f"p50 {1000 * result['p50']:.0f} ms, longest {1000 * result['most']:.0f} ms, first seconds "
        f"p99 {1000 * result['first_seconds_p99']:.0f} ms; {health['venues']} venues shown live"
    )
    return [
        Result("2 000 nodes x 1 Hz x 10, ack p99", 1000 * result["p99"], "ms", 100, note=note),
        Result("hub's memory with them", memory, "MiB", at_most=150),
    ]


def measure_tls(folder: Path) -> list[Result]:
    """Compare the same broker's settings, hub and load without TLS and with it, in pairs."""
    results = []
    for rows, messages in ((1, 40_000), (20, 24_000)):
        pairs = []
        for index in range(PAIRS):
            place = folder / f"{rows}-{index}"
            (place / "plain").mkdir(parents=True)
            with broker(place / "plain") as port, hub(place / "plain", port):
                plain = _json("-m", "benchmarks.load", str(port), str(messages), str(rows), "acks")
            secure = SecurePlace(_made(place / "secure"), nodes_of_load())
            with secure.broker, secure.hub():
                port = secure.broker.port
                told = (str(port), str(messages), str(rows), "acks", str(secure.files))
                tls = _json("-m", "benchmarks.load", *told)
            pairs.append((messages / plain["seconds"], messages / tls["seconds"]))
        results.append(
            Result(
                f"intake over TLS, {rows} reading{'s' if rows > 1 else ''} a message, share of it"
                " without",
                statistics.median(tls / plain for plain, tls in pairs),
                "",
                at_least=0.7,
                note=f"{rows * statistics.median(t for _, t in pairs):,.0f} readings/s with,"
                f" {rows * statistics.median(p for p, _ in pairs):,.0f} without; median of"
                f" {PAIRS} pairs",
            )
        )
    return results


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _pairs(folder: Path, messages: int, rows: int) -> list[tuple[float, float]]:
    """Return (floor, hub) in messages a second, pair by pair."""
    pairs = []
    for index in range(PAIRS):
        place = folder / str(index)
        place.mkdir(parents=True)
        with broker(place) as port:
            floor = _floor(port, messages, rows)
        with broker(place) as port, hub(place, port):
            result = load(port, messages, rows)
        pairs.append((floor, result["messages"] / result["seconds"]))
    return pairs


def load(port: int, messages: int, rows: int) -> dict[str, float]:
    """Send as fast as the hub acknowledges; return what the load says of itself."""
    return _json("-m", "benchmarks.load", str(port), str(messages), str(rows), "acks")


def _floor(port: int, messages: int, rows: int) -> float:
    command = [sys.executable, "-m", "benchmarks.floor_subscriber", str(port), str(messages)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as subscriber:
        assert subscriber.stdout is not None
        assert subscriber.stdout.readline() == "ready\n"
        _json("-m", "benchmarks.load", str(port), str(messages), str(rows), "pubacks")
        return float(subscriber.stdout.readline())


def _json(*arguments: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, *arguments],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    result: dict[str, float] = json.loads(done.stdout)
    return result
