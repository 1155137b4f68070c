"""Content packs at the hub: handed in, looked through, kept by hash, announced to kiosks."""

from hub.packs.desk import PackDesk
from hub.packs.folder import PackFolder

__all__ = ["PackDesk", "PackFolder"]
