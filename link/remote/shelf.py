"""The folder of settings from afar at a node: texts by their hashes, and which is in force.

    remote/state.json      what is in force, before it, on trial: replaced in one step
    remote/SHA256.toml     a text of settings, never changed

A text is on the disk before `state.json` names it, so a power cut leaves what was or what shall be.
"""

import contextlib
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
import structlog

from contracts.decoding import UNREADABLE
from contracts.remote import MOST_SETTINGS_BYTES
from link.errors import SettingsNotKept
from link.placing import place
from link.remote.state import Kept

log = structlog.get_logger(__name__)

STATE: Final = "state.json"
_MODE: Final = 0o600
_TEXT: Final = re.compile(r"([0-9a-f]{64})\.toml")
_MOST_STATE_BYTES: Final = 64 * 1024
_decoder = msgspec.json.Decoder(Kept)

Place = Callable[[Path, bytes, int], None]


class Shelf:
    """Reads and writes that folder. `place` puts a file there whole or not at all."""

    def __init__(self, folder: Path, put_in_place: Place = place) -> None:
        self.folder = folder
        self._place = put_in_place

    def kept(self) -> Kept:
        """Return what is kept; nothing, when it is not there or cannot be read."""
        path = self.folder / STATE
        try:
            with path.open("rb") as file:
                return _decoder.decode(file.read(_MOST_STATE_BYTES))
        except FileNotFoundError:
            return Kept()
        except (OSError, msgspec.ValidationError, *UNREADABLE) as error:
            log.warning("remote_state_unreadable", path=str(path), reason=str(error))
            return Kept()

    def keep(self, kept: Kept) -> None:
        """Replace what is kept. Raises SettingsNotKept: it is as it was."""
        self._put(STATE, msgspec.json.encode(kept))

    def text(self, sha256: str) -> str | None:
        """Return a text by its digest; None when it is not there, or another one."""
        if not sha256:
            return ""
        try:
            with (self.folder / f"{sha256}.toml").open("rb") as file:
                content = file.read(MOST_SETTINGS_BYTES + 1)
            return content.decode() if digest(content) == sha256 else None
        except (OSError, UnicodeDecodeError):
            return None

    def add(self, text: str) -> str:
        """Keep a text and return its digest. Raises SettingsNotKept."""
        content = text.encode()
        sha256 = digest(content)
        if sha256 and self.text(sha256) is None:
            self._put(f"{sha256}.toml", content)
        return sha256

    def sweep(self, kept: Kept) -> None:
        """Remove texts that neither are in force nor were before."""
        with contextlib.suppress(OSError):
            for path in self.folder.iterdir():
                found = _TEXT.fullmatch(path.name)
                if found is not None and found[1] not in {kept.current, kept.previous}:
                    path.unlink(missing_ok=True)

    def _put(self, name: str, content: bytes) -> None:
        path = self.folder / name
        try:
            self._place(path, content, _MODE)
        except OSError as error:
            raise SettingsNotKept(
                f"{path}: cannot be written: {error.strerror or error}"
            ) from error


def digest(content: bytes) -> str:
    """Return the digest of a text of settings, empty for an empty one."""
    return hashlib.sha256(content).hexdigest() if content else ""
