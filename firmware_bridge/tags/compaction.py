r"""The compactions of ISO/IEC 15962: text <-> few bytes.

      code  name         text                                 unused bits at the end
      0     application  as the element defines it: an ISIL, a bitmap
      1     integer      2 to 19 digits, no zero in front
      2     numeric      2 digits or more, two a byte         F
      3     5-bit        3 characters or more of A-Z [ \ ] ^ _  0
      4     6-bit        4 or more of 0x20 to 0x5F            100000, cut off
      5     7-bit        8 or more of 0x00 to 0x7E            1111111, cut off
      6     octets       bytes, here as hexadecimal digits
      7     UTF-8        anything

Source: GB/T 35660.2-2017 as transcribed, with its worked examples, by the project dp2.
"""

from enum import IntEnum

from firmware_bridge.errors import FrameError
from firmware_bridge.tags.bits import groups_of, pack_bits, unpack_bits

_MOST_INTEGER_DIGITS = 19


class Compaction(IntEnum):
    """The three bits of a precursor."""

    APPLICATION = 0
    INTEGER = 1
    NUMERIC = 2
    FIVE_BIT = 3
    SIX_BIT = 4
    SEVEN_BIT = 5
    OCTETS = 6
    UTF8 = 7


def choose_compaction(text: str) -> Compaction:
    """Return the first compaction, in the order of their codes, that holds this text."""
    for compaction in (
        Compaction.INTEGER,
        Compaction.NUMERIC,
        Compaction.FIVE_BIT,
        Compaction.SIX_BIT,
        Compaction.SEVEN_BIT,
    ):
        if _holds(compaction, text):
            return compaction
    return Compaction.UTF8


def compact(text: str, compaction: Compaction) -> bytes:
    """Return the bytes of a text. Raises FrameError when this compaction does not hold it."""
    if not _holds(compaction, text):
        raise FrameError(f"{text!r} cannot be written by {compaction.name.lower()} compaction")
    match compaction:
        case Compaction.INTEGER:
            number = int(text)
            return number.to_bytes((number.bit_length() + 7) // 8, "big")
        case Compaction.NUMERIC:
            return bytes.fromhex(text + "f" * (len(text) % 2))
        case Compaction.FIVE_BIT:
            return _pack(text, 5, "0" * 8)
        case Compaction.SIX_BIT:
            return _pack(text, 6, "10000000")
        case Compaction.SEVEN_BIT:
            return _pack(text, 7, "1" * 8)
        case Compaction.OCTETS:
            return bytes.fromhex(text)
        case _:
            return text.encode()


def expand(content: bytes, compaction: Compaction) -> str:
    """Return the text of bytes. Raises FrameError for bytes that no text compacts to."""
    match compaction:
        case Compaction.INTEGER:
            return str(int.from_bytes(content, "big"))
        case Compaction.NUMERIC:
            digits = content.hex().removesuffix("f")
            if not digits.isdecimal():
                raise FrameError(f"{content.hex()} is no row of digits")
            return digits
        case Compaction.FIVE_BIT:
            return _expand_five(content)
        case Compaction.SIX_BIT:
            return _expand_six(content)
        case Compaction.SEVEN_BIT:
            return _expand_seven(content)
        case Compaction.UTF8:
            try:
                return content.decode()
            except UnicodeDecodeError as error:
                raise FrameError(f"{content.hex()} is no UTF-8") from error
        case _:
            return content.hex().upper()


def _holds(compaction: Compaction, text: str) -> bool:
    is_digits = text.isascii() and text.isdecimal()
    match compaction:
        case Compaction.INTEGER:
            return is_digits and 2 <= len(text) <= _MOST_INTEGER_DIGITS and text[0] != "0"
        case Compaction.NUMERIC:
            return is_digits and len(text) >= 2
        case Compaction.FIVE_BIT:
            return len(text) >= 3 and all("A" <= letter <= "_" for letter in text)
        case Compaction.SIX_BIT:
            is_inside = all(" " <= letter <= "_" for letter in text)
            return len(text) >= 4 and is_inside and not text.endswith(" ")
        case Compaction.SEVEN_BIT:
            return len(text) >= 8 and all(letter <= "~" for letter in text)
        case Compaction.OCTETS:
            return _is_hexadecimal(text)
        case _:
            return compaction is Compaction.UTF8


def _is_hexadecimal(text: str) -> bool:
    try:
        return bytes.fromhex(text).hex().upper() == text
    except ValueError:
        return False


def _pack(text: str, width: int, filler: str) -> bytes:
    mask = (1 << width) - 1
    bits = "".join(f"{ord(letter) & mask:0{width}b}" for letter in text)
    return pack_bits(bits + filler[: -len(bits) % 8])


def _expand_five(content: bytes) -> str:
    text = ""
    for value in groups_of(unpack_bits(content), 5):
        if value == 0:
            break
        text += chr(value | 0x40)
    return text


def _expand_six(content: bytes) -> str:
    values = list(groups_of(unpack_bits(content), 6))
    # No text ends with a blank: that one is filler.
    if 6 * len(values) == 8 * len(content) and values[-1:] == [0x20]:
        values.pop()
    return "".join(chr(value if value & 0x20 else value | 0x40) for value in values)


def _expand_seven(content: bytes) -> str:
    values = list(groups_of(unpack_bits(content), 7))
    if values[-1:] == [0x7F]:
        values.pop()
    return "".join(map(chr, values))
