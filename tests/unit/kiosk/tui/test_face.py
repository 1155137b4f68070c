"""The face itself: what it keeps, what leaves it, and how it stands in a real terminal."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from textual.widgets import Input

from kiosk.session import acts
from kiosk.session import events as e
from kiosk.session.screen import Lang, Prefs, ScreenName
from kiosk.tui.app import KioskApp
from kiosk.tui.tiles import Tile
from tests.flows.desk import CARD, PIN, STAFF_CARD, STAFF_PIN
from tests.flows.stage import Stage

MOST_SECONDS = 20.0
"""Loose: the bench measures. A machine that runs the tests of others at once is slow."""
_SHOW = """
import asyncio, sys
from kiosk.tui.app import KioskApp
from tests.flows.stage import Stage
asyncio.run(KioskApp(Stage("zh").host, may_quit=True).run_async())
"""


async def test_nothing_that_is_typed_reaches_a_clipboard() -> None:
    stage = Stage()
    app = KioskApp(stage.host)
    async with app.run_test() as pilot:
        stage.host.post(e.Pressed(acts.HOME, stage.host.screen.serial))
        stage.host.post(e.Pressed(acts.BORROW, stage.host.screen.serial))
        await pilot.pause()
        await pilot.press(*CARD, "ctrl+a", "shift+home", "ctrl+c", "ctrl+x", "super+c")
        assert app.clipboard == ""
        assert app.query_one(Input).value == CARD


async def test_a_pin_is_dots_and_gone_once_it_is_sent() -> None:
    stage = Stage()
    app = KioskApp(stage.host)
    async with app.run_test(size=(80, 24)) as pilot:
        stage.host.post(e.CardSeen(CARD))
        await pilot.pause()
        await pilot.press(*PIN)
        await pilot.pause()
        painted = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
        assert "∙∙∙∙" in painted
        assert PIN not in painted
        await pilot.press("enter")
        assert app.query_one(Input).value == ""


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("is_elder", [False, True], ids=["usual", "elder"])
async def test_every_button_of_the_foot_is_whole_in_80_cells(lang: Lang, is_elder: bool) -> None:
    stage = Stage(lang, Prefs(is_elder=is_elder))
    app = KioskApp(stage.host)
    async with app.run_test(size=(80, 24)) as pilot:
        stage.host.post(e.CardSeen(CARD))
        await pilot.pause()
        tiles = list(app.query("#foot Tile"))
        acts_there = [tile.button.act for tile in tiles if isinstance(tile, Tile)]
        assert {acts.HELP, acts.BACK, acts.HOME, acts.FINISH} <= set(acts_there)
        for tile in tiles:
            assert tile.region.right <= 80, tile
            assert tile.region.height == 1, tile


async def test_what_is_typed_stays_while_books_come_and_the_language_changes() -> None:
    stage = Stage()
    app = KioskApp(stage.host)
    async with app.run_test() as pilot:
        for act in (acts.HOME, acts.BORROW):
            stage.host.post(e.Pressed(act, stage.host.screen.serial))
        await pilot.pause()
        await pilot.press("2", "1", "f2")
        stage.host.post(e.DevicesNow(()))
        await pilot.press("1")
        await pilot.pause()
        assert app.query_one(Input).value == "211"
        assert stage.host.screen.prefs.lang == "en"


async def test_a_field_of_the_next_visitor_is_empty_though_it_is_the_same() -> None:
    stage = Stage()
    app = KioskApp(stage.host)
    async with app.run_test() as pilot:
        stage.host.post(e.CardSeen(CARD))
        await pilot.pause()
        await pilot.press("7", "7")
        # Both happen before anything is drawn.
        stage.wait(100)
        stage.host.post(e.CardSeen("999"))
        await pilot.pause()
        assert stage.host.screen.name is ScreenName.PIN
        assert app.query_one(Input).value == ""


async def test_a_visitor_cannot_leave_it_and_who_may_can() -> None:
    for may_quit in (False, True):
        app = KioskApp(Stage().host, may_quit=may_quit)
        async with app.run_test() as pilot:
            await pilot.press("ctrl+c", "ctrl+q", "ctrl+p", "ctrl+z")
            await pilot.pause()
            assert app._exit is may_quit


async def test_the_staff_can_leave_it_in_staff_mode() -> None:
    stage = Stage()
    app = KioskApp(stage.host)
    async with app.run_test() as pilot:
        for act in (acts.HOME, acts.STAFF):
            stage.host.post(e.Pressed(act, stage.host.screen.serial))
        stage.host.post(e.CardSeen(STAFF_CARD))
        await pilot.press("ctrl+q")
        assert not app._exit
        stage.host.post(e.Entered(acts.STAFF_PIN, STAFF_PIN, stage.host.screen.serial))
        stage.desk.work()
        await pilot.press("ctrl+q")
        await pilot.pause()
        assert app._exit


def test_no_key_of_a_visitor_ends_the_process(tmp_path: Path) -> None:
    config = tmp_path / "kiosk.toml"
    config.write_text(
        '[node]\nvenue = "lib"\nnode = "kiosk-1"\n[broker]\nport = 9\n[session]\nlang = "en"\n'
    )
    with in_a_terminal("-m", "kiosk", "tui", "--config", str(config)) as (process, terminal):
        read_until(terminal, "Begin", time.monotonic() + MOST_SECONDS)
        # Ctrl+Q, C, Z, D and backslash: leave, interrupt, suspend, end of input, quit.
        os.write(terminal, b"\x11\x03\x1a\x04\x1c")
        os.write(terminal, b"1")
        read_until(terminal, "Opening hours", time.monotonic() + MOST_SECONDS)
        assert process.poll() is None


async def test_a_key_at_the_countdown_says_only_that_somebody_is_there() -> None:
    stage = Stage()
    app = KioskApp(stage.host)
    async with app.run_test() as pilot:
        stage.host.post(e.Pressed(acts.HOME, stage.host.screen.serial))
        stage.wait(35)
        await pilot.pause()
        assert app.query_one("#ask").display
        await pilot.press("1")
        await pilot.pause()
        assert stage.host.screen.name is ScreenName.HOME
        assert stage.host.screen.countdown is None
        assert app.focused is not None


def test_it_stands_in_a_real_terminal_and_leaves_it_as_it_was() -> None:
    began = time.monotonic()
    with in_a_terminal("-c", _SHOW) as (process, terminal):
        painted = read_until(terminal, "我嘉书房", began + MOST_SECONDS)
        assert "\x1b[?1049h" in painted, "on the other screen: nothing scrolls back"
        os.write(terminal, b"\x11")
        rest = read_until(terminal, "\x1b[?1049l", time.monotonic() + MOST_SECONDS)
        assert "\x1b[?1049l" in rest
        assert process.wait(MOST_SECONDS) == 0


@contextmanager
def in_a_terminal(*command: str) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """Run Python in a terminal of 80 x 24; give the process, and the terminal's other end."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color"}
    with subprocess.Popen(
        [sys.executable, *command], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    ) as process:
        os.close(theirs)
        try:
            yield process, ours
        finally:
            process.kill()
            os.close(ours)


def read_until(terminal: int, wanted: str, deadline: float) -> str:
    read = b""
    while wanted not in read.decode(errors="replace"):
        left = deadline - time.monotonic()
        assert left > 0, read
        if select.select([terminal], [], [], left)[0]:
            try:
                read += os.read(terminal, 65_536)
            except OSError:
                break
    return read.decode(errors="replace")
