"""What a test lets a hub tell the console."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.console.answers import Alert, Device, DeviceDetail, Item, Occupancy, Venue
from hub.console.app import Console
from hub.console.client import HubAway
from hub.console.state import Connected, Counted, Declared, Looked, News
from hub.console.words import Lang

NOW = datetime(2026, 5, 5, 6, 30, tzinfo=UTC)
"""14:30 in Shanghai."""


def a_venue(id_: str = "museum", **changes: Any) -> Venue:
    fields = {
        "id": id_,
        "name_zh": "嘉定博物馆",
        "name_en": "Jiading Museum",
        "level": "district",
        "capacity": 500,
    }
    return Venue(**{**fields, **changes})


def counted(id_: str = "museum", occupancy: int | None = 120, **changes: Any) -> Occupancy:
    fields = {
        "venue": id_,
        "at": NOW,
        "occupancy": occupancy,
        "quality": "unknown" if occupancy is None else "known",
        "capacity": 500,
        "last_heard": NOW - timedelta(seconds=4),
        "entered_today": 340,
    }
    return Occupancy(**{**fields, **changes})


VENUES = (
    a_venue(),
    a_venue("library", name_zh="嘉定区图书馆", name_en="Jiading District Library", capacity=1200),
    a_venue("nanxiang", name_zh="南翔镇图书馆", name_en="Nanxiang Town Library", level="town"),
    a_venue(
        "book-room",
        name_zh="我嘉书房·州桥（二十四小时自助借还）",
        name_en="Book Room Zhouqiao",
        level="space",
        capacity=40,
    ),
    a_venue("art", name_zh="韩天衡美术馆", name_en="Han Tianheng Art Museum", capacity=300),
)
COUNTED = (
    counted(opening={"state": "open"}, trend="rising"),
    counted("library", 431, capacity=1200, quality="degraded", since=NOW - timedelta(hours=3)),
    counted("nanxiang", 470, trend="steady"),
    counted("book-room", 43, capacity=40, trend="falling", opening={"state": "open"}),
    counted("art", None, capacity=300, last_occupancy=12, last_heard=NOW - timedelta(days=2)),
)
DEVICES = (
    Device(venue="art", node="sim", state="offline", last_seen=NOW - timedelta(days=2)),
    Device(
        venue="book-room",
        node="door-pi",
        state="online",
        last_seen=NOW,
        software="kaiguan-edge 0.1.0",
        faults=({"code": "source", "name": "front", "detail": "no picture"},),
    ),
    Device(venue="museum", node="sim", state="online", last_seen=NOW, software="sim"),
    Device(venue="nanxiang", node="sim", state="expected"),
)
ITEMS = tuple(
    Item(
        code=code,
        mark=mark,
        title_zh=zh,
        title_en=en,
        text_zh=f"{zh}的说明",
        text_en=f"what {en.lower()} means",
        since=NOW - timedelta(hours=1),
        venue=venue,
    )
    for code, mark, zh, en, venue in (
        ("over_capacity", "breach", "超过容量", "Over capacity", "book-room"),
        ("fault", "breach", "设备故障", "Device fault", "book-room"),
        ("offline", "unknown", "设备离线", "Device offline", "art"),
    )
)
ALERTS = tuple(
    Alert(
        number=number,
        severity=severity,
        title_zh=zh,
        title_en=en,
        text_zh=f"{zh}的说明，自九点起",
        text_en=f"what {en.lower()} means, since nine",
        since=NOW - timedelta(hours=number),
        venue=venue,
        **more,
    )
    for number, severity, zh, en, venue, more in (
        (1, "critical", "火灾报警", "Fire alarm", "library", {}),
        (2, "warning", "未按时开放", "Not open in time", "museum", {"assigned_to": "mei"}),
        (3, "notice", "进出不平", "Out of balance", "nanxiang", {"active": False}),
        (4, "warning", "提前闭馆", "Closed early", "art", {"active": False, "late": True}),
        (5, "critical", "中枢故障", "Hub trouble", None, {"acknowledged": NOW}),
    )
)
DETAIL = DeviceDetail(
    **DEVICES[1].model_dump(exclude={"first_seen"}),
    first_seen=NOW - timedelta(days=90),
    told_at=NOW,
    clock={"state": "unset", "held": 61},
    spool={"pending": 1234, "bytes": 5_400_000, "dropped": 0},
    sources=(
        {"name": "front", "kind": "camera", "state": "failed", "detail": "no picture"},
        {"name": "side", "kind": "board", "state": "watching", "corrupt_frames": 3},
    ),
)
A_DAY: tuple[News, ...] = (
    Connected(),
    Declared(VENUES),
    Looked(DEVICES, ITEMS, ALERTS),
    *(Counted(told) for told in COUNTED),
)


class Told:
    """A feed that tells what it is given, and then waits for more."""

    def __init__(self, news: Sequence[News] = A_DAY, detail: DeviceDetail | None = DETAIL) -> None:
        self._news = news
        self._detail = detail
        self.done: list[tuple[str, ...]] = []
        self.refusal: Exception | None = None
        self.more: asyncio.Queue[News] = asyncio.Queue()

    async def news(self) -> AsyncIterator[News]:
        for piece in self._news:
            yield piece
        while True:
            yield await self.more.get()

    async def device(self, venue: str, node: str) -> DeviceDetail:
        if self._detail is None:
            raise HubAway("silent")
        return self._detail

    async def acknowledge(self, number: int) -> Alert:
        self.done.append(("acknowledge", str(number)))
        return self._alert(number, acknowledged=NOW, acknowledged_by="mei")

    async def clear(self, number: int, reason: str) -> Alert:
        self.done.append(("clear", str(number), reason))
        return self._alert(number, active=False, acknowledged=NOW)

    def _alert(self, number: int, **changes: Any) -> Alert:
        if self.refusal is not None:
            raise self.refusal
        return ALERTS[number - 1].model_copy(update=changes)


def a_console(news: Sequence[News] = A_DAY, lang: Lang = "zh") -> Console:
    return Console(Told(news), lang=lang, now=lambda: NOW)
