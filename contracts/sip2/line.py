"""A message as the bytes of a line, and back.

    11NN20260429    18000020260527    180000AO…|AA…|AB…|AY3AZEDB1<CR>
    └┬┘└────────────── fixed ─────────────┘└ fields ──┘ │  └ checksum
    code                                               sequence number

The checksum is over the bytes in the encoding that they have on the line: from the first to `AZ`,
negated, the low 16 bits as four hexadecimal digits. A GB18030 character may hold the byte of `|`,
so that a line is decoded before it is parted.
"""

import re
import unicodedata
from enum import StrEnum
from typing import Final

from contracts.errors import ChecksumWrong, LineUnreadable, UnknownMessage
from contracts.sip2.fields import FieldValue
from contracts.sip2.forms import FORMS, Code
from contracts.sip2.message import Message

MOST_LINE_BYTES: Final = 64 * 1024
MOST_VALUE: Final = 255
"""Characters of one value; what is longer is cut."""
MOST_FIELDS: Final = 2048
TERMINATORS: Final = (b"\r", b"\r\n")

_BAR: Final = "&#124;"
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_EACH_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_CUT_BAR: Final = re.compile(r"&(?:#(?:1(?:2(?:4)?)?)?)?$")
_TRAILER: Final = re.compile(rb"(?:AY(?P<sequence>\d)\|?)?AZ(?P<checksum>[0-9A-Fa-f]{4})[| ]*$")
_SEQUENCE: Final = re.compile(rb"AY(?P<sequence>\d)[| ]*$")
_TRAILING: Final = frozenset({"AY", "AZ"})
"""No fields: elsewhere than at the end they are the rest of a line that lost its end."""
_NEVER_NUMBERED: Final = frozenset({Code.REQUEST_TERMINAL_RESEND, Code.REQUEST_SYSTEM_RESEND})


class Encoding(StrEnum):
    """How text stands in the bytes of a line; both ends have to know it, the line does not say."""

    UTF_8 = "utf-8"
    GB18030 = "gb18030"
    LATIN_1 = "latin-1"
    CP850 = "cp850"
    ASCII = "ascii"
    """Accents are taken off; what has no such letter becomes a question mark."""


def checksum(line: bytes) -> str:
    """Return the four digits of a line that ends with `AZ`."""
    return f"{-sum(line) & 0xFFFF:04X}"


def encode(
    message: Message,
    encoding: Encoding = Encoding.UTF_8,
    *,
    is_checked: bool = True,
    terminator: bytes = b"\r",
) -> bytes:
    """Return the line of a message, with its terminator.

    Values are cleaned: `|` becomes `&#124;`, control characters a blank, 255 characters are kept.
    With `is_checked` a checksum is sent, and the sequence number where the message has one.
    """
    parts = [message.code, message.fixed]
    for one in message.fields:
        parts += (one.code, _clean(one.value), "|")
    line = _bytes("".join(parts), encoding)
    if message.sequence is not None and message.code not in _NEVER_NUMBERED:
        line += b"AY%d" % message.sequence
    if is_checked:
        line += b"AZ"
        line += checksum(line).encode()
    return line + terminator


def decode(line: bytes, encoding: Encoding = Encoding.UTF_8) -> Message:
    """Read a line without its terminator.

    Fields may stand in any order, be unknown, lack the last `|`. Bytes that are no text of the
    encoding become U+FFFD. Raises ChecksumWrong, UnknownMessage, LineUnreadable.
    """
    if len(line) > MOST_LINE_BYTES:
        raise LineUnreadable(f"a line of {len(line)} bytes; the most is {MOST_LINE_BYTES}")
    code = line[:2].decode("ascii", "replace")
    form = FORMS.get(code)
    begins = min(2 + form.width, len(line)) if form else 0
    body, sequence, is_checked = _without_trailer(line, code, begins)
    if form is None:
        if not (len(code) == 2 and code.isascii() and code.isdecimal()):
            raise LineUnreadable("does not begin with the two digits of a message", code, sequence)
        raise UnknownMessage(f"there is no message {code} in SIP2 2.00", code, sequence)
    text = body[2:].decode(encoding, "replace")
    if len(text) < form.width:
        raise LineUnreadable(
            f"message {code} ends within its fixed part: {len(text)} of {form.width} characters",
            code,
            sequence,
        )
    fixed, rest = text[: form.width], text[form.width :]
    if not fixed.isascii():
        raise LineUnreadable(
            f"message {code} has other than ASCII in its fixed part", code, sequence
        )
    if not fixed.isprintable():
        # As in a value; but each for itself, for what follows stands at its place.
        fixed = _EACH_CONTROL.sub(" ", fixed)
    pieces = rest.split("|") if rest else []
    if len(pieces) > MOST_FIELDS:
        raise LineUnreadable(
            f"message {code} has {len(pieces)} fields; the most is {MOST_FIELDS}", code, sequence
        )
    values = tuple(_field(one) for one in pieces if len(one) >= 2 and one[:2] not in _TRAILING)
    return Message(code, fixed, values, sequence, is_checked)


def _without_trailer(line: bytes, code: str, begins: int) -> tuple[bytes, int | None, bool]:
    """Part a line from its sequence number and checksum, which begin behind the fixed part."""
    found = _TRAILER.search(line, begins)
    if found is not None:
        summed = line[: found.start("checksum")]
        sequence = int(found["sequence"]) if found["sequence"] else None
        if checksum(summed) != found["checksum"].decode().upper():
            raise ChecksumWrong("the checksum is not that of the line's bytes", code, sequence)
        return line[: found.start()], sequence, True
    found = _SEQUENCE.search(line, begins)
    # Without a checksum to prove it, only where a field can begin.
    if found is not None and (found.start() == begins or line[: found.start()].endswith(b"|")):
        return line[: found.start()], int(found["sequence"]), False
    if line[begins:].rpartition(b"|")[2][:2] in {b"AY", b"AZ"}:
        raise ChecksumWrong("ends in what is no sequence number and checksum", code)
    return line, None, False


def _field(piece: str) -> FieldValue:
    value = piece[2:]
    if not value.isprintable():
        value = _CONTROL.sub(" ", value)
    return FieldValue(piece[:2], value.replace(_BAR, "|")[:MOST_VALUE])


def _clean(value: str) -> str:
    if len(value) <= MOST_VALUE and value.isprintable() and "|" not in value:
        return value
    plain = _CONTROL.sub(" ", value[: MOST_VALUE + 1])
    escaped = plain.replace("|", _BAR)
    if len(escaped) <= MOST_VALUE:
        return escaped
    return _CUT_BAR.sub("", escaped[:MOST_VALUE])


def _bytes(text: str, encoding: Encoding) -> bytes:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        pass
    return "".join(_nearest(letter, encoding) for letter in text).encode(encoding, "replace")


def _nearest(letter: str, encoding: Encoding) -> str:
    try:
        letter.encode(encoding)
    except UnicodeEncodeError:
        apart = unicodedata.normalize("NFKD", letter)
        plain = "".join(one for one in apart if not unicodedata.combining(one))
        # A compatibility form may hold what parts fields: U+FF5C is a `|`.
        return plain if plain.isascii() and plain.isprintable() and "|" not in plain else "?"
    return letter
