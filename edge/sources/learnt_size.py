"""The size of a visitor that a camera has learnt, kept across restarts beside the spool.

Five numbers and what they belong to; nothing of a picture. Without it a camera miscounts the first
groups after every restart, until it has learnt their size again.
"""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import structlog

from edge.config import CameraSection
from edge.counting.geometry import PersonSize

log = structlog.get_logger(__name__)


class LearntSize:
    """The memory of one camera; other lines or another source make it forget."""

    def __init__(self, folder: Path, camera: CameraSection) -> None:
        self._path = folder / f"{camera.name}.person-size.json"
        # A digest: an address may hold a password, which has no business in another file.
        belongs_to = [camera.source, *(line.model_dump_json() for line in camera.lines)]
        self._belongs_to = hashlib.sha256("\n".join(belongs_to).encode()).hexdigest()
        self._kept: PersonSize | None = None

    def recall(self) -> PersonSize | None:
        """Return what was learnt before, None when that is nothing, another's or unreadable."""
        try:
            data = json.loads(self._path.read_text("utf-8"))
            if data["belongs_to"] != self._belongs_to:
                return None
            self._kept = PersonSize(**data["size"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError) as error:
            log.warning("learnt_size_unreadable", path=str(self._path), error=str(error))
            return None
        return self._kept

    def remember(self, size: PersonSize) -> None:
        """Write a size down when it is another one; a disk that refuses costs only the memory."""
        if size == self._kept:
            return
        self._kept = size
        text = json.dumps({"belongs_to": self._belongs_to, "size": asdict(size)})
        beside = self._path.with_suffix(".new")
        try:
            beside.write_text(text, "utf-8")
            beside.replace(self._path)
        except OSError as error:
            log.warning("learnt_size_not_kept", path=str(self._path), error=str(error))
