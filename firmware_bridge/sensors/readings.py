"""What sensors tell. Frozen, without times: a reading is as old as its arrival."""

from dataclasses import dataclass
from enum import StrEnum


class Continuity(StrEnum):
    """How a counter's totals connect to those known before."""

    FIRST = "first"  # nothing was known of this board and channel: the increments are 0
    SAME_BOOT = "same_boot"  # the increments are complete, whatever was lost in between
    REBOOTED = "rebooted"  # the increments hold all since the boot; what came before it may lack
    BROKEN = "broken"  # totals went back, or beyond all reason: a new base, the increments are 0
    UNSEEN = "unseen"  # nobody looked for longer than a passage takes: one may lack


class LockState(StrEnum):
    """Bolt contact; unknown where none is wired."""

    UNKNOWN = "unknown"
    LOCKED = "locked"
    UNLOCKED = "unlocked"


class DoorState(StrEnum):
    """Door contact; unknown where none is wired."""

    UNKNOWN = "unknown"
    CLOSED = "closed"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class CounterReading:
    """A people counter: totals since the board's boot, and what is new since the last reading."""

    channel: int
    entered_total: int
    left_total: int
    entered: int
    left: int
    continuity: Continuity
    is_blocked: bool  # a beam is interrupted for long: the counter is blind
    undecided_total: int = 0  # passages whose direction could not be seen; in neither total
    breaks_total: tuple[int, ...] = ()  # how often each beam was interrupted, where it is known


@dataclass(frozen=True, slots=True)
class ContactReading:
    """A lock and its door. `changes_total` counts changes since the board's boot."""

    channel: int
    lock: LockState
    door: DoorState
    is_tampered: bool
    changes_total: int


@dataclass(frozen=True, slots=True)
class ClimateReading:
    """The air; None for what this sensor does not measure."""

    channel: int
    temperature_celsius: float | None
    humidity_percent: float | None
    co2_ppm: int | None
    pm2_5_micrograms_per_m3: int | None = None
    pm10_micrograms_per_m3: int | None = None


@dataclass(frozen=True, slots=True)
class BoardStatus:
    """The board itself, and the quality of the line to it since it was opened."""

    board_id: str  # 16 hexadecimal digits
    firmware: str
    protocol: int
    boot: int  # grows by one at each boot of the board
    uptime_seconds: int | None  # None until its first heartbeat
    channels: tuple[str, ...]
    corrupt_frames: int
    lost_frames: int
    unknown_messages: int
    reset: str = "untold"  # why it booted: power, brown_out, pin, watchdog


class AlarmKind(StrEnum):
    """What raises an alarm contact."""

    GATE = "gate"  # a security gate: something leaves that was not lent
    FIRE = "fire"  # the building's fire alarm
    TAMPER = "tamper"  # a housing is open
    CALL = "call"  # an emergency button


@dataclass(frozen=True, slots=True)
class AlarmReading:
    """An alarm contact. Told when it changes, and again and again."""

    channel: int
    kind: AlarmKind
    is_active: bool


@dataclass(frozen=True, slots=True)
class InputReading:
    """A digital input as it is, where nothing was said about what is wired to it."""

    channel: int
    is_on: bool


BoardReading = CounterReading | ContactReading | ClimateReading | BoardStatus
"""Everything that one board tells."""

Reading = BoardReading | AlarmReading | InputReading
"""Everything that sensors tell."""
