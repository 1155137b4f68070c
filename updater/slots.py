"""Where releases lie on a node, and which of them runs.

    ROOT/releases/<version>-<hash>/   a slot: an environment of its own, and `manifest.json`
    ROOT/releases/.making/            a slot that is being made; its name comes last
    ROOT/current                      a link to the slot that the agent is started from
    ROOT/previous                     a link to the one before it

A slot is never changed once it has its name; the links are replaced in one step.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from contracts.errors import DecodeError
from contracts.update import (
    MANIFEST,
    MOST_MANIFEST_BYTES,
    UpdateManifest,
    decode_update_manifest,
)
from updater.errors import UpdateRefused
from updater.files import Disk, leads_to

FOLDER: Final = "releases"
MAKING: Final = ".making"
CURRENT: Final = "current"
PREVIOUS: Final = "previous"


class Slots:
    """The releases under a folder. One process changes them."""

    def __init__(self, root: Path, disk: Disk) -> None:
        self.root = root
        self._disk = disk

    @property
    def making(self) -> Path:
        """Return the folder of a slot that is being made."""
        return self.root / FOLDER / MAKING

    def path(self, slot: str) -> Path:
        """Return the folder of a slot."""
        return self.root / FOLDER / slot

    def current(self) -> str:
        """Return the slot that the agent is started from; empty: none yet."""
        return _slot_of(leads_to(self.root / CURRENT))

    def previous(self) -> str:
        """Return the slot before it; empty: none."""
        return _slot_of(leads_to(self.root / PREVIOUS))

    def has(self, slot: str) -> bool:
        """Tell whether a slot was made whole."""
        return bool(slot) and (self.path(slot) / MANIFEST).is_file()

    def manifest(self, slot: str) -> UpdateManifest | None:
        """Return what a slot holds; None: there is no such slot, or nobody can read it."""
        try:
            with (self.path(slot) / MANIFEST).open("rb") as file:
                return decode_update_manifest(file.read(MOST_MANIFEST_BYTES + 1))
        except (OSError, DecodeError):
            return None

    def begin(self) -> Path:
        """Return an empty folder to make a slot in. Raises NotPut."""
        self._disk.folder(self.root / FOLDER)
        if self.making.exists():
            self._disk.remove(self.making)
        self._disk.folder(self.making)
        return self.making

    def finish(self, slot: str, manifest: bytes) -> None:
        """Give what was made its name: from now on it is a slot. Raises NotPut."""
        self._disk.put(self.making / MANIFEST, manifest)
        self._disk.sync_tree(self.making)
        self._disk.move(self.making, self.path(slot))

    def switch(self, slot: str, before: str) -> None:
        """Start the agent from `slot` from now on; `before` is the one before it, if any.

        Raises NotPut; UpdateRefused: it is not there.
        """
        if not self.has(slot):
            raise UpdateRefused(f"{self.path(slot)} is no release that could be started")
        if before:
            self._disk.link(self.root / PREVIOUS, f"{FOLDER}/{before}")
        self._disk.link(self.root / CURRENT, f"{FOLDER}/{slot}")
        if not before and self.previous():
            self._disk.remove(self.root / PREVIOUS)

    def sweep(self, kept: Iterable[str]) -> None:
        """Remove every slot but those that are linked or named. Raises NotPut."""
        named = {self.current(), self.previous(), *kept}
        folder = self.root / FOLDER
        if not folder.is_dir():
            return
        for path in sorted(folder.iterdir()):
            if path.name not in named:
                self._disk.remove(path)


def _slot_of(target: str) -> str:
    folder, _, slot = target.partition("/")
    return slot if folder == FOLDER else ""
