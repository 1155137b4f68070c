"""What kiosks told, as a page and as a file: counted right, nobody named, nothing run."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from contracts.messages import SourceStatus, decode_status, encode
from contracts.rows import Event
from hub.access import Role
from hub.pages.kiosk_view import build_view
from hub.store.port import HappenedEvent
from tests.integration.hub.feeding import MINUTE_MS, a_node, token
from tests.integration.hub.running import until
from tests.unit.hub.access.serving import Served, serving

ZONE = ZoneInfo("Asia/Shanghai")
ROOM = "book-room-zhouqiao"
USE: dict[str, bool | int | float | str] = {
    "seconds": 60.0, "screens": 5, "borrowed": 2, "returned": 1, "renewed": 0, "refused": 1,
    "ended": "finished", "left_at": "receipt", "lang": "zh", "elder": False, "offline": False,
}  # fmt: skip
SILENT: dict[str, bool | int | float | str] = {
    **USE,
    "seconds": 20.0,
    "borrowed": 0,
    "ended": "silent",
    "left_at": "pin",
}


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path) as opened:
        yield opened


def tell(served: Served, *told: tuple[str, dict[str, bool | int | float | str]]) -> None:
    """Let a kiosk of the room tell of events, and the hub take them in."""
    now_ms = served.clock.at_ms
    node = a_node(ROOM).begin(now_ms - 60 * MINUTE_MS)
    for n, (name, data) in enumerate(told):
        id_ = token("kiosk", str(n))
        node.rows.append(
            Event(node.next(), node.epoch, id_, name, "kiosk", now_ms - n * MINUTE_MS, data)
        )
    for payload in node.payloads():
        served.hub.receive(node.data_topic, payload)
    until(lambda: served.hub.intake.counts.rows >= node.seq)


async def test_use_and_voices_of_kiosks_stand_on_a_page_and_in_a_file(served: Served) -> None:
    tell(
        served,
        ("kiosk_use", USE),
        ("kiosk_use", SILENT),
        ("rating", {"stars": 4, "about": "room"}),
        ("rating", {"stars": 5, "about": "<i>"}),
        ("rating", {"stars": 900, "about": "room"}),
        ("need", {"about": "hours", "text": "<script>alert(1)</script>"}),
        ("need", {"about": "books", "text": "=HYPERLINK(1)"}),
        ("staff_call", {"reason": "card"}),
    )
    async with served.browser() as browser:
        served.sign_in(browser, served.account(Role.SUPERVISOR))
        page = (await browser.get("/kiosks")).text
        file = (await browser.get("/api/v1/feedback.csv")).text
        other = await browser.get("/kiosks?days=0")
    assert "我嘉书房·州桥" in page
    assert "2 / 2 / 0" in page, "lent, brought back, renewed"
    assert "50 %" in page
    assert "多在输入密码" in page
    assert "4.5 / 5" in page
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert "'=HYPERLINK(1)" in file
    assert file.count("need") == 2
    assert other.status_code == 422


async def test_a_manager_sees_their_own_venues(served: Served) -> None:
    tell(served, ("kiosk_use", USE), ("need", {"about": "hours", "text": "晚一点"}))
    async with served.browser() as browser:
        served.sign_in(browser, served.account(Role.MANAGER, "museum"))
        page = (await browser.get("/kiosks?lang=en")).text
        file = (await browser.get("/api/v1/feedback.csv")).text
    assert "No kiosk has told anything" in page
    assert "晚一点" not in file


async def test_words_that_name_somebody_are_hidden_and_shown_again(served: Served) -> None:
    tell(served, ("need", {"about": "staff", "text": "小陈电话 13800000000"}), ("kiosk_use", USE))
    async with served.browser() as browser:
        served.sign_in(browser, served.account(Role.SUPERVISOR))
        csrf = {"X-CSRF-Token": (await browser.get("/api/v1/session")).json()["csrf_token"]}
        (wish,) = (await browser.get(f"/api/v1/feedback?venue={ROOM}")).json()
        assert (wish["kind"], wish["text"], wish["hidden"]) == (
            "need",
            "小陈电话 13800000000",
            False,
        )
        place = f"/venues/{ROOM}/wishes/{wish['id']}"
        unsaid = await browser.post(f"{place}/hidden", data={"reason": " "}, headers=csrf)
        assert unsaid.status_code == 422
        assert "原因请写" in unsaid.text
        done = await browser.post(f"{place}/hidden", data={"reason": "有电话号码"}, headers=csrf)
        assert done.status_code == 303
        page = (await browser.get("/kiosks")).text
        assert "已隐藏：有电话号码" in page
        told = (await browser.get("/api/v1/feedback")).text
        file = (await browser.get("/api/v1/feedback.csv")).text
        assert "13800000000" not in page + told + file
        await browser.post(f"{place}/shown", headers=csrf)
        assert "13800000000" in (await browser.get("/kiosks")).text
        api = f"/api/v1/venues/{ROOM}/feedback/{wish['id']}/hidden"
        put = await browser.put(api, json={"reason": "姓名"}, headers=csrf)
        again = await browser.put(api, json={"reason": "另一个"}, headers=csrf)
        assert (put.status_code, again.status_code) == (204, 204)
        assert "已隐藏：姓名" in (await browser.get("/kiosks")).text, "the first reason stays"
        assert (await browser.delete(api, headers=csrf)).status_code == 204
        foreign = f"/api/v1/venues/museum/feedback/{wish['id']}/hidden"
        elsewhere = await browser.put(foreign, json={"reason": "x"}, headers=csrf)
        assert elsewhere.status_code == 404
        audit = (await browser.get("/api/v1/audit")).text
    assert (audit.count('"wish.hidden"'), audit.count('"wish.shown"')) == (2, 2)


async def test_the_managers_of_a_venue_hide_no_wishes(served: Served) -> None:
    tell(served, ("need", {"about": "staff", "text": "态度不好"}))
    async with served.browser() as browser:
        served.sign_in(browser, served.account(Role.MANAGER, ROOM))
        csrf = {"X-CSRF-Token": (await browser.get("/api/v1/session")).json()["csrf_token"]}
        page = (await browser.get("/kiosks")).text
        (wish,) = (await browser.get("/api/v1/feedback")).json()
        answer = await browser.post(
            f"/venues/{ROOM}/wishes/{wish['id']}/hidden", data={"reason": "x"}, headers=csrf
        )
    assert "态度不好" in page
    assert "/hidden" not in page
    assert answer.status_code == 403


async def test_a_kiosk_that_fails_stands_first(served: Served) -> None:
    now_ms = served.clock.at_ms
    for name in ("kiosk", "kiosk-2"):
        node = a_node(ROOM, name).begin(now_ms - 60 * MINUTE_MS)
        sources = (
            SourceStatus(name="library", kind="library", state="watching"),
            SourceStatus(
                name="pad", kind="pad", state="failed" if name == "kiosk-2" else "watching"
            ),
        )
        told = decode_status(node.status(online=True, at_ms=now_ms))
        served.hub.receive(
            node.status_topic, encode(msgspec.structs.replace(told, sources=sources))
        )
    served.hub.live.look()
    async with served.browser() as browser:
        served.sign_in(browser, served.account(Role.SUPERVISOR))
        page = (await browser.get("/kiosks?lang=en")).text
    assert page.index(f"/devices/{ROOM}/kiosk-2") < page.index(f"/devices/{ROOM}/kiosk?")
    assert "Online, partly failing" in page
    assert "Tag pad" in page


def test_nonsense_of_a_node_counts_as_nothing() -> None:
    data: dict[str, bool | int | float | str] = {
        "seconds": "long",
        "borrowed": True,
        "returned": -3,
        "ended": 7,
        "left_at": 1e300,
    }
    event = HappenedEvent("x", ROOM, "k", "kiosk", "kiosk_use", 1_795_000_000_000, data)
    day = date(2026, 11, 18)
    view = build_view((), {ROOM: [event]}, day, day, ZONE)
    assert (view.rows, view.most) == ((), 0)
