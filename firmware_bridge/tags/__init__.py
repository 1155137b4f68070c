"""Formats of library tags <-> what they say. Pure: no I/O, no clock; decoding never raises."""

from firmware_bridge.tags.alliance import decode_alliance, encode_alliance
from firmware_bridge.tags.content import (
    Decoded,
    TagContent,
    TagFormat,
    Unreadable,
    UnreadableReason,
    Usage,
)
from firmware_bridge.tags.danish import PartOrder, decode_danish, encode_danish
from firmware_bridge.tags.decode import decode_hf, decode_uhf
from firmware_bridge.tags.objects import decode_objects, encode_objects
from firmware_bridge.tags.security import LIBRARY_AFIS, AfiPair, SecurityMechanism
from firmware_bridge.tags.sets import Completeness, ItemParts, group_parts
from firmware_bridge.tags.uhf import UhfImage, decode_iso_uhf, encode_iso_uhf

__all__ = [
    "LIBRARY_AFIS",
    "AfiPair",
    "Completeness",
    "Decoded",
    "ItemParts",
    "PartOrder",
    "SecurityMechanism",
    "TagContent",
    "TagFormat",
    "UhfImage",
    "Unreadable",
    "UnreadableReason",
    "Usage",
    "decode_alliance",
    "decode_danish",
    "decode_hf",
    "decode_iso_uhf",
    "decode_objects",
    "decode_uhf",
    "encode_alliance",
    "encode_danish",
    "encode_iso_uhf",
    "encode_objects",
    "group_parts",
]
