"""The demo as a newcomer starts it: when its page is usable, and how long its history takes.

With each broker that there is: a whole district of 60 days, from an empty state folder.
"""

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from benchmarks.processes import ROOT
from benchmarks.report import Result
from examples.demo.broker import BROKERS, find_mosquitto
from examples.demo.progress import read
from tests.brokers import free_port

VENUES_KNOWN = 29
"""All but those whose node is off the line, and the one whose edge has just started."""
PATIENCE_SECONDS = 180.0


def measure(folder: Path) -> list[Result]:
    folder.mkdir()
    brokers = [b for b in BROKERS if b != "mosquitto" or find_mosquitto()]
    return [result for broker in brokers for result in _measure(folder / broker, broker)]


def _measure(state: Path, broker: str) -> list[Result]:
    port = free_port()
    command = ["-m", "examples.demo", "--state", str(state), "--port", str(port)]
    began = time.monotonic()
    demo = subprocess.Popen(
        [sys.executable, *command, "--broker", broker],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    )
    try:
        _await(lambda: _occupancy(port) is not None)
        answers = time.monotonic() - began
        _await(lambda: _known(port) >= VENUES_KNOWN)
        usable = time.monotonic() - began
        _await(lambda: read(state / "history.json").get("finished"))
        history = read(state / "history.json")
        hub, venues = (_peak_mib(str(state), word) for word in ("hub", "examples.demo.simulator"))
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(30)
    used = sum(path.stat().st_size for path in state.rglob("*") if path.is_file()) / 2**20
    what = f"demo on {broker}"
    return [
        Result(
            f"{what}: all venues on the page", usable, "s", note=f"it answers after {answers:.1f} s"
        ),
        Result(
            f"{what}: history of 60 days",
            float(history["seconds"]),
            "s",
            at_most=60,
            note=f"{history['rows']:,} readings of {history['total']:,} days of a node",
        ),
        Result(f"{what}: its state folder", used, "MiB"),
        Result(
            f"{what}: memory of simulator", venues, "MiB", note=f"largest; of the hub {hub:.0f}"
        ),
    ]


def _await(check: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not check():
        if time.monotonic() > deadline:
            raise RuntimeError("the demo did not get there in time")
        time.sleep(0.1)


def _occupancy(port: int) -> list[dict[str, Any]] | None:
    try:
        with urllib.request.urlopen(
            f"http://127.0.0.1:{port}/api/v1/occupancy", timeout=5
        ) as answer:
            found: list[dict[str, Any]] = json.load(answer)
            return found
    except OSError:
        return None


def _known(port: int) -> int:
    return sum(venue["quality"] == "known" for venue in _occupancy(port) or ())


def _peak_mib(state: str, module: str) -> float:
    """Return the largest resident size so far of the demo's process that runs a module."""
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if module in command and any(state in word for word in command):
            text = Path(f"/proc/{process.pid}/status").read_text("ascii")
            return int(text.partition("VmHWM:")[2].split()[0]) / 1024
    raise RuntimeError(f"no process runs {module}")
