"""What one node left behind that could not be taken as it was: gaps, forks, quarantined rows."""

from dataclasses import dataclass
from typing import Final

MOST_TRACES: Final = 20
"""As many of each kind as somebody reads; all of them are counted."""


@dataclass(frozen=True, slots=True)
class LostRows:
    """Rows that no longer exist anywhere."""

    source: str
    since_ms: int
    until_ms: int
    rows: int
    reason: str
    received_ms: int


@dataclass(frozen=True, slots=True)
class ForkedStream:
    """Two spools continued one stream: a cloned card, or a spool put back."""

    stream: str
    boot: str
    received_ms: int


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Rows that this release could not read, kept as they came."""

    source: str
    code: str
    reason: str
    rows: int
    received_ms: int


@dataclass(frozen=True, slots=True)
class Traces:
    """The newest of each kind, and how many there are in all."""

    gaps: tuple[LostRows, ...] = ()
    forks: tuple[ForkedStream, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    gap_count: int = 0
    fork_count: int = 0
    quarantined_count: int = 0
