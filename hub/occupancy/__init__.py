"""How many people are inside, since when that is known, and how sure it is. Pure."""

from hub.occupancy.ledger import HeadCount, Ledger
from hub.occupancy.opening import Opening, OpenState
from hub.occupancy.quality import Judgement, Tolerances, judge
from hub.occupancy.residual import Balance
from hub.occupancy.sessions import Declared, Sessions, WeeklyHours
from hub.occupancy.spans import Span, extended, intersection
from hub.occupancy.trend import Trend

__all__ = [
    "Balance",
    "Declared",
    "HeadCount",
    "Judgement",
    "Ledger",
    "OpenState",
    "Opening",
    "Sessions",
    "Span",
    "Tolerances",
    "Trend",
    "WeeklyHours",
    "extended",
    "intersection",
    "judge",
]
