"""What a terminal is given: characters that all terminals set alike, keys, codes."""

import unicodedata
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from contracts.hours import Text
from hub.console.palette import TOKENS as CONSOLE_TOKENS
from kiosk.session import acts, words, words_lending
from kiosk.session.screen import Button, Field, Prefs, Row, Screen, ScreenName
from kiosk.tui.palette import CONTRAST, NIGHT, PAPER, TOKENS
from kiosk.tui.parts import qr_lines
from kiosk.tui.writing import DOT, MARKS, certain, keyed, numbered, row_detail, row_name


def texts_of(thing: Any) -> list[Text]:
    if isinstance(thing, Text):
        return [thing]
    if isinstance(thing, dict):
        return [text for part in thing.values() for text in texts_of(part)]
    if isinstance(thing, tuple):
        return [text for part in thing for text in texts_of(part)]
    return []


def uncertain(text: str) -> list[str]:
    return [c for c in text if unicodedata.east_asian_width(c) == "A"]


def test_no_word_of_ours_has_a_character_of_uncertain_width() -> None:
    said = [t for module in (words, words_lending) for t in texts_of(dict(vars(module)))]
    assert len(said) > 100
    assert [c for text in said for part in text for c in uncertain(certain(part))] == []
    assert uncertain("".join(MARKS.values()) + DOT) == []


@given(st.text())
def test_nothing_moves_the_cursor(text: str) -> None:
    written = certain(text)
    assert not [c for c in written if unicodedata.category(c)[0] == "C"]
    assert cell_len(certain("书" + text)) >= 2


def test_a_name_in_both_languages_is_told_once() -> None:
    day = Row("2026-11-29", "周日", Text("周日", "Sunday"))
    assert (row_name(day, "zh"), row_detail(day, "zh")) == ("周日", "")
    assert (row_name(day, "en"), row_detail(day, "en")) == ("Sunday", "")
    book = Row("1", "边城", Text("应还", "Due"))
    assert (row_name(book, "en"), row_detail(book, "en")) == ("边城", "Due")


def test_keys_choose_what_is_shown_and_digits_are_typed_where_there_is_a_field() -> None:
    label = Text("做", "do")
    home = Button(acts.HOME, label)
    rows = (Row("a", "书", buttons=(Button(acts.RENEW, label, choice="a"),)),)
    screen = Screen(
        ScreenName.ACCOUNT, 1, Prefs(), label,
        buttons=(Button(acts.RENEW_ALL, label),), rows=rows, foot=(home,),
    )  # fmt: skip
    assert {key: one.act for key, one in numbered(screen).items()} == {
        "1": acts.RENEW_ALL,
        "2": acts.RENEW,
    }
    assert keyed(screen)["escape"] is home, "without a way back, escape leads home"
    field = Field(acts.PIN, label, "pin", 8, label)
    asking = Screen(ScreenName.PIN, 1, Prefs(), label, field=field, foot=(home,))
    assert not {"1", "2"} & set(keyed(asking))


def test_a_camera_reads_the_code() -> None:
    text = "我嘉书房\n2026-11-29 08:00\n借 红楼梦 (应还 2026-12-27)"
    inks = {" ": (255, 255), "▀": (0, 255), "▄": (255, 0), "█": (0, 0)}
    lines = qr_lines(text)
    pixels = [[inks[c][half] for c in line] for line in lines for half in (0, 1)]
    picture = np.array(pixels, np.uint8).repeat(6, axis=0).repeat(6, axis=1)
    told, _, _ = cv2.QRCodeDetector().detectAndDecode(picture)
    assert told == text


def test_the_colours_are_the_house_s() -> None:
    assert TOKENS == CONSOLE_TOKENS


@pytest.mark.parametrize("theme", [PAPER, NIGHT, CONTRAST], ids=lambda theme: theme.name)
def test_words_can_be_read_on_every_ground(theme: Any) -> None:
    """WCAG 2.2, 1.4.3: 4.5:1; 1.4.6: 7:1 where contrast was asked for."""
    least = 7.0 if theme is CONTRAST else 4.5
    colours = theme.variables
    pairs = [
        (theme.foreground, theme.background),
        (theme.foreground, theme.surface),
        (colours["quiet"], theme.surface),
        (colours["main-ink"], colours["main"]),
        (colours["urgent-ink"], colours["urgent"]),
        (colours["focus-ink"], colours["focus"]),
        *((ink, theme.background) for ink in (theme.success, theme.warning, theme.error)),
    ]
    assert [(a, b) for a, b in pairs if ratio(a, b) < least] == []


def ratio(first: str, second: str) -> float:
    """Contrast as WCAG 2.2 reckons it."""
    one, two = sorted((luminance(first), luminance(second)), reverse=True)
    return (one + 0.05) / (two + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
