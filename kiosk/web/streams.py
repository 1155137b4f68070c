"""News of the next screen, for every page that shows it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

BEAT_SECONDS: Final = 1.0
"""So often a stream says that it lives; a page that misses two of them clears itself."""


@dataclass
class Streams:
    """Who waits for the next screen; each has the newest version only."""

    version: int = 0
    listeners: set[asyncio.Event] = field(default_factory=set)

    def changed(self) -> None:
        """Tell everybody that another screen is shown."""
        self.version += 1
        for listener in self.listeners:
            listener.set()

    async def news(self) -> AsyncIterator[str]:
        """Yield the number of each new version, and a beat where there is none."""
        listener = asyncio.Event()
        self.listeners.add(listener)
        try:
            while True:
                yield f"data: {self.version}\n\n"
                listener.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(BEAT_SECONDS):
                        await listener.wait()
        finally:
            self.listeners.discard(listener)
