"""What the console reads of the API's answers; whatever else there is, is passed over.

A hub of another release may tell more, or leave out what came later: both still show.
"""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

Quality = Literal["known", "degraded", "unknown"]
Trend = Literal["rising", "steady", "falling", "unknown"]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Zone(_Answer):
    """A zone as declared."""

    id: str
    name_zh: str
    name_en: str
    capacity: int | None = None


class Venue(_Answer):
    """A venue as declared."""

    id: str
    name_zh: str
    name_en: str
    kind: str = ""
    level: str = ""
    capacity: int | None = None
    timezone: str = "Asia/Shanghai"
    zones: tuple[Zone, ...] = ()


class ZoneOccupancy(_Answer):
    """How many are in a zone."""

    zone: str
    occupancy: int | None
    quality: Quality


class Opening(_Answer):
    """Whether a venue is open."""

    state: Literal["open", "closed", "unknown"] = "unknown"


class Occupancy(_Answer):
    """How many are in a venue, and how sure that is."""

    venue: str
    at: AwareDatetime
    occupancy: int | None
    last_occupancy: int | None = None
    quality: Quality
    since: AwareDatetime | None = None
    last_heard: AwareDatetime | None = None
    capacity: int | None = None
    entered_today: int = 0
    opening: Opening = Opening()
    trend: Trend = "unknown"
    missing: tuple[str, ...] = ()
    zones: tuple[ZoneOccupancy, ...] = ()


class Fault(_Answer):
    """What a node says is wrong."""

    code: str
    name: str = ""
    detail: str = ""
    since: AwareDatetime | None = None


class Device(_Answer):
    """A node."""

    venue: str
    node: str
    state: Literal["online", "offline", "silent", "expected"]
    last_seen: AwareDatetime | None = None
    first_seen: AwareDatetime | None = None
    software: str | None = None
    faults: tuple[Fault, ...] = ()


class Source(_Answer):
    """A camera or serial device of a node."""

    name: str
    kind: str
    state: str
    since: AwareDatetime | None = None
    detail: str = ""
    corrupt_frames: int = 0


class Spool(_Answer):
    """How full a node's spool is."""

    pending: int
    bytes: int
    dropped: int
    set_aside: str | None = None
    writable: bool = True


class Clock(_Answer):
    """Whether a node's time is set."""

    state: str
    held: int = 0


class DeviceDetail(Device):
    """A node with what it said last of itself."""

    told_at: AwareDatetime | None = None
    clock: Clock | None = None
    spool: Spool | None = None
    sources: tuple[Source, ...] = ()


class Alert(_Answer):
    """What somebody has to be told, and has seen or not."""

    number: int
    title_zh: str
    title_en: str
    text_zh: str
    text_en: str
    severity: str
    venue: str | None = None
    active: bool = True
    acknowledged: AwareDatetime | None = None
    acknowledged_by: str | None = None
    assigned_to: str | None = None
    since: AwareDatetime
    late: bool = False


class Alerts(_Answer):
    """Some alerts, and how many there are."""

    total: int
    alerts: tuple[Alert, ...]


class Item(_Answer):
    """Something that needs a person."""

    code: str
    mark: str
    title_zh: str
    title_en: str
    text_zh: str
    text_en: str
    since: AwareDatetime | None = None
    venue: str | None = None
