"""Names of events that the hub judges opening hours by, and of states that come from one contact.

A node may tell of other events under names of its own; they are kept, and decide nothing.
"""

from enum import StrEnum
from typing import Final


class EventName(StrEnum):
    """What a kiosk or a board tells of by these names, and how it counts."""

    STAFF_OPEN = "staff_open"
    """Somebody of the staff declares at the kiosk that the venue is open from now on."""
    STAFF_CLOSE = "staff_close"
    """… that it closes."""
    LOAN = "loan"
    """An item was lent: a sign of people."""
    RETURN = "return"
    """An item was brought back: a sign of people."""
    SESSION = "session"
    """A visitor began a session at a kiosk: a sign of people."""
    GATE_ALARM = "gate_alarm"
    """The security gate sounded; no evidence of hours, an alert."""
    FIRE_ALARM = "fire_alarm"
    """The building's fire alarm sounded; no evidence of hours, an alert."""
    STAFF_CALL = "staff_call"
    """A visitor at a kiosk asks for a person; an alert. `reason` in its data."""
    RATING = "rating"
    """A visitor's opinion, anonymous: `stars` 1 to 5, `about` what."""
    NEED = "need"
    """What a visitor wishes for, anonymous: `about` and `text`."""
    KIOSK_USE = "kiosk_use"
    """How one session at a kiosk went, without whose it was."""
    TAMPER = "tamper"
    """A housing was opened; an alert."""
    DOOR_UNLOCKED = "door_unlocked"
    """An unstaffed room's door was freed, and reads so: `via` card, staff or remote, `offline`."""
    ROOM_ENTRY = "room_entry"
    """The door was opened after that: a sign of people. `offline`: by the list of cards."""
    STAFF_ENTRY = "staff_entry"
    """The same with a card of the staff; no evidence of hours."""
    ROOM_EXIT = "room_exit"
    """The door was opened without having been freed: from inside."""
    ENTRY_REFUSED = "entry_refused"
    """Somebody was not let in: `reason`; not who."""
    ROOM_MODE = "room_mode"
    """An unstaffed room lets in others than before: `mode`."""
    ROOM_TROUBLE = "room_trouble"
    """Something that the staff has to see to: `reason`; an alert."""
    ROOM_COMMAND = "room_command"
    """The staff ordered something: `verb`, `remote`, `done`."""
    ANNOUNCED = "announced"
    """Something was said aloud in an unstaffed room: `kind`."""
    AR_TARGET = "ar_target"
    """A kiosk's camera saw a target of a content pack: `target`, and `seconds` that it was seen."""
    AR_HOTSPOT = "ar_hotspot"
    """Somebody opened a hotspot: `target`, `hotspot`."""
    AR_TROUBLE = "ar_trouble"
    """A kiosk's camera failed while somebody wanted to see: `reason`."""


DECIDING: Final = frozenset(
    {
        EventName.STAFF_OPEN,
        EventName.STAFF_CLOSE,
        EventName.LOAN,
        EventName.RETURN,
        EventName.SESSION,
        EventName.ROOM_ENTRY,
    }
)
"""What the hub judges opening hours by, and keeps for as long as all other evidence."""

DOOR_SUFFIX: Final = "-door"
"""A lock's contact tells its bolt under its own name, and its door's leaf under this one."""
