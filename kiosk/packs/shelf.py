"""Where a kiosk keeps its packs: the one that is shown, and the one before it.

    FOLDER/shelf.json       which zip of each pack is shown, which was before; replaced in one step
    FOLDER/<sha256>.zip     a pack, by the hash of its zip; never changed, only placed and removed
    FOLDER/<sha256>.part    what is being fetched

A pack is installed when `shelf.json` names it. Whatever is switched off before that, the shelf is
as it was; whatever after that, it is the new one. Files that nothing names are swept away.
"""

import contextlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Struct

from contracts.decoding import UNREADABLE
from contracts.pack import MOST_PACKS, AnnouncedPack, Sha256
from kiosk.errors import KeepingError
from kiosk.kept_files import read_kept, write_private
from kiosk.packs.pack import Pack, open_pack
from link.packs import PackRefused

log = structlog.get_logger(__name__)

INDEX: Final = "shelf.json"


class Place(Struct, frozen=True, omit_defaults=True):
    """What the shelf holds of one pack, by the hash of its zip.

    `refused` is a zip that somebody rolled back from: it is not installed again by itself.
    """

    shown: Sha256
    before: Sha256 | None = None
    refused: Sha256 | None = None


class _Index(Struct, frozen=True):
    packs: dict[str, Place]


_decoder = msgspec.json.Decoder(_Index)


class PackShelf:
    """The packs in a folder. One process changes it at a time; nothing of it is kept in memory."""

    def __init__(
        self, folder: Path, keys: Sequence[Ed25519PublicKey] = (), *, allow_unsigned: bool = False
    ) -> None:
        self.folder = folder
        self._keys = tuple(keys)
        self._allow_unsigned = allow_unsigned

    def places(self) -> dict[str, Place]:
        """Return what is installed, by the packs' ids. Raises KeepingError."""
        kept = read_kept(self.folder / INDEX)
        if kept is None:
            return {}
        try:
            return _decoder.decode(kept).packs
        except (msgspec.ValidationError, *UNREADABLE) as error:
            # What it named is on the hub: it is fetched anew.
            log.warning("pack_shelf_damaged", path=str(self.folder / INDEX), reason=str(error))
            return {}

    def current(self) -> tuple[Pack, ...]:
        """Return what is shown; a damaged zip gives way to the version before it.

        Raises KeepingError.
        """
        packs = []
        for name, place in sorted(self.places().items()):
            for sha256 in (place.shown, place.before):
                if sha256 is None:
                    continue
                try:
                    pack = self._open(self.path_of(sha256))
                    if pack.sha256 == sha256:
                        packs.append(pack)
                        break
                    log.warning("pack_damaged", pack=name, reason="its hash is another one")
                except PackRefused as error:
                    log.warning("pack_damaged", pack=name, reason=str(error))
        return tuple(packs)

    def path_of(self, sha256: str) -> Path:
        """Return where the zip with a hash lies, or would."""
        return self.folder / f"{sha256}.zip"

    def part_of(self, sha256: str) -> Path:
        """Return where the part of a zip lies that was fetched so far."""
        return self.folder / f"{sha256}.part"

    def install(self, source: Path | bytes, *, announced: AnnouncedPack | None = None) -> Pack:
        """Verify a zip and show it from now on; a `.part` of this shelf is moved, not copied.

        With `announced` it has to be that very pack. Raises PackRefused, KeepingError: the shelf is
        as it was.
        """
        pack = self._verified(source)
        manifest = pack.manifest
        if announced is not None and (manifest.pack, manifest.version, pack.sha256) != (
            announced.pack,
            announced.version,
            announced.sha256,
        ):
            raise PackRefused(
                f"{announced.pack} {announced.version} was announced, and this is"
                f" {manifest.pack} {manifest.version}"
            )
        places = self.places()
        old = places.get(pack.manifest.pack)
        if old is None and len(places) >= MOST_PACKS:
            raise PackRefused(f"a kiosk shows at most {MOST_PACKS} packs")
        if old is None:
            places[pack.manifest.pack] = Place(pack.sha256)
        elif old.shown != pack.sha256:
            places[pack.manifest.pack] = Place(pack.sha256, old.shown)
        self._keep(places)
        return pack

    def roll_back(self, name: str) -> Pack:
        """Show the version before again. Raises PackRefused: there is none; KeepingError."""
        places = self.places()
        place = places.get(name)
        if place is None or place.before is None:
            raise PackRefused(f"there is no version of {name[:80]!r} before the one that is shown")
        pack = self._open(self.path_of(place.before))
        places[name] = Place(place.before, refused=place.shown)
        self._keep(places)
        return pack

    def keep_only(self, names: Iterable[str]) -> bool:
        """Take away the packs that are not named; tell whether there was one. Raises KeepingError.

        With nothing named the shelf is empty.
        """
        places, wanted = self.places(), set(names)
        if set(places) <= wanted:
            return False
        self._keep({name: place for name, place in places.items() if name in wanted})
        return True

    def sweep(self, parts: Iterable[str] = ()) -> None:
        """Remove what nothing names; `parts` are hashes that are still being fetched."""
        named = {INDEX} | {self.part_of(sha256).name for sha256 in parts}
        for place in self.places().values():
            named |= {self.path_of(one).name for one in (place.shown, place.before) if one}
        with contextlib.suppress(OSError):
            for path in self.folder.iterdir():
                if path.suffix in {".zip", ".part", ".partial"} and path.name not in named:
                    path.unlink(missing_ok=True)

    def _verified(self, source: Path | bytes) -> Pack:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if isinstance(source, Path) and source.parent == self.folder:
                pack = self._open(source)
                _sync(source)
                source.replace(self.path_of(pack.sha256))
            else:
                incoming = self.folder / ".incoming.partial"
                content = source if isinstance(source, bytes) else source.read_bytes()
                write_private(incoming, content)
                pack = self._open(incoming)
                incoming.replace(self.path_of(pack.sha256))
        except OSError as error:
            raise KeepingError(
                f"{self.folder}: cannot be written: {error.strerror or error}"
            ) from error
        pack.path = self.path_of(pack.sha256)
        return pack

    def _open(self, path: Path) -> Pack:
        return open_pack(path, self._keys, allow_unsigned=self._allow_unsigned)

    def _keep(self, places: dict[str, Place]) -> None:
        write_private(self.folder / INDEX, msgspec.json.encode(_Index(places)))


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
