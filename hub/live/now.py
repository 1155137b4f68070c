"""The values that are told: a venue, a zone, a device as of now. Frozen; times as named."""

from dataclasses import dataclass
from typing import Literal

from hub.occupancy import Declared
from hub.occupancy.quality import Quality
from hub.venues import Device, Venue

DeviceState = Literal["online", "offline", "silent", "expected"]
"""`silent`: it sends data but never told its status. `expected`: declared, never heard."""


@dataclass(frozen=True, slots=True)
class ZoneNow:
    """Occupancy of one zone; None when it is not known."""

    zone: str
    occupancy: int | None
    quality: Quality
    since_ms: int


@dataclass(frozen=True, slots=True)
class ClimateNow:
    """The newest mean of one quantity of a climate sensor, never one that is too old to be now."""

    node: str
    sensor: str
    quantity: str
    value: float
    at_ms: int


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Occupancy at one instant of today; None where the venue was not watched."""

    at_s: int
    occupancy: int | None


@dataclass(frozen=True, slots=True)
class VenueNow:
    """A venue as of now."""

    venue: Venue
    occupancy: int | None
    """None while the quality is unknown."""
    last_occupancy: int | None
    """The sum as it was last heard, also while it is not known any more; None: never heard."""
    quality: Quality
    since_ms: int
    zero_ms: int
    """The session's zero that the sum goes back to; 0: none was seen yet."""
    heard_ms: int
    """Until when all lines that touch outside are known to have been watched; 0: never."""
    last_reading_ms: int
    entered_today: int
    zones: tuple[ZoneNow, ...]
    declared: Declared | None
    missing: tuple[str, ...]
    """Lines that are not watched, as node/line."""
    curve: tuple[CurvePoint, ...]
    climate: tuple[ClimateNow, ...] = ()
    over_since_ms: int = 0
    """Since when the hub has seen more inside than the venue may hold; 0: it does not."""

    @property
    def is_over_capacity(self) -> bool:
        """Tell whether more are inside than the venue may hold, as far as a number is told."""
        return self.over_since_ms > 0


@dataclass(frozen=True, slots=True)
class Fault:
    """What an online node says is wrong with it: a source that fails, a spool that refuses."""

    code: Literal["source", "spool"]
    name: str
    """Which source; empty for the spool."""
    detail: str
    since_ms: int


@dataclass(frozen=True, slots=True)
class DeviceNow:
    """A node as of now; `device` is None while it was never heard."""

    venue: str
    node: str
    state: DeviceState
    device: Device | None = None
    faults: tuple[Fault, ...] = ()
    """As it said last; none while it is not online."""
