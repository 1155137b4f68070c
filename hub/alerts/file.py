"""`alerts.toml`: read at the start and again when it changes; a wrong file changes nothing.

Rules stand in it, and how alerts reach people. Each reader takes its own sections; the new file
holds only when every reader can read it.
"""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import structlog

from hub.alerts.rules import OTHERS, Rules
from hub.config import read_toml, validated
from hub.errors import ConfigError

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 2.0

Read = Callable[[Mapping[str, Any], Path], Callable[[], None]]
"""Reads its part of a file, and returns what lets it hold. Raises ConfigError."""


def read_rules(content: Mapping[str, Any], path: Path) -> Rules:
    """Return the rules of a file. Raises ConfigError that names file, key and reason."""
    own = {key: value for key, value in content.items() if key not in OTHERS}
    return validated(Rules, own, path)


def load_rules(path: Path | None) -> Rules:
    """Return the rules of a file, or ours without one. Raises ConfigError."""
    return Rules() if path is None else read_rules(read_toml(path), path)


class AlertsFile:
    """The file, and who reads it."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.refused = ""
        """Why the file as it is now does not hold; empty: it does."""
        self._readers: list[Read] = []
        self._stamp = _stamp(path)
        self._is_asked = False

    def add(self, read: Read) -> None:
        """Let somebody read the file, now and whenever it changes. Raises ConfigError."""
        self._readers.append(read)
        if self.path is not None:
            read(read_toml(self.path), self.path)()

    def ask(self) -> None:
        """Let the file be read again soon, as after a SIGHUP."""
        self._is_asked = True

    async def run(self) -> None:
        """Look whether it changed until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await asyncio.to_thread(self.look)

    def look(self) -> bool:
        """Read the file if it changed; return whether a new one holds."""
        stamp = _stamp(self.path)
        if self.path is None or (stamp == self._stamp and not self._is_asked):
            return False
        self._stamp, self._is_asked = stamp, False
        try:
            content = read_toml(self.path)
            ready = [read(content, self.path) for read in self._readers]
        except ConfigError as error:
            self.refused = str(error)
            log.error("alerts_file_refused", reason=self.refused)
            return False
        for hold in ready:
            hold()
        self.refused = ""
        log.info("alerts_file_read", path=str(self.path))
        return True


def _stamp(path: Path | None) -> tuple[int, int, int] | None:
    """Return what changes when a file is written or put in place of another."""
    try:
        told = path.stat() if path is not None else None
    except OSError:
        return None
    return None if told is None else (told.st_mtime_ns, told.st_size, told.st_ino)
