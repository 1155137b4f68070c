"""The face of an audit in a terminal: i, o, u, q beside the live counter."""

import asyncio
import contextlib
import os
import sys
import termios
import tty
from collections.abc import Iterator

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from edge.audit.session import Audit
from edge.counting.geometry import Direction
from edge.errors import ConfigError

_REFRESH_SECONDS = 0.25
_KEYS = {"i": Direction.IN, "o": Direction.OUT}
_STATES = {"watching": "green", "starting": "yellow", "failed": "red"}


async def run_terminal(audit: Audit, seconds: float) -> float:
    """Take keys until `q`, a cancellation or the end of the time; return how long it ran.

    Raises ConfigError where there is no terminal.
    """
    if not sys.stdin.isatty():
        raise ConfigError("audit needs a terminal to tap in; without one say --page")
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def take() -> None:
        pressed = os.read(sys.stdin.fileno(), 64).decode("utf-8", "replace").lower()
        for key in pressed:
            if key in _KEYS:
                audit.tap(_KEYS[key])
            elif key == "u":
                audit.undo()
            elif key == "q":
                ended.set()
        if not pressed:
            ended.set()

    with _keys_at_once(), Live(console=Console(), auto_refresh=False) as live:
        loop.add_reader(sys.stdin.fileno(), take)
        try:
            while audit.seconds() < seconds and not ended.is_set():
                live.update(_face(audit, seconds), refresh=True)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_REFRESH_SECONDS):
                        await ended.wait()
        finally:
            loop.remove_reader(sys.stdin.fileno())
            live.update(_face(audit, seconds), refresh=True)
    return min(seconds, audit.seconds())


def _face(audit: Audit, seconds: float) -> Group:
    totals = audit.totals()
    shown = Table(title=f"audit  {audit.name}", title_justify="left", min_width=44)
    shown.add_column("")
    for way in ("in 进", "out 出"):
        shown.add_column(way, justify="right", min_width=9)
    for kind, words in (("tapped", "tapped 人工"), ("counted", "counted 计数")):
        shown.add_row(words, str(totals[kind]["in"]), str(totals[kind]["out"]))
    ran = audit.seconds()
    left = max(0.0, seconds - ran)
    state = Text(f"camera: {audit.state}", style=_STATES.get(audit.state, ""))
    if audit.detail:
        state.append(f": {audit.detail}")
    return Group(
        shown,
        state,
        Text(f"{_clock(ran)} gone, {_clock(left)} left"),
        Text("i in 进   o out 出   u undo 撤销   q end 结束", style="bold"),
    )


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


@contextlib.contextmanager
def _keys_at_once() -> Iterator[None]:
    """Give each key when it is pressed, unseen; the terminal is as before afterwards."""
    number = sys.stdin.fileno()
    before = termios.tcgetattr(number)
    try:
        tty.setcbreak(number)
        yield
    finally:
        termios.tcsetattr(number, termios.TCSADRAIN, before)
