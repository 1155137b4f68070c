"""The values that are told: a venue, a zone, a device as of now. Frozen; times as named."""

from dataclasses import dataclass
from typing import Final, Literal

from hub.occupancy import Balance, Declared, Opening, Trend
from hub.occupancy.quality import Quality
from hub.venues import Device, Venue

DeviceState = Literal["online", "offline", "silent", "expected"]
"""`silent`: it sends data but never told its status. `expected`: declared, never heard."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """What the newest stretch that ended has left over."""

    balance: Balance
    is_watched: bool
    """All lines were watched all through it; else who passed meanwhile is part of the residual."""


@dataclass(frozen=True, slots=True)
class ZoneNow:
    """Occupancy of one zone; None when it is not known."""

    zone: str
    occupancy: int | None
    quality: Quality
    since_ms: int
    counted_ms: int = 0
    """When the staff counted heads in it since its zero; 0: they did not."""
    leftover: Leftover | None = None


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


_NOT_KNOWN: Final = Opening()


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
    opening: Opening = _NOT_KNOWN
    trend: Trend = "unknown"
    counted_ms: int = 0
    """When the staff counted heads since the zero; 0: they did not."""
    leftover: Leftover | None = None
    late_since_ms: int = 0
    """Since when it should be open while its locks read locked; 0: that is not so."""
    over_since_ms: int = 0
    """Since when the hub has seen more inside than the venue may hold; 0: it does not."""

    @property
    def is_over_capacity(self) -> bool:
        """Tell whether more are inside than the venue may hold, as far as a number is told."""
        return self.over_since_ms > 0


FaultCode = Literal["source", "camera", "view", "spool", "clock", "dropped", "certificate", "store"]


@dataclass(frozen=True, slots=True)
class Fault:
    """What an online node says is wrong: with a source, spool, clock, certificate, or around it.

    `camera`: its pictures cannot be counted in, `detail` says how they are. `view`: it shows
    another view than at first.
    """

    code: FaultCode
    name: str
    """Which source, or which store that is not its own; empty for the rest."""
    detail: str
    since_ms: int
    count: int = 0
    """Rows that wait until the clock is set, or that were dropped."""


@dataclass(frozen=True, slots=True)
class DeviceNow:
    """A node as of now; `device` is None while it was never heard."""

    venue: str
    node: str
    state: DeviceState
    device: Device | None = None
    faults: tuple[Fault, ...] = ()
    """As it said last; none while it is not online."""
    offset_ms: int | None = None
    """How far its clock was ahead of the hub's when its newest batch came, less the way of it."""
