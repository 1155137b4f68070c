"""What may happen to a transaction, and what may have to be done then. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Request(StrEnum):
    """What the library's system is asked to do."""

    CHECKOUT = "checkout"
    CHECKIN = "checkin"
    RENEW = "renew"
    CANCEL_CHECKOUT = "cancel_checkout"


class Finding(StrEnum):
    """What the library's system says of an item when it is asked."""

    HERE = "here"
    """On loan to this patron."""
    AVAILABLE = "available"
    """On loan to nobody."""
    ELSEWHERE = "elsewhere"
    """On loan to another patron, or to one that it does not name."""
    UNKNOWN = "unknown"
    """It answered, and cannot tell."""


class Notice(StrEnum):
    """What a patron has to be told at once."""

    PUT_BACK = "put_back"
    SEE_STAFF = "see_staff"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the library's system. `may_clear`: the security bit may be cleared."""

    is_ok: bool
    may_clear: bool = False
    is_renewal: bool = False
    reason: str = ""
    title: str = ""
    due: str = ""
    fee: str = ""
    alert: str = ""
    bin: str = ""
    destination: str = ""
    messages: tuple[str, ...] = ()


# Events.


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The patron said yes to this item. `off_uids`: tags whose security bit is off by now."""

    off_uids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Replied:
    """The library's system answered."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Unsent:
    """The request did not leave."""

    reason: str


@dataclass(frozen=True, slots=True)
class AnswerLost:
    """The request may have arrived, and no answer came."""


@dataclass(frozen=True, slots=True)
class Looked:
    """The library's system was asked how an item is. `is_renewed`: its due date is a later one.

    `alert`: of an item that is back, why it is to be put aside.
    """

    finding: Finding
    may_clear: bool = True
    is_renewed: bool = False
    due: str = ""
    title: str = ""
    alert: str = ""


@dataclass(frozen=True, slots=True)
class LookFailed:
    """The library's system could not be asked."""


@dataclass(frozen=True, slots=True)
class BitVerified:
    """A security bit was written and read back; the tag's uid may be another by that."""

    uid: str
    now_uid: str


@dataclass(frozen=True, slots=True)
class BitFailed:
    """A security bit was not seen to be as it has to be. `may_be_written`: it may be all the same.

    False only when the tag was seen to be missing before anything was written.
    """

    uid: str
    may_be_written: bool = True


@dataclass(frozen=True, slots=True)
class Waited:
    """The time of a Wait is over."""


@dataclass(frozen=True, slots=True)
class TagOnPad:
    """A tag lies on the pad again."""

    uid: str


@dataclass(frozen=True, slots=True)
class PutBackExpired:
    """The item was not laid down again in time. `may_cancel`: a checkout may be taken back."""

    may_cancel: bool = False


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """The patron is gone."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The patron was told how it ended."""


@dataclass(frozen=True, slots=True)
class Superseded:
    """A later transaction of the item was recorded, and has seen to its security bit."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """The kiosk was started again, and found this transaction in its journal."""


Event = (
    Confirmed
    | Replied
    | Unsent
    | AnswerLost
    | Looked
    | LookFailed
    | BitVerified
    | BitFailed
    | Waited
    | TagOnPad
    | PutBackExpired
    | SessionEnded
    | Shown
    | Superseded
    | Recovered
)

# Effects.


@dataclass(frozen=True, slots=True)
class Ask:
    """Send a request: ends in Replied, Unsent or AnswerLost."""

    request: Request


@dataclass(frozen=True, slots=True)
class Look:
    """Ask how the item is, on a fresh connection where one was lost: Looked or LookFailed."""


@dataclass(frozen=True, slots=True)
class WriteBit:
    """Write a tag's security bit, addressed, and read it back: BitVerified or BitFailed."""

    uid: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """Let time pass: ends in Waited."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell the patron."""

    notice: Notice


@dataclass(frozen=True, slots=True)
class Announce:
    """Report the loan or return as an event of this node. `is_undone`: it was taken back."""

    is_undone: bool = False


Effect = Ask | Look | WriteBit | Wait | Tell | Announce
