"""Whether the staff took this kiosk out of use: kept in a file, through a power cut."""

from pathlib import Path
from typing import Final

from kiosk.errors import KeepingError
from kiosk.kept_files import write_private
from kiosk.session.events import OutOfUse

NAME: Final = "out-of-use"


class OutOfUseMark:
    """One file in a folder: while it is there, the kiosk is out of use."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._is_out = self._path.exists()

    def now(self) -> OutOfUse:
        """Return what a session is told."""
        return OutOfUse(self._is_out, "staff" if self._is_out else "")

    def put(self, *, is_out: bool) -> None:
        """Take the kiosk out of use, or into it again. KeepingError: only until a restart."""
        self._is_out = is_out
        if is_out:
            write_private(self._path, b"")
            return
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise KeepingError(f"{self._path}: cannot be removed: {error.strerror}") from error
