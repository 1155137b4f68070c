"""The folder in which a hub keeps its data: made where there is none, and held by one process."""

import fcntl
import os
from pathlib import Path

from hub.errors import StoreError


def make_folder(folder: Path) -> None:
    """Make a data folder where there is none. Raises StoreError when that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder}: cannot be used: {error.strerror}") from error


class exclusive:  # noqa: N801  reads as a verb: with exclusive(folder)
    """Hold a data folder for one process. Raises StoreError while another one holds it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = -1

    def __enter__(self) -> None:
        make_folder(self._folder)
        try:
            self._file = os.open(self._folder / "hub.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StoreError(f"{self._folder}: cannot be used: {error.strerror}") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise StoreError(f"{self._folder}: another hub uses it") from error

    def __exit__(self, *_exc: object) -> None:
        os.close(self._file)
