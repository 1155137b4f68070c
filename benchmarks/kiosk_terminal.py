"""How soon a kiosk's face stands in a terminal, and how soon a key is answered by a picture.

A real process on a real pty of 80 x 24; from the start of Python to the first words, then from the
key that opens the next screen to its words, there and back.
"""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

from benchmarks.report import Result

STARTS, KEYS = 5, 40
START_SECONDS, KEY_MS = 1.0, 100.0
MOST_SECONDS = 30.0
FIRST, HOME, ASKING = "Begin", "No card needed", "Card number"
_SHOW = """
import asyncio
from kiosk.host import SessionHost
from kiosk.lending.services import Mode, Services
from kiosk.session.events import ServicesNow
from kiosk.session.moment import Moment
from kiosk.session.screen import Prefs
from kiosk.session.settings import SessionSettings
from kiosk.tui.app import KioskApp
host = SessionHost(
    lambda effect: None, lambda: Moment(0.0, 1_795_000_000), SessionSettings(prefs=Prefs(lang="en"))
)
works = Services(Mode.ONLINE, may_borrow=True, may_return=True, may_renew=True)
host.post(ServicesNow(works))
asyncio.run(KioskApp(host, may_quit=True).run_async())
"""


def measure(folder: Path) -> list[Result]:
    folder.mkdir()
    starts, keys = [], []
    for n in range(STARTS):
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        began = time.perf_counter()
        with subprocess.Popen(
            [sys.executable, "-c", _SHOW],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm-256color"},
        ) as process:
            os.close(theirs)
            _read_until(ours, FIRST)
            starts.append(time.perf_counter() - began)
            if n == STARTS - 1:
                _press(ours, b"1", HOME)
                for _ in range(KEYS // 2):
                    keys.append(_press(ours, b"1", ASKING))
                    keys.append(_press(ours, b"\x1b[18~", HOME))
            os.write(ours, b"\x11")
            # What it still writes has to be read, or it waits for us for ever.
            while process.poll() is None:
                _drain(ours)
        os.close(ours)
    first = sorted(starts)[STARTS // 2]
    slow = sorted(keys)[int(len(keys) * 0.95)]
    return [
        Result(
            "face in a terminal, start to first words, median",
            first,
            "s",
            at_most=START_SECONDS,
            note=f"{STARTS} cold processes",
        ),
        Result(
            "face in a terminal, key to painted, p95",
            slow * 1000,
            "ms",
            at_most=KEY_MS,
            note=f"{KEYS} keys",
        ),
    ]


def _press(terminal: int, key: bytes, wanted: str) -> float:
    began = time.perf_counter()
    os.write(terminal, key)
    _read_until(terminal, wanted)
    seconds = time.perf_counter() - began
    # The rest of this picture is not the answer to the next key.
    _drain(terminal)
    return seconds


def _read_until(terminal: int, wanted: str) -> None:
    read, ends = b"", time.monotonic() + MOST_SECONDS
    while wanted.encode() not in read:
        if time.monotonic() > ends:
            raise TimeoutError(f"{wanted!r} never came: {read!r}")
        if select.select([terminal], [], [], 1.0)[0]:
            read += os.read(terminal, 65_536)


def _drain(terminal: int) -> None:
    while select.select([terminal], [], [], 0.05)[0]:
        try:
            os.read(terminal, 65_536)
        except OSError:
            return
