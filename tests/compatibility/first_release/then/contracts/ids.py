"""Identifiers that cross the wire: their form, and nothing else.

A name is short lower-case ASCII, so that it can stand in a topic, a file name and a URL unescaped.
Tokens (streams, boots, epochs, stores) are random hexadecimal, made by whoever owns the thing.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from tests.compatibility.first_release.then.contracts.errors import DecodeError, RefusalCode

NAME_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,47}$"
"""Venues, nodes, lines, sensors, zones, quantities."""

TOKEN_PATTERN = r"^[0-9a-f]{8,32}$"
"""Streams, boots, epochs, stores."""

_NAME = re.compile(NAME_PATTERN)
_TOKEN = re.compile(TOKEN_PATTERN)


@dataclass(frozen=True, slots=True, order=True)
class NodeId:
    """One sender on the wire: a node inside a venue, `{venue}/{node}`, also its MQTT user name."""

    venue: str
    node: str

    def __str__(self) -> str:
        return f"{self.venue}/{self.node}"


def is_name(text: str) -> bool:
    """Tell whether `text` has the form of a name."""
    return _NAME.fullmatch(text) is not None


def is_token(text: str) -> bool:
    """Tell whether `text` has the form of a token."""
    return _TOKEN.fullmatch(text) is not None


@lru_cache(maxsize=65_536)
def require_name(text: str) -> None:
    """Raise ValueError when `text` is not a name; remembered, since a stream repeats few names."""
    if not is_name(text):
        raise ValueError(f"{text!r} is not a name: lower-case letters, digits, - and _, at most 48")


@lru_cache(maxsize=65_536)
def require_token(text: str) -> None:
    """Raise ValueError when `text` is not a token; remembered like names."""
    if not is_token(text):
        raise ValueError(f"{text!r} is not a token: 8 to 32 hexadecimal digits")


def parse_node_id(text: str) -> NodeId:
    """Read `{venue}/{node}`.

    Raises DecodeError when either part is not a name.
    """
    venue, _, node = text.partition("/")
    if not (is_name(venue) and is_name(node)):
        raise DecodeError(
            RefusalCode.BAD_TOPIC,
            f"{text!r} is not venue/node: each is lower-case letters, digits, - and _, at most 48",
        )
    return NodeId(venue, node)
