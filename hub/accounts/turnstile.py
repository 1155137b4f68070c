"""One at a time: what hashes a password does so beside the event loop, and few may wait for it.

A crowd of log-ins then costs one core and 64 MiB, and attempts cannot overtake their own count.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from hub.errors import HubError

T = TypeVar("T")

MOST_WAITING: Final = 24
"""At 0.2 s each, the last of them has waited as long as anybody would."""


class Crowded(HubError):
    """Too many are logging in at this moment."""


class Turnstile:
    """Runs calls in one thread of its own, in the order in which they came."""

    def __init__(self, most: int = MOST_WAITING) -> None:
        self._most = most
        self._waiting = 0
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="hashing")

    async def through(self, call: Callable[[], T]) -> T:
        """Return what a call returns. Raises Crowded when too many wait already."""
        if self._waiting >= self._most:
            raise Crowded("too many are logging in at this moment; try again in a few seconds")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._worker, call)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """End the worker; what it began is finished first."""
        self._worker.shutdown(wait=True, cancel_futures=True)
