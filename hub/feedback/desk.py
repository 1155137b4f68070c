"""Who reads what visitors said at kiosks, and who may hide words of it.

A wish is free text, and may name somebody. Who watches over a district can hide its words, with a
reason; what a kiosk told stays in the store as it came, and the audit log says who hid it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from contracts.events import EventName
from hub.access import Who
from hub.access.complaints import Complaint
from hub.access.texts import said
from hub.audit import entry
from hub.errors import NotFound
from hub.feedback.said import Feedback, read
from hub.store.hidden_wish import HiddenWish
from hub.store.port import Evidence
from hub.store.records import Records
from hub.store.records.hidden_wishes import HiddenWishRecords
from hub.venues import Venue

REASON_LENGTH: Final = 200
SAID: Final = frozenset({EventName.RATING, EventName.NEED})
OLDEST_MS: Final = 3 * 366 * 86_400_000
"""Events are kept for so long."""


class FeedbackDesk:
    """Reads what was said, hides words and shows them again."""

    def __init__(self, records: Records, evidence: Evidence, clock_ms: Callable[[], int]) -> None:
        self._hidden = HiddenWishRecords(records)
        self._evidence = evidence
        self._clock_ms = clock_ms

    def hidden(self, venues: Iterable[Venue]) -> Mapping[str, HiddenWish]:
        """Return what is hidden of some venues, by event."""
        return self._hidden.of({venue.id for venue in venues})

    def of_venue(
        self, venue: str, start_ms: int, end_ms: int, hidden: Mapping[str, HiddenWish]
    ) -> list[Feedback]:
        """Return what was said in a venue in [start, end), Unix ms, oldest first."""
        events = self._evidence.events(venue, start_ms, end_ms, SAID)
        return [read(event, hidden.get(event.id)) for event in events]

    def hide(self, by: Who, venue: str, event: str, reason: str) -> None:
        """Let nobody read a wish any more. Raises NotFound, Complained."""
        reason = said(reason, REASON_LENGTH, Complaint.REASON_FORM)
        self._find(venue, event)
        now_ms = self._clock_ms()
        told = entry(by, now_ms, "wish.hidden", event, None, {"venue": venue, "reason": reason})
        self._hidden.hide(HiddenWish(event, venue, reason, by.name, now_ms), told)

    def show(self, by: Who, venue: str, event: str) -> None:
        """Let a wish be read again. Raises NotFound."""
        self._find(venue, event)
        told = entry(by, self._clock_ms(), "wish.shown", event, {"venue": venue}, None)
        self._hidden.show(event, told)

    def _find(self, venue: str, event: str) -> None:
        now_ms = self._clock_ms()
        wishes = self._evidence.events(venue, now_ms - OLDEST_MS, now_ms + 1, {EventName.NEED})
        if not any(wish.id == event for wish in wishes):
            raise NotFound(f"there is no wish {event[:32]} of {venue}")
