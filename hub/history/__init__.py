"""What a venue was like: who came, how full it was, what is usual, what nobody saw. Pure."""

from hub.history.calendar import RANGES, STEPS, Period, RangeName, StepName, period
from hub.history.read import History, read_history

__all__ = [
    "RANGES",
    "STEPS",
    "History",
    "Period",
    "RangeName",
    "StepName",
    "period",
    "read_history",
]
