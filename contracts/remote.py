"""Settings and new starts from afar: what the hub orders of a node, what it answers, how it stands.

Orders come on the node's `command` topic, where only the hub may write, and are answered on
`reply`. How an order ended that outlived the node's process stands in the node's status, as
`remote.last`. An order is of its moment: one older than `MOST_AGE_MS` is refused, and one with the
id of an earlier one is answered alike and not carried out again.
"""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from contracts.decoding import decoded
from contracts.ids import require_token
from contracts.orders import MOST_BYTES
from contracts.rows import Millis, Text, Token

MOST_AGE_MS: Final = 60_000
MOST_SETTINGS_BYTES: Final = 16_000
"""Of the text of settings, UTF-8."""
MOST_LISTED: Final = 500

Verb = Literal["report", "preview", "apply", "rollback"]
Part = Literal["app", "browser", "machine"]
Stage = Literal["told", "refused", "waiting", "begun", "done", "rolled_back"]
FINAL: Final[frozenset[Stage]] = frozenset({"told", "refused", "done", "rolled_back"})
"""Stages after which nothing more comes of an order."""

Digest = Annotated[str, Meta(pattern="^([0-9a-f]{64})?$")]
"""SHA-256 of the text of settings, empty for none."""
Value = Annotated[str, Meta(max_length=2000)]
Why = Annotated[str, Meta(max_length=400)]


class SettingsCommand(Struct, frozen=True, omit_defaults=True, tag_field="type", tag="settings"):
    """An order about settings; `by` says in a word of whom, for the node's own log.

    `report`: what is in force. `preview`: what `text`, TOML, would change. `apply`: take it, if the
    settings in force are still those of the digest `base`. `rollback`: take those before.
    """

    id: Token
    at_ms: Millis
    verb: Verb
    by: Text = ""
    base: Digest = ""
    text: Annotated[str, Meta(max_length=MOST_SETTINGS_BYTES)] = ""

    def __post_init__(self) -> None:
        require_token(self.id)


class RestartCommand(Struct, frozen=True, omit_defaults=True, tag_field="type", tag="restart"):
    """An order to start anew: the node's process, the browser of its screen, its machine."""

    id: Token
    at_ms: Millis
    part: Part
    by: Text = ""

    def __post_init__(self) -> None:
        require_token(self.id)


class Setting(Struct, frozen=True, array_like=True):
    """One setting that may be set from afar, as it is in force; `value` is JSON."""

    key: Value
    value: Value
    is_remote: bool = False


class Change(Struct, frozen=True, array_like=True):
    """What would change of a setting; `before` and `after` are JSON, empty: not there."""

    key: Value
    before: Value
    after: Value


class RemoteReply(Struct, frozen=True, omit_defaults=True, tag_field="type", tag="remote"):
    """What became of an order so far.

    `told`: a report or a preview. `refused`: why not. `waiting`: until nobody uses the node.
    `begun`: the node ends now and starts anew. `done` and `rolled_back`: how that ended.
    """

    id: Token
    stage: Stage
    at_ms: Millis = 0
    why: Why = ""
    sha256: Digest = ""
    text: Annotated[str, Meta(max_length=MOST_SETTINGS_BYTES)] = ""
    settings: Annotated[tuple[Setting, ...], Meta(max_length=MOST_LISTED)] = ()
    changes: Annotated[tuple[Change, ...], Meta(max_length=MOST_LISTED)] = ()

    def __post_init__(self) -> None:
        require_token(self.id)


class Ended(Struct, frozen=True, omit_defaults=True):
    """How the last order ended that made the node start anew."""

    id: Token
    stage: Stage
    at_ms: Millis = 0
    why: Why = ""

    def __post_init__(self) -> None:
        require_token(self.id)


class RemoteStatus(Struct, frozen=True, omit_defaults=True):
    """What may be ordered of a node from afar, and how that stands.

    `settings`: whether it takes settings. `restart`: which parts it starts anew. `sha256` is of the
    settings in force, `previous` of those that a rollback takes. `trial`: they are being tried.
    `trouble`: why settings that were taken before are not in force.
    """

    settings: bool = False
    restart: tuple[Part, ...] = ()
    sha256: Digest = ""
    previous: Digest | None = None
    trial: bool = False
    trouble: Why = ""
    last: Ended | None = None


Order = SettingsCommand | RestartCommand

_order: msgspec.json.Decoder[Order] = msgspec.json.Decoder(Order)
_reply = msgspec.json.Decoder(RemoteReply)


def encode_remote(message: Order | RemoteReply) -> bytes:
    """Return an order or an answer as JSON."""
    return msgspec.json.encode(message)


def decode_remote_order(payload: bytes) -> Order:
    """Read an order. Raises DecodeError."""
    return decoded(_order, payload, MOST_BYTES)


def decode_remote_reply(payload: bytes) -> RemoteReply:
    """Read an answer. Raises DecodeError."""
    return decoded(_reply, payload, MOST_BYTES)
