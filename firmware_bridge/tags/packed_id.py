"""Item ids packed for the UII of the university alliance.

      96 bits   1 to 7 characters: their number, then ASCII
                8 to 14: three of A-Z 0-9, digits, one of ASCII, in 8 bytes, little-endian:
                bit 0  4   12       18       24       30        34
                    ┌──┬────┬────────┬────────┬────────┬─────────┬──────────────────┐
                    │n │last│ third  │ second │ first  │ fourth  │ digits from the   │
                    │  │    │ - 0x30 │        │        │         │ fifth on (30)     │
                    └──┴────┴────────┴────────┴────────┴─────────┴──────────────────┘
      128 bits  1 to 11 characters: their number, then ASCII
                12 to 14: A-Z 0-9 and one of ASCII, in three words of 4 bytes, the last ones first:
                five characters of six bits each in the third and second word, the rest with
                number and last character as above in the first

Source: appendix A of the alliance's data model, as transcribed by the project dp2.
"""

from firmware_bridge.errors import FrameError

_MOST = 14
_SIX_BITS = 0x3F
_BASE = ord("0")


def pack_96(item_id: str) -> bytes:
    """Return 2 to 8 bytes. Raises FrameError for an id that this coding does not hold."""
    _check(item_id)
    if len(item_id) <= 7:
        return _pack_short(item_id)
    if not (_is_code(item_id[:3]) and _is_digits(item_id[3:-1])):
        raise FrameError(f"the item id {item_id!r} cannot be packed into 96 bits")
    fourth = int(item_id[3])
    low = (fourth & 3) << 18 | _six(item_id[:3])
    low = (low << 8 | ord(item_id[-1])) << 4 | len(item_id)
    high = int(item_id[4:-1]) << 2 | fourth >> 2
    return low.to_bytes(4, "little") + high.to_bytes(4, "little")


def unpack_96(packed: bytes) -> str:
    """Return the id. Raises FrameError for bytes that none packs to."""
    count = _count(packed)
    if count <= 7:
        return _unpack_short(packed, count)
    if len(packed) < 8:
        raise FrameError("a packed item id is cut off")
    low, high = (int.from_bytes(packed[start : start + 4], "little") for start in (0, 4))
    digits = f"{high >> 2:0{count - 5}}"
    fourth = (high & 3) << 2 | low >> 30
    if len(digits) != count - 5 or fourth > 9:
        raise FrameError("a packed item id holds digits that it cannot have")
    letters = "".join(chr((low >> shift & _SIX_BITS) + _BASE) for shift in (24, 18, 12))
    return f"{letters}{fourth}{digits}{chr(low >> 4 & 0xFF)}"


def pack_128(item_id: str) -> bytes:
    """Return 2 to 12 bytes. Raises FrameError for an id that this coding does not hold."""
    _check(item_id)
    if len(item_id) <= 11:
        return _pack_short(item_id)
    if not _is_code(item_id[:-1]):
        raise FrameError(f"the item id {item_id!r} cannot be packed into 128 bits")
    last = (_six(item_id[10:-1]) << 8 | ord(item_id[-1])) << 4 | len(item_id)
    words = (last, _six(item_id[5:10]), _six(item_id[:5]))
    return b"".join(word.to_bytes(4, "little") for word in words)


def unpack_128(packed: bytes) -> str:
    """Return the id. Raises FrameError for bytes that none packs to."""
    count = _count(packed)
    if count <= 11:
        return _unpack_short(packed, count)
    if len(packed) < 12:
        raise FrameError("a packed item id is cut off")
    last, middle, first = (
        int.from_bytes(packed[start : start + 4], "little") for start in (0, 4, 8)
    )
    letters = _letters(first, 5) + _letters(middle, 5) + _letters(last >> 12, count - 11)
    return letters + chr(last >> 4 & 0xFF)


def _check(item_id: str) -> None:
    if not 1 <= len(item_id) <= _MOST or not item_id.isascii():
        raise FrameError(f"the item id {item_id!r} is not 1 to {_MOST} characters of ASCII")


def _count(packed: bytes) -> int:
    count = packed[0] & 0x0F if packed else 0
    if not 1 <= count <= _MOST:
        raise FrameError("a packed item id has a wrong number of characters")
    return count


def _pack_short(item_id: str) -> bytes:
    return bytes([len(item_id)]) + item_id.encode("ascii")


def _unpack_short(packed: bytes, count: int) -> str:
    letters = packed[1 : 1 + count]
    if len(letters) < count or not letters.isascii():
        raise FrameError("a packed item id is cut off, or no ASCII")
    return letters.decode("ascii")


def _six(letters: str) -> int:
    value = 0
    for letter in letters:
        value = value << 6 | (ord(letter) - _BASE)
    return value


def _letters(value: int, count: int) -> str:
    return "".join(
        chr((value >> 6 * place & _SIX_BITS) + _BASE) for place in reversed(range(count))
    )


def _is_code(text: str) -> bool:
    return all("0" <= letter <= "9" or "A" <= letter <= "Z" for letter in text)


def _is_digits(text: str) -> bool:
    return all("0" <= letter <= "9" for letter in text)
