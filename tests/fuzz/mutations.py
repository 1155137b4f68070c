"""Inputs that nobody meant: bytes damaged anyhow, and trees of values with one that is hostile.

Everything comes of a `random.Random`, so that a seed is one sequence of inputs.
"""

import copy
import json
import random
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Tree = Any
"""What JSON or TOML holds: dicts, lists, texts, numbers, truths, and Raw."""
Path = tuple[str | int, ...]

_NUMBERS = (
    *(0, 1, -1, 59, 60, 61, 127, 128, 255, 256, 299, 300, 999, 1000, 1001, 32_767, 65_535, 65_536),
    *(2**31 - 1, 2**31, 2**32, 2**53, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), 2**64, 10**30),
    *(0.5, -0.0, 1e-320, 1e12, 1.0000001e12, 1e300, 1.7e308, 4_102_444_800, 4_102_444_800_001),
)
_TEXTS = (
    *(
        "",
        " ",
        "a",
        "A",
        "-",
        "_",
        ".",
        "..",
        "../..",
        "/",
        "\\",
        "a/b",
        "%s%n",
        "'",
        '"',
        "`",
        "|",
    ),
    *("\x00", "a\x00b", "\r\n", "a\nb", "\x1b[2J", "\x7f", "\x85", "\u2028", "\ufeff", "\ufffd"),
    *("开馆", "é", "e\u0301", "\u202eevil", "😀" * 3, "ﷺ" * 20, "\u0000" * 50, "１２", "٣"),
    *("null", "true", "NaN", "0", "-1", "1e9", "2026-02-30", "2026-11-30", "24:00", "08:30-07:00"),
    *("a" * 48, "a" * 49, "f" * 32, "f" * 33, "0" * 8, "x" * 255, "x" * 256, "x" * 5000),
    *("http://", "file:///etc/passwd", "socket://127.0.0.1:1", "{{ 7*7 }}", "<script>"),
    *("Asia/Shanghai", "Asia", "../etc/localtime", "(" * 120, "a{9999999999999999999}", "(a+)+$"),
)


@dataclass(frozen=True)
class Raw:
    """A piece of text that stands in the document as it is, whatever it makes of it."""

    text: str


JSON_RAWS = (
    *(
        "1e999",
        "-1e999",
        "NaN",
        "Infinity",
        "1e-999",
        "01",
        "1.",
        "0x10",
        "9" * 4000,
        "-" + "9" * 400,
    ),
    *("0." + "0" * 400 + "1", "1" + "0" * 400, '"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"'),
    *('"\\x41"', '"a\tb"', '"', "", "{", "]", "tru", "[" * 900 + "]" * 900, "[" * 30_000),
    *('{"a":' * 500 + "1" + "}" * 500, '{"seq":1,"seq":2}', "/*x*/1", "1 1", "\ufeff1"),
    *('"' + "x" * 20_000 + '"', "[" + "0," * 3000 + "0]", '{"":{"":{"":null}}}'),
)
TOML_RAWS = (
    *("inf", "-inf", "nan", "1e400", "9" * 5000, "-" + "9" * 5000, "0x" + "f" * 400, "0b2", "01"),
    *("1979-05-27", "1979-05-27T07:32:00Z", "07:32:00", "2026-02-30", "9999-12-31T23:59:59+23:59"),
    *("[" * 600 + "]" * 600, "[" * 5000, "{a = {a = {a = 1}}}", '"""' + "x" * 9000 + '"""', "'''"),
    *('"\\u0000"', '"\\ud800"', '"\\U00110000"', '"', "", "true1", "[1, 'a']", "{}", "[{}]", "0o7"),
)


