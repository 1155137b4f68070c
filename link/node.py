"""A node that runs: what it opens it closes, in reverse order.

    its jobs → recorder (one commit a second) → spool → uplink → broker

A cancelled run ends the jobs first, then appends what is left, gives the uplink a moment to hand it
over, says goodbye to the broker and closes the spool.
"""

import asyncio
import contextlib
import fcntl
import os
import random
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import structlog

from contracts.messages import SourceStatus
from contracts.topics import Channel, node_topic
from link.clock import Clock, SystemClock, monotonic_ms
from link.errors import SpoolError
from link.node_config import NodeConfig, broker_of
from link.recorder import Recorder
from link.systemd import Watchdog
from link.updates import UpdateNotes, Wellness
from link.uplink import Uplink

if TYPE_CHECKING:
    from link.renewal import Renewal

log = structlog.get_logger(__name__)

HAND_OVER_SECONDS: Final = 2.0
"""How long a stopping node waits for the hub; what is left stays in the spool."""

STUCK_MS: Final = 60_000
"""A recorder that comes back from no commit for so long is stuck; a card may stall for seconds."""

_MIB: Final = 1024 * 1024

Jobs = Mapping[str, Callable[[], Coroutine[Any, Any, None]]]
"""What a node does, by the names of its tasks."""


class Node:
    """The recorder and the uplink of one configuration; see `open_node`."""

    def __init__(self, config: NodeConfig, software: str, clock: Clock, rng: random.Random) -> None:
        """Open the spool. Raises SpoolError."""
        self.recorder = Recorder(config.spool.path, clock, max_bytes=config.spool.max_mib * _MIB)
        self.sources: Callable[[], tuple[SourceStatus, ...]] = lambda: ()
        """How each device is, for the status."""
        self.uplink = Uplink(
            self.recorder,
            config.node.id,
            broker_of(config),
            software=software,
            sources=lambda: self.sources(),  # noqa: PLW0108  it is set later
            rng=rng,
        )
        self._renewal = _build_renewal(config, self.recorder, self.uplink)
        self.updates = self._build_updates(config, software)
        """The notes that are exchanged with an updater; None where there is none."""
        self._watchdog = Watchdog(os.environ)

    async def run(self, jobs: Jobs) -> None:
        """Record, send and do the jobs until one of them fails or this is cancelled."""
        recorder = self.recorder
        sending = asyncio.create_task(self.uplink.run(), name="uplink")
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_failing_with(sending), name="uplink-watch")
                tasks.create_task(recorder.run(), name="recorder")
                if self._renewal is not None:
                    tasks.create_task(self._renewal.run(), name="renewal")
                if self.updates is not None:
                    tasks.create_task(self.updates.run(), name="updates")
                for name, job in jobs.items():
                    tasks.create_task(job(), name=name)
                # Made last, so it begins when all of them have begun.
                tasks.create_task(self._give_signs(), name="watchdog")
        finally:
            self._watchdog.tell("STOPPING=1")
            if not await recorder.finish():
                log.error("spool_refuses_at_the_end", reason=recorder.trouble)
            if not sending.done():
                await self.uplink.handed_over(HAND_OVER_SECONDS)
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sending

    def _build_updates(self, config: NodeConfig, software: str) -> UpdateNotes | None:
        section, hub = config.updates, config.identity.hub
        if section is None or hub is None:
            return None
        updates = UpdateNotes(
            section.notes,
            section.state,
            hub=hub,
            version=software.rpartition(" ")[2],
            os_boot=self.recorder.os_boot,
            well=self.wellness,
            changed=self.uplink.tell_status,
        )
        self.uplink.listen(node_topic(config.node.id, Channel.UPDATE), updates.take)
        self.uplink.update = updates.status
        return updates

    def wellness(self) -> Wellness:
        """Return how the node is now."""
        now_ms = monotonic_ms()
        return Wellness(
            turning=is_turning(self.recorder, now_ms) and self.recorder.trouble is None,
            connected=self.uplink.is_connected,
            acked=self.uplink.was_acked,
            is_clock_set=self.recorder.clock_is_set,
            wall_ms=self.recorder.wall_ms(now_ms),
            failing=tuple(s.name for s in self.sources() if s.state == "failed"),
        )

    async def _give_signs(self) -> None:
        """Tell systemd that all runs, and that it lives while the recorder turns."""
        self._watchdog.tell("READY=1")
        await self._watchdog.run(lambda: is_turning(self.recorder, monotonic_ms()))


@contextlib.asynccontextmanager
async def open_node(
    config: NodeConfig, software: str, clock: Clock | None = None
) -> AsyncIterator[Node]:
    """Open a node's spool for this process alone, and close it. Raises SpoolError."""
    with _alone_at(config.spool.path):
        rng = random.Random()  # noqa: S311  jitter
        node = Node(config, software, clock or SystemClock(config.clock.trust), rng)
        try:
            yield node
        finally:
            await node.recorder.close()


def software_named(name: str) -> str:
    """Return a program's name and version as they stand in a node's status."""
    with contextlib.suppress(metadata.PackageNotFoundError):
        return f"{name} {metadata.version('kaiguan')}"
    return name


def is_turning(recorder: Recorder, now_ms: int) -> bool:
    """Tell whether the recorder came back from a commit lately; one that was refused counts."""
    return now_ms - recorder.turned_ms <= STUCK_MS


def is_running(spool: Path) -> bool:
    """Tell whether an agent holds a spool now."""
    try:
        with spool.with_name(f"{spool.name}.lock").open("rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _build_renewal(config: NodeConfig, recorder: Recorder, uplink: Uplink) -> "Renewal | None":
    """Return what renews our certificate; None where the node never joined a hub."""
    hub, broker = config.identity.hub, config.broker
    if hub is None or broker.tls_ca is None or broker.tls_certificate is None:
        return None
    # Imported when it is needed: a node without TLS has no room for it.
    from link.renewal import Renewal  # noqa: PLC0415

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


@contextlib.contextmanager
def _alone_at(spool: Path) -> Iterator[None]:
    """Hold the spool against a second process: both would number rows of one stream.

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
