"""What is shown of what is known: pure, by tables."""

import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.text import Text

from hub.console import view, words
from hub.console.palette import TOKENS
from hub.console.state import Away, Beat, Connected, Counted, Declared, Looked, State, step
from hub.console.table import Column, fitted
from hub.console.view import Choice
from hub.pages.words import QUALITIES
from tests.unit.hub.console.telling import A_DAY, NOW, a_venue, counted

ROOT = Path(__file__).parents[4]


def told(*news: object) -> State:
    state = State()
    for piece in news:
        state = step(state, piece)  # type: ignore[arg-type]
    return state


DAY = told(*A_DAY)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (Choice(), ["book-room", "art", "nanxiang", "library", "museum"]),
        (Choice(order="name"), ["book-room", "art", "library", "museum", "nanxiang"]),
        (Choice(order="inside"), ["nanxiang", "library", "museum", "book-room", "art"]),
        (Choice(order="share"), ["book-room", "nanxiang", "library", "museum", "art"]),
        (Choice(show="urgent"), ["book-room", "art"]),
        (Choice(show="unknown"), ["art"]),
        (Choice(show="town"), ["nanxiang"]),
        (Choice(text="图书馆"), ["nanxiang", "library"]),
        (Choice(text="MUSEUM"), ["art", "museum"]),
        (Choice(text="no such"), []),
    ],
)
def test_choosing_and_sorting(choice: Choice, expected: list[str]) -> None:
    assert [row.id for row in view.rows(DAY, choice, "en", NOW)] == expected


@pytest.mark.parametrize(
    ("inside", "capacity", "quality", "mark"),
    [
        (0, 100, "known", "known"),
        (90, 100, "known", "known"),
        (91, 100, "known", "near"),
        (100, 100, "known", "near"),
        (101, 100, "known", "breach"),
        (50, 100, "degraded", "degraded"),
        (50, None, "known", "known"),
        (None, 100, "unknown", "unknown"),
    ],
)
def test_the_mark_of_a_venue(
    inside: int | None, capacity: int | None, quality: str, mark: str
) -> None:
    news = counted(occupancy=inside, capacity=capacity, quality=quality)
    state = told(Connected(), Declared((a_venue(capacity=capacity),)), Counted(news))
    [row] = view.rows(state, Choice(), "en", NOW)
    assert row.mark == mark


def test_unknown_is_neither_zero_nor_empty() -> None:
    [row] = view.rows(DAY, Choice(show="unknown"), "en", NOW)
    assert row.inside == "—"
    assert set(row.bar) == {"╌"}
    assert set(view.bar(0.0)) == {"░"}


def test_what_is_old_says_so_in_each_row_and_on_top() -> None:
    lost = step(DAY, Away("silent", NOW + timedelta(seconds=12)))
    rows = view.rows(lost, Choice(), "en", NOW)
    assert {row.state for row in rows} == {"old"}
    assert "(120)" in {row.inside for row in rows}
    mark, sentence = view.link_line(lost, "en")
    assert mark == "breach"
    assert sentence == "the hub is silent since 14:30:12; numbers are of 14:30:00; trying again"
    again = step(lost, Away("no_answer", NOW + timedelta(seconds=60)))
    assert again.since == NOW + timedelta(seconds=12)
    assert not step(again, Connected()).is_stale


def test_a_beat_moves_the_time_and_an_undeclared_venue_goes() -> None:
    later = NOW + timedelta(seconds=10)
    assert step(DAY, Beat(later)).at == later
    assert set(step(DAY, Declared((a_venue(),))).occupancy) == {"museum"}


def test_what_may_not_be_seen_is_not_shown_as_nothing() -> None:
    hidden = step(DAY, Looked(None, None))
    assert hidden.devices is None
    assert "devices" not in view.total_line(hidden, "en")


@pytest.mark.parametrize("share", [0.0, 0.03, 0.1, 0.5, 0.99, 1.0, 7.0, None])
def test_a_bar_is_always_as_wide(share: float | None) -> None:
    assert cell_len(view.bar(share)) == view.BAR_CELLS


@pytest.mark.parametrize("text", ["", "a", "嘉", "嘉定区图书馆", "Jiading 嘉定 Library", "馆a" * 9])
@pytest.mark.parametrize("cells", [5, 8, 9, 24])
def test_a_cell_is_as_wide_as_its_column_however_wide_its_glyphs(text: str, cells: int) -> None:
    for key in ("venue", "inside"):
        assert fitted(Text(text), Column(key, "", cells)).cell_len == cells


def test_words_fit_their_columns() -> None:
    for said in words.SHORT.values():
        assert max(cell_len(said.zh), cell_len(said.en)) <= 9
    for line in (words.HELP.zh + "\n" + words.HELP.en).splitlines():
        assert cell_len(line) <= 75, line


def test_each_mark_has_a_shape_of_its_own() -> None:
    assert len(set(view.MARKS.values())) == len(view.MARKS)


def test_words_are_those_of_the_board() -> None:
    assert {key: tuple(said) for key, said in words.QUALITIES.items()} == {
        key: tuple(said) for key, said in QUALITIES.items()
    }


def test_colours_are_the_tokens_of_the_look() -> None:
    css = (ROOT / "hub/pages/static/tokens.css").read_text("utf-8")
    tokens = dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", css))
    assert {name: tokens.get(name) for name in TOKENS} == TOKENS
    sheet = (ROOT / "hub/console/console.tcss").read_text("utf-8")
    assert not re.search(r"#[0-9a-fA-F]{3,6}\b(?=\s*;)", sheet)


def test_what_the_console_loads_and_who_loads_it() -> None:
    """The hub serves without a terminal's library; the console runs without the hub's inside."""
    code = "import sys, {module}\nprint(*sorted(m for m in sys.modules if m.startswith({heads})))"
    for module, heads in (
        ("hub.console.run", ("hub.store", "hub.live", "hub.runtime", "fastapi", "sqlalchemy")),
        ("hub.__main__", ("textual", "hub.console")),
    ):
        done = subprocess.run(
            [sys.executable, "-c", code.format(module=module, heads=heads)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert done.stdout.split() == []
