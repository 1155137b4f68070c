"""The compaction of an ISIL (ISO 15511): three sets of characters, five or four bits each.

      set    bits  characters               go to, or take one of, another set
      upper  5     0 -  1-26 A-Z  27 :      28 to lower  29 one  30 to digit  31 one
      lower  5     0 -  1-26 a-z  27 /      28 to upper  29 one  30 to digit  31 one
      digit  4     0-9 0-9  10 -  11 :      12 to upper  13 one  14 to lower  15 one

It begins in the set upper; unused bits at the end are 1. Source: GB/T 35660.2-2017, as transcribed
by the project dp2.
"""

from dataclasses import dataclass

from firmware_bridge.errors import FrameError
from firmware_bridge.tags.bits import pack_bits, unpack_bits

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class _Set:
    width: int
    characters: str
    to_set: dict[str, int]  # from the next character on
    for_one: dict[str, int]  # for the next character only


_SETS = {
    "upper": _Set(5, f"-{_LETTERS}:", {"lower": 28, "digit": 30}, {"lower": 29, "digit": 31}),
    "lower": _Set(
        5, f"-{_LETTERS.lower()}/", {"upper": 28, "digit": 30}, {"upper": 29, "digit": 31}
    ),
    "digit": _Set(4, "0123456789-:", {"upper": 12, "lower": 14}, {"upper": 13, "lower": 15}),
}


def compact_isil(isil: str) -> bytes:
    """Return the bytes of an ISIL. Raises FrameError for a character that none can have."""
    bits, name = "", "upper"
    for position, character in enumerate(isil):
        homes = [home for home, its in _SETS.items() if character in its.characters]
        if not homes:
            raise FrameError(f"{isil!r} is no ISIL: {character!r} cannot stand in one")
        if name in homes:
            bits += _code(name, _SETS[name].characters.index(character))
            continue
        following = isil[position + 1 : position + 2]
        home = homes[0]
        if following in _SETS[name].characters:
            bits += _code(name, _SETS[name].for_one[home])
            bits += _code(home, _SETS[home].characters.index(character))
        else:
            bits += _code(name, _SETS[name].to_set[home])
            name = home
            bits += _code(name, _SETS[name].characters.index(character))
    return pack_bits(bits + "1" * (-len(bits) % 8))


def expand_isil(content: bytes) -> str:
    """Return the ISIL of bytes. Raises FrameError for bytes that none compacts to."""
    bits, position = unpack_bits(content), 0
    isil, name, only = "", "upper", ""
    while position + _SETS[only or name].width <= len(bits):
        current = only or name
        its = _SETS[current]
        value = int(bits[position : position + its.width], 2)
        position += its.width
        if value < len(its.characters):
            isil, only = isil + its.characters[value], ""
            continue
        turn = {code: home for home, code in its.to_set.items()}
        if only:
            raise FrameError(f"{content.hex()} is no ISIL: two changes of the set in a row")
        if value in turn:
            name = turn[value]
        else:
            only = {code: home for home, code in its.for_one.items()}[value]
    return isil


def _code(name: str, value: int) -> str:
    return f"{value:0{_SETS[name].width}b}"
