"""Releases for nodes at the hub: handed in, looked through, kept by hash, and rolled out."""

from hub.updates.desk import UpdateDesk
from hub.updates.window import Night

__all__ = ["Night", "UpdateDesk"]
