"""Real processes of the product on free loopback ports, for the length of a measurement."""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.accounts import bearer, token_for
from tests.brokers import Mosquitto, free_port

ROOT = Path(__file__).resolve().parent.parent
_TOKENS: dict[int, str] = {}
"""Of an admin, by the port of the hub that knows it."""
# A generator is faster than any fleet: the broker may keep what the hub has not yet taken.
BROKER_EXTRA = "max_queued_messages 0\nmax_inflight_messages 1000\n"


@contextlib.contextmanager
def running(arguments: Sequence[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run `python ARGUMENTS`; ends it in order, then waits."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)


@contextlib.contextmanager
def hub(
    folder: Path,
    broker: int,
    district: Path | None = None,
    *,
    alerts: str = "",
    more: str = "",
) -> Iterator[tuple[int, int]]:
    """Run the hub; gives (process id, port of its API) once it answers and has its broker."""
    port = free_port()
    config = folder / "hub.toml"
    _TOKENS[port] = token_for(folder / "hub" / "records.db")
    place = "" if district is None else f'district = "{district}"\n'
    if alerts:
        (folder / "alerts.toml").write_text(alerts)
        place += 'alerts = "alerts.toml"\n'
    config.write_text(
        f'data_dir = "{folder / "hub"}"\n{place}[http]\nport = {port}\n[broker]\nport = {broker}\n'
        f"{more}"
    )
    with running(["-m", "hub", "serve", "--config", str(config)], folder / "hub.log") as process:
        deadline = time.monotonic() + 60
        while not _is_ready(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((folder / "hub.log").read_text()[-2000:])
            time.sleep(0.1)
        yield process.pid, port


@contextlib.contextmanager
def broker(folder: Path) -> Iterator[int]:
    """Run mosquitto; gives its port."""
    with Mosquitto(folder, extra=BROKER_EXTRA) as process:
        yield process.port


def get(port: int, path: str) -> Any:
    """Return the JSON of a hub's API on loopback, asked for with a token."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", headers=bearer(_TOKENS[port])
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def memory_mib(pid: int) -> float:
    """Return the largest resident memory that a process had, MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmHWM in the process's status")


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def written_bytes(pid: int) -> int:
    """Return how many bytes a process has sent towards the disk so far."""
    for line in Path(f"/proc/{pid}/io").read_text().splitlines():
        if line.startswith("write_bytes"):
            return int(line.split()[1])
    raise RuntimeError("no write_bytes in the process's io")


def answering(port: int, token: str) -> bool:
    """Tell whether a hub answers and has its broker."""
    _TOKENS[port] = token
    return _is_ready(port)


def _is_ready(port: int) -> bool:
    try:
        return bool(get(port, "/api/v1/health")["broker"]["connected"])
    except OSError:
        return False
