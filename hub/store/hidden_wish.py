"""That nobody is to read what a visitor wrote. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HiddenWish:
    """That what a visitor wrote is not shown: which event, who decided it, when and why."""

    event: str
    venue: str
    reason: str
    who: str
    hidden_ms: int
