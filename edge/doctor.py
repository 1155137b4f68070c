"""What `python -m edge doctor` looks at: each finding is one line and whether it is fine.

Nothing is changed: no row is appended, no topic is published. An agent that runs holds its serial
ports, so that those are found in use.
"""

import asyncio
import contextlib
import secrets
import shutil
import sqlite3
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from edge.agent import probe_source
from edge.config import CameraSection, EdgeConfig
from edge.errors import ConfigError, EdgeError
from edge.serial_section import SerialSection
from firmware_bridge.modbus.book import LineBook
from link.clock import SystemClock
from link.node_config import SpoolSection, broker_of
from link.session import Session

BROKER_SECONDS: Final = 8.0
LEAST_FREE_BYTES: Final = 100_000_000
"""Beside what the spool may take."""
_LOOK_SECONDS: Final = 0.02


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    is_fine: bool
    text: str


async def examine(config: EdgeConfig) -> list[Finding]:
    """Look at spool, disk, clock, certificate, broker and every source, all at once."""
    broker = asyncio.to_thread(_broker, config)
    sections: tuple[CameraSection | SerialSection, ...] = (*config.cameras, *config.serial)
    lines = LineBook()
    sources = [_source(section, lines) for section in sections]
    own = [_spool(config.spool.path), _disk(config.spool), _clock(config.clock.trust)]
    own += _certificate(config, datetime.now(UTC))
    return [*own, *await asyncio.gather(broker, *sources)]


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


def _disk(spool: SpoolSection) -> Finding:
    folder = spool.path.parent
    while not folder.exists():
        folder = folder.parent
    used = sum(part.stat().st_size for part in spool.path.parent.glob(f"{spool.path.name}*"))
    free, wanted = shutil.disk_usage(folder).free, max(0, spool.max_mib * 2**20 - used)
    room = f"{free / 1e6:,.0f} MB free at {folder}"
    if free < wanted + LEAST_FREE_BYTES:
        return Finding(
            False,
            f"disk: {room}, and the spool may grow by {wanted / 1e6:,.0f} MB: make room, or lower"
            " spool.max_mib",
        )
    return Finding(True, f"disk: {room}")


def _clock(trust: Literal["auto", "kernel", "always"]) -> Finding:
    at = datetime.now().astimezone()
    if SystemClock(trust).look().is_set:
        return Finding(True, f"clock: {at:%Y-%m-%d %H:%M:%S %Z}")
    return Finding(
        False,
        f"clock: not set, it says {at:%Y-%m-%d %H:%M:%S %Z}: no time server was reached since this"
        " machine started; counting goes on, and counts wait in the spool until it is set (where a"
        ' host keeps the time, as in a container: clock.trust = "always")',
    )


def _certificate(config: EdgeConfig, now: datetime) -> list[Finding]:
    broker = config.broker
    if not broker.tls or broker.tls_certificate is None:
        return []
    # Imported when there is one: a node without TLS has no room for it.
    from link.credentials import judge  # noqa: PLC0415

    is_fine, text = judge(
        str(config.node.id), broker.tls_certificate, broker.tls_key, broker.tls_ca, now
    )
    return [Finding(is_fine, f"certificate: {text}")]


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


async def _source(section: CameraSection | SerialSection, lines: LineBook) -> Finding:
    try:
        return Finding(True, f"{section.name}: {await probe_source(section, lines)}")
    except (ConfigError, EdgeError) as error:
        return Finding(False, f"{section.name}: {error}")
