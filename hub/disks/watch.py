"""Watches the hub's disk and those that nodes tell of: once an hour, on a thread."""

import asyncio
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog

from contracts.errors import DecodeError
from contracts.messages import decode_status
from hub.alerts.condition import HUB, AlertKind, Condition
from hub.alerts.desk import AlertDesk
from hub.alerts.rules import DiskLimit
from hub.alerts.sources import link_to
from hub.disks.forecast import DAY_S, WINDOW_DAYS, Forecast, Sample, forecast
from hub.disks.words import said
from hub.errors import StoreError
from hub.live import LiveBoard
from hub.live.now import DeviceNow
from hub.store.sqlite import Ledger
from link.errors import StoreUnavailable

log = structlog.get_logger(__name__)

FIRST_SECONDS: Final = 60.0
EVERY_SECONDS: Final = 3600.0
HUB_PLACE: Final = ""
"""Stands for the hub's own disk, where a node is named `venue/node`."""
SOURCE: Final = "disks"


class DiskWatch:
    """Takes a sample of every disk, keeps one a day, tells the desk of those that fill."""

    def __init__(
        self,
        folder: Path,
        store: Ledger,
        live: LiveBoard,
        desk: AlertDesk,
        clock_ms: Callable[[], int],
    ) -> None:
        self._folder = folder
        self._store = store
        self._live = live
        self._desk = desk
        self._clock_ms = clock_ms
        self.forecasts: Mapping[str, Forecast] = {}
        """By place; replaced whole, never changed."""
        self._since_ms: dict[str, int] = {}
        """Since when a disk is told to fill."""

    async def run(self) -> None:
        """Watch until cancelled."""
        await asyncio.sleep(FIRST_SECONDS)
        while True:
            try:
                await asyncio.to_thread(self.look)
            except (StoreError, StoreUnavailable, OSError) as error:
                log.warning("disks_not_watched", reason=str(error))
            await asyncio.sleep(EVERY_SECONDS)

    def look(self) -> None:
        """Measure, keep, and tell what holds. Raises StoreError, StoreUnavailable, OSError."""
        now_s = self._clock_ms() // 1000
        told = {HUB_PLACE: self._own(now_s), **dict(self._of_nodes(now_s))}
        self._store.note_disks(
            (place, one.at_s, one.used, one.total, one.own) for place, one in told.items()
        )
        samples: dict[str, list[Sample]] = defaultdict(list)
        since_s = now_s - (WINDOW_DAYS + 1) * DAY_S
        for place, *values in self._store.disks_since(since_s):
            samples[place].append(Sample(*values))
        found = {place: forecast(some) for place, some in samples.items()}
        self.forecasts = {place: one for place, one in found.items() if one is not None}
        limit = self._desk.rules.disk
        holding = {
            place: condition
            for place, one in self.forecasts.items()
            if (condition := of_disk(place, one, limit)) is not None
        }
        self._since_ms = {
            place: self._since_ms.get(place, condition.since_ms)
            for place, condition in holding.items()
        }
        self._desk.hold(
            None,
            SOURCE,
            [replace(told, since_ms=self._since_ms[place]) for place, told in holding.items()],
        )

    def _own(self, now_s: int) -> Sample:
        disk = shutil.disk_usage(self._folder)
        own = sum(path.stat().st_size for path in self._folder.rglob("*") if path.is_file())
        # Root's reserve is nobody's room.
        return Sample(now_s, disk.total - disk.free, disk.total, own)

    def _of_nodes(self, now_s: int) -> Iterator[tuple[str, Sample]]:
        for now in self._live.devices:
            one = sample_of(now, now_s) if now.state == "online" else None
            if one is not None:
                yield f"{now.venue}/{now.node}", one


def sample_of(now: DeviceNow, at_s: int) -> Sample | None:
    """Return what a node told last of its disk; None where it told nothing. Pure."""
    if now.device is None or not now.device.status:
        return None
    try:
        status = decode_status(now.device.status.encode())
    except DecodeError:
        return None
    if status.disk is None or status.disk.total <= 0:
        return None
    used = max(0, status.disk.total - status.disk.free)
    return Sample(at_s, used, status.disk.total, status.spool.bytes if status.spool else 0)


def of_disk(place: str, told: Forecast, limit: DiskLimit) -> Condition | None:
    """Return that a disk fills, with 1 and more where it is full too soon. Pure."""
    days = told.days_left
    by_time = 0.0 if days is None else limit.least_days / max(days, 1e-3)
    free = 100 * (1 - told.used_share)
    by_room = limit.least_free_percent / max(free, 1e-3) if limit.least_free_percent else 0.0
    amount = round(max(by_time, by_room), 3)
    # What is far from its limits is no condition: amounts between hold an alert that stands.
    if amount < 0.5:
        return None
    venue, _, node = place.partition("/")
    zh, en = said(told, datetime.fromtimestamp(told.full_s, UTC) if told.full_s else None)
    if place == HUB_PLACE:
        zh, en = f"中枢的磁盘：{zh}", f"Disk of the hub: {en}"
    else:
        zh, en = f"{node} 的磁盘：{zh}", f"Disk of {node}: {en}"
    return Condition(
        AlertKind.DISK_FILLING,
        HUB if place == HUB_PLACE else venue,
        "disk" if place == HUB_PLACE else node,
        told.newest.at_s * 1000,
        None,
        zh,
        en,
        link=link_to(venue or None, node or None),
        amount=amount,
    )
