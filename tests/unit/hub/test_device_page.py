"""A device's page: what is wrong in a sentence, facts of its status, what was lost."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest

from contracts.messages import (
    CertificateStatus,
    ClockStatus,
    LineStatus,
    PictureStatus,
    SourceStatus,
    SpoolStatus,
    Status,
    encode,
)
from contracts.rows import Lost
from hub.live.board import wall_ms
from hub.live.now import DeviceNow
from hub.pages.device_view import DeviceNowView, build_device
from hub.pages.diagnosis import ALL_WELL, diagnose
from hub.runtime import Hub
from hub.store.traces import Traces
from hub.venues import Device
from link.intake import Arrival, ForkSeen, Gap, Group
from tests.integration.hub.feeding import a_node, token
from tests.unit.hub.test_api import a_config, running

NOW_MS = 1_790_000_000_000
STORE, OTHER = "5a" * 8, "0b" * 8
DEVICE = Device("museum", "sim", True, NOW_MS - 10**8, NOW_MS - 1000, NOW_MS - 10**7, "0.1.0")
WELL = DeviceNow("museum", "sim", "online", DEVICE, (), 40)
STATUS = Status(
    boot="b0" * 8,
    online=True,
    at_ms=NOW_MS,
    software="0.1.0",
    os_boot="05" * 8,
    clock=ClockStatus("set"),
    spool=SpoolStatus("0a" * 8, 3, 2_000_000),
    store_id=STORE,
    sources=(SourceStatus("front", "camera", "watching"),),
)
SPOOL = SpoolStatus("0a" * 8)


def changed(**fields: object) -> Status:
    return msgspec.structs.replace(STATUS, **fields)


def seen(health: str, view_changed_ms: int = 0) -> SourceStatus:
    picture = PictureStatus(health, NOW_MS - 60_000, view_changed_ms)
    return SourceStatus("front", "camera", "watching", 1, "in words", picture=picture)


FAILED = SourceStatus("front", "camera", "failed", 1, "no such host")


@pytest.mark.parametrize(
    ("now", "status", "traces", "mark", "part"),
    [
        (WELL, STATUS, Traces(), "known", "All is well"),
        (DeviceNow("museum", "sim", "expected"), None, Traces(), "unknown", "never heard"),
        (replace(WELL, state="offline"), STATUS, Traces(), "unknown", "Offline for 2 h 47 min"),
        (replace(WELL, state="silent"), None, Traces(), "degraded", "never told its status"),
        (
            replace(WELL, device=replace(DEVICE, last_seen_ms=NOW_MS - 600_000)),
            STATUS,
            Traces(),
            "unknown",
            "sent nothing for 10 min",
        ),
        *(
            (WELL, changed(sources=(seen(health),)), Traces(), "degraded", part)
            for health, part in (
                ("dark", "front sees nothing but dark"),
                ("covered", "front is covered"),
                ("frozen", "front sends one picture again and again"),
                ("defocused", "front is out of focus"),
                ("moved", "front was moved"),
                ("flood", "front saw most of its picture change"),
                ("upside-down", "front cannot be counted with: upside-down"),
            )
        ),
        (
            WELL,
            changed(sources=(seen("well", view_changed_ms=1),)),
            Traces(),
            "degraded",
            "front shows another view",
        ),
        (WELL, changed(sources=(FAILED,)), Traces(), "breach", "front does not work: no such host"),
        (
            WELL,
            changed(spool=msgspec.structs.replace(SPOOL, writable=False)),
            Traces(),
            "breach",
            "refuses to be written",
        ),
        (
            WELL,
            changed(spool=msgspec.structs.replace(SPOOL, pending=12_345)),
            Traces(),
            "degraded",
            "12,345 rows wait",
        ),
        (
            WELL,
            changed(spool=msgspec.structs.replace(SPOOL, set_aside="spool.bad")),
            Traces(),
            "degraded",
            "set aside",
        ),
        (WELL, changed(clock=ClockStatus("unset", 4)), Traces(), "degraded", "never set"),
        (WELL, changed(store_id=OTHER), Traces(), "breach", "store of another hub"),
        (WELL, changed(other_stores=(OTHER,)), Traces(), "degraded", "another hub too"),
        (
            WELL,
            changed(certificate=CertificateStatus(NOW_MS, "no answer")),
            Traces(),
            "degraded",
            "cannot be renewed: no answer",
        ),
        (replace(WELL, offset_ms=90_000), STATUS, Traces(), "degraded", "2 min ahead"),
        (replace(WELL, offset_ms=-7000), STATUS, Traces(), "degraded", "7.0 s behind"),
        (WELL, STATUS, Traces(fork_count=1), "degraded", "cloned"),
        (WELL, STATUS, Traces(gap_count=2), "degraded", "lost 2 times"),
        (WELL, STATUS, Traces(quarantined_count=9), "degraded", "9 rows cannot be read"),
    ],
)
def test_what_is_wrong_in_a_sentence(
    now: DeviceNow, status: Status | None, traces: Traces, mark: str, part: str
) -> None:
    found = diagnose(now, status, traces, store_id=STORE, at_ms=NOW_MS)
    assert len(found) == 1
    assert found[0].mark == mark
    assert part in found[0].what.en
    assert found[0].what.zh
    assert found[0].to_do.en.endswith((".", "。"))


@pytest.mark.parametrize(("ms", "told"), [(-4, "+0.0 s"), (0, "+0.0 s"), (-260, "-0.3 s")])
def test_a_clock_that_is_right_has_no_sign(ms: int, told: str) -> None:
    view = built(replace(WELL, offset_ms=ms))
    assert told in [fact.value.en for fact in view.facts]


def test_what_a_node_said_before_it_went_is_told_as_the_past() -> None:
    told = msgspec.json.encode(STATUS).decode()
    device = Device("museum", "sim", False, 1, NOW_MS, NOW_MS, "kaiguan", told)
    [online] = built(replace(WELL, device=replace(device, online=True))).sources
    [offline] = built(replace(WELL, state="offline", device=device)).sources
    assert (online.mark, online.state.en) == ("known", "Watching")
    assert (offline.mark, offline.state.en) == ("unknown", "Last told: Watching")


def test_a_camera_that_cannot_see_is_told_in_its_own_row() -> None:
    told = msgspec.json.encode(changed(sources=(seen("covered"),))).decode()
    device = Device("museum", "sim", True, 1, NOW_MS, NOW_MS, "kaiguan", told)
    [row] = built(replace(WELL, device=device)).sources
    assert (row.mark, row.state.zh, row.state.en) == ("degraded", "镜头被遮挡", "Covered")
    assert row.since is not None
    assert row.detail == ""


def built(now: DeviceNow) -> DeviceNowView:
    zone = ZoneInfo("Asia/Shanghai")
    return build_device(now, Traces(), zone, store_id=STORE, ancestors=(), at_ms=NOW_MS)


def test_a_store_that_was_restored_is_followed() -> None:
    restored = diagnose(
        WELL, changed(store_id=OTHER), Traces(), store_id=STORE, ancestors=(OTHER,), at_ms=NOW_MS
    )
    assert restored == (ALL_WELL,)


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[tuple[Hub, httpx.AsyncClient]]:
    async with running(a_config(tmp_path)) as (app, client):
        yield app.state.hub, client


def tell(hub: Hub, status: Status, sent_ago_ms: int = 0) -> int:
    """Let the museum's node send a batch and tell its status; return when."""
    now_ms = wall_ms()
    node = a_node("museum").begin(now_ms - 1000)
    for payload in node.payloads():
        batch = json.loads(payload)
        batch["sent_at_ms"] = now_ms - sent_ago_ms
        raw = json.dumps(batch).encode()
        hub.intake.take([Arrival(node.id, node.data_topic, raw, now_ms)])
    hub.receive(node.status_topic, encode(status))
    hub.live.look()
    return now_ms


