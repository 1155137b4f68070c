"""The worker of the outbox: one loop a channel, so that one that stalls keeps no other waiting.

bell ──► next_turn ──► send (a thread of its own) ──► sent | again later | dead letter
"""

import asyncio
import random
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

import structlog

from hub.delivery.book import Channel
from hub.delivery.desk import DeliveryDesk
from hub.delivery.pacing import (
    BACK_AFTER,
    MINUTE_MS,
    Turn,
    is_given_up,
    next_turn,
    pause_ms,
    rest_ms,
)
from hub.delivery.reasons import Reason
from hub.delivery.sending import GRACE_SECONDS, begin
from hub.delivery.told import Lang, Told
from hub.delivery.wording import Message, compose, gather
from hub.errors import StoreError
from hub.store.records.deliveries import DeliveryRecord
from link.errors import StoreUnavailable

log = structlog.get_logger(__name__)

LONGEST_WAIT_SECONDS: Final = 60.0
"""A bell that was not heard costs this much at most."""
STORE_PAUSE_SECONDS: Final = 2.0
KEPT_DAYS: Final = 400
"""What is done with is kept so long: whom a year's alerts reached can be looked up."""
TIDY_SECONDS: Final = 86_400.0


class Worker:
    """Sends what the outbox holds, until cancelled."""

    def __init__(self, desk: DeliveryDesk, rand: Callable[[], float] = random.random) -> None:
        self._desk = desk
        self._rand = rand
        self._loop: asyncio.AbstractEventLoop | None = None
        self._bells: dict[str, asyncio.Event] = {}
        self._reloaded = asyncio.Event()
        self._stuck: dict[str, threading.Thread] = {}
        desk.listen(self._due, self._on_reload)

    async def run(self) -> None:
        """Send until cancelled. What was under way then is sent again by the next run."""
        self._loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tidy(), name="tidy deliveries")
            running: dict[str, asyncio.Task[None]] = {}
            while True:
                self._reloaded.clear()
                for channel in self._desk.book.channel:
                    known = running.get(channel.id)
                    if known is None or known.done():
                        self._bells[channel.id] = asyncio.Event()
                        running[channel.id] = tasks.create_task(
                            self._serve(channel.id), name=f"channel {channel.id}"
                        )
                await self._reloaded.wait()

    async def _serve(self, id_: str) -> None:
        """Send what waits at one channel, as long as it is configured."""
        failures, bell = 0, self._bells[id_]
        while (channel := self._desk.book.find(id_)) is not None:
            bell.clear()
            try:
                turn, letters = await asyncio.to_thread(self._look, channel)
                if not letters:
                    await _heard(bell, self._seconds_until(turn.at_ms))
                    continue
                reason = await self._send(channel, letters)
                is_back = reason is None and failures >= BACK_AFTER
                failures = 0 if reason is None else failures + 1
                await asyncio.to_thread(self._note, channel, letters, reason)
                if is_back:
                    now_ms = self._desk.clock_ms()
                    await asyncio.to_thread(self._desk.outbox.hasten, id_, now_ms)
            except (StoreError, StoreUnavailable) as error:
                log.warning("outbox_not_usable", channel=id_, reason=str(error))
                await asyncio.sleep(STORE_PAUSE_SECONDS)
                continue
            if failures:
                await asyncio.sleep(rest_ms(failures, self._rand()) / 1000)

    def _look(self, channel: Channel) -> tuple[Turn, Sequence[DeliveryRecord]]:
        now_ms = self._desk.clock_ms()
        outbox = self._desk.outbox
        waiting = outbox.waiting(channel.id, now_ms)
        tried = outbox.tried_since(channel.id, now_ms - MINUTE_MS) if waiting else ()
        turn = next_turn(waiting, tried, channel.per_minute, now_ms)
        return turn, outbox.some(turn.ids) if turn.ids else ()

    async def _send(self, channel: Channel, letters: Sequence[DeliveryRecord]) -> Reason | None:
        stuck = self._stuck.get(channel.id)
        if stuck is not None and stuck.is_alive():
            # One thread a channel: a sink that never lets go gets no second one.
            return Reason("stalled")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Reason | None] = loop.create_future()
        message = self._message(letters)

        def done(reason: Reason | None) -> None:
            # Once the loop has ended nobody is there to note it.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(_settle, answer, reason)

        thread = begin(self._desk.sender, channel, message, done)
        try:
            async with asyncio.timeout(channel.timeout_seconds + GRACE_SECONDS):
                return await answer
        except TimeoutError:
            self._stuck[channel.id] = thread
            return Reason("stalled")

    def _message(self, letters: Sequence[DeliveryRecord]) -> Message:
        told = [(each.id, Told.from_json(each.told)) for each in letters]
        language: Lang = "en" if letters[0].language == "en" else "zh"
        if len(told) == 1:
            return compose(told[0][1], language, told[0][0], self._desk.base_url)
        return gather(told, language, self._desk.base_url)

    def _note(
        self, channel: Channel, letters: Sequence[DeliveryRecord], reason: Reason | None
    ) -> None:
        now_ms, ids = self._desk.clock_ms(), [each.id for each in letters]
        counts, trying = self._desk.counts, self._desk.book.delivery
        if reason is None:
            self._desk.outbox.sent(ids, now_ms)
            counts["sent"] += 1
            return

        def again(attempts: int, due_ms: int) -> int | None:
            if is_given_up(trying, attempts, due_ms, now_ms):
                return None
            return now_ms + pause_ms(attempts, self._rand())

        dead = self._desk.outbox.failed(ids, now_ms, str(reason), again)
        counts["failed"] += 1
        counts["dead"] += len(dead)
        log.warning(
            "delivery_failed",
            channel=channel.id,
            deliveries=len(ids),
            reason=reason.words.en,
            dead=len(dead),
        )

    async def _tidy(self) -> None:
        while True:
            before_ms = self._desk.clock_ms() - KEPT_DAYS * 86_400_000
            try:
                await asyncio.to_thread(self._desk.give_up_orphans)
                await asyncio.to_thread(self._desk.outbox.forget, before_ms)
            except (StoreError, StoreUnavailable) as error:
                log.warning("outbox_not_tidied", reason=str(error))
            await asyncio.sleep(TIDY_SECONDS)

    def _seconds_until(self, at_ms: int | None) -> float:
        if at_ms is None:
            return LONGEST_WAIT_SECONDS
        return min(LONGEST_WAIT_SECONDS, max(0.02, (at_ms - self._desk.clock_ms()) / 1000))

    def _due(self, channels: Sequence[str]) -> None:
        def ring() -> None:
            for id_ in channels:
                if id_ in self._bells:
                    self._bells[id_].set()

        self._soon(ring)

    def _on_reload(self) -> None:
        def wake() -> None:
            for bell in self._bells.values():
                bell.set()
            self._reloaded.set()

        self._soon(wake)

    def _soon(self, call: Callable[[], object]) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(call)


def _settle(answer: asyncio.Future[Reason | None], reason: Reason | None) -> None:
    if not answer.done():
        answer.set_result(reason)


async def _heard(bell: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await bell.wait()
    except TimeoutError:
        return
