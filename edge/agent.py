"""The agent's composition root: what it opens it closes, in reverse order.

    sources → recorder (one commit a second) → spool → uplink → broker

A cancelled run closes the sources first, then appends what is left, gives the uplink a moment to
hand it over, says goodbye to the broker and closes the spool.
"""

import asyncio
import contextlib
import fcntl
import os
import random
from collections.abc import Iterator
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import structlog

from edge.config import CameraSection, EdgeConfig, broker_of
from edge.errors import ConfigError
from edge.serial_section import SerialSection
from edge.supervise import Conditions, Source, supervise
from firmware_bridge.modbus.book import LineBook
from link.clock import Clock, SystemClock, monotonic_ms
from link.errors import SpoolError
from link.recorder import Recorder
from link.systemd import Watchdog
from link.uplink import Uplink

if TYPE_CHECKING:
    from edge.renewal import Renewal

log = structlog.get_logger(__name__)

HAND_OVER_SECONDS: Final = 2.0
"""How long a stopping agent waits for the hub; what is left stays in the spool."""

STUCK_MS: Final = 60_000
"""A recorder that comes back from no commit for so long is stuck; a card may stall for seconds."""

_MIB: Final = 1024 * 1024
# Imported when configured: a board without a camera has no room for OpenCV.
_SOURCES: Final = {
    CameraSection: ("edge.sources.camera", "CameraSource", "probe"),
    SerialSection: ("edge.sources.serial_device", "SerialSource", "probe"),
}


async def run(config: EdgeConfig, *, clock: Clock | None = None) -> None:
    """Count until cancelled.

    Raises ConfigError for a source whose library is not installed, SpoolError when no spool can be
    opened.
    """
    with _alone_at(config.spool.path):
        await _run(config, clock or SystemClock(config.clock.trust))


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
    with contextlib.suppress(metadata.PackageNotFoundError):
        return f"kaiguan-edge {metadata.version('kaiguan')}"
    return "kaiguan-edge"


async def _run(config: EdgeConfig, clock: Clock) -> None:
    rng = random.Random()  # noqa: S311  jitter
    recorder = Recorder(
        config.spool.path,
        clock,
        max_bytes=config.spool.max_mib * _MIB,
    )
    conditions = Conditions(lambda: recorder.wall_ms(monotonic_ms()))
    uplink = Uplink(
        recorder,
        config.node.id,
        broker_of(config),
        software=software(),
        sources=conditions.statuses,
        rng=rng,
    )
    conditions.changed = uplink.tell_status
    renewal = _build_renewal(config, recorder, uplink)
    watchdog = Watchdog(os.environ)
    try:
        lines = LineBook()
        sections: tuple[CameraSection | SerialSection, ...] = (*config.cameras, *config.serial)
        sources = [build_source(section, recorder, lines) for section in sections]
        sending = asyncio.create_task(uplink.run(), name="uplink")
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_failing_with(sending), name="uplink-watch")
                tasks.create_task(recorder.run(), name="recorder")
                if renewal is not None:
                    tasks.create_task(renewal.run(), name="renewal")
                for source in sources:
                    watch = supervise(source, conditions, rng)
                    tasks.create_task(watch, name=f"source[{source.name}]")
                # Made last, so it begins when all of them have begun.
                tasks.create_task(_give_signs(watchdog, recorder), name="watchdog")
        finally:
            watchdog.tell("STOPPING=1")
            if not await recorder.finish():
                log.error("spool_refuses_at_the_end", reason=recorder.trouble)
            if not sending.done():
                await uplink.handed_over(HAND_OVER_SECONDS)
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sending
    finally:
        await recorder.close()
        log.info("agent_stopped")


async def _give_signs(watchdog: Watchdog, recorder: Recorder) -> None:
    """Tell systemd that all runs, and that it lives while the recorder turns."""
    watchdog.tell("READY=1")
    await watchdog.run(lambda: is_turning(recorder, monotonic_ms()))


def is_turning(recorder: Recorder, now_ms: int) -> bool:
    """Tell whether the recorder came back from a commit lately; one that was refused counts."""
    return now_ms - recorder.turned_ms <= STUCK_MS


def _build_renewal(config: EdgeConfig, recorder: Recorder, uplink: Uplink) -> "Renewal | None":
    """Return what renews our certificate; None where the node never joined a hub."""
    hub, broker = config.identity.hub, config.broker
    if hub is None or broker.tls_ca is None or broker.tls_certificate is None:
        return None
    # Imported when it is needed: a node without TLS has no room for it.
    from edge.renewal import Renewal  # noqa: PLC0415

    renewal = Renewal(
        hub,
        broker.tls_certificate,
        broker.tls_ca,
        is_clock_set=lambda: recorder.clock_is_set,
        is_ended_there=lambda: uplink.is_certificate_ended,
        renewed=uplink.renewed,
        changed=uplink.tell_status,
    )
    uplink.certificate = renewal.status
    return renewal


def _of(section: CameraSection | SerialSection, part: int) -> Any:
    described = _SOURCES[type(section)]
    try:
        return getattr(import_module(described[0]), described[part])
    except ImportError as error:
        raise ConfigError(
            f"{section.name} cannot be used: {error}; install the edge with its libraries"
        ) from error


@contextlib.contextmanager
def _alone_at(spool: Path) -> Iterator[None]:
    """Hold the spool against a second agent: both would number rows of one stream.

    The kernel lets go of it however the process ends. Raises SpoolError.
    """
    lock = spool.with_name(f"{spool.name}.lock")
    try:
        spool.parent.mkdir(parents=True, exist_ok=True)
        held = lock.open("ab")
    except OSError as error:
        raise SpoolError(f"{lock} cannot be written: {error.strerror}") from error
    with held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise SpoolError(f"{spool} is in use by another agent: stop that one first") from error
        yield


async def _failing_with(task: asyncio.Task[None]) -> None:
    """Fail when the task fails, without cancelling it when this is cancelled."""
    await asyncio.shield(task)
