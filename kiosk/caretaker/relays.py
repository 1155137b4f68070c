"""The relays of a room: orders carried out and read back, looked at once a second, opened again."""

import asyncio
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from firmware_bridge.actuators.port import Actuator
from firmware_bridge.errors import BridgeError, DeviceTimeout, OutputNotConfirmed
from kiosk.room.effects import Switch
from kiosk.room.events import (
    Event,
    Fault,
    OutputsBack,
    OutputSeen,
    OutputsLost,
    Switched,
    SwitchFailed,
)
from kiosk.room.settings import Output

FIRST_WAIT_SECONDS: Final = 0.5
LONGEST_WAIT_SECONDS: Final = 10.0


class Relays:
    """One module. `build` makes its driver, not yet entered; `trouble` gets a sentence, or none."""

    def __init__(
        self,
        build: Callable[[], Actuator],
        channels: Mapping[Output, int],
        post: Callable[[Event], None],
        trouble: Callable[[str], None],
        *,
        rng: random.Random,
        may_lock: Callable[[], bool] = lambda: True,
        wait_seconds: float = FIRST_WAIT_SECONDS,
    ) -> None:
        self._build = build
        self._channels = dict(channels)
        self._outputs = {number: output for output, number in channels.items()}
        self._post = post
        self._trouble = trouble
        self._rng = rng
        self._may_lock = may_lock
        self._first_wait = wait_seconds
        self._actuator: Actuator | None = None
        self._orders: set[asyncio.Task[None]] = set()

    def begin(self, order: Switch) -> None:
        """Carry an order out, and post how it ended."""
        task = asyncio.create_task(self._switch(order), name="room-switch")
        self._orders.add(task)
        task.add_done_callback(self._orders.discard)

    async def run(self) -> None:
        """Look at the module until cancelled, through every outage; then lock the door again."""
        wait = self._first_wait
        while True:
            try:
                async with self._build() as actuator:
                    self._actuator = actuator
                    try:
                        self._trouble("")
                        self._post(OutputsBack())
                        wait = self._first_wait
                        async for reading in actuator:
                            output = self._outputs.get(reading.channel)
                            if output is not None:
                                self._post(OutputSeen(output, reading.is_on))
                    except asyncio.CancelledError:
                        await self._lock(actuator)
                        raise
                reason = "the relay module closed by itself"
            except BridgeError as error:
                reason = str(error)
            finally:
                self._actuator = None
            self._trouble(reason)
            self._post(OutputsLost())
            await asyncio.sleep(wait * self._rng.uniform(0.8, 1.2))
            wait = min(2 * wait, LONGEST_WAIT_SECONDS)

    async def finish(self) -> None:
        """End orders that are under way."""
        for task in tuple(self._orders):
            task.cancel()
        if self._orders:
            await asyncio.wait(set(self._orders))

    async def _switch(self, order: Switch) -> None:
        fault = Fault.GONE
        if self._actuator is not None:
            try:
                channel = self._channels[order.output]
                await self._actuator.switch(channel, is_on=order.is_on)
            except OutputNotConfirmed:
                fault = Fault.STUCK
            except DeviceTimeout:
                fault = Fault.SILENT
            except BridgeError:
                fault = Fault.GONE
            else:
                self._post(Switched(order.output, order.ticket))
                return
        # Not from within the step that asked.
        await asyncio.sleep(0)
        self._post(SwitchFailed(order.output, order.ticket, fault))

    async def _lock(self, actuator: Actuator) -> None:
        """Nobody would end it: a door that was freed is locked from outside, unless it burns."""
        if self._may_lock():
            with suppress(BridgeError):
                await actuator.switch(self._channels[Output.STRIKE], is_on=False)
