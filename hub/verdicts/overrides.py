"""Overrides: a person's word, with a reason and a document, stands above what sensors told.

What sensors told is kept as it came; an override is a record beside it, with who, when and why,
and so is its withdrawal.
"""

from collections.abc import Callable, Sequence
from typing import Final

from hub.access import Who
from hub.access.complaints import Complained, Complaint
from hub.access.texts import said
from hub.audit import entry
from hub.store.records import Records
from hub.store.records.overrides import OverrideRecord, OverrideRecords
from hub.venues import Venue

REASON_LENGTH: Final = 200
DOCUMENT_LENGTH: Final = 200
LONGEST_MS: Final = 31 * 86_400_000
"""Nobody can vouch for more than a month at once."""
OLDEST_MS: Final = 3 * 366 * 86_400_000
"""Of what is older no evidence has to be kept that it could be held against."""


class OverrideDesk:
    """Takes overrides and withdraws them. What cannot be done raises Complained or NotFound."""

    def __init__(
        self,
        records: Records,
        changed: Callable[[str, int, int], None],
        clock_ms: Callable[[], int],
    ) -> None:
        self._kept = OverrideRecords(records)
        self._changed = changed
        self._clock_ms = clock_ms

    def of_venue(self, venue: str) -> Sequence[OverrideRecord]:
        """Return all of a venue, withdrawn ones too, by the time that they are about."""
        return self._kept.of_venue(venue)

    def add(
        self,
        by: Who,
        venue: Venue,
        start_ms: int,
        end_ms: int,
        *,
        is_open: bool,
        why: str,
        document: str,
    ) -> OverrideRecord:
        """Let a venue count as open or closed in `[start_ms, end_ms)`, Unix ms; at once."""
        now_ms = self._clock_ms()
        why = said(why, REASON_LENGTH, Complaint.REASON_FORM)
        document = said(document, DOCUMENT_LENGTH, Complaint.PROOF_FORM)
        is_past = now_ms - OLDEST_MS <= start_ms and end_ms <= now_ms
        if not (is_past and 1000 <= end_ms - start_ms <= LONGEST_MS):
            raise Complained(Complaint.OVERRIDE_TIME)
        made = OverrideRecord(
            0, venue.id, start_ms, end_ms, is_open, why, document, by.name, now_ms
        )
        told = entry(by, now_ms, "override.added", venue.id, None, _facts(made))
        made = self._kept.add(made, told)
        self._changed(venue.id, start_ms, end_ms)
        return made

    def withdraw(self, by: Who, venue: str, id_: int) -> None:
        """Let an override no longer hold. Raises NotFound."""
        made = self._kept.get(venue, id_)
        told = entry(by, self._clock_ms(), "override.withdrawn", venue, _facts(made), None)
        self._kept.withdraw(made, told)
        self._changed(venue, made.start_ms, made.end_ms)


def _facts(made: OverrideRecord) -> dict[str, str | int | bool]:
    return {
        "start_ms": made.start_ms,
        "end_ms": made.end_ms,
        "is_open": made.is_open,
        "why": made.why,
        "document": made.document,
    }
