"""Bytes of real devices <-> typed readings and commands. Imports nothing of ours.

async with open_sensor("board", "/dev/serial/by-id/...", counters=book) as sensor:
    async for reading in sensor:
        ...

Every failure is a BridgeError; after a DeviceError build and enter a new sensor.
"""

from firmware_bridge.board.counters import CounterBase, CounterBook
from firmware_bridge.errors import (
    BridgeError,
    DeviceError,
    DeviceNotFound,
    DeviceTimeout,
    FrameError,
    UnknownDriver,
)
from firmware_bridge.readers.identities import CardSeen, CodeScanned, Symbology, Technology
from firmware_bridge.registry import (
    DRIVERS,
    open_actuator,
    open_card_reader,
    open_code_reader,
    open_reader,
    open_sensor,
)
from firmware_bridge.sensors.readings import (
    BoardReading,
    BoardStatus,
    ClimateReading,
    ContactReading,
    Continuity,
    CounterReading,
    DoorState,
    LockState,
)

__all__ = [
    "DRIVERS",
    "BoardReading",
    "BoardStatus",
    "BridgeError",
    "CardSeen",
    "ClimateReading",
    "CodeScanned",
    "ContactReading",
    "Continuity",
    "CounterBase",
    "CounterBook",
    "CounterReading",
    "DeviceError",
    "DeviceNotFound",
    "DeviceTimeout",
    "DoorState",
    "FrameError",
    "LockState",
    "Symbology",
    "Technology",
    "UnknownDriver",
    "open_actuator",
    "open_card_reader",
    "open_code_reader",
    "open_reader",
    "open_sensor",
]
