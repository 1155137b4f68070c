"""The verdicts of a week, of the venues that somebody may see: for board, list and CSV."""

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from hub.access import Permission, Who
from hub.compliance.localtime import Span
from hub.store.records.verdicts import Key, VerdictRow, WantedVerdicts
from hub.venues import Venue

MOST_ROWS: Final = 200_000
"""A thousand venues have some five thousand verdicts of a week and its year."""


class Verdicts(Protocol):
    """What tells the newest verdicts."""

    def current(self, venue: str | None = None) -> Sequence[VerdictRow]:
        """Return those of periods that go on, or ended lately; from memory."""

    def newest(self, wanted: WantedVerdicts) -> Sequence[VerdictRow]:
        """Return the newest versions that are asked for, of any time. Raises StoreError."""


def in_sight(venues: Iterable[Venue], who: Who) -> tuple[Venue, ...]:
    """Return the venues whose verdicts somebody may see."""
    return tuple(venue for venue in venues if who.may(Permission.EVIDENCE, venue.id))


def rows_of_week(desk: Verdicts, week: Span, venues: Sequence[Venue]) -> list[VerdictRow]:
    """Return the verdicts of a week and of its year. Raises StoreError.

    What is in memory is not read; of an older week everything comes from the records.
    """
    wanted = {venue.id for venue in venues}
    periods = (week.name, str(week.year))
    known = [row for row in desk.current() if row.period in periods and row.venue in wanted]
    found = {row.key: row for row in known}
    for period in periods:
        if not any(row.period == period for row in known):
            asked = WantedVerdicts(venues=wanted, period=period, most=MOST_ROWS)
            found |= {row.key: row for row in desk.newest(asked)}
    return list(found.values())


def rows_of_venue(desk: Verdicts, week: Span, venue: str) -> list[VerdictRow]:
    """Return the same of one venue. Raises StoreError."""
    periods = (week.name, str(week.year))
    found: dict[Key, VerdictRow] = {}
    for period in periods:
        asked = WantedVerdicts(venues=(venue,), period=period, most=MOST_ROWS)
        found |= {row.key: row for row in desk.newest(asked)}
    found |= {row.key: row for row in desk.current(venue) if row.period in periods}
    return list(found.values())
