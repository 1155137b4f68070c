"""How far the past is loaded: a file that its loader writes, and a bar that its reader shows."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

WRITE_SECONDS: Final = 0.25
LOOK_SECONDS: Final = 0.2
LINE_SHARE: Final = 0.25
"""Where there is no terminal, a line is printed each time another quarter is done."""


class Progress:
    """The loader's half. What was finished once stays finished."""

    def __init__(self, path: Path, total: int) -> None:
        self._path = path
        self._total = total
        self._done = 0
        self._began = time.monotonic()
        self._wrote = float("-inf")
        self.is_finished = bool(read(path).get("finished"))
        if not self.is_finished:
            self._write(0, finished=total == 0)
            self.is_finished = total == 0

    def done(self, days: int, rows: int) -> None:
        """Note that more days of some node were sent, and how many rows there are by now."""
        self._done += days
        if time.monotonic() - self._wrote >= WRITE_SECONDS:
            self._write(rows, finished=False)

    def finish(self, rows: int) -> None:
        """Note that the hub holds all of it."""
        self._done = self._total
        self._write(rows, finished=True)

    def _write(self, rows: int, *, finished: bool) -> None:
        self._wrote = time.monotonic()
        seconds = round(self._wrote - self._began, 2)
        state = {
            "done": self._done,
            "total": self._total,
            "rows": rows,
            "seconds": seconds,
            "finished": finished,
        }
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps(state), "utf-8")
        # A reader finds the old one or the new one, never half of it.
        part.replace(self._path)


def read(path: Path) -> dict[str, Any]:
    """Return what the loader wrote last; nothing when it has not begun."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def show(path: Path, days: int, ended: Callable[[], bool], say: Callable[[str], None]) -> None:
    """Show how the past is loaded until it is, or until `ended()`: a bar, or lines without tty."""
    console = Console(file=sys.stdout)
    bar = Bar(
        TextColumn("demo: history of {task.fields[days]} days"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %  {task.fields[rows]:,} readings"),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    )
    state: dict[str, Any] = {}
    told = 0.0
    with bar:
        task = bar.add_task("", total=None, days=days, rows=0)
        while not state.get("finished") and not ended():
            time.sleep(LOOK_SECONDS)
            state = read(path)
            if not state:
                continue
            bar.update(task, total=state["total"], completed=state["done"], rows=state["rows"])
            share = state["done"] / max(1, state["total"])
            if not console.is_terminal and told + LINE_SHARE <= share < 1:
                told = share - share % LINE_SHARE
                say(f"history of {days} days: {share:.0%}, {state['rows']:,} readings")
    if state.get("finished"):
        say(
            f"{days} days of history are loaded: {state['rows']:,} readings "
            f"in {state['seconds']:.0f} s"
        )
