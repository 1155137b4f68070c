"""The guided tour of the door: in and out in five steps. Pure."""

from dataclasses import dataclass, field
from enum import IntEnum


class DoorStep(IntEnum):
    """What a newcomer does, in this order."""

    CARD = 0
    PIN = 1
    IN = 2
    LOCKED = 3
    OUT = 4


DOOR_WORDS: tuple[tuple[str, str], ...] = (
    ("把读者甲的证放到门口的读卡器上", "Hold the card of 读者甲 to the reader at the door"),
    ("输入密码 1357", "Type its PIN 1357"),
    ("门锁放开了：走进去", "The lock is released: walk in"),
    ("看：门在身后锁上了", "See: it is locked behind you"),
    ("走出来：不用刷卡", "Walk out: no card is needed"),
)


@dataclass(slots=True)
class DoorTour:
    """How far a newcomer is."""

    done: set[DoorStep] = field(default_factory=set)

    def show_card(self) -> None:
        """Note that a card was held up."""
        self.done.add(DoorStep.CARD)

    def type_pin(self) -> None:
        """Note that a PIN was typed."""
        self.done.add(DoorStep.PIN)

    def come_in(self) -> None:
        """Note that somebody came in."""
        self.done.add(DoorStep.IN)

    def look(self, *, is_free: bool, is_closed: bool) -> None:
        """Note that the door is locked after somebody came in."""
        if DoorStep.IN in self.done and is_closed and not is_free:
            self.done.add(DoorStep.LOCKED)

    def go_out(self) -> None:
        """Note that somebody went out."""
        if DoorStep.IN in self.done:
            self.done.add(DoorStep.OUT)
