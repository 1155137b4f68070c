"""One thing that the doctor has looked at."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, in one sentence."""

    is_fine: bool
    text: str
