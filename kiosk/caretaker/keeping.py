"""What a room remembers through a restart: a fire alarm, a closing, what was said."""

from pathlib import Path

import msgspec
import structlog

from kiosk.errors import KeepingError
from kiosk.kept_files import read_kept, write_private
from kiosk.room.events import Kept

log = structlog.get_logger(__name__)


def read_room(path: Path) -> Kept:
    """Return what was kept, nothing of a file that cannot be read.

    A fire alarm that goes on is told by its contact within a second, and frees the door by itself.
    """
    try:
        content = read_kept(path)
        return Kept() if content is None else msgspec.json.decode(content, type=Kept)
    except (KeepingError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        log.error("room_not_read", path=str(path), reason=str(error))
        return Kept()


def write_room(path: Path, kept: Kept) -> None:
    """Write it down. Raises KeepingError."""
    write_private(path, msgspec.json.encode(kept))
