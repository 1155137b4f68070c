"""What stands at a fixed place of a message, and how its text becomes a value and back.

Reading never raises: what a peer wrote wrongly becomes the value that permits least (no, none).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any, Generic, NamedTuple, TypeVar

from contracts.sip2.codes import Flag, Summary
from contracts.sip2.dates import WIDTH, read_instant, write_instant

T = TypeVar("T")
N = TypeVar("N", bound=IntEnum)


@dataclass(frozen=True, slots=True, eq=False)
class Part(Generic[T]):
    """A part of fixed width: its name, how many characters, and its value."""

    name: str
    width: int
    read: Callable[[str], T]
    write: Callable[[T], str]
    default: T
    """Written where no value is given."""

    def of(self, value: T) -> "Filled":
        """Return this part with a value. Raises ValueError when it does not fit."""
        text = self.write(value)
        if len(text) != self.width or not text.isascii() or not text.isprintable():
            raise ValueError(f"{self.name} has {self.width} ASCII characters, and not {len(text)}")
        return Filled(self, text)


class Filled(NamedTuple):
    """A part with the text of its value."""

    part: Part[Any]
    text: str


def digit(name: str, *, default: bool = False) -> Part[bool]:
    """Return a part that is `1` or `0`; a peer's `Y` is taken too."""
    return Part(name, 1, lambda text: text in "1Yy", lambda value: "01"[value], default)


def letter(name: str, *, default: bool = False) -> Part[bool]:
    """Return a part that is `Y` or `N`; a peer's `1` is taken too."""
    return Part(name, 1, lambda text: text in "Yy1", lambda value: "NY"[value], default)


def unsure(name: str) -> Part[bool | None]:
    """Return a part that is `Y`, `N` or `U` for not known: None."""
    return Part(
        name,
        1,
        {"Y": True, "y": True, "N": False, "n": False}.get,
        lambda value: "U" if value is None else "NY"[value],
        None,
    )


def text_of(name: str, width: int, default: str | None = None) -> Part[str]:
    """Return a part that is text as it stands; shorter text is filled up with blanks."""
    return Part(
        name,
        width,
        lambda text: text.rstrip(),
        lambda value: value.ljust(width),
        " " * width if default is None else default,
    )


def count(name: str, width: int = 4, default: int | None = 0) -> Part[int | None]:
    """Return a part that is a number with leading zeros; blanks are None, too many the most."""
    most = 10**width - 1
    return Part(
        name,
        width,
        lambda text: int(text) if text.isascii() and text.strip().isdecimal() else None,
        lambda value: " " * width if value is None else f"{min(max(value, 0), most):0{width}}",
        default,
    )


def instant(name: str) -> Part[datetime | None]:
    """Return a part that is an instant of 18 characters."""
    return Part(name, WIDTH, read_instant, write_instant, None)


def flags(name: str) -> Part[frozenset[Flag]]:
    """Return a part that is a patron's status."""
    return _places(name, Flag, len(Flag))


def _places(name: str, kind: type[N], width: int) -> Part[frozenset[N]]:
    return Part(
        name,
        width,
        lambda text: frozenset(place for place in kind if text[place : place + 1] in {"Y", "y"}),
        lambda value: "".join("Y" if place in {*value} else " " for place in range(width)),
        frozenset(),
    )


def chosen(name: str) -> Part[Summary | None]:
    """Return a part that says which one list is wanted; of several the first counts."""
    places = _places(name, Summary, 10)
    return Part(
        name,
        places.width,
        lambda text: min(places.read(text), default=None),
        lambda value: places.write(frozenset() if value is None else frozenset({value})),
        None,
    )
