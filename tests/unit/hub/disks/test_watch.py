"""Disks are measured, one sample a day is kept, alerts and pages tell what becomes of them."""

import json
from pathlib import Path

import pytest

from contracts.messages import DiskStatus, SpoolStatus, Status, decode_status, encode
from hub.alerts.condition import AlertKind
from hub.disks import HUB_PLACE
from hub.disks.forecast import DAY_S
from hub.disks.watch import sample_of
from hub.live.now import DeviceNow
from hub.runtime import Hub
from hub.store.sqlite import SqliteStore
from hub.venues import Device
from link.uplink import _disk_of
from tests.unit.hub.test_api import a_config, running

GB = 10**9
ROOM, NODE = "book-room-zhouqiao", "door-pi"


def test_one_sample_a_day_is_kept(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "series.db") as store:
        for day in range(500):
            for hour in (1, 20):
                at_s = day * DAY_S + hour * 3600
                store.note_disks([("", at_s, day, 9, 1), ("v/n", at_s, 1, 9, 1)])
        kept = store.disks_since(0)
        assert len(kept) == 2 * 401
        assert kept[-1] == ("v/n", 499 * DAY_S + 72_000, 1, 9, 1)
        store.note_disks([])
        assert store.disks_since(499 * DAY_S) == [
            (place, 499 * DAY_S + 72_000, used, 9, 1) for place, used in (("", 499), ("v/n", 1))
        ]


def status(free: int) -> str:
    told = Status(
        boot="b0" * 8,
        online=True,
        spool=SpoolStatus(stream="5a" * 8, bytes=7_000_000),
        disk=DiskStatus(32 * GB, free),
    )
    return encode(told).decode()


def test_what_a_node_tells(tmp_path: Path) -> None:
    device = Device(ROOM, NODE, True, 1, 1, status=status(20 * GB))
    found = sample_of(DeviceNow(ROOM, NODE, "online", device), 5)
    assert found is not None
    assert (found.used, found.total, found.own) == (12 * GB, 32 * GB, 7_000_000)
    bare = json.loads(status(1))
    del bare["disk"]
    for text in (json.dumps(bare), "", "{"):
        old = Device(ROOM, NODE, True, 1, 1, status=text)
        assert sample_of(DeviceNow(ROOM, NODE, "online", old), 5) is None


async def test_a_disk_that_fills_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the hub and of a node: alert, page in both languages, metrics; gone with the room."""
    async with running(a_config(tmp_path)) as (app, client):
        hub: Hub = app.state.hub
        watch, now_s = hub.duties.disks, hub.live.at_ms // 1000
        page = (await client.get(f"/devices/{ROOM}/{NODE}")).text
        assert "尚未测量" in page
        hub.store.note_disks(
            (place, now_s - day * DAY_S, (total - 2 * day) * GB, 40 * GB, GB)
            for day in range(1, 12)
            for place, total in ((HUB_PLACE, 30), (f"{ROOM}/{NODE}", 34))
        )
        monkeypatch.setattr(
            "hub.disks.watch.shutil.disk_usage",
            lambda _path: type("Disk", (), {"total": 40 * GB, "free": 10 * GB})(),
        )
        watch.look()
        hub.alerts.tick()
        raised = {a.subject: a for a in hub.alerts.open if a.kind is AlertKind.DISK_FILLING}
        assert set(raised) == {"disk", NODE}
        page = (await client.get(f"/devices/{ROOM}/{NODE}?lang=en")).text
        assert "full in 5 days at this rate" in page
        assert "The hub" in page
        assert "Full soon" in page
        assert "Its disk: full soon; " in page
        assert "All is well" not in page
        assert "照此 5 天后用满" in (await client.get(f"/devices/{ROOM}/{NODE}")).text
        metrics = (await client.get("/metrics")).text
        assert "kaiguan_disk_free_bytes 1e+10" in metrics
        assert "kaiguan_disk_growth_bytes_per_day 2e+09" in metrics
        assert "kaiguan_disk_days_left 5.0" in metrics
        assert "kaiguan_node_disks_filling 1.0" in metrics


def test_a_spool_tells_its_disk(tmp_path: Path) -> None:
    told = _disk_of(tmp_path / "spool.db")
    assert told is not None
    assert 0 < told.free < told.total
    assert _disk_of(tmp_path / "nowhere" / "spool.db") is None
    assert decode_status(encode(Status("b0" * 8, True, disk=told))).disk == told
