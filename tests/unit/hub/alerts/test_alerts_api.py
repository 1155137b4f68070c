"""Alerts over the API: filters, whose they are, what can be done with them, what is refused."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.access import Permission, Role
from hub.alerts import AlertKind
from tests.accounts import a_token, bearer
from tests.unit.hub.access.serving import Served, csrf, serving
from tests.unit.hub.alerts.telling import a_condition

ALERTS = "/api/v1/alerts"


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path) as served:
        now_ms = served.clock()
        recently: dict[str, Any] = {"since_ms": now_ms - 660_000}
        served.hub.alerts.hold(
            None,
            "test",
            [
                a_condition(venue="museum", link="/venues/museum", **recently),
                a_condition(AlertKind.FIRE_ALARM, venue="art-museum", **recently),
                a_condition(AlertKind.HUB_TROUBLE, venue="", subject="store", **recently),
                a_condition(
                    AlertKind.EARLY_CLOSING,
                    venue="museum",
                    since_ms=now_ms - 90 * 60_000_000,
                    until_ms=now_ms - 80 * 60_000_000,
                ),
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


async def kinds(browser: httpx.AsyncClient, **query: Any) -> list[str]:
    answer = await browser.get(ALERTS, params=query)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["total"] >= len(told["alerts"])
    return [alert["kind"] for alert in told["alerts"]]


async def test_everybody_sees_what_is_theirs(served: Served, manager: httpx.AsyncClient) -> None:
    assert await kinds(manager) == ["late_opening", "early_closing"]
    async with served.browser() as browser:
        browser.headers.update(bearer(a_token(served.hub.records)))
        assert await kinds(browser) == [
            "hub_trouble",
            "fire_alarm",
            "late_opening",
            "early_closing",
        ]
        assert await kinds(browser, severity="critical", venue="art-museum") == ["fire_alarm"]
        assert await kinds(browser, late=True) == ["early_closing"]
        assert await kinds(browser, late=False, kind="late_opening") == ["late_opening"]
        assert await kinds(browser, limit=2, after=1) == ["fire_alarm", "late_opening"]
        answer = await browser.get(ALERTS, params={"status": "open"})
        assert answer.status_code == 422


async def test_an_alert_is_acknowledged_assigned_commented_and_cleared(
    served: Served, manager: httpx.AsyncClient
) -> None:
    served.account(Role.SUPERVISOR, name="li")
    served.account(Role.MANAGER, "art-museum", name="elsewhere")
    told = (await manager.get(f"{ALERTS}/1")).json()
    assert (told["active"], told["acknowledged"], told["link"]) == (True, None, "/venues/museum")
    assert (told["title_zh"], told["text_zh"]) == ("未按时开放", "晚开 11 分钟")
    assert told["assignees"] == ["front desk", "li"]
    assert [line["what"] for line in told["history"]] == ["raised"]

    answer = await manager.post(f"{ALERTS}/1/acknowledgement")
    assert (answer.status_code, answer.json()["acknowledged_by"]) == (200, "front desk")
    answer = await manager.put(f"{ALERTS}/1/assignee", json={"to": "li"})
    assert answer.json()["assigned_to"] == "li"
    answer = await manager.put(f"{ALERTS}/1/assignee", json={"to": "elsewhere"})
    assert answer.status_code == 422
    assert "no such account" in answer.json()["detail"]
    answer = await manager.post(f"{ALERTS}/1/comments", json={"text": "已到场"})
    assert answer.status_code == 201
    answer = await manager.post(f"{ALERTS}/1/clearing", json={"reason": ""})
    assert answer.status_code == 422
    answer = await manager.post(f"{ALERTS}/1/clearing", json={"reason": "门锁触点故障"})
    assert (answer.json()["active"], answer.json()["reason"]) == (False, "门锁触点故障")
    answer = await manager.post(f"{ALERTS}/1/clearing", json={"reason": "again"})
    assert answer.status_code == 409
    assert "cleared already" in answer.json()["detail"]
    told = (await manager.get(f"{ALERTS}/1")).json()
    assert [(line["what"], line["who"], line["text"]) for line in told["history"][1:]] == [
        ("acknowledged", "front desk", None),
        ("assigned", "front desk", None),
        ("commented", "front desk", "已到场"),
        ("cleared", "front desk", "门锁触点故障"),
    ]
    assert await kinds(manager, state="closed") == ["late_opening"]


async def test_another_s_alert_is_neither_shown_nor_touched(
    served: Served, manager: httpx.AsyncClient
) -> None:
    other = next(a.number for a in served.hub.alerts.open if a.venue == "art-museum")
    hubs = next(a.number for a in served.hub.alerts.open if a.venue == "")
    for number in (other, hubs):
        assert (await manager.get(f"{ALERTS}/{number}")).status_code == 403
        for method, path, body in (
            ("POST", "acknowledgement", {}),
            ("POST", "clearing", {"reason": "x"}),
            ("PUT", "assignee", {"to": None}),
            ("POST", "comments", {"text": "x"}),
        ):
            answer = await manager.request(method, f"{ALERTS}/{number}/{path}", json=body)
            assert answer.status_code == 403, path
    assert (await manager.get(f"{ALERTS}/999")).status_code == 404


async def test_a_token_that_may_read_may_not_act(served: Served) -> None:
    async with served.browser() as browser:
        token = a_token(served.hub.records, None, {Permission.ALERTS})
        browser.headers.update(bearer(token))
        assert len(await kinds(browser)) == 4
        assert (await browser.post(f"{ALERTS}/1/acknowledgement")).status_code == 403
