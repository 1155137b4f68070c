"""The words in which a visit is written down: what a visitor does, and what has to be seen then.

A visit is data. It is played against the session alone, in a terminal and in a browser.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts.events import EventName
from contracts.hours import Text
from kiosk.lending.slip import Aside
from kiosk.lending.stack import Obstacle
from kiosk.session.effects import Effect
from kiosk.session.exhibit import Exhibit
from kiosk.session.patron import IdentifyRefusal
from kiosk.session.screen import ScreenName


@dataclass(frozen=True)
class Book:
    """Something to lay down, and what the desk will say of it.

    `parts`: how many tags it has. `fee`: it is lent once that is accepted. `refused`: the library's
    own words. `slips`: it is taken away before its bit is written, and has to be put back.
    `aside`: once returned, where it is to be laid.
    """

    item_id: str
    title: str
    fee: str = ""
    refused: str = ""
    slips: bool = False
    obstacle: Obstacle | None = None
    missing: tuple[int, ...] = ()
    messages: tuple[str, ...] = ()
    aside: Aside | None = None


@dataclass(frozen=True)
class Press:
    """Press the button of an act; without `choice`, the first of that act."""

    act: str
    choice: str | None = None


@dataclass(frozen=True)
class PressTwice:
    """Press a button twice, faster than the answer comes."""

    act: str
    choice: str | None = None


@dataclass(frozen=True)
class Type:
    """Type into the field that is shown, and send it."""

    field: str
    text: str


@dataclass(frozen=True)
class Lay:
    """Lay books on the pad."""

    books: tuple[Book, ...]


@dataclass(frozen=True)
class Take:
    """Take books from the pad; without any, all of them."""

    books: tuple[Book, ...] = ()


@dataclass(frozen=True)
class Card:
    """Lay a card on the card reader."""

    number: str


@dataclass(frozen=True)
class BadCard:
    """Lay something on the card reader that cannot be used."""

    refusal: IdentifyRefusal


@dataclass(frozen=True)
class Idle:
    """Do nothing for so many seconds."""

    seconds: int


@dataclass(frozen=True)
class World:
    """Something changes around the kiosk: keyword names as of `FakeDesk.change`."""

    changes: Mapping[str, object]


def world(**changes: object) -> World:
    """Return a change of the world."""
    return World(changes)


@dataclass(frozen=True)
class See:
    """The camera sees the target of an exhibit."""

    exhibit: Exhibit


@dataclass(frozen=True)
class Hold:
    """The desk answers nothing from now on, until it is let go on."""


@dataclass(frozen=True)
class GoOn:
    """The desk answers what it was asked, and further questions at once."""


@dataclass(frozen=True)
class Expect:
    """What has to be shown now, in the visitor's language.

    `buttons` are acts that are there, `without` acts that are not, `off` those that say why not.
    """

    screen: ScreenName
    says: tuple[Text, ...] = ()
    silent: tuple[str, ...] = ()
    """Fragments that must not be shown, in any language."""
    buttons: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    countdown: bool = False
    field: str | None = None


@dataclass(frozen=True)
class Asked:
    """How often the desk was asked for this kind of effect since the visit was begun."""

    kind: type[Effect]
    times: int


@dataclass(frozen=True)
class Told:
    """The hub was told of an event with this data, among other data."""

    name: EventName
    data: Mapping[str, object] = field(default_factory=dict)
    times: int = 1


Step = (
    Press
    | PressTwice
    | Type
    | Lay
    | Take
    | Card
    | BadCard
    | Idle
    | World
    | See
    | Hold
    | GoOn
    | Expect
    | Asked
    | Told
)


@dataclass(frozen=True)
class Flow:
    """One visit. `secrets` are what must be nowhere once it is over."""

    name: str
    steps: tuple[Step, ...]
    secrets: tuple[str, ...] = ()
