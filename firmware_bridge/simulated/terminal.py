"""What `simulate` commands have in common: a link to a pty, an end, and what is held up."""

import asyncio
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from firmware_bridge.errors import BridgeError, FrameError
from firmware_bridge.simulated.device import Handled, play
from firmware_bridge.simulated.pty_port import PtyPort

_WAITING_LINES = 100

Link = Annotated[Path, typer.Option(help="Where to put the link to the pty.")]
Seconds = Annotated[
    float | None, typer.Option(min=0, help="Stop after this many seconds; else on Ctrl-C.")
]
Script = Annotated[
    Path | None, typer.Option(help="Lines `SECONDS put WHAT`, in place of standard input.")
]

READY = "Prints its port when ready."
HOW = f"{READY} Takes lines `put WHAT` and `take WHAT` from standard input, or from a script."


def run_on_pty(
    link: Path, seconds: float | None, live: Callable[[PtyPort], Coroutine[Any, Any, None]]
) -> None:
    """Open a pty, print its link, and let `live` be the device at its far end.

    Ends after `seconds`, on Ctrl-C or SIGTERM; with exit code 2 when the pty cannot be opened.
    """
    pty_port = PtyPort(link.absolute())

    async def run() -> None:
        task = asyncio.current_task()
        if task is not None:  # a supervisor ends it so, and the link must go with it
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        async with pty_port as port:
            typer.echo(port.path)
            async with asyncio.timeout(seconds):
                await live(port)

    try:
        asyncio.run(run())
    except (KeyboardInterrupt, TimeoutError, asyncio.CancelledError):
        pass
    except BridgeError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None


def handling(device: Handled, script: Path | None) -> AsyncIterator[bytes]:
    """Play what is typed, or what a script says when it says so; yield what the device says.

    A line that cannot be played is told, and the next one is played. Raises typer.BadParameter
    for a script that cannot be read.
    """
    return _played(device, _typed() if script is None else _scripted(_read_script(script)))


async def _played(device: Handled, lines: AsyncIterator[str]) -> AsyncIterator[bytes]:
    async for line in lines:
        try:
            yield play(device, line)
        except FrameError as error:
            typer.echo(f"error: {error}", err=True)


async def _typed() -> AsyncIterator[str]:
    """Yield the lines of standard input."""
    if sys.stdin.isatty():
        typer.echo("put WHAT, take WHAT and Enter; Ctrl-C ends", err=True)
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str] = asyncio.Queue(_WAITING_LINES)

    def read() -> None:
        for line in sys.stdin:
            asyncio.run_coroutine_threadsafe(lines.put(line), loop).result()

    # Nothing wakes a thread that waits for a person: it must not keep the program from ending.
    threading.Thread(target=read, name="standard input", daemon=True).start()
    while True:
        yield await lines.get()


async def _scripted(steps: list[tuple[float, str]]) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    started_at = loop.time()
    for seconds, line in steps:
        await asyncio.sleep(started_at + seconds - loop.time())
        yield line


def _read_script(path: Path) -> list[tuple[float, str]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"{path} cannot be read: {error}", param_hint="--script") from None
    steps = []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        seconds, _, action = line.strip().partition(" ")
        try:
            steps.append((float(seconds), action))
        except ValueError:
            raise typer.BadParameter(
                f"line {number} of {path} does not begin with seconds", param_hint="--script"
            ) from None
    return steps
