"""What every venue is like now: kept up to date from what was just stored, told to all who ask."""

from hub.live.board import LiveBoard
from hub.live.collector import Collector
from hub.live.feed import Feed
from hub.live.now import DeviceNow, Fault, VenueNow, ZoneNow

__all__ = ["Collector", "DeviceNow", "Fault", "Feed", "LiveBoard", "VenueNow", "ZoneNow"]
