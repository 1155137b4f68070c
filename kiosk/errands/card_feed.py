"""Lists of cards: fetched while the hub is there, kept for the time without it."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Final, Generic, TypeVar

import structlog

from contracts.errors import DecodeError
from kiosk.errors import KeepingError
from kiosk.kept_files import read_kept, write_private
from link.errors import LinkError

log = structlog.get_logger(__name__)
T = TypeVar("T")

FETCH_SECONDS: Final = 900.0
FIRST_WAIT_SECONDS: Final = 1.0
LONGEST_WAIT_SECONDS: Final = 60.0
"""After a failure; doubled each time: a hub that starts beside the kiosk is soon there."""


class CardFeed(Generic[T]):
    """`fetch` asks the hub, in a thread, and raises LinkError; `take` gets each list.

    `encode` and `decode` (which raises DecodeError) are how a list lies on the disk.
    """

    def __init__(
        self,
        path: Path,
        fetch: Callable[[], T] | None,
        take: Callable[[T], None],
        *,
        encode: Callable[[T], bytes],
        decode: Callable[[bytes], T],
        rng: random.Random | None = None,
        fetch_seconds: float = FETCH_SECONDS,
    ) -> None:
        self._path = path
        self._fetch = fetch
        self._take = take
        self._encode = encode
        self._decode = decode
        self._rng = rng or random.Random()  # noqa: S311  jitter
        self._fetch_seconds = fetch_seconds
        self._is_away = False

    async def run(self) -> None:
        """Give what was kept, then fetch until cancelled."""
        kept = await asyncio.to_thread(self._read)
        if kept is not None:
            self._take(kept)
        wait = FIRST_WAIT_SECONDS
        while self._fetch is not None:
            seconds = self._fetch_seconds
            try:
                cards = await asyncio.to_thread(self._fetch)
                self._take(cards)
                self._is_away, wait = False, FIRST_WAIT_SECONDS
                await asyncio.to_thread(write_private, self._path, self._encode(cards))
            except (LinkError, KeepingError) as error:
                if not self._is_away:
                    log.warning("card_list_not_renewed", reason=str(error))
                self._is_away, seconds = True, min(wait, seconds)
                wait = min(2 * wait, LONGEST_WAIT_SECONDS)
            await asyncio.sleep(seconds * self._rng.uniform(0.9, 1.1))

    def _read(self) -> T | None:
        try:
            kept = read_kept(self._path)
            return None if kept is None else self._decode(kept)
        except (KeepingError, DecodeError) as error:
            log.warning("card_list_not_read", path=str(self._path), reason=str(error))
            return None
