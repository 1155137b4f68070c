"""What a room goes by. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Output(StrEnum):
    """What a relay switches."""

    STRIKE = "strike"
    """On: the strike has no power, and the door opens from outside."""
    LIGHTS = "lights"
    VENTILATION = "ventilation"
    SIREN = "siren"
    LAMP = "lamp"
    """Beside the door: on while somebody may come in."""


class Verb(StrEnum):
    """What the staff can order."""

    UNLOCK = "unlock"
    """Let the door open once."""
    CLOSE = "close"
    """Let no visitor in until `open`."""
    OPEN = "open"
    """Take a `close` back; the hours hold again."""
    ANNOUNCE = "announce"
    RESET = "reset"
    """End a fire alarm or tampering that is over."""


@dataclass(frozen=True, slots=True)
class Cleaning:
    """A stretch of each week in which the room is cleaned; seconds of the local day.

    `weekday` 0 is Monday, None every day. One that ends at or before its begin ends the next day.
    """

    weekday: int | None
    start_s: int
    end_s: int


@dataclass(frozen=True, slots=True)
class RoomSettings:
    """Seconds are of the clock that never jumps where nothing else is said."""

    outputs: frozenset[Output] = frozenset(Output)
    """Those that are wired."""
    has_fire: bool = True
    """A contact of the building's fire alarm is wired."""
    zone: str = "Asia/Shanghai"
    unlock_seconds: float = 5.0
    pin_seconds: float = 30.0
    """From a card to its PIN."""
    answer_seconds: float = 3.0
    """Then a library that is silent counts as away."""
    told_seconds: float = 10.0
    """So long a refusal stands at the door."""
    people_limit: int | None = None
    """None: the venue's own capacity."""
    count_lag_seconds: float = 10.0
    """Somebody let in is counted by then."""
    pending_seconds: float = 120.0
    """Somebody let in whom nobody counted by then did not come in."""
    min_age: int = 0
    classes: frozenset[str] = frozenset()
    """Classes of patrons that may enter; empty: all."""
    needs_agreement: bool = True
    offline: bool = True
    """Let in by the list while the library is away."""
    list_hours: float = 24.0
    wrong_pins: int = 3
    lock_seconds: float = 60.0
    closing_minutes: tuple[int, ...] = (15, 5)
    cleaning: tuple[Cleaning, ...] = ()
    lights_seconds: float = 900.0
    """Lights stay on for so long after the last sign of people."""
    co2_high_ppm: int = 1000
    co2_low_ppm: int = 800
    warm_celsius: float = 28.0
    cold_celsius: float = 14.0
    air_margin_celsius: float = 1.0
    air_seconds: float = 900.0
    """Older readings of the air say nothing of now."""
    open_too_long_seconds: float = 60.0
    commands: frozenset[Verb] = frozenset({Verb.ANNOUNCE, Verb.CLOSE, Verb.OPEN})
    """Those that are taken from the hub; the staff in the room may order all."""


Via = Literal["card", "staff", "remote"]
"""By whose wish a door was unlocked."""
