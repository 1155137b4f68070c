"""Content packs as files: made, signed, and read with limits. Hub and kiosk both look at them."""

from link.packs.archive import PackFacts, facts_of, open_archive, read_file
from link.packs.building import SKETCH, build_pack, folder_manifest, resign
from link.packs.refusal import PackRefused
from link.packs.signing import (
    make_key_pem,
    parse_public_key,
    public_pem,
    read_private_key,
    read_public_keys,
    sign_pack,
)

__all__ = [
    "SKETCH",
    "PackFacts",
    "PackRefused",
    "build_pack",
    "facts_of",
    "folder_manifest",
    "make_key_pem",
    "open_archive",
    "parse_public_key",
    "public_pem",
    "read_file",
    "read_private_key",
    "read_public_keys",
    "resign",
    "sign_pack",
]
