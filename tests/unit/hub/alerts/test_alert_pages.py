"""The alert desk as a page: filters, what can be done from it without a script, whose it is."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from hub.access import Role
from hub.alerts import AlertKind
from hub.alerts.alert import applied as made
from hub.alerts.alert import raised
from hub.alerts.words import CERTAINTIES, CHANGES, KINDS, SEVERITIES
from hub.pages.alert_view import alert_row, lasted
from tests.unit.hub.access.serving import Served, csrf, leads_to, serving
from tests.unit.hub.alerts.telling import MINUTE, NINE, a_condition

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path) as served:
        now_ms = served.clock()
        recently: dict[str, Any] = {"since_ms": now_ms - 660_000}
        long_ago: dict[str, Any] = {
            "since_ms": now_ms - 90_000_000,
            "until_ms": now_ms - 80_000_000,
        }
        served.hub.alerts.hold(
            None,
            "test",
            [
                a_condition(venue="museum", link="/venues/museum", **recently),
                a_condition(AlertKind.FIRE_ALARM, venue="art-museum", **recently),
                a_condition(AlertKind.EARLY_CLOSING, venue="museum", zh="<b>早关</b>", **long_ago),
            ],
        )
        yield served


@pytest.fixture
async def manager(served: Served) -> AsyncIterator[httpx.AsyncClient]:
    """A manager of the museum who is signed in."""
    account = served.account(Role.MANAGER, "museum", name="front desk")
    async with served.browser() as browser:
        served.sign_in(browser, account)
        browser.headers["X-CSRF-Token"] = await csrf(browser)
        yield browser


async def listed(browser: httpx.AsyncClient, query: str = "") -> list[int]:
    answer = await browser.get(f"/alerts?lang=zh{query}")
    assert answer.status_code == 200
    return [int(number) for number in re.findall(r'id="alert-(\d+)"', answer.text)]


async def test_the_desk_lists_what_is_theirs_with_shape_word_and_text(
    served: Served, manager: httpx.AsyncClient
) -> None:
    page = (await manager.get("/alerts")).text
    assert re.findall(r'id="alert-(\d+)"', page) == ["1", "3"]
    assert '<span class="state near"><span class="zh" lang="zh-CN">警告</span>' in page
    assert "晚开 11 分钟" in page
    assert "&lt;b&gt;早关" in page
    assert "迟到：补传数据所示，未呼叫任何人" in page
    assert '<span class="count">1<' in page, "of now and theirs; a late one calls nobody"


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("&state=closed", []),
        ("&state=unseen&late=no", [1]),
        ("&late=yes", [3]),
        ("&severity=critical", []),
        ("&kind=early_closing", [3]),
        ("&venue=art-museum", []),
        ("&mine=yes", []),
        ("&severity=shrill&kind=nonsense", [1, 3]),
    ],
)
async def test_filters(
    served: Served, manager: httpx.AsyncClient, query: str, numbers: list[int]
) -> None:
    assert await listed(manager, query) == numbers


async def test_it_is_seen_to_without_a_script(served: Served, manager: httpx.AsyncClient) -> None:
    fields = {"number": "1", "back": "/alerts?severity=warning"}
    answer = await manager.post("/alerts/acknowledged?lang=en", data=fields)
    assert answer.headers["location"].startswith("/alerts?severity=warning&done=acknowledged")
    assert served.hub.alerts.get(1).acknowledged_by == "front desk"

    for action, form, done in (
        ("assigned", {"to": "front desk"}, "已指派"),
        ("commented", {"text": "已到场"}, "已记录"),
        ("cleared", {"reason": "门锁触点故障"}, "已解除并确认"),
    ):
        answer = await manager.post(f"/alerts/1/{action}", data=form)
        assert leads_to(answer) == "/alerts/1", answer.text
        page = (await manager.get(answer.headers["location"])).text
        assert done in page
    assert "门锁触点故障" in page
    assert "已办结，front desk 确认" in page
    assert "/alerts/1/cleared" not in page, "a closed alert has nothing left to do"
    assert await listed(manager, "&state=closed") == [1]


async def test_what_cannot_be_done_is_told_beside_what_was_written(
    served: Served, manager: httpx.AsyncClient
) -> None:
    answer = await manager.post("/alerts/1/cleared", data={"reason": " "})
    assert answer.status_code == 422
    assert "原因请写 1 到 200 个字" in answer.text
    answer = await manager.post("/alerts/3/cleared", data={"reason": "x"})
    assert "这条告警已经解除，只需确认" in answer.text
    assert (await manager.post("/alerts/1/exploded", data={})).status_code == 422


async def test_another_s_alert_stays_shut_and_a_form_leads_nowhere_else(
    served: Served, manager: httpx.AsyncClient
) -> None:
    assert (await manager.get("/alerts/2")).status_code == 403
    assert (await manager.post("/alerts/2/acknowledged", data={})).status_code == 403
    answer = await manager.post("/alerts/acknowledged", data={"number": ["1", "2"]})
    assert answer.status_code == 403
    assert not served.hub.alerts.get(2).is_acknowledged
    fields = {"number": "3", "back": "https://elsewhere.example/alerts?"}
    answer = await manager.post("/alerts/acknowledged", data=fields)
    assert answer.headers["location"].startswith("/alerts?done")


async def test_a_long_list_has_pages(served: Served, manager: httpx.AsyncClient) -> None:
    since_ms = served.clock() - 60_000
    many = [a_condition(venue="museum", subject=str(n), since_ms=since_ms) for n in range(120)]
    served.hub.alerts.hold(None, "many", many)
    first = await listed(manager)
    second = await listed(manager, "&after=50")
    third = await listed(manager, "&after=100")
    assert (len(first), len(second), len(third)) == (50, 50, 22)
    assert len({*first, *second, *third}) == 122
    page = (await manager.get("/alerts")).text
    assert "第 1 至 50 条，共 122 条" in page


def test_every_kind_severity_certainty_and_change_has_words_in_both_languages() -> None:
    assert set(KINDS) == set(AlertKind)
    for words in (KINDS, SEVERITIES, CERTAINTIES, CHANGES):
        assert all(zh and en for zh, en in words.values())


@pytest.mark.parametrize(
    ("ms", "zh", "en"),
    [
        (0, "0 分钟", "0 min"),
        (11 * MINUTE, "11 分钟", "11 min"),
        (60 * MINUTE, "1 小时", "1 h"),
        (130 * MINUTE, "2 小时 10 分", "2 h 10 min"),
        (3 * 1440 * MINUTE, "3 天", "3 days"),
    ],
)
def test_how_long_is_said_as_people_say_it(ms: int, zh: str, en: str) -> None:
    assert lasted(ms) == (zh, en)


def test_when_it_was_is_told_in_local_time() -> None:
    told = a_condition(until_ms=NINE + 11 * MINUTE)
    change = raised(1, told, NINE, severity="warning", audience="venue", is_late=False)
    row = alert_row(made(None, change), {}, SHANGHAI, NINE + 60 * MINUTE)
    assert row.when.zh == "01-01 09:00 至 09:11，共 11 分钟"
    change = raised(1, a_condition(), NINE, severity="warning", audience="venue", is_late=False)
    row = alert_row(made(None, change), {}, SHANGHAI, NINE + 75 * MINUTE)
    assert row.when == ("01-01 09:00 起，已 1 小时 15 分", "since 01-01 09:00, for 1 h 15 min")
