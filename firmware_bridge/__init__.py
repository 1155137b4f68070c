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
    DeviceRefused,
    DeviceTimeout,
    FrameError,
    OutputNotConfirmed,
    UnknownDriver,
)
from firmware_bridge.readers.identities import CardSeen, CodeScanned, Symbology, Technology
from firmware_bridge.registry import (
    DRIVERS,
    open_actuator,
    open_card_reader,
    open_code_reader,
    open_printer,
    open_reader,
    open_sensor,
)
from firmware_bridge.sensors.readings import (
    AlarmKind,
    AlarmReading,
    BoardReading,
    BoardStatus,
    ClimateReading,
    ContactReading,
    Continuity,
    CounterReading,
    DoorState,
    InputReading,
    LockState,
    Reading,
)
from firmware_bridge.statistics import LineStatistics

__all__ = [
    "DRIVERS",
    "AlarmKind",
    "AlarmReading",
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
    "DeviceRefused",
    "DeviceTimeout",
    "DoorState",
    "FrameError",
    "InputReading",
    "LineStatistics",
    "LockState",
    "OutputNotConfirmed",
    "Reading",
    "Symbology",
    "Technology",
    "UnknownDriver",
    "open_actuator",
    "open_card_reader",
    "open_code_reader",
    "open_printer",
    "open_reader",
    "open_sensor",
]
