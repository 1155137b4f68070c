"""Running a process's work until it ends, or until somebody asks the process to stop."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any


def run_until_stopped(work: Coroutine[Any, Any, None], name: str) -> None:
    """Run work as a task of this name; SIGTERM and SIGINT cancel it, and that is a success."""
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        task = loop.create_task(work, name=name)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, _stop, task)
        runner.run(_ended(task))


async def _ended(task: asyncio.Task[None]) -> None:
    try:
        await task
    except asyncio.CancelledError:
        # Asked to stop: everything is closed, and that is a success.
        if not task.cancelled():
            raise


def _stop(task: asyncio.Task[None]) -> None:
    """Stop once: a second signal would tear what the first one lets end in order."""
    if not task.cancelling():
        task.cancel()
