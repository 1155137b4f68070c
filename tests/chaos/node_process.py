"""A node of the chaos runs: the real recorder and uplink, fed by a seeded crowd.

    python -m tests.chaos.node_process SPOOL PORT VENUE/NODE SEED LEDGER [option=value ...]

Options: `clock=unset` starts with a clock that was never set; `max_bytes=`, `pages=` (the most that
the spool's file may have), `every=` (seconds between commits).

What stands in the file `LEDGER.control` is obeyed while it runs: `quiet` (nobody crosses any more),
`set` (the clock is set), `step=MS` (the clock is off by so much), `room` (the spool's file may grow
again).

After every commit that returned the ledger gets a line: how many people had crossed before it.
`LEDGER.crossings` gets a line for every crossing before the recorder is told of it. Both are
written without buffering, so that a kill leaves every whole line.
"""

import asyncio
import json
import os
import random
import sys
from contextlib import suppress
from pathlib import Path

from contracts.ids import parse_node_id
from link import uplink as uplink_module
from link.clock import Instant, monotonic_ms
from link.recorder import Recorder
from link.session import BrokerConfig
from link.uplink import Uplink

LINES = ("front", "back")
TICK_SECONDS = 0.02
LOCK_MS = 4_000
"""A lock that is turned so often: locked for one such time, unlocked for two."""


class ToldClock:
    """The machine's clock, moved by what the control file says."""

    def __init__(self, control: Path, *, is_set: bool) -> None:
        self.os_boot = "c0ffee00"
        self.control = control
        self._wall_ms = int(os.environ.get("CHAOS_WALL_MS", "1760000000000"))
        self._unset = not is_set

    def look(self) -> Instant:
        """Look at the clock and at the file."""
        word = told(self.control)
        is_set = not self._unset or word == "set"
        offset = self._wall_ms if is_set else 0
        if word.startswith("step="):
            offset += int(word.removeprefix("step="))
        mono = monotonic_ms()
        return Instant(mono, mono + offset, is_set)


def told(control: Path) -> str:
    """Return what the control file says."""
    with suppress(FileNotFoundError):
        return control.read_text().strip()
    return ""


async def crowd(
    recorder: Recorder, rng: random.Random, control: Path, given: dict[str, int], crossings: int
) -> None:
    """Let people cross until told to be quiet."""
    while True:
        await asyncio.sleep(TICK_SECONDS)
        if told(control) == "quiet":
            continue
        for line in LINES:
            entered, left = rng.choice(((0, 0), (1, 0), (0, 1), (2, 1)))
            if entered or left:
                mono = monotonic_ms()
                told_before = (recorder.buckets.epoch, line, recorder.wall_ms(mono), entered, left)
                os.write(crossings, json.dumps(told_before).encode() + b"\n")
                recorder.crossed(line, mono, entered=entered, left=left)
                given[line] += entered + left
            recorder.watched(line, monotonic_ms())
        mono = monotonic_ms()
        recorder.state("lock", "unlocked" if mono // LOCK_MS % 3 else "locked", mono)


async def commits(
    recorder: Recorder, ledger: int, control: Path, given: dict[str, int], every: float
) -> None:
    """Commit, then say so."""
    while True:
        await asyncio.sleep(every)
        before = sum(given.values())
        if told(control) == "room":
            recorder.spool._db.execute("PRAGMA max_page_count=1000000")
        if await recorder.commit():
            line = {"run": os.getpid(), "given": before}
            os.write(ledger, json.dumps(line).encode() + b"\n")


async def main(arguments: list[str]) -> None:
    """Run until killed."""
    path, port, name, seed, ledger_path, *rest = arguments
    options = dict(option.split("=", 1) for option in rest)
    control = Path(f"{ledger_path}.control")
    clock = ToldClock(control, is_set=options.get("clock") != "unset")
    recorder = Recorder(
        Path(path), clock, max_bytes=int(options.get("max_bytes", 256 * 1024 * 1024))
    )
    if "pages" in options:
        recorder.spool._db.execute(f"PRAGMA max_page_count={int(options['pages'])}")
    uplink_module.SILENT_SECONDS = 3.0  # type: ignore[misc]  # three minutes, for those who wait
    uplink = Uplink(recorder, parse_node_id(name), BrokerConfig(port=int(port)), software="chaos")
    given = dict.fromkeys(LINES, 0)
    ledger, crossings = (
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for path in (ledger_path, f"{ledger_path}.crossings")
    )
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(uplink.run())
        tasks.create_task(
            crowd(
                recorder, random.Random(f"{seed}{recorder.spool.boot}"), control, given, crossings
            )
        )
        every = float(options.get("every", "0.1"))
        tasks.create_task(commits(recorder, ledger, control, given, every))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
