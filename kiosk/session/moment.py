"""The present as it is given to a session. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant: seconds of a clock that never jumps, and Unix seconds of the one that may."""

    monotonic: float
    wall_s: int
