"""The port of sensors: what every sensor driver does, whatever hangs on the wire."""

from collections.abc import AsyncIterator
from types import TracebackType
from typing import Protocol, Self

from firmware_bridge.sensors.readings import Reading
from firmware_bridge.statistics import LineStatistics


class Sensor(Protocol):
    """A device that tells by itself.

    Building one does nothing. Entering opens its port: DeviceNotFound when nothing is there,
    DeviceError when it cannot be used. Leaving closes it, never hangs, and may be done twice.
    """

    statistics: LineStatistics
    """Counts of the talk with the device; the option `statistics` gives one to go on with."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None: ...

    def __aiter__(self) -> AsyncIterator[Reading]:
        """Yield readings until closed.

        Noise is counted, not raised. DeviceError when the port fails, DeviceTimeout when the
        device is silent; after either, build and enter a new sensor.
        """
        ...
