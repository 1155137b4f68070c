"""How full disks are, how fast they fill, and when they are full at that rate."""

from hub.disks.forecast import Forecast, Sample, forecast
from hub.disks.watch import HUB_PLACE, DiskWatch

__all__ = ["HUB_PLACE", "DiskWatch", "Forecast", "Sample", "forecast"]
