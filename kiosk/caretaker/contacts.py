"""The contacts and the air of a room: readings made into events, devices opened again."""

import asyncio
import random
from collections.abc import Callable
from typing import Final

from firmware_bridge.errors import BridgeError
from firmware_bridge.sensors.port import Sensor
from firmware_bridge.sensors.readings import (
    AlarmKind,
    AlarmReading,
    ClimateReading,
    ContactReading,
    DoorState,
    Reading,
)
from kiosk.room.events import AirNow, Contact, ContactNow, Event

FIRST_WAIT_SECONDS: Final = 0.5
LONGEST_WAIT_SECONDS: Final = 10.0
CONTACTS: Final = {
    AlarmKind.FIRE: Contact.FIRE,
    AlarmKind.GATE: Contact.GATE,
    AlarmKind.TAMPER: Contact.TAMPER,
    AlarmKind.CALL: Contact.CALL,
}


def event_of(reading: Reading) -> Event | None:
    """Return what a reading means to a room, None for nothing."""
    match reading:
        case ContactReading(door=door):
            known = None if door is DoorState.UNKNOWN else door is DoorState.OPEN
            return ContactNow(Contact.LEAF, known)
        case AlarmReading(kind=kind, is_active=is_active):
            return ContactNow(CONTACTS[kind], is_active)
        case ClimateReading(temperature_celsius=celsius, co2_ppm=co2_ppm):
            return AirNow(celsius, co2_ppm)
        case _:
            return None


async def watch(
    build: Callable[[], Sensor],
    take: Callable[[Reading], None],
    trouble: Callable[[str], None],
    rng: random.Random,
    *,
    wait_seconds: float = FIRST_WAIT_SECONDS,
) -> None:
    """Give each reading to `take` until cancelled, through every outage.

    `build` makes a sensor, not yet entered; `trouble` gets a sentence when it fails, and an empty
    one when it speaks again.
    """
    wait = wait_seconds
    while True:
        try:
            async with build() as sensor:
                is_heard = False
                async for reading in sensor:
                    if not is_heard:
                        is_heard, wait = True, wait_seconds
                        trouble("")
                    take(reading)
            reason = "the device closed by itself"
        except BridgeError as error:
            reason = str(error)
        trouble(reason)
        await asyncio.sleep(wait * rng.uniform(0.8, 1.2))
        wait = min(2 * wait, LONGEST_WAIT_SECONDS)
