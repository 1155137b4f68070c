"""Changes of files that a power cut leaves done or not begun: each name, and then its folder.

Every operation that changes the disk goes through a `Disk`, so that a test can cut the power
between any two of them.
"""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from updater.errors import NotPut

_PARTIAL: Final = ".partial"


class Disk:
    """Changes files. Raises NotPut: the disk refuses, and what stood there stands there still.

    `about_to(what)` is told before each step; a test ends the process there.
    """

    def __init__(self, about_to: Callable[[str], None] = lambda _what: None) -> None:
        self.about_to = about_to

    def folder(self, path: Path, mode: int = 0o755) -> None:
        """Make a folder, with those above it; one that is there stays as it is."""
        if path.is_dir():
            return
        with self._refusals(path):
            self.about_to(f"make {path.name}/")
            path.mkdir(mode=mode, parents=True, exist_ok=True)
            self._sync_folder(path.parent)

    def put(self, path: Path, content: bytes, mode: int = 0o644) -> None:
        """Put a file in place in one step."""
        partial = path.with_name(f".{path.name}{_PARTIAL}")
        with self._refusals(path):
            partial.unlink(missing_ok=True)
            self.about_to(f"write {path.name}")
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                    file.flush()
                    # Whatever the mask of this process: others have to read it, or must not.
                    os.fchmod(file.fileno(), mode)
                    self.about_to(f"sync {path.name}")
                    os.fsync(file.fileno())
                self.about_to(f"name {path.name}")
                partial.replace(path)
            except OSError:
                partial.unlink(missing_ok=True)
                raise
            self._sync_folder(path.parent)

    def link(self, path: Path, target: str) -> bool:
        """Let a symbolic link lead to `target`, in one step; tell whether it did not yet."""
        if leads_to(path) == target:
            return False
        partial = path.with_name(f".{path.name}{_PARTIAL}")
        with self._refusals(path):
            partial.unlink(missing_ok=True)
            self.about_to(f"link {path.name}")
            partial.symlink_to(target)
            self.about_to(f"name {path.name}")
            partial.replace(path)
            self._sync_folder(path.parent)
        return True

    def move(self, source: Path, target: Path) -> None:
        """Give a file or folder, whose content is on the disk, its name in one step."""
        with self._refusals(target):
            self.about_to(f"move to {target.name}")
            source.replace(target)
            self._sync_folder(target.parent)
            if source.parent != target.parent:
                self._sync_folder(source.parent)

    def remove(self, path: Path) -> None:
        """Remove a file, a link or a whole folder; what is not there is no error."""
        with self._refusals(path):
            self.about_to(f"remove {path.name}")
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def sync_tree(self, folder: Path) -> None:
        """Bring everything in a folder to the disk: files first, then the folders' names."""
        with self._refusals(folder):
            self.about_to(f"sync {folder.name}/")
            # All at once first: thousands of files one by one take minutes on a card. What then
            # follows finds nothing left to write, and tells of a file that could not be.
            os.sync()
            for root, _, files in os.walk(folder, topdown=False):
                for name in files:
                    path = Path(root, name)
                    if not path.is_symlink():
                        _sync(path)
                _sync(Path(root))

    def _sync_folder(self, folder: Path) -> None:
        self.about_to(f"sync {folder.name}/")
        _sync(folder)

    @contextlib.contextmanager
    def _refusals(self, path: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise NotPut(f"{path}: cannot be written: {error.strerror or error}") from error


def leads_to(path: Path) -> str:
    """Return where a symbolic link leads; empty: there is none."""
    try:
        return os.readlink(path)  # noqa: PTH115  as it is written, not as it resolves
    except OSError:
        return ""


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
