"""The port of actuators: outputs that a venue switches."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self


@dataclass(frozen=True, slots=True)
class OutputReading:
    """The state of one output, as the device confirms it."""

    channel: int
    is_on: bool


class Actuator(Protocol):
    """A device with switched outputs.

    Building one does nothing. Entering opens it: DeviceNotFound, DeviceError. Leaving closes it,
    never hangs, may be done twice, and leaves outputs as they are.
    """

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None: ...

    def __aiter__(self) -> AsyncIterator[OutputReading]:
        """Yield the state of each output once, then every change until closed."""
        ...

    async def switch(self, channel: int, *, is_on: bool) -> OutputReading:
        """Switch an output and return what the device confirms; switching twice is harmless.

        Raises DeviceError for a channel that the device lacks, DeviceTimeout without an answer.
        """
        ...
