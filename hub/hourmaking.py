"""Hours that the store makes once they are over: looked after all day, in small steps."""

import asyncio
from typing import Final

import structlog

from hub.errors import StoreError
from hub.store.sqlite import Ledger
from link.errors import StoreUnavailable

log = structlog.get_logger(__name__)

EVERY_SECONDS: Final = 60
PAUSE_SECONDS: Final = 0.05
"""Between two steps, so that the database has time for what is asked and stored meanwhile."""


class HourMaker:
    """Has the store make its hours, beside the hub's other work."""

    def __init__(self, store: Ledger, every_seconds: float = EVERY_SECONDS) -> None:
        self._store = store
        self._every_seconds = every_seconds

    async def run(self) -> None:
        """Make what is due now and then again and again, until cancelled."""
        is_told = False
        while True:
            try:
                await self.make()
                is_told = False
            except (StoreError, StoreUnavailable) as error:
                if not is_told:
                    log.warning("hours_not_made", reason=str(error))
                is_told = True
            except Exception:
                # Whatever is wrong here, the hub counts on, and hours are read from buckets.
                log.exception("hours_not_made")
            await asyncio.sleep(self._every_seconds)

    async def make(self) -> int:
        """Make all that is due now; return how many. Raises StoreError, StoreUnavailable."""
        steps, made = self._store.make_hours(), 0
        while (some := await asyncio.to_thread(next, steps, None)) is not None:
            made += some
            await asyncio.sleep(PAUSE_SECONDS)
        return made
