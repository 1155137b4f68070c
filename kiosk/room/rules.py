"""Who may come in, by what the library says of them. Pure."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from kiosk.room.settings import RoomSettings


class EntryRefusal(StrEnum):
    """Why the door stays as it is; `kiosk.room.words` has the sentences."""

    # Of the room.
    CLOSED = "closed"
    CLEANING = "cleaning"
    SHUT = "shut"
    """The staff closed it."""
    HOURS_UNKNOWN = "hours_unknown"
    FIRE = "fire"
    FULL = "full"
    DOOR_STUCK = "door_stuck"
    # Of the card.
    UNREADABLE = "unreadable"
    TWO_CARDS = "two_cards"
    UNKNOWN_CARD = "unknown_card"
    BLOCKED = "blocked"
    EXPIRED = "expired"
    CLASS = "class"
    TOO_YOUNG = "too_young"
    AGE_UNKNOWN = "age_unknown"
    NO_AGREEMENT = "no_agreement"
    # Of the PIN.
    WRONG_PIN = "wrong_pin"
    LOCKED = "locked"
    TOO_SLOW = "too_slow"
    # Of the library that is away.
    AWAY = "away"
    """No list, or one that is too old."""
    NOT_LISTED = "not_listed"
    PIN_NOT_KNOWN = "pin_not_known"
    """The card is listed, and its PIN was never proved at this door."""
    STAFF_UNKNOWN = "staff_unknown"


class OrderRefusal(StrEnum):
    """Why an order of the staff is not carried out; `kiosk.room.words` has the sentences."""

    NOT_TAKEN = "not_taken"
    """The configuration does not list it among those of the hub."""
    TOO_OLD = "too_old"
    """Or given by another clock."""
    NOTHING_TO_SAY = "nothing_to_say"
    FREE_BY_FIRE = "free_by_fire"
    FIRE_SOUNDS = "fire_sounds"
    FIRE_UNREAD = "fire_unread"
    HOUSING_OPEN = "housing_open"


@dataclass(frozen=True, slots=True)
class Holder:
    """What the library says of a card's owner; no name."""

    category: str = ""
    born_on: date | None = None
    expires_on: date | None = None
    has_agreed: bool = False
    is_blocked: bool = False


def against(holder: Holder, settings: RoomSettings, today: date) -> EntryRefusal | None:
    """Return what stands against letting somebody in, None for nothing."""
    # Libraries block a card that has expired, too: what helps is told first.
    if holder.expires_on is not None and holder.expires_on < today:
        return EntryRefusal.EXPIRED
    if holder.is_blocked:
        return EntryRefusal.BLOCKED
    if settings.classes and holder.category not in settings.classes:
        return EntryRefusal.CLASS
    if settings.min_age and holder.born_on is None:
        return EntryRefusal.AGE_UNKNOWN
    if holder.born_on is not None and years(holder.born_on, today) < settings.min_age:
        return EntryRefusal.TOO_YOUNG
    if settings.needs_agreement and not holder.has_agreed:
        return EntryRefusal.NO_AGREEMENT
    return None


def years(born_on: date, today: date) -> int:
    """Return how many whole years somebody has lived."""
    is_before = (today.month, today.day) < (born_on.month, born_on.day)
    return today.year - born_on.year - is_before
