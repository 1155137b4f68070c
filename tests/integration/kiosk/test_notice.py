"""The notice of an unstaffed room: right for its configuration, safe, and one sheet of paper."""

import re
from datetime import date
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from contracts.hours import PublicHours
from contracts.venue_facts import VenueFacts
from kiosk.__main__ import app
from kiosk.config_file import load
from kiosk.notice import Paper, Written, kept_facts, notice_page, week_of
from link.errors import ConfigError
from tests.browsers import launched

NODE = '[node]\nvenue = "room"\nnode = "kiosk-1"\n'
ROOM = """[room]
shares_reader = true
min_age = 14
people_limit = 12
cleaning = ["daily 06:00-07:00", "mon 22:00-01:00"]
[room.inputs]
port = "/dev/room"
call = 4
[room.outputs]
port = "/dev/room"
strike = 0
[card_reader]
driver = "pn532"
port = "/dev/cards"
"""
MONDAY, TODAY = 1_795_968_000, date(2026, 11, 30)
DAY = 86_400
WEEK = tuple((MONDAY + n * DAY + 9 * 3600, MONDAY + n * DAY + 20 * 3600) for n in range(8))
HOURS = PublicHours("Asia/Shanghai", MONDAY, MONDAY + 8 * DAY, (*WEEK[:2], *WEEK[3:]))
FACTS = VenueFacts("room", "我嘉书房·州桥", "Zhouqiao Book Room", MONDAY * 1000, HOURS)


def page_of(
    folder: Path,
    text: str,
    facts: VenueFacts | None = None,
    written: Written | None = None,
    paper: Paper = "a4",
) -> str:
    path = folder / "kiosk.toml"
    path.write_text(NODE + text, "utf-8")
    return notice_page(load(path), facts, written or Written(), paper=paper, today=TODAY)


def test_it_says_what_its_room_does(tmp_path: Path) -> None:
    page = page_of(tmp_path, ROOM, FACTS, Written(telephone="<b>6952 1234"))
    for words in (
        *("推门就能出去", "push the door", "最多 12 人", "younger than 14", "119", "求助按钮"),
        *("我嘉书房·州桥", "周一至周二 09:00–20:00", "周三 闭馆", "Thu to Sun 09:00–20:00"),
        *("每天 06:00–07:00；周一 22:00–01:00", "15 and 5 minutes", "30 days at most"),
        *("&lt;b&gt;6952 1234", "2026-11-30"),
    ):
        assert words in page, words
    assert "监控录像" not in page
    assert "http" not in page.replace("http-equiv", "")
    other = ROOM.replace("call = 4", "fire = 1").replace(
        "min_age = 14\n", 'needs_agreement = false\noffline_pin = "none"\n'
    )
    other = page_of(tmp_path, other, None, Written(filmed_days=30))
    for words in ("求助按钮", "未满", "同意", "days at most", "每天 09:00"):
        assert words not in other, words
    assert "本室有监控录像，保存 30 天" in other


def test_hours_that_are_not_known_are_left_to_a_hand() -> None:
    assert week_of(HOURS, date(2026, 12, 3)) == ()
    assert week_of(msgspec.structs.replace(HOURS, is_declared=False), TODAY) == ()
    always = PublicHours("Asia/Shanghai", MONDAY, MONDAY + 8 * DAY, ((MONDAY, MONDAY + 8 * DAY),))
    ((days, at),) = week_of(always, TODAY)
    assert (days.zh, at.zh, days.en, at.en) == ("每天", "24 小时", "Every day", "24 hours")


def test_without_a_room_there_is_nothing_to_notify(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no"):
        page_of(tmp_path, "")


def test_the_verb_writes_it_or_says_why_not(tmp_path: Path) -> None:
    page_of(tmp_path, ROOM)
    command = ["notice", "--config", str(tmp_path / "kiosk.toml"), "-o"]
    told = CliRunner().invoke(app, [*command, str(tmp_path / "notice.html"), "--paper", "a3"])
    assert told.exit_code == 0, told.output
    assert "left blank" in told.output
    assert "size: A3" in (tmp_path / "notice.html").read_text("utf-8")
    in_a_file = str(tmp_path / "kiosk.toml" / "notice.html")
    assert CliRunner().invoke(app, [*command, in_a_file]).exit_code == 1
    assert CliRunner().invoke(app, [*command, "x", "--paper", "a5"]).exit_code == 2
    facts = tmp_path / "facts.json"
    facts.write_bytes(msgspec.json.encode(FACTS))
    assert kept_facts(load(tmp_path / "kiosk.toml")) == FACTS
    facts.write_bytes(msgspec.json.encode(msgspec.structs.replace(FACTS, venue="other")))
    assert kept_facts(load(tmp_path / "kiosk.toml")) is None


@pytest.mark.browser
def test_it_is_one_sheet_whatever_stands_on_it(tmp_path: Path) -> None:
    long = msgspec.structs.replace(
        FACTS,
        name_zh="嘉定区图书馆" * 6,
        name_en="Jiading District Library " * 3,
        hours=PublicHours(
            *("Asia/Shanghai", MONDAY, MONDAY + 8 * DAY),
            tuple((a, b - (n % 7) * 600) for n, (a, b) in enumerate(WEEK)),
        ),
    )
    full = ROOM.replace("min_age", 'classes = ["adult", "senior", "student"]\nmin_age', 1)
    with launched() as browser:
        sheet = browser.new_page()
        for paper in ("a4", "a3"):
            for facts, written in (
                (None, Written()),
                (long, Written(telephone="0" * 40, filmed_days=90)),
            ):
                sheet.set_content(page_of(tmp_path, full, facts, written, paper))
                pdf = sheet.pdf(prefer_css_page_size=True)
                assert len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf)) == 1
                cut = sheet.evaluate(
                    "(m => m.scrollHeight - m.clientHeight)(document.querySelector('main'))"
                )
                assert cut <= 0, (paper, written)
