"""A device behind a pty that a hand can pull out and put in again."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from firmware_bridge.simulated.pty_port import PtyPort


class Cable:
    """A device behind a pty of a fixed name, which can be pulled out and put in again."""

    def __init__(self, link: Path, live: Callable[[PtyPort], Awaitable[None]]) -> None:
        self.port = PtyPort(link)
        self.is_in = True
        self._live = live
        self._put_in = asyncio.Event()

    def pull(self) -> None:
        """Take the port away under the kiosk."""
        self.is_in = False
        self._put_in.clear()
        self.port.unplug()

    def plug(self) -> None:
        """Give it back, under the same name."""
        if not self.is_in:
            self.port.plug()
            self.is_in = True
            self._put_in.set()

    async def run(self) -> None:
        """Live through every pull until cancelled; `port` is entered by the caller."""
        self._put_in.set()
        while True:
            await self._put_in.wait()
            await self._live(self.port)
