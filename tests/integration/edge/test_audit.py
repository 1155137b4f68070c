"""An audit by keys in a terminal and by taps on a page, of a door whose truth is exact."""

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from typer.testing import CliRunner

from edge.__main__ import app
from edge.audit.record import read_record
from tests.browsers import launched
from tests.integration.edge.local_pages import ROOT, LocalPage, Visit

CONFIG = """[node]
venue = "lib"
node = "door"
[[cameras]]
name = "ceiling"
source = "scene:141"
person_size = [0.17, 0.19]
[[cameras.lines]]
name = "front"
start = [0.0, 0.5]
end = [1.0, 0.5]
in_vector = [0.0, 1.0]
"""
SIDE = "[[cameras.lines]]" + CONFIG.partition("[[cameras.lines]]")[2].replace("front", "side")
COUNTED_OUT = re.compile(r"counted 计数 +│ +\d+ │ +([1-9]\d*) │")


def a_file(folder: Path, more: str = "") -> Path:
    path = folder / "edge.toml"
    path.write_text(CONFIG + more, "utf-8")
    return path


class Terminal:
    """An audit at a real pty."""

    def __init__(self, *arguments: object) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "edge", "audit", *map(str, arguments)],
            cwd=ROOT,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "40", "NO_COLOR": "1"},
        )
        os.close(theirs)
        self.text = ""

    def until(self, is_so: Callable[[str], object], seconds: float = 40) -> None:
        deadline = time.monotonic() + seconds
        while not is_so(self.text):
            if time.monotonic() >= deadline:
                self.process.kill()
                self.process.wait()
                pytest.fail(f"not within {seconds:g} s:\n{self.text[-3000:]}")
            if select.select([self._ours], [], [], 0.2)[0]:
                try:
                    self.text += os.read(self._ours, 65_536).decode("utf-8", "replace")
                except OSError:  # its other end is closed
                    break

    def press(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def end(self) -> int:
        self.until(lambda _: self.process.poll() is not None)
        code = self.process.wait(10)
        os.close(self._ours)
        return code


def test_keys_are_taps_beside_the_live_counter(tmp_path: Path) -> None:
    terminal = Terminal("--config", a_file(tmp_path), "--output", tmp_path)
    terminal.until(lambda text: "camera: watching" in text)
    # The counter is heard: somebody went out, so we tap that, one too many, and take it back.
    terminal.until(COUNTED_OUT.search)
    terminal.press("ooi")
    terminal.press("u")
    terminal.press("x\x1b[A")
    terminal.press("q")
    assert terminal.end() == 0
    assert "error of the count" in terminal.text
    (path,) = tmp_path.glob("audit-ceiling-front-*.json")
    record = read_record(path)
    assert [way for _, way in record.taps] == ["out", "out"]
    assert any(way == "out" for _, way in record.counted)
    assert record.gaps
    assert record.gaps[0][0] == 0
    assert path.with_suffix(".html").exists()

    told = CliRunner().invoke(app, ["audit", "--from", str(path), "--output", str(tmp_path)])
    assert told.exit_code == 0
    assert "counted of tapped" in told.output


def test_a_stop_from_outside_leaves_a_statement(tmp_path: Path) -> None:
    terminal = Terminal("--config", a_file(tmp_path), "--output", tmp_path)
    terminal.until(lambda text: "camera: watching" in text)
    terminal.press("i")
    terminal.until(re.compile(r"tapped 人工 +│ +1 │").search)
    terminal.process.terminate()
    assert terminal.end() == 0
    (path,) = tmp_path.glob("audit-*.json")
    assert len(read_record(path).taps) == 1


@pytest.mark.parametrize(
    ("arguments", "more", "sentence"),
    [
        ([], "", "audit needs a terminal to tap in"),
        (["--camera", "rear"], "", "no such camera and line"),
        (["--output", "/nowhere"], "", "is no folder that can be written"),
        (
            [],
            SIDE,
            "which line? Say --camera and --line, of ceiling / front, ceiling / side",
        ),
    ],
    ids=["no-terminal", "no-camera", "no-folder", "two-lines"],
)
def test_what_cannot_be_audited_is_told(
    tmp_path: Path, arguments: list[str], more: str, sentence: str
) -> None:
    command = ["audit", "--config", str(a_file(tmp_path, more)), "--output", str(tmp_path)]
    told = CliRunner().invoke(app, [*command, *arguments])
    assert told.exit_code == 2
    assert sentence in " ".join(told.output.split())


@pytest.fixture
def browser() -> Iterator[Browser]:
    with launched() as opened:
        yield opened


@pytest.mark.browser
def test_a_phone_taps_and_the_statement_fits_on_one_sheet(tmp_path: Path, browser: Browser) -> None:
    phone = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    command = ("audit", "--config", a_file(tmp_path), "--output", tmp_path, "--page")
    with LocalPage(*command) as served:
        visit = Visit(phone.new_page())
        page = visit.page
        page.goto(served.url)
        expect(page.locator("#link")).to_have_text("实时")
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.locator("#tap-in").tap()
        expect(page.locator("#tapped-in")).to_have_text("1")
        page.keyboard.press("o")
        expect(page.locator("#tapped-out")).to_have_text("1")
        page.locator("#undo").tap()
        expect(page.locator("#tapped-out")).to_have_text("0")
        expect(page.locator("#counted-out")).to_have_text(re.compile("^[1-9]"), timeout=40_000)
        page.locator("#end").tap()
        expect(page.locator("#said")).to_be_visible()
        assert served.wait() == 0
        assert visit.complaints == []
        assert all(url.startswith(served.url) for url in visit.requests)
    (path,) = tmp_path.glob("audit-*.json")
    record = read_record(path)
    assert [way for _, way in record.taps] == ["in"]
    assert json.loads(path.read_text())["accuracy"]["both"]["tapped"] in {0, 1}
    sheet = browser.new_page()
    sheet.goto(path.with_suffix(".html").as_uri())
    pdf = sheet.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf)) == 1
    phone.close()
