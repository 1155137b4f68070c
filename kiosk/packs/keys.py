"""The shelf as a kiosk's configuration says, and the keys whose packs it takes."""

from collections.abc import Iterable
from pathlib import Path

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kiosk.config import ArSection
from kiosk.packs.shelf import PackShelf
from link.packs import read_public_keys

log = structlog.get_logger(__name__)


def open_shelf(section: ArSection) -> PackShelf:
    """Return the shelf of packs. Raises ConfigError: a key cannot be read."""
    keys = present_keys(section.pack_keys)
    return PackShelf(section.packs, keys, allow_unsigned=section.allow_unsigned)


def present_keys(paths: Iterable[Path]) -> tuple[Ed25519PublicKey, ...]:
    """Read the keys that are there: a kiosk that never joined has none. Raises ConfigError."""
    there = [path for path in paths if path.exists()]
    if not there:
        log.warning("no_pack_key", reason="no key of content packs is there: none is shown signed")
    return read_public_keys(there)
