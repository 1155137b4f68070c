"""What the hub knows of a venue: its zones, lines, declared hours. Plain values, no I/O."""

from dataclasses import dataclass
from typing import Final, Literal

from hub.occupancy.sessions import WeeklyHours

OUTSIDE: Final = "outside"
"""The zone that is not a zone: the street."""

Level = Literal["district", "town", "space"]
"""Who runs a venue: the district, a town, or it is a book room or another new space."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of a venue whose occupancy is told apart."""

    id: str
    name_zh: str
    name_en: str
    capacity: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A counting line of a node; `in` counts towards `to_zone`, `out` towards `from_zone`."""

    node: str
    line: str
    from_zone: str
    to_zone: str

    @property
    def touches_outside(self) -> bool:
        """Tell whether who crosses enters or leaves the venue."""
        return OUTSIDE in {self.from_zone, self.to_zone}


@dataclass(frozen=True, slots=True)
class Sensor:
    """A source of a node that is not a counting line: a lock, a climate sensor."""

    node: str
    sensor: str
    kind: str


@dataclass(frozen=True, slots=True)
class Venue:
    """A public cultural venue as it was declared; coordinates in degrees, WGS 84."""

    id: str
    name_zh: str
    name_en: str
    kind: str
    level: Level
    capacity: int | None
    timezone: str
    hours: WeeklyHours
    quiet_at: int
    latitude: float | None = None
    longitude: float | None = None
    zones: tuple[Zone, ...] = ()
    lines: tuple[Line, ...] = ()
    sensors: tuple[Sensor, ...] = ()

    @property
    def nodes(self) -> tuple[str, ...]:
        """Return the names of the nodes that this venue expects, in order."""
        named = {line.node for line in self.lines} | {sensor.node for sensor in self.sensors}
        return tuple(sorted(named))


@dataclass(frozen=True, slots=True)
class Device:
    """A node as it was last heard; times in Unix milliseconds."""

    venue: str
    node: str
    online: bool | None
    """None: it sends, but never told its status."""
    first_seen_ms: int
    last_seen_ms: int
    status_at_ms: int = 0
    software: str = ""
    status: str = ""
    """The last status message, as JSON."""
