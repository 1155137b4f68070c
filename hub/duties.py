"""What the running hub owes beyond counting: verdicts, alerts, proposals; wired to each other.

Opened and closed with the hub; the intake tells it of every commit.
"""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from typing import Self

from hub.alerts import AlertDesk
from hub.alerts.file import AlertsFile
from hub.alerts.rules import Rules
from hub.alerts.use_watch import UseWatch
from hub.alerts.watch import AlertWatch
from hub.config import HubConfig
from hub.delivery.opening import open_desk
from hub.delivery.worker import Worker
from hub.demand.desk import DemandDesk
from hub.disks import DiskWatch
from hub.lawbook import Law
from hub.live import LiveBoard
from hub.schedules import Schedules
from hub.store.records import Records
from hub.store.sqlite import Ledger
from hub.verdicts import Bench, OverrideDesk, VerdictDesk
from link.intake import Group


class Duties:
    """The desks of a hub. `with Duties(...) as duties:` opens and closes them."""

    def __init__(
        self,
        config: HubConfig,
        law: Law,
        store: Ledger,
        records: Records,
        schedules: Schedules,
        live: LiveBoard,
        clock_ms: Callable[[], int],
    ) -> None:
        self._closers = ExitStack()
        self._store = store
        self.verdicts = VerdictDesk(Bench(store, law), records, schedules, clock_ms)
        self.overrides = OverrideDesk(records, self.verdicts.overridden, clock_ms)
        self.alerts = AlertDesk(records, Rules(), clock_ms)
        self.alerts_file = AlertsFile(config.alerts)
        self.alerts_file.add(self.alerts.read)
        self.watch = AlertWatch(live, store, self.alerts, clock_ms)
        self.use_watch = UseWatch(
            live,
            store,
            schedules.of,
            self.alerts,
            clock_ms,
            stale_ms=config.live.stale_seconds * 1000,
        )
        self.disks = DiskWatch(config.data_dir, store, live, self.alerts, clock_ms)
        self.delivery = open_desk(config, records, live, law.calendar, clock_ms)
        self.alerts_file.add(self.delivery.read)
        self.alerts.beside(self.delivery.write)
        self.alerts.listen(lambda _event: self.delivery.ring())
        self.verdicts.listen(self.watch.judged)
        self.watch.verdicts = self.verdicts.current
        self.demand = DemandDesk(
            store,
            schedules.of,
            lambda _venue: law.rules,
            clock_ms,
            stale_ms=config.live.stale_seconds * 1000,
        )

    def __enter__(self) -> Self:
        self._closers.callback(self.verdicts.close)
        try:
            self.verdicts.open()
        except BaseException:
            self._closers.close()
            raise
        return self

    def __exit__(self, *_exc: object) -> None:
        self._closers.close()

    async def run(self) -> None:
        """Do what is due until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.verdicts.run(), name="verdicts")
            tasks.create_task(self.alerts.run(), name="alerts")
            tasks.create_task(self.alerts_file.run(), name="alerts file")
            tasks.create_task(self.watch.run(), name="alert watch")
            tasks.create_task(self.use_watch.run(), name="use watch")
            tasks.create_task(self.disks.run(), name="disks")
            tasks.create_task(Worker(self.delivery).run(), name="deliveries")

    def stored(self, group: Group) -> None:
        """Take note of what a commit made durable; on the intake's thread."""
        self.watch.stored(group)
        for touched in self._store.touched():
            self.verdicts.touched(touched.venue, touched.first_ms, touched.last_ms)
        self.verdicts.marked_upto(self._store.turn)
