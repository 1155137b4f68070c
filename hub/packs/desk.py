"""Where content packs are handed in and withdrawn, and what each venue's kiosks are told of them.

A pack is only taken with the district's signature: whoever is logged in may announce a pack, and
only whoever has the key can make one. The command line may sign, since it stands beside the key.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from contracts.pack import MOST_PACKS, AnnouncedPack, Packs, encode_packs
from contracts.topics import packs_topic
from hub.access import Permission, Who
from hub.audit import entry
from hub.errors import NotAllowed, NotFound
from hub.packs.folder import PackFolder
from hub.store.records import Records
from hub.store.records.packs import PackRecord, PackRecords
from link.errors import StoreUnavailable
from link.packs import PackRefused, open_archive

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 1.0
"""How soon a running hub announces what the command line changed."""

Publish = Callable[[str, bytes], bool]


class PackDesk:
    """Takes packs and announces them. What cannot be done raises PackRefused, NotFound, NotAllowed.

    `keys()` are those whose packs are taken; `publish(topic, payload)` tells whether it went out,
    and is absent where only records are changed.
    """

    def __init__(
        self,
        records: Records,
        folder: PackFolder,
        keys: Callable[[], Sequence[Ed25519PublicKey]],
        clock_ms: Callable[[], int],
        publish: Publish | None = None,
    ) -> None:
        self._records = records
        self._packs = PackRecords(records)
        self.folder = folder
        self._keys = keys
        self._clock_ms = clock_ms
        self._publish = publish
        self._told: dict[str, bytes] = {}
        """What each venue was told last; empty after a new connection to the broker."""
        self._announced = -1
        self._is_again = False

    def all(self) -> list[PackRecord]:
        """Return what is announced, by name."""
        return self._packs.all()

    def add(self, by: Who, incoming: Path, venues: Iterable[str] | None) -> PackRecord:
        """Look a zip through, keep and announce it: to some venues, or to all with None.

        `incoming` is a file of the folder's own, which is gone afterwards. Raises StoreError.
        """
        try:
            chosen = self._chosen(by, venues)
            facts = open_archive(incoming, self._keys())
            manifest = facts.manifest
            before = self._before(by, manifest.pack)
            if before is None and len(self._packs.all()) >= MOST_PACKS:
                raise PackRefused(f"{MOST_PACKS} packs are announced: withdraw one first")
            if before is not None and manifest.version < before.version:
                raise PackRefused(
                    f"{manifest.pack} {before.version} is announced, and this is version"
                    f" {manifest.version}: give it a higher one"
                )
            pack = PackRecord(
                pack=manifest.pack,
                version=manifest.version,
                sha256=facts.sha256,
                bytes=facts.size,
                title_zh=manifest.title.zh,
                title_en=manifest.title.en,
                targets=len(manifest.targets),
                venues=chosen,
                who=by.name,
                added_ms=self._clock_ms(),
            )
            self.folder.keep(incoming, facts.sha256)
        finally:
            incoming.unlink(missing_ok=True)
        told = entry(by, pack.added_ms, "pack.added", pack.pack, _facts(before), _facts(pack))
        self._packs.put(pack, told)
        self.folder.sweep(one.sha256 for one in self._packs.all())
        return pack

    def withdraw(self, by: Who, name: str) -> None:
        """Announce a pack no more; kiosks take it away. Raises NotFound, NotAllowed."""
        before = self._before(by, name)
        if before is None:
            raise NotFound(f"no content pack {name[:80]!r} is announced")
        told = entry(by, self._clock_ms(), "pack.withdrawn", name, _facts(before), None)
        self._packs.remove(name, told)
        self.folder.sweep(one.sha256 for one in self._packs.all())

    def again(self) -> None:
        """Announce everything once more, soon: the broker may have forgotten it. Any thread."""
        self._is_again = True

    async def run(self) -> None:
        """Announce what changed until cancelled, whoever changed it."""
        await asyncio.to_thread(self.folder.clear_incoming)
        while True:
            try:
                await asyncio.to_thread(self.announce)
            except StoreUnavailable as error:
                log.warning("packs_not_announced", reason=str(error))
            await asyncio.sleep(LOOK_SECONDS)

    def announce(self) -> None:
        """Tell each venue of its packs, where that differs from what it was told."""
        if self._is_again:
            self._is_again, self._announced = False, -1
            self._told.clear()
        revision = self._packs.revision()
        # Without any pack ever, nobody needs to be told that there is none.
        if revision in {0, self._announced}:
            return
        packs = [pack for pack in self._packs.all() if self._is_there(pack)]
        went_out = True
        for venue in self._records.venues():
            went_out = (
                self._tell(venue, [pack for pack in packs if pack.is_for(venue)]) and went_out
            )
        if went_out:
            self._announced = revision

    def _tell(self, venue: str, packs: list[PackRecord]) -> bool:
        listed = tuple(AnnouncedPack(p.pack, p.version, p.sha256, p.bytes) for p in packs)
        same = encode_packs(Packs(listed, 0))
        if self._told.get(venue) == same or self._publish is None:
            return True
        if not self._publish(packs_topic(venue), encode_packs(Packs(listed, self._clock_ms()))):
            return False
        self._told[venue] = same
        return True

    def _is_there(self, pack: PackRecord) -> bool:
        if self.folder.has(pack.sha256):
            return True
        log.error("pack_file_missing", pack=pack.pack, path=str(self.folder.path))
        return False

    def _before(self, by: Who, name: str) -> PackRecord | None:
        """Return what is announced under a name. Raises NotAllowed: in venues of others too."""
        before = next((pack for pack in self._packs.all() if pack.pack == name), None)
        if before is not None:
            self._require(by, before.venues)
        return before

    def _chosen(self, by: Who, venues: Iterable[str] | None) -> frozenset[str] | None:
        chosen = None if venues is None else frozenset(venues)
        unknown = sorted((chosen or frozenset()) - set(self._records.venues()))
        if unknown:
            raise NotFound(f"there is no venue {unknown[0][:80]!r}")
        self._require(by, chosen)
        return chosen

    @staticmethod
    def _require(by: Who, venues: frozenset[str] | None) -> None:
        if venues is None:
            is_allowed = by.venues is None and by.may(Permission.PACKS)
        else:
            is_allowed = all(by.may(Permission.PACKS, venue) for venue in venues)
        if not is_allowed:
            raise NotAllowed(f"{by.name} may not: the pack is for venues of others too")


def _facts(pack: PackRecord | None) -> dict[str, object] | None:
    if pack is None:
        return None
    venues = "all" if pack.venues is None else ", ".join(sorted(pack.venues))
    return {"version": pack.version, "sha256": pack.sha256, "venues": venues}
