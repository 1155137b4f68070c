"""Head counts of the staff: a number that somebody counted stands in for what a sensor summed.

What sensors told is kept as it came; a head count is a second record beside it, with who, when
and why, and so is its withdrawal.
"""

from collections.abc import Callable, Sequence
from typing import Final

from hub.access import Who
from hub.access.complaints import Complained, Complaint
from hub.access.texts import said
from hub.audit import entry
from hub.occupancy import HeadCount
from hub.store.records import Records
from hub.store.records.head_counts import HeadCountRecord, HeadCountRecords
from hub.venues import OUTSIDE, Venue

OLDEST_MS: Final = 24 * 3_600_000
"""The running sum is corrected, not the past: of an older session nobody counts heads."""
MOST_HEADS: Final = 100_000
REASON_LENGTH: Final = 200


class HeadCountDesk:
    """Takes head counts and withdraws them. What cannot be done raises Complained or NotFound."""

    def __init__(
        self, records: Records, changed: Callable[[str], None], clock_ms: Callable[[], int]
    ) -> None:
        self._heads = HeadCountRecords(records)
        self._changed = changed
        self._clock_ms = clock_ms

    def of_venue(self, venue: str, since_ms: int) -> Sequence[HeadCountRecord]:
        """Return what was counted in a venue since then, withdrawn ones too, oldest first."""
        return self._heads.of_venue(venue, since_ms)

    def holding(self, venue: str, since_ms: int, until_ms: int) -> list[HeadCount]:
        """Return what holds for a whole venue in [since, until), for the running sum."""
        return [
            HeadCount(counted.at_ms // 1000, counted.occupancy)
            for counted in self._heads.of_venue(venue, since_ms, until_ms)
            if counted.withdrawn_ms is None and counted.zone == OUTSIDE
        ]

    def add(
        self,
        by: Who,
        venue: Venue,
        occupancy: int,
        reason: str,
        *,
        zone: str = OUTSIDE,
        at_ms: int | None = None,
    ) -> HeadCountRecord:
        """Let a number hold from an instant on, now if none is named; it takes effect at once."""
        now_ms = self._clock_ms()
        at = now_ms if at_ms is None else at_ms
        if zone != OUTSIDE and zone not in {zone.id for zone in venue.zones}:
            raise Complained(Complaint.ZONE_UNKNOWN)
        if not 0 <= occupancy <= MOST_HEADS:
            raise Complained(Complaint.HEADS_FORM)
        reason = said(reason, REASON_LENGTH, Complaint.REASON_FORM)
        if not now_ms - OLDEST_MS <= at <= now_ms:
            raise Complained(Complaint.HEADS_TIME)
        counted = HeadCountRecord(0, venue.id, zone, at, occupancy, reason, by.name, now_ms)
        told = entry(by, now_ms, "headcount.added", venue.id, None, _facts(counted))
        counted = self._heads.add(counted, told)
        self._changed(venue.id)
        return counted

    def withdraw(self, by: Who, venue: str, id_: int) -> None:
        """Let a head count no longer hold. Raises NotFound."""
        counted = self._heads.get(venue, id_)
        told = entry(by, self._clock_ms(), "headcount.withdrawn", venue, _facts(counted), None)
        self._heads.withdraw(counted, told)
        self._changed(venue)


def _facts(counted: HeadCountRecord) -> dict[str, str | int]:
    return {
        "zone": counted.zone,
        "at_ms": counted.at_ms,
        "occupancy": counted.occupancy,
        "reason": counted.reason,
    }
