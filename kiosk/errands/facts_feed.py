"""What is told of the venue: asked of the hub once a minute, kept for the time without it."""

import asyncio
import http.client
import random
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog
from msgspec.structs import replace

from contracts.errors import DecodeError
from contracts.messages import decode_live
from contracts.venue_facts import MOST_BYTES, VenueFacts, decode_facts
from kiosk.errors import KeepingError
from kiosk.kept_files import read_kept, write_private
from kiosk.session.events import FactsNow

log = structlog.get_logger(__name__)

ASK_SECONDS: Final = 60.0
FIRST_AGAIN_SECONDS: Final = 2.0
"""After a first failure; each further one waits twice as long, up to `ASK_SECONDS`."""
ANSWER_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Page:
    """What the hub answered: nothing new where `content` is None."""

    content: bytes | None
    etag: str = ""


class HubAway(Exception):
    """The hub gave no answer that can be used; the sentence says what."""


class FactsFeed:
    """`tell` gets what is known whenever it changes; `trouble` how the hub is, empty when well.

    `now_s` is Unix time.
    """

    def __init__(
        self,
        url: str | None,
        venue: str,
        path: Path,
        tell: Callable[[FactsNow], None],
        trouble: Callable[[str], None],
        now_s: Callable[[], int],
        *,
        rng: random.Random | None = None,
        ask_seconds: float = ASK_SECONDS,
    ) -> None:
        self._url = url
        self._venue = venue
        self._path = path
        self._tell = tell
        self._trouble = trouble
        self._now_s = now_s
        self._rng = rng or random.Random()  # noqa: S311  jitter
        self._ask_seconds = ask_seconds
        self._facts: VenueFacts | None = None
        self._etag = ""
        self._away_since_s: int | None = None

    async def run(self) -> None:
        """Tell what was kept, then ask until cancelled."""
        self._facts = await asyncio.to_thread(self._read)
        self._show()
        soon = FIRST_AGAIN_SECONDS
        while self._url is not None:
            await self._ask(self._url)
            seconds = self._ask_seconds
            if self._away_since_s is not None:
                # A hub that starts beside its kiosks is there in seconds; one that is down, later.
                seconds, soon = min(soon, seconds), 2 * soon
            else:
                soon = FIRST_AGAIN_SECONDS
            await asyncio.sleep(seconds * self._rng.uniform(0.9, 1.1))

    def take_live(self, payload: bytes) -> None:
        """Take the venue's live state as the hub tells it on the wire: how full it is now."""
        try:
            live = decode_live(payload)
        except DecodeError:
            return
        if self._facts is None or live.venue != self._venue:
            return
        self._facts = replace(
            self._facts,
            occupancy=live.occupancy,
            capacity=live.capacity,
            quality=live.quality,
            at_ms=max(live.at_ms, self._facts.at_ms),
        )
        self._show()

    async def _ask(self, url: str) -> None:
        address = facts_address(url, self._venue)
        try:
            page = await asyncio.to_thread(fetch, address, self._etag)
            if page.content is not None:
                self._facts = decode_facts(page.content)
                self._etag = page.etag
                await asyncio.to_thread(self._keep, page.content)
        except (HubAway, DecodeError) as error:
            if self._away_since_s is None:
                self._away_since_s = self._now_s()
            self._trouble(str(error))
        else:
            self._away_since_s = None
            self._trouble("")
        self._show()

    def _show(self) -> None:
        self._tell(FactsNow(self._facts, self._away_since_s))

    def _read(self) -> VenueFacts | None:
        try:
            kept = read_kept(self._path)
            return None if kept is None else decode_facts(kept)
        except (KeepingError, DecodeError) as error:
            log.warning("facts_not_read", path=str(self._path), reason=str(error))
            return None

    def _keep(self, content: bytes) -> None:
        try:
            write_private(self._path, content)
        except KeepingError as error:
            log.warning("facts_not_kept", reason=str(error))


def facts_address(hub: str, venue: str) -> str:
    """Return where a hub tells a venue's facts."""
    return f"{hub}/api/v1/venues/{urllib.parse.quote(venue)}/facts"


def fetch(address: str, etag: str) -> Page:
    """Ask for the facts. Raises HubAway."""
    headers = {"Accept": "application/json"} | ({"If-None-Match": etag} if etag else {})
    asked = urllib.request.Request(address, headers=headers)  # noqa: S310  http(s) by configuration
    try:
        with urllib.request.urlopen(asked, timeout=ANSWER_SECONDS) as answer:  # noqa: S310
            return Page(answer.read(MOST_BYTES + 1), answer.headers.get("ETag", ""))
    except urllib.error.HTTPError as error:
        with error:
            if error.code == http.HTTPStatus.NOT_MODIFIED:
                return Page(None)
            raise HubAway(f"the hub answers {address} with {error.code}") from error
    except urllib.error.URLError as error:
        raise HubAway(f"the hub cannot be reached at {address}: {error.reason}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise HubAway(f"the hub cannot be reached at {address}: {error}") from error
