"""Zips that nodes fetch, each under the hash of its bytes: `DATA/packs/<sha256>.zip`.

A zip is whole from the first instant under its name; what is being handed in has another.
"""

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from contracts.pack import SHA256_PATTERN
from hub.errors import NotFound, StoreError

_SHA256: Final = re.compile(SHA256_PATTERN)
_INCOMING: Final = ".incoming"


class PackFolder:
    """A folder of zips; `what` is what they hold. Any thread may use it."""

    def __init__(self, path: Path, what: str = "content pack") -> None:
        self.path = path
        self._what = what

    def incoming(self) -> Path:
        """Return a new name for what is being handed in. Raises StoreError."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{self.path}: cannot be used: {error.strerror}") from error
        return self.path / f"{_INCOMING}.{secrets.token_hex(8)}"

    @contextlib.contextmanager
    def copied(self, path: Path) -> Iterator[Path]:
        """Give a copy of a file, to be handed in; it is gone afterwards. Raises StoreError."""
        incoming = self.incoming()
        try:
            shutil.copyfile(path, incoming)
            yield incoming
        except OSError as error:
            raise StoreError(f"{path}: cannot be read: {error.strerror}") from error
        finally:
            incoming.unlink(missing_ok=True)

    def keep(self, incoming: Path, sha256: str) -> Path:
        """Put what was handed in under its hash, on the disk. Raises StoreError."""
        target = self.path / f"{sha256}.zip"
        try:
            with incoming.open("rb") as file:
                os.fsync(file.fileno())
            incoming.replace(target)
        except OSError as error:
            raise StoreError(f"{target}: cannot be written: {error.strerror}") from error
        return target

    def find(self, sha256: str) -> Path:
        """Return the zip with a hash. Raises NotFound."""
        path = self.path / f"{sha256}.zip"
        if _SHA256.fullmatch(sha256) is None or not path.is_file():
            raise NotFound(f"there is no {self._what} with this hash")
        return path

    def has(self, sha256: str) -> bool:
        """Tell whether a zip is there."""
        return (self.path / f"{sha256}.zip").is_file()

    def sweep(self, named: Iterable[str]) -> None:
        """Remove the zips that no pack has any more."""
        kept = {f"{sha256}.zip" for sha256 in named}
        with contextlib.suppress(OSError):
            for path in self.path.glob("*.zip"):
                if path.name not in kept:
                    path.unlink(missing_ok=True)

    def clear_incoming(self) -> None:
        """Remove what a process before this one was handed in part."""
        with contextlib.suppress(OSError):
            for path in self.path.glob(f"{_INCOMING}.*"):
                path.unlink(missing_ok=True)
