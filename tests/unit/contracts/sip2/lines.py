"""Lines to try a codec with: good ones, and what a bad cable makes of them. Seeded."""

import random
from collections.abc import Iterator

from contracts.sip2.fields import FIELDS, FieldValue
from contracts.sip2.forms import FORMS
from contracts.sip2.line import MOST_LINE_BYTES, Encoding, encode
from contracts.sip2.message import Message

_LETTERS = "abcXYZ0189 -:;,.$#&Ayz|論語开馆éü¥😀\t\r\n\x00"


def a_message(dice: random.Random) -> Message:
    """Any message, with any values that a system may hold."""
    code = dice.choice(sorted(FORMS))
    fixed = "".join(dice.choice("YN01 239U") for _ in range(FORMS[code].width))
    names = dice.choices(sorted(FIELDS), k=dice.randrange(8))
    fields = tuple(FieldValue(name, a_value(dice)) for name in names)
    return Message(code, fixed, fields, dice.choice([None, *range(10)]))


def a_value(dice: random.Random) -> str:
    return "".join(dice.choices(_LETTERS, k=dice.choice([0, 1, 5, 20, 300])))


def bad_lines(seed: int, count: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield (what was done, bytes): random, cut, merged, flipped, repeated, over-long."""
    dice = random.Random(seed)
    for _ in range(count):
        good = encode(
            a_message(dice),
            dice.choice(list(Encoding)),
            is_checked=dice.random() < 0.5,
            terminator=dice.choice([b"\r", b"\r\n", b"\n"]),
        )
        match dice.randrange(7):
            case 0:
                yield b"random", dice.randbytes(dice.randrange(120)) + b"\r"
            case 1:
                yield b"cut", good[: dice.randrange(len(good))] + b"\r"
            case 2:
                yield b"merged", good.rstrip(b"\r\n") * dice.randrange(2, 4) + b"\r"
            case 3:
                bad = bytearray(good)
                bad[dice.randrange(len(bad))] ^= 1 << dice.randrange(8)
                yield b"flipped", bytes(bad) + b"\r"
            case 4:
                yield b"repeated", good * 2
            case 5:
                yield b"digits", str(dice.randrange(10**9)).encode() + b"\r"
            case _:
                # Seldom longer than anybody may send: it is slow.
                is_over = dice.random() < 0.005
                size = MOST_LINE_BYTES + 10 if is_over else dice.randrange(3000)
                yield b"long", good[:2] + b"A" * size + b"|\r"
