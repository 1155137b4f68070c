"""What a face shows: a screen of sentences, rows, buttons and fields, in both languages. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from contracts.hours import Text


class ScreenName(StrEnum):
    """Every screen there is. A face that has no own layout for one shows it as any other."""

    ATTRACT = "attract"
    HOME = "home"
    IDENTIFY = "identify"
    PIN = "pin"
    PAD = "pad"
    """Books on the pad, to borrow or to return."""
    ACCOUNT = "account"
    RECEIPT = "receipt"
    EMAIL = "email"
    FAREWELL = "farewell"
    HOURS = "hours"
    NEARBY = "nearby"
    PRIVACY = "privacy"
    AR = "ar"
    """What the camera sees, and what stands on it."""
    HELP = "help"
    RATING = "rating"
    NEED = "need"
    STAFF = "staff"
    STAFF_UNFINISHED = "staff_unfinished"
    STAFF_DEVICES = "staff_devices"
    STAFF_ROOM = "staff_room"
    OUT_OF_SERVICE = "out_of_service"


Lang = Literal["zh", "en"]
Weight = Literal["main", "plain", "quiet", "danger"]
"""main: what most came for, at least 25 mm; quiet: the band at the foot of each screen."""
Mark = Literal["good", "bad", "warning", "unknown", "waiting", "none"]
"""A state's mark: each face has a shape and a colour for it, and shows the words beside it."""


@dataclass(frozen=True, slots=True)
class Prefs:
    """How this visitor wants to be spoken to; back to the kiosk's own at the end of a session."""

    lang: Lang = "zh"
    is_elder: bool = False
    text_dp: int = 18
    """Size of text in the elder view, 18 to 30 dp; not used outside it."""
    is_contrast: bool = False
    is_speaking: bool = False


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press: posted as `Pressed(act, serial, choice)`.

    One that is not enabled says in `why_not` why, and when to return; pressing it says so, too.
    `icon` names a drawing that a face may have.
    """

    act: str
    label: Text
    hint: Text | None = None
    weight: Weight = "plain"
    icon: str = ""
    choice: str = ""
    why_not: Text | None = None

    @property
    def is_enabled(self) -> bool:
        """Tell whether it does what it says."""
        return self.why_not is None


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a list: a book, a loan, a venue. `name` is as it is written, in no language."""

    key: str
    name: str
    detail: Text | None = None
    mark: Mark = "none"
    note: Text | None = None
    """The words of the mark, or what is to be done."""
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a plot: how many come in an hour; `share` 0 to 1 of the highest, None unknown."""

    label: str
    share: float | None
    words: Text
    is_now: bool = False


FieldKind = Literal["digits", "pin", "text", "email"]


@dataclass(frozen=True, slots=True)
class Field:
    """Something to type: posted as `Entered(name, text, serial)`. `pin` is shown as dots."""

    name: str
    label: Text
    kind: FieldKind
    most: int
    """Characters."""
    send: Text
    """The word on the key that sends it."""
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Countdown:
    """Nobody touched anything: the session ends in so many seconds unless somebody does."""

    seconds: int
    more: Button
    """The big one: I need more time."""


@dataclass(frozen=True, slots=True)
class Screen:
    """Everything that a face shows now.

    `serial` numbers what is shown: an act posted with another one is of an older screen and does
    nothing, so that a double tap acts once. `says` are sentences below the title. `alert` is what
    went wrong and what to do next, `news` what went well. `status` stands on every screen: what
    works, how the venue is.
    `foot` is the band of quiet buttons. `is_private`: it holds what is a patron's.
    """

    name: ScreenName
    serial: int
    prefs: Prefs
    title: Text
    says: tuple[Text, ...] = ()
    alert: Text | None = None
    news: Text | None = None
    status: tuple[tuple[Mark, Text], ...] = ()
    rows: tuple[Row, ...] = ()
    bars: tuple[Bar, ...] = ()
    field: Field | None = None
    buttons: tuple[Button, ...] = ()
    foot: tuple[Button, ...] = ()
    countdown: Countdown | None = None
    is_private: bool = False
    is_waiting: bool = False
    """Something is being done: nothing else can be begun."""
    qr: str | None = None
    """The content of a code to photograph."""
    picture: str = ""
    """Names a drawing that explains the screen: where the card goes."""
    sound: str = ""
    sections: tuple["Section", ...] = ()
    exhibit: str = ""
    """The key of what the camera has seen, for a face that draws it."""
    medium: str = ""
    """Where a face finds a picture that goes with what is said."""


@dataclass(frozen=True, slots=True)
class Section:
    """Further rows under a heading of their own: loans, then holds, then fees."""

    title: Text
    rows: tuple[Row, ...]
    empty: Text | None = None
