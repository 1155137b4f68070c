"""The verdict desk: judges what is marked, keeps every version, tells findings.

    intake, overrides, schedules ── touched ──► docket ──► worker: `work` ──► records
                                                              └──► findings ──► listeners

One worker thread judges; the event loop and whoever asks only read what it has finished.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Final

import structlog

from hub.compliance.explain import Finding
from hub.compliance.judge import Verdict
from hub.compliance.localtime import LocalTime, parse_period
from hub.compliance.rules import Rule
from hub.errors import NotFound, StoreError
from hub.store.records import Records
from hub.store.records.verdicts import VerdictRow, WantedVerdicts
from hub.verdicts.docket import Docket
from hub.verdicts.venue_judge import Bench
from hub.verdicts.work import Declarations, Told, Work
from link.errors import StoreUnavailable

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 0.2
REST_SHARE: Final = 1.0
"""After a pass the worker rests for this many times as long: acknowledgements come first."""
CATCH_UP_REST_SHARE: Final = 0.25
"""So much while it judges a replay that is through: the intake has only the present to take."""
PASS_SECONDS: Final = 0.5
"""A pass ends after so long; what is left is for the next one."""
PAUSE_SECONDS: Final = 0.002
"""Between two venues it pauses: the interpreter is the intake's meanwhile."""


class VerdictDesk:
    """Judges what is marked. Any thread may ask."""

    def __init__(
        self,
        bench: Bench,
        records: Records,
        schedules: Declarations,
        clock_ms: Callable[[], int],
        *,
        docket: Docket | None = None,
    ) -> None:
        self._clock_ms = clock_ms
        # One that is empty is false.
        self._docket = Docket() if docket is None else docket
        self._work = Work(bench, records, schedules, self._docket, clock_ms)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="judge")
        self._looking = threading.Lock()
        self.trouble: str | None = None
        """Why nothing is judged, while a store refuses."""

    def open(self) -> None:
        """Read what is known already, and mark what has to be judged anew. Raises StoreError."""
        self._work.open()

    def close(self) -> None:
        """End the worker; what it began is finished first."""
        self._worker.shutdown(wait=True)

    def listen(self, told: Told) -> None:
        """Let somebody be told, per venue and day, of every finding that holds for it.

        A finding about a period is told with the last day of the period. Called by the worker, at
        first and whenever it changes.
        """
        self._work.listeners.append(told)

    def touched(self, venue: str, first_ms: int, last_ms: int) -> None:
        """Mark a venue for what happened from `first_ms` to `last_ms`, Unix ms."""
        self._work.mark(venue, first_ms // 1000, last_ms // 1000 + 1)

    def overridden(self, venue: str, first_ms: int, last_ms: int) -> None:
        """Judge a venue by other overrides than before, from `first_ms` to `last_ms`."""
        self._work.overridden(venue)
        self.touched(venue, first_ms, last_ms)

    def marked_upto(self, turn: int) -> None:
        """Say that all that the store's commits touched up to this one is marked."""
        self._docket.turn = turn

    async def run(self) -> None:
        """Judge what is marked, until cancelled."""
        loop = asyncio.get_running_loop()
        busy = 0.0
        while True:
            share = CATCH_UP_REST_SHARE if self._work.catches_up else REST_SHARE
            await asyncio.sleep(max(LOOK_SECONDS, share * busy))
            began = loop.time()
            await loop.run_in_executor(self._worker, self.look)
            busy = loop.time() - began

    def look(self, *, everything: bool = False) -> None:
        """Judge what is due, for as long as a pass may last; `everything`: all that is marked."""
        with self._looking:
            self._look(everything=everything)

    def current(self, venue: str | None = None) -> Sequence[VerdictRow]:
        """Return the newest verdicts: of periods that go on, or ended lately; from memory."""
        rows = self._work.rows
        if venue is not None:
            return tuple(rows.get(venue, {}).values())
        return tuple(row for some in tuple(rows.values()) for row in some.values())

    def versions(self, venue: str, rule: str, period: str) -> Sequence[VerdictRow]:
        """Return every version of a verdict, the first one first. Raises StoreError."""
        return self._work.kept.versions(venue, rule, period)

    def newest(self, wanted: WantedVerdicts) -> Sequence[VerdictRow]:
        """Return the newest versions that are asked for, of any time, in order of their keys.

        What goes on is told as it is now. Raises StoreError.
        """
        rows = self._work.rows
        return [rows.get(row.venue, {}).get(row.key, row) for row in self._work.kept.newest(wanted)]

    def explain(self, venue: str, rule: str, period: str) -> Verdict:
        """Work a verdict out anew, from the store. Raises NotFound, StoreError."""
        judge = self._work.judge_of(venue)
        found = next((known for known in judge.rules if known.id == rule), None)
        if found is None:
            raise NotFound(f"{venue} is not judged by a rule {rule!r}")
        try:
            span = parse_period(period)
        except ValueError as error:
            raise NotFound(str(error)) from error
        return judge.one(found, span, self._clock_ms() // 1000)

    def has_evidence(self, venue: str, period: str) -> bool:
        """Tell whether all that judges a period is still kept. Raises NotFound, StoreError."""
        try:
            return self._work.judge_of(venue).is_whole(parse_period(period))
        except ValueError as error:
            raise NotFound(str(error)) from error

    def clock(self, venue: str) -> LocalTime:
        """Return a venue's clock. Raises NotFound."""
        return self._work.judge_of(venue).clock

    def rules(self, venue: str) -> Sequence[Rule]:
        """Return what a venue is judged by. Raises NotFound."""
        return self._work.judge_of(venue).rules

    def findings(self, venue: str, day: date) -> Sequence[Finding]:
        """Return what was told of a venue and day last."""
        return self._work.found(venue, day)

    def _look(self, *, everything: bool) -> None:
        began = time.monotonic()
        try:
            self._work.gather(began, everything=everything)
            is_over = False
            # The last of a pass is a year: however much of today comes, they are not left waiting.
            while self._work.next(years_first=is_over) and not is_over:
                is_over = not everything and time.monotonic() - began > PASS_SECONDS
                if self._work.waits and not everything:
                    time.sleep(PAUSE_SECONDS)
            self._work.strike(at_once=everything)
        except (StoreError, StoreUnavailable) as error:
            # What was not finished is still marked: the next look tries again.
            if self.trouble is None:
                log.error("verdicts_wait", reason=str(error))
            self.trouble = str(error)
        else:
            if self.trouble is not None:
                log.info("verdicts_go_on")
            self.trouble = None
