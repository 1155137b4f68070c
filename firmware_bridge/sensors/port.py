"""The port of sensors: what every sensor driver does, whatever hangs on the wire."""

from collections.abc import AsyncIterator
from typing import Protocol

from firmware_bridge.lifecycle import Lifecycle
from firmware_bridge.sensors.readings import Reading
from firmware_bridge.statistics import LineStatistics


class Sensor(Lifecycle, Protocol):
    """A device that tells by itself."""

    statistics: LineStatistics
    """Counts of the talk with the device; the option `statistics` gives one to go on with."""

    def __aiter__(self) -> AsyncIterator[Reading]:
        """Yield readings until closed.

        Noise is counted, not raised. DeviceError when the port fails, DeviceTimeout when the
        device is silent; after either, build and enter a new sensor.
        """
        ...
