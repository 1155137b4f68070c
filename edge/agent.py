"""The agent's composition root: a node whose jobs are the sources of its configuration."""

import random
from functools import partial
from importlib import import_module
from typing import Any, Final

import structlog

from edge.config import CameraSection, EdgeConfig
from edge.errors import ConfigError
from edge.serial_section import SerialSection
from edge.supervise import Conditions, Source, supervise
from firmware_bridge.modbus.book import LineBook
from link.clock import Clock, monotonic_ms
from link.node import Jobs, open_node, software_named
from link.recorder import Recorder
from link.remote.running import RemoteRun

log = structlog.get_logger(__name__)

# Imported when configured: a board without a camera has no room for OpenCV.
_SOURCES: Final = {
    CameraSection: ("edge.sources.camera", "CameraSource", "probe"),
    SerialSection: ("edge.sources.serial_device", "SerialSource", "probe"),
}


async def run(
    config: EdgeConfig,
    *,
    clock: Clock | None = None,
    remote: RemoteRun[EdgeConfig] | None = None,
) -> None:
    """Count until cancelled; `remote`: take orders from afar.

    Raises ConfigError for a source whose library is not installed, SpoolError when no spool can be
    opened.
    """
    try:
        await _run(config, clock, remote)
    finally:
        log.info("agent_stopped")


async def _run(
    config: EdgeConfig, clock: Clock | None, remote: RemoteRun[EdgeConfig] | None
) -> None:
    rng = random.Random()  # noqa: S311  jitter
    async with open_node(config, software(), clock) as node:
        recorder = node.recorder
        conditions = Conditions(lambda: recorder.wall_ms(monotonic_ms()), node.uplink.tell_status)
        node.sources = conditions.statuses
        lines = LineBook()
        sections: tuple[CameraSection | SerialSection, ...] = (*config.cameras, *config.serial)
        sources = [build_source(section, recorder, lines) for section in sections]
        jobs: Jobs = {f"source[{s.name}]": partial(supervise, s, conditions, rng) for s in sources}
        await node.run({**jobs, **(remote.jobs(node) if remote is not None else {})})


def build_source(
    section: CameraSection | SerialSection, recorder: Recorder, lines: LineBook
) -> Source:
    """Build a source from its configuration; what it needs is imported now.

    `lines` are the Modbus lines that devices share. Raises ConfigError when a library is not
    installed.
    """
    shared = (lines,) if isinstance(section, SerialSection) else ()
    source: Source = _of(section, 1)(section, recorder, *shared)
    return source


async def probe_source(section: CameraSection | SerialSection, lines: LineBook) -> str:
    """Open a source once and return what it gives. Raises ConfigError, SourceError."""
    shared = (lines,) if isinstance(section, SerialSection) else ()
    found: str = await _of(section, 2)(section, *shared)
    return found


def software() -> str:
    """Return name and version as they stand in a node's status."""
    return software_named("kaiguan-edge")


def _of(section: CameraSection | SerialSection, part: int) -> Any:
    described = _SOURCES[type(section)]
    try:
        return getattr(import_module(described[0]), described[part])
    except ImportError as error:
        raise ConfigError(
            f"{section.name} cannot be used: {error}; install the edge with its libraries"
        ) from error
