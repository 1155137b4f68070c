"""From a lock that stays shut to the desk, the API, the console and a telephone, by the minute."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import httpx
import pytest

from contracts.rows import State
from hub.access import GRANTABLE
from hub.alerts import Alert, AlertKind
from hub.app import create_app
from hub.config import BrokerSection, HttpSection, HubConfig, LiveSection
from hub.console.client import HubClient
from hub.console.state import Looked
from hub.delivery.worker import Worker
from hub.runtime import Hub
from tests.accounts import TESTER, bearer
from tests.integration.hub.feeding import MINUTE_MS, Node, a_node
from tests.integration.hub.running import until
from tests.sinks import WebSink
from tests.unit.hub.access.serving import JIADING, Clock, Served

ROOM: Final = "book-room-beishuiwan"
"""Opens at ten every day; its lock has a contact."""
TEN: Final = datetime(2026, 12, 1, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
LATE_MINUTES: Final = 11


class Room:
    """A book room whose node tells once a minute."""

    def __init__(self, served: Served) -> None:
        self.hub, self.clock = served.hub, served.clock
        self.node: Node = a_node(ROOM)
        self.ten_ms = round(TEN.timestamp() * 1000)
        self.began_ms = self.ten_ms - 8 * 60 * MINUTE_MS
        self.value, self.since_ms = "locked", self.began_ms
        self.node.begin(self.began_ms)

    def tell(self, minute: int) -> None:
        """Let the node tell how it is so many minutes after ten, and the hub take it in."""
        node, hub = self.node, self.hub
        self.clock.at_ms = self.ten_ms + minute * MINUTE_MS
        now_ms = self.clock.at_ms
        node.watched("front", self.began_ms, now_ms)
        node.watched("lock", self.began_ms, now_ms)
        told = State(node.next(), node.epoch, "lock", self.value, self.since_ms, now_ms)
        node.rows.append(told)
        for payload in node.payloads():
            hub.receive(node.data_topic, payload)
        until(lambda: hub.intake.counts.rows >= node.seq)
        hub.live.look()
        hub.duties.verdicts.look(everything=True)
        hub.duties.watch.look()
        hub.alerts.tick()

    def unlock(self) -> None:
        """Let the lock be opened now."""
        now_ms, node = self.clock.at_ms, self.node
        node.rows.append(
            State(node.next(), node.epoch, "lock", "locked", self.since_ms, now_ms, "changed")
        )
        self.value, self.since_ms = "unlocked", now_ms

    def late(self) -> list[Alert]:
        """Return the alerts of the late opening."""
        found = self.hub.alerts.open
        return [a for a in found if a.kind is AlertKind.LATE_OPENING and a.venue == ROOM]


@pytest.fixture
def telephone() -> Iterator[WebSink]:
    with WebSink() as sink:
        yield sink


@pytest.fixture
async def served(tmp_path: Path, telephone: WebSink) -> AsyncIterator[Served]:
    alerts = tmp_path / "alerts.toml"
    alerts.write_text(
        f'[[channel]]\nid = "duty"\nname_zh = "值班"\nname_en = "Duty"\nurl = "{telephone.url}"\n'
        '[[route]]\nchannels = ["duty"]\nkinds = ["late_opening"]\n',
        "utf-8",
    )
    config = HubConfig(
        alerts=alerts,
        data_dir=tmp_path / "data",
        district=JIADING,
        broker=BrokerSection(enabled=False),
        http=HttpSection(public_url="https://hub.example"),
        live=LiveSection(swap_milliseconds=10_000),
    )
    clock = Clock(round((TEN - timedelta(minutes=5)).timestamp() * 1000))
    with Hub(config, clock_ms=clock) as hub:
        yield Served(hub, create_app(config, opened=hub), clock)


async def rings(served: Served, telephone: WebSink) -> None:
    """Let the hub send what waits, until the telephone has it."""
    sending = asyncio.create_task(Worker(served.hub.delivery).run())
    try:
        await asyncio.to_thread(until, lambda: bool(telephone.posts))
    finally:
        sending.cancel()
        with suppress(asyncio.CancelledError):
            await sending


async def test_a_late_opening_of_eleven_minutes_is_told_by_the_twelfth(
    served: Served, telephone: WebSink
) -> None:
    room = Room(served)
    for minute in range(-5, LATE_MINUTES):
        room.tell(minute)
        assert room.late() == [], minute
    for minute in (LATE_MINUTES, LATE_MINUTES + 1):
        room.tell(minute)
    (alert,) = room.late()
    assert alert.is_active
    assert not alert.is_late, "it goes on: somebody is called"
    assert alert.since_ms == room.ten_ms
    assert alert.raised_ms <= room.ten_ms + 12 * MINUTE_MS
    assert served.hub.alerts.unseen(None) >= 1
    assert served.clock.at_ms <= room.ten_ms + 12 * MINUTE_MS
    await rings(served, telephone)
    told_by_telephone = telephone.posts[0].json["message"]
    assert "我嘉书房·北水湾" in told_by_telephone
    assert f"https://hub.example/venues/{ROOM}" in told_by_telephone

    served.app.state.hub = served.hub
    # By the hub's clock, which is ahead of this machine's.
    tokens, owner = served.hub.office.tokens, served.account()
    token = tokens.create(TESTER, owner, "test", GRANTABLE, venues=None, days=1)[1]
    headers = bearer(token)
    transport = httpx.ASGITransport(served.app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1", headers=headers
    ) as program:
        answer = await program.get("/api/v1/alerts", params={"kind": "late_opening"})
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert [(a["venue"], a["active"]) for a in told["alerts"]] == [(ROOM, True)]
        page = (await program.get("/alerts?kind=late_opening")).text
        assert "未按时开放" in page
        assert "我嘉书房·北水湾" in page
    async with HubClient("http://127.0.0.1", token, transport=transport) as console:
        looked = await console._look()
        assert isinstance(looked, Looked)
        assert (ROOM, "未按时开放") in [(a.venue, a.title_zh) for a in looked.alerts or ()]

    room.unlock()
    room.tell(LATE_MINUTES + 2)
    for minute in range(LATE_MINUTES + 3, LATE_MINUTES + 9):
        room.tell(minute)
    (alert,) = room.late()
    assert not alert.is_active
    assert alert.until_ms == room.ten_ms + 12 * MINUTE_MS
    whats = [change.what for change in served.hub.alerts.history(alert.number)]
    assert (whats[0], whats[1]) == ("raised", "cleared")
    assert whats.count("raised") == 1
    assert "again" not in whats


async def test_a_room_in_which_nobody_was_counted_for_four_weeks_is_told_of(served: Served) -> None:
    hub, node = served.hub, a_node(ROOM)
    now_ms = round(TEN.timestamp() * 1000)
    began_ms = now_ms - 30 * 24 * 60 * MINUTE_MS
    node.begin(began_ms)
    node.watched("front", began_ms, now_ms)
    for payload in node.payloads():
        hub.receive(node.data_topic, payload)
    until(lambda: hub.intake.counts.rows >= node.seq)
    served.clock.at_ms = now_ms
    hub.live.look()
    hub.duties.use_watch.look()
    (alert,) = (a for a in hub.alerts.open if a.kind is AlertKind.LOW_USE)
    assert (alert.venue, alert.link) == (ROOM, f"/venues/{ROOM}/demand")
    assert "2026-11-03 to 2026-11-30: 0 visits per open hour" in alert.en
