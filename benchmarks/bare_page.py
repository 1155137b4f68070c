"""A page of a real Chromium that nothing listens to while it is measured.

A driver of tests is told of every message of a page's sockets, with its content in base64: for
frames that is 10 ms of processor time each and more. Here the debugging port is asked only before
and after.
"""

import json
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from websockets.sync.client import connect

from benchmarks.lens_to_page import CHROMIUM, FLAGS
from tests.brokers import free_port

_WAIT_SECONDS: Final = 90.0


@dataclass(frozen=True)
class BarePage:
    """A page by the address of its debugger."""

    address: str

    def evaluate(self, expression: str) -> Any:
        """Return what an expression gives there; what a function gives when it is one.

        None from a page that is on its way elsewhere. Raises ValueError: what is wrong with it.
        """
        call = (
            f"(() => {{ const it = {expression}; return it instanceof Function ? it() : it; }})()"
        )
        what = {"expression": call, "returnByValue": True}
        with connect(self.address, max_size=None) as debugger:
            debugger.send(json.dumps({"id": 1, "method": "Runtime.evaluate", "params": what}))
            answer = json.loads(debugger.recv()).get("result", {"result": {}})
        if "exceptionDetails" in answer:
            raise ValueError(answer["exceptionDetails"]["exception"]["description"])
        return answer["result"].get("value")

    def wait(self, condition: str) -> None:
        """Wait until an expression is true. Raises TimeoutError."""
        end = time.monotonic() + _WAIT_SECONDS
        while not self.evaluate(condition):
            if time.monotonic() > end:
                raise TimeoutError(condition)
            time.sleep(0.2)


@contextmanager
def bare_page(
    url: str, folder: Path, size: tuple[int, int], flags: Sequence[str]
) -> Iterator[BarePage]:
    """Open a page in a Chromium of its own; it ends with it. Raises TimeoutError."""
    port = free_port()
    given = [
        *("--headless=new", f"--remote-debugging-port={port}", "--no-first-run"),
        *(f"--user-data-dir={folder / 'chromium'}", f"--window-size={size[0]},{size[1]}"),
    ]
    process = subprocess.Popen(
        [CHROMIUM, *FLAGS, *given, *flags, url],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield BarePage(_debugger(port, url))
    finally:
        process.terminate()
        process.wait(30)


def _debugger(port: int, url: str) -> str:
    end = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
                pages = json.load(answer)
        except OSError:
            pages = []
        for page in pages:
            if page["type"] == "page" and page["url"].startswith(url):
                return str(page["webSocketDebuggerUrl"])
        time.sleep(0.2)
    raise TimeoutError("Chromium shows no page")
