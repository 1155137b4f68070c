"""URN Code 40: the text of a UII in the EPC bank of a UHF tag.

      2 bytes 0001..FA00   three of 40 characters: 1600 a + 40 b + c + 1, 0 where there is none
      FB  dn  bytes        9 to 24 digits as one number: d digits less 9, n bytes less 4
      FC  1 byte           one other character of ISO/IEC 646
      FD  2 bytes          one character of two bytes in UTF-8
      FE  3 bytes          one of three bytes
      00                   fills the last word

Source: ISO/TS 28560-4 and its examples, as transcribed by the project dp2.
"""

import re

from firmware_bridge.errors import FrameError

_ALPHABET = "\x00ABCDEFGHIJKLMNOPQRSTUVWXYZ-.:0123456789"
_MOST_TRIPLE = 40**3
_DIGITS = 0xFB
_ESCAPES = {0xFC: 1, 0xFD: 2, 0xFE: 3}
_LEAST_DIGITS, _LEAST_NUMBER_BYTES = 9, 4
# Long runs of digits, runs of the 40 characters up to such a run, any other character alone.
_SEGMENTS = re.compile(
    r"(?P<digits>[0-9]{9,24})|(?P<triples>(?:[A-Z.:-]|[0-9](?![0-9]{8}))+)|(?P<other>.)", re.DOTALL
)


def encode_urn40(text: str) -> bytes:
    """Return the bytes, in whole words. Raises FrameError for a character beyond three bytes."""
    encoded = b""
    for segment in _SEGMENTS.finditer(text):
        if segment["digits"]:
            encoded += _encode_digits(segment["digits"])
        elif segment["triples"]:
            encoded += _encode_triples(segment["triples"])
        else:
            encoded += _encode_other(segment["other"])
    return encoded + bytes(len(encoded) % 2)


def decode_urn40(encoded: bytes) -> str:
    """Return the text. Raises FrameError for bytes that no text encodes to."""
    text, position = "", 0
    while position < len(encoded):
        lead = encoded[position]
        if lead == _DIGITS:
            part, size = _decode_digits(encoded[position:])
        elif lead in _ESCAPES:
            size = 1 + _ESCAPES[lead]
            part = _decode_other(encoded[position : position + size])
        elif lead == 0 and not any(encoded[position:]):
            break
        else:
            size = 2
            part = _decode_triple(encoded[position : position + size])
        text += part
        position += size
    return text


def _encode_digits(digits: str) -> bytes:
    number = int(digits)
    size = max(_LEAST_NUMBER_BYTES, -(-number.bit_length() // 8))
    head = (len(digits) - _LEAST_DIGITS) << 4 | (size - _LEAST_NUMBER_BYTES)
    return bytes([_DIGITS, head]) + number.to_bytes(size, "big")


def _decode_digits(encoded: bytes) -> tuple[str, int]:
    if len(encoded) < 2:
        raise FrameError("a long number goes beyond the end of the UII")
    digits = (encoded[1] >> 4) + _LEAST_DIGITS
    size = 2 + (encoded[1] & 0x0F) + _LEAST_NUMBER_BYTES
    number = encoded[2:size]
    text = f"{int.from_bytes(number, 'big'):0{digits}}"
    if len(encoded) < size or len(text) > digits:
        raise FrameError(f"{encoded[:size].hex()} is no number of {digits} digits")
    return text, size


def _encode_triples(text: str) -> bytes:
    values = [_ALPHABET.index(letter) for letter in text]
    values += [0] * (-len(values) % 3)
    triples = zip(values[::3], values[1::3], values[2::3], strict=True)
    return b"".join((1600 * a + 40 * b + c + 1).to_bytes(2, "big") for a, b, c in triples)


def _decode_triple(word: bytes) -> str:
    value = int.from_bytes(word, "big")
    if len(word) < 2 or not 1 <= value <= _MOST_TRIPLE:
        raise FrameError(f"{word.hex()} is no word of URN Code 40")
    value -= 1
    letters = (value // 1600, value // 40 % 40, value % 40)
    return "".join(_ALPHABET[letter] for letter in letters if letter)


def _encode_other(letter: str) -> bytes:
    content = letter.encode("utf-8", "surrogatepass")
    lead = {size: lead for lead, size in _ESCAPES.items()}.get(len(content))
    if lead is None:
        raise FrameError(f"{letter!r} cannot be written in URN Code 40")
    return bytes([lead]) + content


def _decode_other(encoded: bytes) -> str:
    try:
        letter = encoded[1:].decode()
    except UnicodeDecodeError as error:
        raise FrameError(f"{encoded.hex()} is no character of UTF-8") from error
    if len(letter) != 1:
        raise FrameError(f"{encoded.hex()} is no single character")
    return letter
