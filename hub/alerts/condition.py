"""What is wrong, as those who watch tell it: all that holds now, never the changes. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from hub.live.attention import Certainty


class AlertKind(StrEnum):
    """What sort of thing an alert tells of."""

    PLAN_BREACH = "plan_breach"
    LATE_OPENING = "late_opening"
    EARLY_CLOSING = "early_closing"
    UNNOTIFIED_CLOSURE = "unnotified_closure"
    INSUFFICIENT_EVIDENCE = "insufficient_evidence"
    CONFLICT = "conflict"
    TREND = "trend"
    LOW_USE = "low_use"
    OVER_CAPACITY = "over_capacity"
    DEVICE_OFFLINE = "device_offline"
    DEVICE_FAULT = "device_fault"
    CAMERA_HEALTH = "camera_health"
    COUNTER_RESIDUAL = "counter_residual"
    UNWATCHED = "unwatched"
    CLIMATE = "climate"
    GATE_ALARM = "gate_alarm"
    FIRE_ALARM = "fire_alarm"
    TAMPER = "tamper"
    STAFF_CALL = "staff_call"
    ROOM_TROUBLE = "room_trouble"
    NODE_IDENTITY = "node_identity"
    UPDATE_FAILED = "update_failed"
    UNDECLARED_VENUE = "undeclared_venue"
    HUB_TROUBLE = "hub_trouble"
    DISK_FILLING = "disk_filling"


HUB: Final = ""
"""Stands for the venue where something is wrong with the hub itself."""


class Key(NamedTuple):
    """What makes two conditions one alert."""

    kind: AlertKind
    venue: str
    subject: str


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that holds, or that held and is over."""

    kind: AlertKind
    venue: str
    """`HUB`: no venue's."""
    subject: str
    """What tells two of one kind in one venue apart: node and source, rule and period, day."""
    since_ms: int
    """When it began in the world, Unix ms; not when it was found."""
    until_ms: int | None
    """When it ended in the world, for what is over already; None: it holds."""
    zh: str
    en: str
    certainty: Certainty = "known"
    link: str = ""
    """Path of the page with the evidence."""
    amount: float | None = None
    """How much of it, in the unit that the kind's thresholds have; None: there is no measure."""

    @property
    def key(self) -> Key:
        """Return what it is de-duplicated by."""
        return Key(self.kind, self.venue, self.subject)

    def is_history(self, now_ms: int, late_ms: int) -> bool:
        """Tell whether it lies so far back that nobody need be called for it any more."""
        # What still holds is of now, whenever it began: a hub that was away calls for it too.
        return self.until_ms is not None and now_ms - self.until_ms > late_ms
