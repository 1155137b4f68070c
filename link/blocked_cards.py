"""Fetching lists of cards from the hub, with a token that may read nothing else."""

import http.client
import urllib.error
import urllib.parse
import urllib.request
from typing import Final

from contracts.blocked_cards import BlockedCards, decode_blocked_cards
from contracts.door_cards import MOST_BYTES, DoorCards, decode_door_cards
from contracts.errors import DecodeError
from link.errors import LinkError

PATH: Final = "/api/v1/circulation/cards/blocked"
DOOR_PATH: Final = "/api/v1/circulation/cards/door"
ANSWER_SECONDS: Final = 20.0


def fetch_blocked_cards(url: str, token: str) -> BlockedCards:
    """Ask a hub for the cards that may not borrow. Raises LinkError: one sentence."""
    what = "the list of blocked cards"
    content = _fetch(url, PATH, token, what)
    try:
        return decode_blocked_cards(content)
    except DecodeError as error:
        raise LinkError(f"{what} cannot be read: {error.reason}") from error


def fetch_door_cards(
    url: str, token: str, *, min_age: int, classes: frozenset[str], agreed: bool
) -> DoorCards:
    """Ask a hub for the cards that open an unstaffed room by these rules. Raises LinkError."""
    what = "the list of cards for the door"
    asked = [("min_age", str(min_age)), ("agreed", str(agreed).lower())]
    asked += [("classes", one) for one in sorted(classes)]
    content = _fetch(url, f"{DOOR_PATH}?{urllib.parse.urlencode(asked)}", token, what)
    try:
        return decode_door_cards(content)
    except DecodeError as error:
        raise LinkError(f"{what} cannot be read: {error.reason}") from error


def _fetch(url: str, path: str, token: str, what: str) -> bytes:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise LinkError(f"{url!r} is no address of a hub: write it as http://HOST:PORT")
    asked = urllib.request.Request(  # noqa: S310  the scheme was looked at
        url.rstrip("/") + path, headers={"Authorization": f"Bearer {token}"}
    )
    try:
        with urllib.request.urlopen(asked, timeout=ANSWER_SECONDS) as answer:  # noqa: S310
            return bytes(answer.read(MOST_BYTES + 1))
    except urllib.error.HTTPError as error:
        with error:
            raise LinkError(f"the hub refuses {what}: {error.code}") from error
    except (OSError, http.client.HTTPException) as error:
        raise LinkError(f"the hub at {url} cannot be reached: {error}") from error
