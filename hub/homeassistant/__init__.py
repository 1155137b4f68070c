"""Home Assistant's MQTT discovery: a district's venues as devices that need no configuration."""

from hub.homeassistant.bridge import Bridge
from hub.homeassistant.discovery import Config, discovery

__all__ = ["Bridge", "Config", "discovery"]
