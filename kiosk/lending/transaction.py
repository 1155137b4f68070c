"""One item that changes hands: what the journal keeps of it. Pure."""

from enum import StrEnum

import msgspec
from msgspec import Struct
from msgspec.structs import replace

MOST_SENDS = 3
"""How often a request is begun anew, each time after the library's system said that it is open."""
MOST_TRIES = 3
"""How often a security bit is written before somebody has to put the item back."""


class Action(StrEnum):
    """What is done with an item, in SIP2's words checkout, checkin and renew."""

    BORROW = "borrow"
    RETURN = "return"
    RENEW = "renew"


class Stage(StrEnum):
    """How far a transaction is; docs/lending.md draws the ways."""

    INTENT = "intent"
    """Confirmed by the patron; nothing was sent or written."""
    SENT = "sent"
    """A request may have left: only the library's system knows what became of it."""
    ILS_OK = "ils_ok"
    """Carried out, and no security bit is to be written any more."""
    REFUSED = "refused"
    """The library's system said no, and no security bit is to be written any more."""
    BIT_PENDING = "bit_pending"
    """Security bits of this item are not what they have to be, or that is not known."""
    BIT_VERIFIED = "bit_verified"
    """Every bit was written and read back."""
    SHOWN = "shown"
    """The patron was told how it ended."""
    DROPPED = "dropped"
    """Nothing happened, or a later transaction settled it."""


class Upload(StrEnum):
    """Where a transaction that was accepted without the library's system stands."""

    NONE = "none"
    """The library's system carried it out itself."""
    WAITING = "waiting"
    SENT = "sent"
    DONE = "done"
    REFUSED = "refused"
    """The library's system said no: for the staff."""
    EXPORTED = "exported"
    """It went into a file for the staff to hand in."""


class Bit(StrEnum):
    """What a security bit has to become: off lets the item pass a gate."""

    ON = "on"
    OFF = "off"


class Step(Struct, frozen=True):
    """A stage that was reached, and when: Unix time in milliseconds."""

    stage: Stage
    at_ms: int


class Transaction(Struct, frozen=True, omit_defaults=True):
    """One item in one session, from the patron's confirmation to what the patron was told.

    `uids` are the item's tags, `pending` those whose security bit has not been seen to be `target`.
    `was_off` are those whose bit was off before a return. `is_touched`: a write of a bit may have
    reached a tag. `is_live`: its session goes on. `patron` is a card's number, and a keyed hash
    once it was forgotten. Times are Unix time in milliseconds.
    """

    id: str
    session: str
    action: Action
    item_id: str
    uids: tuple[str, ...]
    began_at_ms: int
    boot: str = ""
    """The start of the system in which it was begun: its clock is that of this start."""
    patron: str = ""
    owner: str = ""
    title: str = ""
    stage: Stage = Stage.INTENT
    trail: tuple[Step, ...] = ()
    is_live: bool = True
    sends: int = 0
    tries: int = 0
    target: Bit | None = None
    pending: tuple[str, ...] = ()
    was_off: tuple[str, ...] = ()
    is_touched: bool = False
    is_accepted: bool = False
    """The library's system, or the offline rule, has recorded it."""
    is_offline: bool = False
    upload: Upload = Upload.NONE
    attempts: int = 0
    """How often its upload was begun."""
    due: str = ""
    """As the library's system said it."""
    due_at_ms: int = 0
    """The due date promised without the library's system, or of a renewal: the one before."""
    accepted_at_ms: int = 0
    refusal: str = ""
    messages: tuple[str, ...] = ()
    alert: str = ""
    bin: str = ""
    destination: str = ""
    export: str = ""
    fee: str = ""
    """What has to be paid first, as the library's system said it: that was why it refused."""
    fee_is_accepted: bool = False
    is_closed: bool = False
    """The staff has seen to it."""
    is_forgotten: bool = False
    """`patron` is a keyed hash, title and messages are gone."""

    def at(self, stage: Stage, now_ms: int, **changes: object) -> "Transaction":
        """Return it at another stage, with the step in its trail."""
        trail = (*self.trail, Step(stage, now_ms))
        return replace(self, stage=stage, trail=trail, **changes)

    @property
    def is_open(self) -> bool:
        """Tell whether something is still to be done or found out."""
        return self.stage in {Stage.INTENT, Stage.SENT, Stage.BIT_PENDING}

    @property
    def needs_recovery(self) -> bool:
        """Tell whether a start of the kiosk has to look after it."""
        return self.is_open or (self.stage is Stage.REFUSED and bool(self.was_off))

    @property
    def waits_for_upload(self) -> bool:
        """Tell whether the library's system does not hold it yet."""
        return self.upload in {Upload.WAITING, Upload.SENT}


def encode_transaction(transaction: Transaction) -> bytes:
    """Return a transaction as JSON."""
    return msgspec.json.encode(transaction)


def decode_transaction(body: bytes) -> Transaction:
    """Return a transaction of its JSON. Raises msgspec.MsgspecError."""
    return msgspec.json.decode(body, type=Transaction)
