"""How a screen is written in a terminal: one language, characters of certain width, keys. Pure.

Some characters take one cell in one terminal and two in another, as curly quotes, dashes and discs
do; a line with them is torn. They are written otherwise, and the marks are of certain width.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Final

from contracts.hours import Text
from kiosk.session import acts
from kiosk.session.screen import Button, Lang, Mark, Row, Screen

MARKS: Final[Mapping[Mark, str]] = {
    "good": "✓",
    "bad": "✗",
    "warning": "!",
    "unknown": "?",
    "waiting": "~",
    "none": " ",
}
"""The shape of a state; its words stand beside it."""
DOT: Final = "∙"
"""Stands for a character of a PIN."""
NUMBERS: Final = "1234567890abcdefghijklmnopqrstuvwxyz"
"""The keys that choose buttons, in their order; further ones have none."""
FOOT_KEYS: Final[Mapping[str, str]] = {
    acts.LANGUAGE: "f2",
    acts.ELDER: "f3",
    acts.SMALLER: "f4",
    acts.LARGER: "f5",
    acts.CONTRAST: "f6",
    acts.HOME: "f7",
    acts.FINISH: "f8",
    acts.HELP: "f9",
    acts.BACK: "escape",
}
"""An act keeps its key on every screen. F1, F10 and F11 belong to terminals."""
ABSENT: Final = frozenset({acts.SPEAK, acts.SMALLER, acts.LARGER})
"""What a terminal cannot do: it has no voice, and its text has one size."""
_CERTAIN: Final = str.maketrans(
    {
        "“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "...", "·": "・",
        "×": "x", "°": "度", "•": "-", "●": "*", "→": ">", "←": "<",
    }
)  # fmt: skip
_BLOCKS: Final = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
QUIET_MODULES: Final = 4
"""White modules around a code, as ISO/IEC 18004 wants them."""


def certain(text: str) -> str:
    """Return a text in which every character has a width that all terminals agree on.

    What moves the cursor or is not seen, as a tag may hold it, becomes a space. Letters of other
    scripts, as Cyrillic ones, stay.
    """
    plain = text.translate(_CERTAIN)
    return "".join(" " if unicodedata.category(c)[0] == "C" else c for c in plain)


def say(text: Text, lang: Lang) -> str:
    """Return a sentence in the language that is spoken."""
    return certain(text.to(lang))


def row_name(row: Row, lang: Lang) -> str:
    """Return what a row is called; a detail that is only its name in words of both is that name."""
    if row.detail is not None and row.detail.zh == row.name:
        return say(row.detail, lang)
    return certain(row.name)


def row_detail(row: Row, lang: Lang) -> str:
    """Return the detail of a row, empty where it says no more than the name."""
    if row.detail is None or row.detail.zh == row.name:
        return ""
    return say(row.detail, lang)


def rows_of(screen: Screen) -> Iterator[Row]:
    """Yield every row of a screen, of its sections too, in the order in which they stand."""
    yield from screen.rows
    for section in screen.sections:
        yield from section.rows


def foot_of(screen: Screen) -> tuple[Button, ...]:
    """Return the foot without what a terminal cannot do."""
    return tuple(button for button in screen.foot if button.act not in ABSENT)


def numbered(screen: Screen) -> dict[str, Button]:
    """Return which button each key chooses: those of the screen first, then those of its rows.

    With a field nothing is numbered: digits are typed.
    """
    if screen.field is not None:
        return {}
    buttons = [*screen.buttons, *(b for row in rows_of(screen) for b in row.buttons)]
    return dict(zip(NUMBERS, buttons, strict=False))


def keyed(screen: Screen) -> dict[str, Button]:
    """Return the button of every key that has one on this screen.

    Escape goes back, and home where there is nothing to go back to.
    """
    found = numbered(screen)
    for button in foot_of(screen):
        key = FOOT_KEYS.get(button.act)
        if key:
            found[key] = button
    if "escape" not in found and FOOT_KEYS[acts.HOME] in found:
        found["escape"] = found[FOOT_KEYS[acts.HOME]]
    return found


def key_label(key: str) -> str:
    """Return a key as it stands on keyboards."""
    return "Esc" if key == "escape" else key.upper() if len(key) > 1 else key


def half_blocks(modules: list[list[bool]]) -> list[str]:
    """Return a code, two rows of modules a line, black as ink; the quiet zone is to be there."""
    height, width = len(modules), len(modules[0]) if modules else 0
    lines = []
    for y in range(0, height, 2):
        below = modules[y + 1] if y + 1 < height else [False] * width
        lines.append("".join(_BLOCKS[pair] for pair in zip(modules[y], below, strict=True)))
    return lines
