"""How many people are inside, since when that is known, and how sure it is. Pure."""

from hub.occupancy.ledger import Ledger
from hub.occupancy.quality import Judgement, Tolerances, judge
from hub.occupancy.sessions import Declared, Sessions, WeeklyHours
from hub.occupancy.spans import Span, extended, intersection

__all__ = [
    "Declared",
    "Judgement",
    "Ledger",
    "Sessions",
    "Span",
    "Tolerances",
    "WeeklyHours",
    "extended",
    "intersection",
    "judge",
]
