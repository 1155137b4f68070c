"""How soon a kiosk can be used again when kiosk, watcher and browser were killed at once.

Both real processes, as their units start them, with a journal, devices on ptys and a library; the
browser is headless. Not in it: the machine's own start, a cold disk cache, a compositor, a panel.
"""

import asyncio
import os
import re
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil

from benchmarks.lens_to_page import CHROMIUM, FLAGS
from benchmarks.report import Result
from kiosk.shell.watcher import ask
from tests.brokers import free_port
from tests.integration.edge.agents import Agent
from tests.integration.kiosk.rooms import Room, a_config, a_library

ROUNDS = 7
MOST_SECONDS = 90.0
TOKEN = re.compile(r'name="token" value="([^"]+)"')
SERIAL = re.compile(r'name="serial" value="(\d+)"')


def measure(folder: Path) -> list[Result]:
    folder.mkdir()
    with a_library(folder / "library") as library:
        return asyncio.run(_measure(folder, library.server.port))


async def _measure(folder: Path, library_port: int) -> list[Result]:
    port = free_port()
    browser = folder / "browser.sh"
    flags = " ".join(one for one in FLAGS if not one.startswith("--headless"))
    # The watcher's own flags follow; there is no Wayland here, and no root in a sandbox.
    browser.write_text(
        f'#!/bin/sh\nexec {CHROMIUM} --headless {flags} $(printf "%s\\n" "$@" | grep -v ozone)\n'
    )
    browser.chmod(0o755)
    async with Room(folder).running() as room:
        a_config(room, library_port, f"[face]\nport = {port}\n")
        # The first one makes its files, and fills the cache.
        all_taken = [
            await asyncio.to_thread(_from_nothing, folder, port, browser) for _ in range(ROUNDS + 1)
        ]
    taken = all_taken[1:]
    return [
        Result(
            "kiosk killed with its browser, until its page is drawn and takes a touch, longest",
            max(taken),
            "s",
            at_most=15.0,
            note=f"{len(taken)} times kill -9, median {statistics.median(taken):.2f} s",
        )
    ]


def _from_nothing(folder: Path, port: int, browser: Path) -> float:
    """Return the seconds from the start of both processes to a page that can be used."""
    url = f"http://127.0.0.1:{port}/"
    began = time.monotonic()
    show = [sys.executable, "-m", "kiosk", "shell", "show", url, "--browser", str(browser)]
    with (folder / "screen.log").open("a") as log:
        screen = subprocess.Popen(show, stdout=log, stderr=log, start_new_session=True)
        with Agent(folder / "kiosk.toml", program="kiosk") as kiosk:
            try:
                while (told := ask(url)) is None or told.drew_seconds is None:
                    if time.monotonic() - began > MOST_SECONDS:
                        raise TimeoutError("the page was not drawn")
                    time.sleep(0.02)
                _touch(url)
                return time.monotonic() - began
            finally:
                os.kill(kiosk.pid, signal.SIGKILL)
                _kill_browser(screen)


def _touch(url: str) -> None:
    page = httpx.get(url).text
    token, serial = TOKEN.search(page), SERIAL.search(page)
    assert token is not None
    assert serial is not None
    form = {"token": token[1], "serial": serial[1], "act": "home"}
    answer = httpx.post(f"{url}act", data=form, headers={"x-kiosk": "fragment"})
    assert 'data-name="home"' in answer.text


def _kill_browser(screen: subprocess.Popen[bytes]) -> None:
    """End the watcher and what it started, without a word, as a power cut does."""
    mine = psutil.Process(screen.pid).children(recursive=True)
    screen.kill()
    for one in mine:
        one.kill()
    screen.wait()
