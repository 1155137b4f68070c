"""A desk that runs: pad, connection, and what is done while nobody asks for it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from kiosk.desk.announcer import Announcer
from kiosk.desk.desk import Desk
from kiosk.desk.field import Pad
from kiosk.desk.ils import Ils
from kiosk.desk.sip2_client import Sip2Client
from kiosk.desk.upload import upload
from kiosk.errors import IlsError, JournalError
from kiosk.lending.clocks import is_wrong, offset_ms
from kiosk.lending.transaction import Stage

log = structlog.get_logger(__name__)

TEND_SECONDS: Final = 1.0
UPLOAD_SECONDS: Final = 30.0
"""Between two uploads while rows wait and the library's system is there."""
FORGET_SECONDS: Final = 3600.0


@dataclass
class RunningDesk:
    """What belongs to one desk.

    `store_id` names the store of the library's system, None while it is not known: a node has it
    from the acknowledgements of its hub.
    """

    desk: Desk
    pad: Pad
    client: Sip2Client
    ils: Ils
    now_ms: Callable[[], int]
    boot: str = ""
    announcer: Announcer | None = None
    store_id: Callable[[], str | None] = lambda: None
    tend_seconds: float = TEND_SECONDS
    clock_offset_ms: int = 0
    """By how much this clock is behind the library's, as far as is known."""

    async def run(self) -> None:
        """Recover, then run until cancelled."""
        await self.desk.recover()
        if self.announcer is not None:
            self.announcer.catch_up(self.desk)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.pad.run(), name="pad")
            tasks.create_task(self.client.run(), name="sip2")
            tasks.create_task(self._tend(), name="tending")

    async def _tend(self) -> None:
        loop = asyncio.get_running_loop()
        upload_at = forget_at = 0.0
        while True:
            await asyncio.sleep(self.tend_seconds)
            try:
                await self._finish_bits()
                if self.client.condition is not None and self.client.condition.is_online:
                    self._compare_clocks()
                    if any(one.stage is Stage.SENT for one in self.desk.journal):
                        await self.desk.resolve()
                    if loop.time() >= upload_at and await self._upload():
                        upload_at = loop.time() + UPLOAD_SECONDS
                if self.announcer is not None:
                    await self.announcer.settle(self.desk)
                if loop.time() >= forget_at:
                    forget_at = loop.time() + FORGET_SECONDS
                    async with self.desk.turn:
                        await asyncio.to_thread(self.desk.journal.forget, self.now_ms())
            except (IlsError, JournalError) as error:
                log.warning("tending_put_off", reason=str(error))

    async def _finish_bits(self) -> None:
        for one in self.desk.journal:
            if one.stage is Stage.BIT_PENDING:
                here = [uid for uid in one.pending if uid in self.pad.present]
                if here:
                    await self.desk.tag_seen(here[0])
        await self.desk.expire()

    async def _upload(self) -> bool:
        """Upload what waits; tell whether there was anything."""
        store_id = self.store_id()
        if store_id is not None and self.ils.knows_transactions:
            async with self.desk.turn:
                await asyncio.to_thread(self.desk.journal.follow_store, store_id, self.now_ms())
        if not any(one.waits_for_upload for one in self.desk.journal):
            return False
        await upload(
            self.desk,
            self.ils,
            now_ms=self.now_ms,
            boot=self.boot,
            offset_ms=self.clock_offset_ms,
        )
        return True

    def _compare_clocks(self) -> None:
        condition = self.client.condition
        if condition is None or condition.library_ms is None:
            return
        offset = offset_ms(condition.library_ms, self.client.status_at_ms(self.now_ms()))
        if is_wrong(offset) and not is_wrong(self.clock_offset_ms):
            log.warning("clock_differs", seconds=offset // 1000)
        self.clock_offset_ms = offset
