"""The notice: right for its configuration, safe, and one sheet of paper."""

import re
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.__main__ import app
from edge.config_file import load
from edge.errors import ConfigError
from edge.notice import Responsible, notice_page
from tests.browsers import launched

CAMERA = """[[cameras]]
name = "ceiling"
source = "http://user:secret@camera/stream"
[[cameras.lines]]
name = "front"
start = [0.0, 0.5]
end = [1.0, 0.5]
in_vector = [0.0, 1.0]
"""
ZONE = """[[cameras.zones]]
name = "case"
polygon = [[0.0, 0.0], [1.0, 0.0], [0.5, 0.5]]
"""
NODE = '[node]\nvenue = "lib"\nnode = "door"\n'
SERIAL = '[[serial]]\nname = "b"\nport = "/dev/ttyUSB0"\nlines = { side = 0 }\n'
TODAY = date(2026, 11, 28)


def page_of(folder: Path, text: str, who: Responsible, years: int | None = None) -> str:
    path = folder / "edge.toml"
    path.write_text(NODE + text, "utf-8")
    return notice_page(load(path), who, keep_years=years, today=TODAY)


def test_it_says_what_its_configuration_does_and_not_how_the_camera_is_reached(
    tmp_path: Path,
) -> None:
    page = page_of(tmp_path, CAMERA, Responsible("图书馆", "Library", "<b>1234</b>"), 3)
    for words in ("不保存、不传出任何影像", "图书馆", "3 years", "2026-11-28", "第二十六条"):
        assert words in page
    assert "停留" not in page
    assert "&lt;b&gt;1234" in page
    assert "secret" not in page
    assert "http" not in page
    with_zone = page_of(tmp_path, CAMERA + ZONE, Responsible())
    assert "停留多久" in with_zone
    assert "长期保存" in with_zone


def test_without_a_camera_there_is_nothing_to_notify(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no camera"):
        page_of(tmp_path, SERIAL, Responsible())


def test_the_verb_writes_it_or_says_why_not(tmp_path: Path) -> None:
    page_of(tmp_path, CAMERA, Responsible())
    command = ["notice", "--config", str(tmp_path / "edge.toml"), "-o"]
    told = CliRunner().invoke(app, [*command, str(tmp_path / "notice.html")])
    assert told.exit_code == 0
    assert "left blank" in told.output
    assert "此处有摄像头统计人数" in (tmp_path / "notice.html").read_text("utf-8")
    told = CliRunner().invoke(app, [*command, "/nowhere/notice.html"])
    assert told.exit_code == 1
    assert "cannot be written: No such file" in told.output


@pytest.mark.browser
def test_it_is_one_sheet_whatever_stands_on_it(tmp_path: Path) -> None:
    long = Responsible("嘉定区图书馆" * 8, "Jiading District Library " * 6, "0" * 90)
    with launched() as browser:
        sheet = browser.new_page()
        for who in (Responsible(), long):
            sheet.set_content(page_of(tmp_path, CAMERA + ZONE, who, 3))
            pdf = sheet.pdf(prefer_css_page_size=True)
            assert len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf)) == 1
            cut = sheet.evaluate(
                "(m => m.scrollHeight - m.clientHeight)(document.querySelector('main'))"
            )
            assert cut <= 0
