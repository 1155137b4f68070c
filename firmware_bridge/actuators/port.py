"""The port of actuators: outputs that a venue switches."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from firmware_bridge.lifecycle import Lifecycle


@dataclass(frozen=True, slots=True)
class OutputReading:
    """The state of one output, as the device confirms it."""

    channel: int
    is_on: bool


class Actuator(Lifecycle, Protocol):
    """A device with switched outputs. Leaving it leaves them as they are."""

    def __aiter__(self) -> AsyncIterator[OutputReading]:
        """Yield the state of each output once, then every change until closed."""
        ...

    async def switch(self, channel: int, *, is_on: bool) -> OutputReading:
        """Switch an output and return what the device confirms; switching twice is harmless.

        Raises DeviceError for a channel that the device lacks, DeviceTimeout without an answer.
        """
        ...
