"""The desk in front of the kiosk: `python -m examples.demo.bench`, one of the demo's processes.

It owns the kiosk's simulated devices and the lines to the library's system and the hub, and shows
a page on which books are laid down and things go wrong.
"""

import argparse
import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from examples.demo.bench.app import Page, build_app
from examples.demo.bench.bench import Bench
from examples.demo.bench.counter import Counter
from examples.demo.bench.doorway import Doorway
from examples.demo.bench.heads import HeadCounter
from examples.demo.bench.links import Link
from examples.demo.bench.things import all_things
from examples.demo.broker import LOOPBACK


def main() -> None:
    """Serve until told to end."""
    parser = argparse.ArgumentParser(prog="python -m examples.demo.bench", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="folder of ptys and places")
    parser.add_argument("--records", type=Path, required=True, help="the hub's records.db")
    parser.add_argument("--branch", required=True)
    parser.add_argument("--port", type=int, required=True, help="of the page")
    for line in ("library", "broker", "hub"):
        parser.add_argument(f"--{line}", type=_ends, required=True, metavar="PORT:TARGET")
    parser.add_argument("--kiosk-url", default="")
    parser.add_argument("--kiosk-pid", type=Path, help="file that names the kiosk's process")
    parser.add_argument("--board-url", default="")
    parser.add_argument("--token", type=Path, help="file of a token that may count heads")
    parser.add_argument("--counter", type=Path, help="pty of the counting board at the door")
    given = parser.parse_args()
    asyncio.run(_run(given))


async def _run(given: argparse.Namespace) -> None:
    given.state.mkdir(parents=True, exist_ok=True)
    bench = Bench(
        all_things(given.branch),
        given.state,
        Link(*given.library),
        (Link(*given.broker), Link(*given.hub)),
        given.state / "tags.json",
        given.kiosk_pid,
        Doorway(
            given.state,
            Counter(given.counter) if given.counter else None,
            HeadCounter(given.hub[1], given.branch, given.token) if given.token else None,
        ),
    )
    page = Page(bench, given.records, {"kiosk": given.kiosk_url, "board": given.board_url})
    config = uvicorn.Config(
        build_app(page),
        host=LOOPBACK,
        port=given.port,
        ws="none",
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    devices = [
        asyncio.create_task(bench.devices.run(), name="devices"),
        asyncio.create_task(bench.doorway.run(), name="door"),
    ]
    await bench.open()
    try:
        await _Server(config, page).serve()
    finally:
        await bench.close()
        for one in devices:
            one.cancel()
        await asyncio.gather(*devices, return_exceptions=True)


class _Server(uvicorn.Server):
    """uvicorn, ending its streams first, and ending in order when it is asked to."""

    def __init__(self, config: uvicorn.Config, page: Page) -> None:
        super().__init__(config)
        self._page = page

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take SIGTERM and SIGINT as the wish to end."""
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGTERM, signal.SIGINT)
        for number in numbers:
            loop.add_signal_handler(number, self._end)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)

    def _end(self) -> None:
        self._page.has_ended = True
        self.should_exit = True


def _ends(text: str) -> tuple[int, int]:
    here, _, there = text.partition(":")
    return int(here), int(there)


if __name__ == "__main__":
    main()
