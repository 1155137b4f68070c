"""SIP2 lines of whoever speaks on the line: of terminals to the server, of a system to the client.

What a peer sends is built field by field, and then something of it is wrong; or it is bytes.
"""

import random
import string

from contracts.sip2.fields import FIELDS
from contracts.sip2.forms import FORMS, Code
from contracts.sip2.line import Encoding, checksum
from tests.fuzz.mutations import _TEXTS, damaged

REQUESTS = tuple(code for code, form in FORMS.items() if form.answer is not None)
DATES = (
    *("20261129    090000", " " * 18, "00010101    000000", "00010101   Z000000"),
    *("99991231    235959", "99991231   Z235959", "20260230    000000", "20261129   X090000"),
    *("2026112９    090000", "0" * 18, "9" * 18, "19700101    080000", "20380119   Z031408"),
)
VALUES = (
    *("P1", "P2", "P3", "B1", "B2", "B3", "B4", "1234", "jd", "Y", "N", "y", "1", "0", "00", "-1"),
    *("0001", "9999", "10000", "1e9", "999999999999999999999", "1.50", "-0.01", "0.001", "CNY"),
    *("论语译注", "\ud800", "\udfff", "\x00", "\x01\x02", "&#124;", "AY9AZ0000", "|", "\t"),
    *(
        "x" * 254,
        "x" * 255,
        "x" * 256,
        "书" * 300,
        "20261207    183149",
        "08.06.2016",
        "5/23/2008,23:59",
    ),
    *("99991231   Z235959", "0001-01-01T00:00:00+23:59", "9999-12-31 23:59 -2359", "0000-00-00"),
    *("L1", "' OR 1=1 --", "../..", "%s%n", "<b>", "\u202e", "\u2028", "１２"),
)
_FIXED = "YN01 239U-+*\x00\x01\x1b\x7fé"


def a_date(dice: random.Random) -> str:
    """Return 18 characters, mostly of an instant."""
    if dice.random() < 0.1:
        return "".join(dice.choices(_FIXED + string.digits, k=18))
    return dice.choice(DATES)


def a_value(dice: random.Random) -> str:
    """Return a value: mostly of those that mean something."""
    return dice.choice(VALUES) if dice.random() < 0.9 else dice.choice(_TEXTS)


def a_fixed(dice: random.Random, code: str) -> str:
    """Return the fixed part of a message, now and then too short or too long."""
    parts = []
    for part in FORMS[code].places:
        if part.width == 18:
            parts.append(a_date(dice))
        elif dice.random() < 0.85:
            parts.append("".join(dice.choices("YN01 239U-+*", k=part.width)))
        else:
            parts.append("".join(dice.choices(_FIXED, k=part.width)))
    text = "".join(parts)
    return text if dice.random() < 0.95 else text[: dice.randrange(len(text) + 1)]


def a_line(
    dice: random.Random,
    code: str,
    encoding: Encoding,
    *,
    sequence: int | None = None,
    said: tuple[tuple[str, str], ...] = (),
) -> bytes:
    """Return a line without terminator, its checksum mostly right."""
    form = FORMS[code]
    names = [field.code for field in form.required]
    names += dice.choices(sorted(FIELDS), k=dice.choice((0, 0, 1, 2, 5)))
    fields = [(name, a_value(dice)) for name in names if dice.random() < 0.95]
    fields = [*(pair for pair in said if dice.random() < 0.95), *fields]
    if dice.random() < 0.2:
        dice.shuffle(fields)
    text = code + a_fixed(dice, code) + "".join(f"{name}{value}|" for name, value in fields)
    line = text.encode(encoding, "surrogatepass" if encoding is Encoding.UTF_8 else "replace")
    line = line.replace(b"\r", b"").replace(b"\n", b"")
    if dice.random() < 0.1:
        line = damaged(dice, line).replace(b"\r", b" ").replace(b"\n", b" ")
    number = dice.randrange(10) if sequence is None else sequence
    match dice.randrange(12):
        case 0:
            return line
        case 1:
            return line + b"AY%d" % number
        case 2:
            return line + b"AY%dAZ%04X" % (number, dice.randrange(65_536))
        case _:
            line += b"AY%dAZ" % number
            return line + checksum(line).encode()


def a_request(dice: random.Random, encoding: Encoding) -> bytes:
    """Return a line as a hostile or broken terminal sends it."""
    match dice.randrange(20):
        case 0:
            return dice.randbytes(dice.randrange(1, 200)).replace(b"\r", b"").replace(b"\n", b"")
        case 1:
            return a_line(dice, dice.choice(sorted(FORMS)), encoding)
        case 2:
            return f"{dice.randrange(100):02}{a_value(dice)}".encode(encoding, "replace")
        case 3:
            return b"9700AZ" if dice.random() < 0.5 else b"97"
        case _:
            code = dice.choice(REQUESTS)
            if code == Code.LOGIN and dice.random() < 0.9:
                code = Code.CHECKOUT
            return a_line(dice, code, encoding)
