"""An event loop whose clock leaps: where nothing is ready, the next timer is due at once."""

import asyncio
import selectors
from typing import Any


class _Leaping(selectors.DefaultSelector):
    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        # Time never stands still: what is due in less than a float can tell would be so for ever.
        self.now += 1e-6
        ready = super().select(0 if timeout is None or timeout > 0 else timeout)
        if not ready and timeout is None:
            return super().select(None)
        if not ready and timeout is not None:
            self.now += max(timeout, 0.0)
        return ready


class LeapingLoop(asyncio.SelectorEventLoop):
    """For what waits for nothing but time: whole days of a device pass in a second."""

    def __init__(self) -> None:
        self._leaping = _Leaping()
        super().__init__(self._leaping)

    def time(self) -> float:
        return self._leaping.now