async def test_the_page_tells_everything(served: tuple[Hub, httpx.AsyncClient]) -> None:
    hub, client = served
    status = changed(
        store_id=hub.store.store_id,
        sources=(
            FAILED,
            SourceStatus(
                "board",
                "serial",
                "watching",
                corrupt_frames=17,
                line=LineStatus(1200, 1190, 9, 2, 23.5, 101.0),
            ),
        ),
    )
    tell(hub, status, sent_ago_ms=7000)
    page = (await client.get("/devices/museum/sim?lang=en")).text
    for part in (
        "Online",
        "0.1.0",
        "-7.0 s",
        "1.9 MiB",
        "front does not work: no such host",
        (
            "17 corrupt frames; 1,200 requests, 1,190 replies, 9 timeouts; reopened 2 times; "
            "latency 23.5 ms, longest 101 ms"
        ),
        "(this hub)",
        "b0" * 8,
        "05" * 8,
        "Nothing was recorded",
        'href="/venues/museum?lang=en"',
    ):
        assert part in page, part
    assert " style=" not in page
    pages = client._transport.app.state.device_page  # type: ignore[attr-defined]
    [fragment] = json.loads(pages.news("museum", "sim", Traces(), None))["fragments"]
    assert fragment in page
    assert pages.news("museum", "sim", Traces(), {"art-museum"}) is None


async def test_what_was_lost_is_told(served: tuple[Hub, httpx.AsyncClient]) -> None:
    hub, client = served
    now_ms = tell(hub, STATUS)
    node = a_node("museum").id
    lost = Lost("main", now_ms - 7_200_000, now_ms - 3_600_000, 60)
    fork = ForkSeen(node, "0a" * 8, token("clone"), 5, now_ms)
    hub.store.commit(Group(gaps=[Gap(node, "0a" * 8, 1, 60, (lost,), now_ms)], forks=[fork]))
    page = (await client.get("/devices/museum/sim?lang=en")).text
    for part in ("1 losses, 1 forks, 0 unreadable rows", "60 rows", "Two spools", "cloned"):
        assert part in page, part


async def test_nodes_that_there_are_not(served: tuple[Hub, httpx.AsyncClient]) -> None:
    _, client = served
    assert (await client.get("/devices/museum/attic")).status_code == 404
    assert (await client.get("/devices/nowhere/sim/stream")).status_code == 404
    expected = (await client.get("/devices/museum/sim?lang=en")).text
    assert "The hub never heard of this node" in expected


async def test_visitors_see_no_devices(served: tuple[Hub, httpx.AsyncClient]) -> None:
    _, client = served
    assert 'href="/devices/museum/sim?lang=en"' in (await client.get("/venues/museum")).text
    del client.headers["authorization"]
    assert "/devices/" not in (await client.get("/venues/museum")).text
    assert (await client.get("/devices/museum/sim")).headers["location"].startswith("/login")
