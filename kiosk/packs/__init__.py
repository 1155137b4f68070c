"""Content packs on a kiosk: opened and verified, kept on a shelf, fetched from the hub."""

from kiosk.packs.feed import PackFeed
from kiosk.packs.pack import Pack, open_pack
from kiosk.packs.shelf import PackShelf
from link.packs import PackRefused

__all__ = ["Pack", "PackFeed", "PackRefused", "PackShelf", "open_pack"]
