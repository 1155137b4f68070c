"""A pack that was looked through and may be shown."""

from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from contracts.pack import PackFile, PackManifest
from link.packs import PackFacts, PackRefused, open_archive, read_file


class Pack:
    """A verified pack. It reads its zip each time, which stays as long as the shelf needs it."""

    def __init__(self, path: Path, facts: PackFacts) -> None:
        self.path = path
        self.sha256 = facts.sha256
        self.is_signed = facts.is_signed
        self.pixels = facts.pixels
        """Width and height of each picture, by its name."""
        self.manifest: PackManifest = facts.manifest
        self._files = {file.name: file for file in facts.manifest.files}

    def __repr__(self) -> str:
        return f"Pack({self.manifest.pack!r}, version={self.manifest.version})"

    def file(self, name: str) -> PackFile:
        """Return what the manifest says of a file. Raises PackRefused: there is none."""
        try:
            return self._files[name]
        except KeyError as error:
            raise PackRefused(f"{self.manifest.pack} has no file {name[:80]!r}") from error

    def read(self, name: str) -> bytes:
        """Return a file's content, its hash compared once more. Raises PackRefused."""
        return read_file(self.path, self.file(name))


def open_pack(
    path: Path, keys: Sequence[Ed25519PublicKey], *, allow_unsigned: bool = False
) -> Pack:
    """Look a pack through and return it. Raises PackRefused: one sentence says why not."""
    return Pack(path, open_archive(path, keys, allow_unsigned=allow_unsigned))