def damaged(dice: random.Random, sample: bytes, others: Sequence[bytes] = ()) -> bytes:
    """Return a sample with one to eight faults: bits, numbers, pieces lost, doubled, foreign."""
    data = bytearray(sample)
    for _ in range(dice.choice((1, 1, 1, 2, 3, 8))):
        at = dice.randrange(len(data) + 1)
        match dice.randrange(10):
            case 0 if data:
                data[at - 1] ^= 1 << dice.randrange(8)
            case 1 if data:
                data[at - 1] = dice.choice((0, 1, 0x0A, 0x0D, 0x22, 0x7C, 0x7F, 0x80, 0xFE, 0xFF))
            case 2:
                del data[at : at + dice.choice((1, 2, 4, 20, 400))]
            case 3:
                data[at:at] = data[at : at + dice.choice((1, 2, 8, 60))]
            case 4:
                data[at:at] = dice.randbytes(dice.choice((1, 1, 2, 4, 16)))
            case 5:
                how = dice.choice(("<H", ">H", "<I", ">I"))
                most = 2 ** (8 * struct.calcsize(how)) - 1
                number = struct.pack(how, dice.choice((0, 1, most, most // 2 + 1, most // 2)))
                data[at : at + len(number)] = number
            case 6:
                del data[at:]
            case 7 if others:
                other = dice.choice(others)
                start = dice.randrange(len(other) + 1)
                data[at : at + dice.randrange(40)] = other[start : start + dice.randrange(80)]
            case 8:
                data[at:at] = dice.choice(_TEXTS).encode("utf-8", "surrogatepass")[:200]
            case _:
                data[at:at] = data[at - 1 : at] * dice.choice((2, 10, 300))
    return bytes(data)


def hostile(dice: random.Random, raws: Sequence[str], near: Tree = None) -> Tree:
    """Return a value that does not belong where `near` stands."""
    match dice.randrange(9):
        case 0:
            return dice.choice(_NUMBERS)
        case 1:
            return dice.choice(_TEXTS)
        case 2:
            return Raw(dice.choice(raws))
        case 3 if isinstance(near, int | float) and not isinstance(near, bool):
            return near + dice.choice((-1, 1, 0.5, 10**6, -(10**6)))
        case 3 | 4 if isinstance(near, str):
            return damaged(dice, near.encode()).decode("utf-8", "replace")
        case 5:
            return dice.choice((True, False, [], {}, [[]], [{}], {"": ""}, {"a": {"b": {}}}))
        case 6:
            return [copy.copy(near)] * dice.choice((1, 2, 3, 200))
        case 7:
            return {dice.choice(_TEXTS) or "k": near}
        case _:
            return dice.randrange(-(2**40), 2**40)


def spoilt(dice: random.Random, tree: Tree, raws: Sequence[str]) -> Tree:
    """Return a copy of a tree with one to four faults at any depth."""
    tree = copy.deepcopy(tree)
    for _ in range(dice.choice((1, 1, 1, 2, 4))):
        found = list(places(tree))
        if not found:
            return hostile(dice, raws, tree)
        holder, key = dice.choice(found)
        match dice.randrange(8):
            case 0:
                del holder[key]
            case 1 if isinstance(holder, dict):
                name = dice.choice(_TEXTS)
                holder[name] = hostile(dice, raws)
            case 1 | 2 if isinstance(holder, list):
                holder.insert(key, copy.deepcopy(holder[key]))
            case 2:
                # Something good of elsewhere, in the wrong place.
                other, where = dice.choice(found)
                if where in other if isinstance(other, dict) else where < len(other):
                    holder[key] = copy.deepcopy(other[where])
            case _:
                holder[key] = hostile(dice, raws, holder[key])
    return tree


def places(tree: Tree) -> Iterator[tuple[Any, Any]]:
    """Yield (dict or list, key) of every value in a tree."""
    if isinstance(tree, dict):
        pairs = list(tree.items())
    elif isinstance(tree, list):
        pairs = list(enumerate(tree[:60]))
    else:
        return
    for key, value in pairs:
        yield tree, key
        yield from places(value)


def as_json(dice: random.Random, tree: Tree) -> bytes:
    """Write a tree as JSON, pieces of raw text in it as they are; now and then a key twice."""
    parts: list[str] = []
    _json(tree, parts.append, dice)
    return "".join(parts).encode("utf-8", "surrogatepass")


def _json(tree: Tree, put: Callable[[str], None], dice: random.Random) -> None:
    if isinstance(tree, Raw):
        put(tree.text)
    elif isinstance(tree, dict):
        put("{")
        for number, (key, value) in enumerate(tree.items()):
            put("," if number else "")
            for again in range(1 + (dice.random() < 0.003)):
                put("," if again else "")
                put(json.dumps(str(key), ensure_ascii=dice.random() < 0.5) + ":")
                _json(value, put, dice)
        put("}")
    elif isinstance(tree, list | tuple):
        put("[")
        for number, value in enumerate(tree):
            put("," if number else "")
            _json(value, put, dice)
        put("]")
    else:
        put(json.dumps(tree, ensure_ascii=False))


def as_toml(tree: dict[str, Tree]) -> bytes:
    """Write a tree as TOML: one line a key, everything below in line."""
    lines = [f"{_key(key)} = {_toml(value)}" for key, value in tree.items()]
    return "\n".join(lines).encode("utf-8", "surrogatepass") + b"\n"


def _toml(tree: Tree) -> str:
    if isinstance(tree, Raw):
        return tree.text
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{_key(key)} = {_toml(value)}" for key, value in tree.items()) + "}"
    if isinstance(tree, list | tuple):
        return "[" + ", ".join(_toml(value) for value in tree) + "]"
    if isinstance(tree, bool):
        return "true" if tree else "false"
    if isinstance(tree, int | float):
        return repr(tree)
    if isinstance(tree, str):
        return _text(tree)
    return str(tree)  # dates and times


def _key(key: object) -> str:
    text = str(key)
    return (
        text
        if text and all(c.isascii() and (c.isalnum() or c in "-_") for c in text)
        else _text(text)
    )


def _text(text: str) -> str:
    escaped = "".join(c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08x}" for c in text)
    return f'"{escaped}"'
