"""The packs that the hub announces, brought onto the shelf: fetched, verified, installed.

    announced ─► fetched, in parts ─► hash ─► looked through ─► installed ─► told
                  │ cut: goes on later      │ refused: the one before stays, tried again when
                  ▼                         ▼ something else is announced
                 .part stays               removed

What is on the shelf is shown from the first moment, with or without the hub.
"""

import asyncio
import contextlib
import random
import threading
from collections.abc import Callable
from typing import Final

import structlog

from contracts.errors import DecodeError
from contracts.pack import AnnouncedPack, decode_packs
from kiosk.errors import FetchCut, KeepingError
from kiosk.packs.fetch import fetch_pack
from kiosk.packs.pack import Pack
from kiosk.packs.shelf import PackShelf
from link.packs import PackRefused

log = structlog.get_logger(__name__)

FIRST_AGAIN_SECONDS: Final = 2.0
"""After a first failure; each further one waits twice as long, up to `MOST_AGAIN_SECONDS`."""
MOST_AGAIN_SECONDS: Final = 300.0


class PackFeed:
    """`told` gets the packs that are shown: at the start, and after each change.

    `trouble` gets what is wrong with what is announced, in one sentence; empty where nothing is.
    """

    def __init__(
        self,
        shelf: PackShelf,
        hub: str,
        told: Callable[[tuple[Pack, ...]], None] = lambda _packs: None,
        *,
        trouble: Callable[[str], None] = lambda _sentence: None,
        rng: random.Random | None = None,
        again_seconds: float = FIRST_AGAIN_SECONDS,
    ) -> None:
        self._shelf = shelf
        self._hub = hub
        self._told = told
        self._trouble = trouble
        self._rng = rng or random.Random()  # noqa: S311  jitter
        self._again_seconds = again_seconds
        self._wanted: tuple[AnnouncedPack, ...] | None = None
        """What was announced last; None before anything was."""
        self._refused: dict[str, str] = {}
        """Zips of that announcement that were looked at and are not taken, and why."""
        self._unkept = ""
        """Why the shelf could not be written just now."""
        self._news = asyncio.Event()
        self._stop = threading.Event()

    def take(self, payload: bytes) -> None:
        """Take an announcement, as it comes from the wire; one that cannot be read changes nothing.

        An empty payload is a topic that was cleared: nothing is announced any more.
        """
        try:
            wanted = decode_packs(payload).packs if payload else ()
        except DecodeError as error:
            log.warning("pack_announcement_refused", reason=error.reason[:200])
            return
        if wanted != self._wanted:
            self._wanted = wanted
            self._refused.clear()
            self._news.set()

    async def run(self) -> None:
        """Tell what the shelf shows, then bring it to what is announced, until cancelled."""
        self._told(await asyncio.to_thread(self._shelf.current))
        wait = self._again_seconds
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    # Without anything left to do, only news wakes us.
                    async with asyncio.timeout(
                        None if self._is_settled() else self._jittered(wait)
                    ):
                        await self._news.wait()
                        wait = self._again_seconds
                self._news.clear()
                changed = await asyncio.to_thread(self._settle, self._wanted or ())
                self._trouble(next(iter(self._refused.values()), self._unkept))
                if changed:
                    self._told(await asyncio.to_thread(self._shelf.current))
                wait = self._again_seconds if changed else min(2 * wait, MOST_AGAIN_SECONDS)
        finally:
            self._stop.set()

    def _is_settled(self) -> bool:
        return self._wanted is None or not self._missing(self._wanted)

    def _jittered(self, seconds: float) -> float:
        return seconds * self._rng.uniform(0.8, 1.2)

    def _missing(self, wanted: tuple[AnnouncedPack, ...]) -> list[AnnouncedPack]:
        """Return what is announced, not shown, and not refused: by us, or by who rolled back."""
        try:
            places = self._shelf.places()
        except KeepingError as error:
            log.error("pack_shelf_not_read", reason=str(error))
            return list(wanted)
        return [
            pack
            for pack in wanted
            if pack.sha256 not in self._refused
            and (
                (place := places.get(pack.pack)) is None
                or pack.sha256 not in {place.shown, place.refused}
            )
        ]

    def _settle(self, wanted: tuple[AnnouncedPack, ...]) -> bool:
        """Fetch and install what is missing, take away what is withdrawn; tell what changed."""
        changed, self._unkept = False, ""
        for pack in self._missing(wanted):
            try:
                self._bring(pack)
            except FetchCut as error:
                log.info("pack_not_fetched", pack=pack.pack, reason=str(error))
            except PackRefused as error:
                self._refused[pack.sha256] = f"{pack.pack} {pack.version}: {error}"
                log.error("pack_refused", pack=pack.pack, version=pack.version, reason=str(error))
            except KeepingError as error:
                self._unkept = str(error)
                log.error("pack_not_installed", pack=pack.pack, reason=str(error))
            else:
                changed = True
        try:
            changed = self._shelf.keep_only(pack.pack for pack in wanted) or changed
            self._shelf.sweep(pack.sha256 for pack in self._missing(wanted))
        except KeepingError as error:
            self._unkept = str(error)
            log.error("pack_shelf_not_kept", reason=str(error))
        return changed

    def _bring(self, pack: AnnouncedPack) -> None:
        """Fetch, verify and install. Raises FetchCut, PackRefused, KeepingError."""
        # Cut between its place and the index, a zip is there already under its own name.
        source = self._shelf.path_of(pack.sha256)
        if not source.exists():
            source = self._shelf.part_of(pack.sha256)
            fetch_pack(self._hub, pack, source, self._stop)
        shown = self._shelf.install(source, announced=pack)
        log.info("pack_installed", pack=pack.pack, version=shown.manifest.version)
