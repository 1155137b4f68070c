"""Settings and new starts of nodes, as the hub orders them and hears what became of them."""

from hub.remote.desk import RemoteDesk

__all__ = ["RemoteDesk"]
