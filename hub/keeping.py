"""What the hub keeps, and for how long: once a day what is older is deleted, in small steps."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from hub.config import KeepingSection
from hub.errors import StoreError
from hub.store.port import HOUR_SECONDS
from hub.store.sqlite import Ledger
from link.errors import StoreUnavailable

log = structlog.get_logger(__name__)

FIRST_SECONDS: Final = 600
"""A hub that has just started has its nodes' backlog to take first."""
EVERY_SECONDS: Final = 86_400
PAUSE_SECONDS: Final = 0.1
"""Between two steps, so that whoever waits for the writer gets it."""

JUDGED_BACK_DAYS: Final = 40
"""Evidence of so many days before the first full year stays with it: its first week begins in the
year before, what a lock read is judged 31 days back, and zones lie east of UTC."""

_DAY_SECONDS: Final = 86_400


@dataclass(frozen=True, slots=True)
class Horizons:
    """Before which instants nothing has to be kept, Unix seconds; None: all of it is."""

    measures_before: int
    evidence_before: int | None
    telemetry_before: int


def horizons(section: KeepingSection, now_s: int, newest_s: int | None) -> Horizons | None:
    """Return what may be deleted; None where nothing is stored. Pure.

    Counted from the newest hour stored if that is older than now: a clock that runs years ahead
    must not delete all there is. Full years are calendar years, and what of the days before them
    their verdicts are judged by.
    """
    if newest_s is None:
        return None
    from_s = min(now_s, newest_s + HOUR_SECONDS)
    measures = from_s - section.climate_raw_days * _DAY_SECONDS
    evidence = None
    if section.evidence_years is not None:
        year = datetime.fromtimestamp(from_s, UTC).year - section.evidence_years
        first = datetime(year, 1, 1, tzinfo=UTC) - timedelta(days=JUDGED_BACK_DAYS)
        evidence = int(first.timestamp())
    telemetry = from_s - section.telemetry_days * _DAY_SECONDS
    return Horizons(
        max(0, measures - measures % HOUR_SECONDS),
        evidence,
        max(0, telemetry - telemetry % HOUR_SECONDS),
    )


class Keeper:
    """Deletes what is due, beside the hub's other work."""

    def __init__(self, store: Ledger, section: KeepingSection, clock_ms: Callable[[], int]) -> None:
        self._store = store
        self._section = section
        self._clock_ms = clock_ms

    async def run(self) -> None:
        """Run a pass some time after the start and then every day, until cancelled."""
        await asyncio.sleep(FIRST_SECONDS)
        while True:
            try:
                await self.keep()
            except (StoreError, StoreUnavailable) as error:
                log.warning("keeping_failed", reason=str(error))
            except Exception:
                # Whatever is wrong here, the hub counts on.
                log.exception("keeping_failed")
            await asyncio.sleep(EVERY_SECONDS)

    async def keep(self) -> int:
        """Delete all that is due now; return how many rows. Raises StoreError, StoreUnavailable."""
        newest_s = await asyncio.to_thread(self._store.newest_hour)
        due = horizons(self._section, self._clock_ms() // 1000, newest_s)
        if due is None:
            return 0
        began, deleted = time.monotonic(), 0
        steps = self._store.forget(due.measures_before, due.evidence_before, due.telemetry_before)
        while (some := await asyncio.to_thread(next, steps, None)) is not None:
            deleted += some
            await asyncio.sleep(PAUSE_SECONDS)
        log.info("kept", deleted=deleted, seconds=round(time.monotonic() - began, 1))
        return deleted
