"""What `python -m edge doctor` looks at: each finding is one line and whether it is fine.

Nothing is changed: no row is appended, no topic is published. An agent that runs holds its serial
ports, so that those are found in use.
"""

import asyncio
import contextlib
import secrets
import sqlite3
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.agent import probe_source
from edge.config import CameraSection, EdgeConfig, SerialSection, broker_of
from edge.errors import EdgeError
from link.session import Session

BROKER_SECONDS: Final = 8.0
_LOOK_SECONDS: Final = 0.02


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    is_fine: bool
    text: str


async def examine(config: EdgeConfig) -> list[Finding]:
    """Look at spool, broker and every source, all at once."""
    broker = asyncio.to_thread(_broker, config)
    sections: tuple[CameraSection | SerialSection, ...] = (*config.cameras, *config.serial)
    sources = map(_source, sections)
    return [_spool(config.spool.path), *await asyncio.gather(broker, *sources)]


def _spool(path: Path) -> Finding:
    folder = path.parent
    try:
        while not folder.exists():
            folder = folder.parent
        with tempfile.TemporaryFile(dir=folder):
            pass
        if path.exists():
            # Two connections to one file are harmless; this one takes back what it begins.
            with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
                database.execute("BEGIN IMMEDIATE")
                database.execute("ROLLBACK")
    except (OSError, sqlite3.Error) as error:
        return Finding(False, f"spool: {path} cannot be written: {error}")
    return Finding(True, f"spool: {path} can be written")


def _broker(config: EdgeConfig) -> Finding:
    broker = broker_of(config)
    # A name of its own: the agent that may be running keeps its connection.
    session = Session(broker, f"{config.node.venue}.{config.node.node}.{secrets.token_hex(4)}")
    session.open()
    deadline = time.monotonic() + BROKER_SECONDS
    try:
        while not session.connected and session.refused is None and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
        where = f"{broker.host}:{broker.port}"
        if session.connected:
            return Finding(True, f"broker: {where} takes this node")
        return Finding(False, f"broker: {session.refused or f'{where} does not answer'}")
    finally:
        session.close()


async def _source(section: CameraSection | SerialSection) -> Finding:
    try:
        return Finding(True, f"{section.name}: {await probe_source(section)}")
    except EdgeError as error:
        return Finding(False, f"{section.name}: {error}")
