"""The store whose buckets lie in InfluxDB; its client is loaded by who configures it only."""

from hub.store.influx.server import Server
from hub.store.influx.store import InfluxStore

__all__ = ["InfluxStore", "Server"]
