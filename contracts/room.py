"""An unstaffed room on the wire: how it is, what it is ordered, what it answers.

The state stands in the kiosk's retained status. Orders come on the kiosk's `command` topic, where
only the hub may write, and each is answered on `reply`. An order is of its moment: one that is
older than `MOST_AGE_MS` is refused, and one with the id of an earlier one is answered alike and not
carried out again.
"""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from contracts.decoding import decoded
from contracts.ids import require_token
from contracts.orders import kind_of
from contracts.rows import Millis, Name, Text, Token

MOST_BYTES: Final = 8 * 1024
MOST_AGE_MS: Final = 30_000
"""A door is not opened by an order that waited in a queue."""

Verb = Literal["unlock", "close", "open", "announce", "reset"]


class OutputStatus(Struct, frozen=True, array_like=True):
    """One output: on, off, or None where nobody knows; `failed`: it does not do as it is told."""

    output: Name
    is_on: bool | None
    failed: bool = False


class RoomStatus(Struct, frozen=True, omit_defaults=True):
    """How an unstaffed room is, as its kiosk sees it.

    `mode`: `open`, `closed`, `cleaning`, `shut` (by the staff), `unknown` (hours or time), `fire`.
    `admits`: whether a visitor with a good card is let in; None while the door does not respond.
    `lock`: `free` opens from outside. `people` is None while nobody knows for sure. `cards`: by
    what they are checked. `alarms` sound or are latched, `latched` wait for a reset. `commands`:
    the orders that are taken from the hub.
    """

    mode: Name
    since_ms: Millis = 0
    admits: bool | None = None
    door: Literal["open", "closed"] | None = None
    lock: Literal["free", "held"] | None = None
    people: int | None = None
    people_limit: int | None = None
    closes_ms: Millis = 0
    cards: Literal["library", "list", "none"] = "none"
    list_ms: Millis = 0
    outputs: tuple[OutputStatus, ...] = ()
    alarms: tuple[Name, ...] = ()
    latched: tuple[Name, ...] = ()
    advice: tuple[Name, ...] = ()
    commands: tuple[Name, ...] = ()


class UnfinishedCase(Struct, frozen=True, omit_defaults=True):
    """Transactions of a kiosk that wait for the staff for one reason, without whose they are.

    `oldest_ms`: since when the first of them waits. `items`: numbers of the first few items, where
    somebody has to see to the item itself.
    """

    case: Name
    count: Annotated[int, Meta(ge=1, le=1_000_000)]
    oldest_ms: Millis = 0
    items: Annotated[tuple[Text, ...], Meta(max_length=20)] = ()


class RoomCommand(Struct, frozen=True, omit_defaults=True, tag_field="type", tag="room"):
    """An order of the hub; `by` says in a word of whom, for the room's own log.

    `zh` and `en` are what is announced.
    """

    id: Token
    at_ms: Millis
    verb: Verb
    by: Text = ""
    zh: Annotated[str, Meta(max_length=200)] = ""
    en: Annotated[str, Meta(max_length=200)] = ""

    def __post_init__(self) -> None:
        require_token(self.id)


class RoomReply(Struct, frozen=True, omit_defaults=True, tag_field="type", tag="room"):
    """What became of an order: done, or why not in one sentence of English.

    `refusal` is the word for the same, where the room has one: readers put it in their language.
    """

    id: Token
    done: bool
    at_ms: Millis = 0
    why: Text = ""
    refusal: Annotated[str, Meta(max_length=48)] = ""

    def __post_init__(self) -> None:
        require_token(self.id)


_command = msgspec.json.Decoder(RoomCommand)
_reply = msgspec.json.Decoder(RoomReply)


def is_for_room(payload: bytes) -> bool:
    """Tell whether a command or reply is of this kind: others share the topic.

    Raises DecodeError.
    """
    return kind_of(payload) == "room"


def encode_room(message: RoomCommand | RoomReply) -> bytes:
    """Return an order or its answer as JSON."""
    return msgspec.json.encode(message)


def decode_room_command(payload: bytes) -> RoomCommand:
    """Read an order. Raises DecodeError."""
    return decoded(_command, payload, MOST_BYTES)


def decode_room_reply(payload: bytes) -> RoomReply:
    """Read an answer. Raises DecodeError."""
    return decoded(_reply, payload, MOST_BYTES)
