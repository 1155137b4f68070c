"""Small files that a kiosk keeps: replaced in one step, on the disk, for its own user's eyes."""

from pathlib import Path

from kiosk.errors import KeepingError
from link.placing import place


def write_private(path: Path, content: bytes) -> None:
    """Put a file in place. Raises KeepingError."""
    try:
        place(path, content, 0o600)
    except OSError as error:
        raise KeepingError(f"{path}: cannot be written: {error.strerror or error}") from error


def write_shared(path: Path, content: bytes) -> None:
    """Put a file in place that anybody may read. Raises KeepingError."""
    try:
        place(path, content, 0o644)
    except OSError as error:
        raise KeepingError(f"{path}: cannot be written: {error.strerror or error}") from error


def read_kept(path: Path) -> bytes | None:
    """Return what was kept, None where there is nothing. Raises KeepingError."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise KeepingError(f"{path}: cannot be read: {error.strerror or error}") from error
