"""The demo's processes under honcho: all of them start together, and all of them end together.

honcho multiplexes and terminates. Added here is what it leaves open: a signal that comes while it
still starts, a terminal that is closed, a supervisor that is killed. In none of these may a process
stay behind.
"""

import ctypes
import os
import shlex
import signal
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TextIO

from honcho.manager import Manager
from honcho.printer import Message, Printer
from honcho.process import Popen, Process

ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h
_TAIL_LINES: Final = 15


class Notes(Printer):  # type: ignore[misc]  # honcho has no types
    """Writes what processes say into a file, and remembers the last lines of each."""

    def __init__(self, file: TextIO, show: TextIO | None = None) -> None:
        super().__init__(file, colour=False)
        self._show = Printer(show) if show is not None else None
        self._tails: dict[str, deque[str]] = {}

    def write(self, message: Message) -> None:
        """Take one line."""
        text = message.data
        text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        self._tails.setdefault(message.name, deque(maxlen=_TAIL_LINES)).append(text.rstrip())
        super().write(message)
        if self._show is not None:
            self._show.width = self.width
            self._show.write(message)

    def tail(self, name: str) -> list[str]:
        """Return the last lines of a process."""
        return list(self._tails.get(name, ()))


class Crew(Manager):  # type: ignore[misc]  # honcho has no types
    """Runs commands until one ends or somebody asks; `failed` then names who ended first."""

    def __init__(self, commands: dict[str, list[str]], folder: Path, notes: Notes) -> None:
        super().__init__(notes)
        self.failed: str | None = None
        self._asked = False
        self._on_started: Callable[[], None] = lambda: None
        self._process_ctor = _Member
        for name, command in commands.items():
            self.add_process(name, f"exec {shlex.join(command)}", cwd=str(folder))

    def run(self, on_started: Callable[[], None] = lambda: None) -> None:
        """Run until all have ended; `on_started` is called once everybody is on the way."""
        self._on_started = on_started
        signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
        self.loop()

    @property
    def was_asked(self) -> bool:
        """Tell whether it ended because a signal asked for it."""
        return self.returncode in {130, 143}

    def terminate(self) -> None:
        """End everybody, once everybody is known: honcho cannot end who has no pid yet."""
        if not super()._all_started():
            self._asked = True
            return
        if self.failed is None and not self.was_asked:
            ended = (n for n, p in self._processes.items() if p.get("returncode") is not None)
            self.failed = next(ended, None)
        super().terminate()

    def _all_started(self) -> bool:
        started: bool = super()._all_started()
        if started and self._asked:
            self._asked = False
            self.terminate()
        return started

    def _start(self) -> None:
        # A signal between fork and exec would run our handlers in the child.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        super()._start()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        self._on_started()


class _Member(Process):  # type: ignore[misc]  # honcho has no types
    """honcho's process between us and a command; it ends when its command does, or we do."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._child_ctor = _command

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        """Run the command; the terminal's Ctrl-C is for the supervisor alone."""
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        end_with_parent()
        super().run(events, ignore_signals)


def _command(command: str, **options: Any) -> Popen:
    # Safe here: this process has one thread, and what runs before exec only calls the kernel.
    return Popen(command, preexec_fn=_as_new, **options)


def _as_new() -> None:
    for number in ENDING:
        signal.signal(number, signal.SIG_DFL)
    end_with_parent()


def end_with_parent() -> None:
    """Ask the kernel to kill this process when its parent is gone, however it went.

    Nobody reads its output any more then, so an orderly end could hang; what is lost is nothing.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
