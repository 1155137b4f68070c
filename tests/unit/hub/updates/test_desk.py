"""Releases at the hub: only signed ones are kept; nodes are told theirs, and nothing else."""

import hashlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.ids import NodeId
from contracts.messages import Status
from contracts.topics import Channel, node_topic
from contracts.update import MOST_UPDATE_BYTES
from contracts.updating import Release, UpdateStatus, decode_order
from hub.access import Permission, Role, Who, by_token
from hub.alerts.condition import AlertKind
from hub.backup import back_up, restore
from hub.errors import NotAllowed
from hub.identity import IdentityFolder
from hub.live.board import wall_ms
from hub.runtime import Hub
from hub.store.records import AuditLog, Wanted
from hub.updates.rollout import Plan, RolloutState
from link.updating import sign_update
from tests.unit.hub.access.serving import FORM, Served, csrf, serving
from tests.unit.hub.test_api import a_config, running
from tests.updates import an_update

API = "/api/v1"
DOOR, DESK, HALL = (
    NodeId("museum", "door"),
    NodeId("museum", "desk"),
    NodeId("art-museum", "hall"),
)
NODES = (DOOR, DESK, HALL)


@dataclass
class Wire:
    """A hub whose nodes and broker are played."""

    hub: Hub
    client: httpx.AsyncClient
    orders: dict[NodeId, Release | None] = field(default_factory=dict)
    said: int = 0

    def __post_init__(self) -> None:
        self.hub.updates._publish = self._publish
        for node in NODES:
            self.says(node, UpdateStatus(running="0.1.0"))
        self.says(NodeId("museum", "lone"), None)
        self.look()

    def _publish(self, topic: str, payload: bytes) -> bool:
        for node in NODES:
            if topic == node_topic(node, Channel.UPDATE):
                self.orders[node] = decode_order(payload).release
                self.said += 1
        return True

    def says(self, node: NodeId, update: UpdateStatus | None) -> None:
        status = Status(
            boot="b0" * 8,
            online=True,
            at_ms=wall_ms(),
            software="kaiguan-edge 0.1.0",
            up_seconds=3700,
            update=update,
        )
        self.hub.live.collector.told(node, status, wall_ms())

    def look(self) -> None:
        self.hub.live.look()
        self.hub.updates.look()

    async def add(self, folder: Path, version: str = "0.2.0") -> str:
        path = an_update(folder / "update.zip", version)
        sign_update(path, IdentityFolder(self.hub.config.identity_path).update_key())
        added = await self.client.post(f"{API}/updates", content=path.read_bytes())
        assert added.status_code == 201, added.text
        sha256: str = added.json()["sha256"]
        assert sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        return sha256

    async def start(self, sha256: str, **plan: Any) -> httpx.Response:
        body = {
            "sha256": sha256,
            "first": [{"venue": "museum", "node": "door"}],
            "plan": {"shares": [100], "soak_minutes": 0, "when": "now", **plan},
        }
        return await self.client.post(f"{API}/rollouts", json=body)


@pytest.fixture
async def wire(tmp_path: Path) -> AsyncIterator[Wire]:
    async with running(a_config(tmp_path)) as (app, client):
        yield Wire(app.state.hub, client)


async def test_an_update_is_handed_in_listed_fetched_and_withdrawn(
    wire: Wire, tmp_path: Path
) -> None:
    sha256 = await wire.add(tmp_path)
    (listed,) = (await wire.client.get(f"{API}/updates")).json()
    assert (listed["version"], listed["kind"], listed["sha256"]) == ("0.2.0", "edge", sha256)
    whole = await wire.client.get(f"{API}/updates/{sha256}")
    part = await wire.client.get(f"{API}/updates/{sha256}", headers={"Range": "bytes=100-"})
    assert (part.status_code, part.content) == (206, whole.content[100:])
    assert (await wire.client.delete(f"{API}/updates/{sha256}")).status_code == 204
    assert (await wire.client.get(f"{API}/updates/{sha256}")).status_code == 404
    assert (await wire.client.delete(f"{API}/updates/{sha256}")).status_code == 404
    log = [one.entry.action for one in AuditLog(wire.hub.records).all(Wanted())]
    assert [a for a in log if a.startswith("update.")] == ["update.withdrawn", "update.added"]


@pytest.mark.parametrize(
    ("signed", "said"),
    [(None, "no zip"), (False, "signed by nobody")],
    ids=["no zip", "a stranger's"],
)
async def test_what_is_refused_leaves_nothing_behind(
    wire: Wire, tmp_path: Path, signed: bool | None, said: str
) -> None:
    content = b"PK" * 40 if signed is None else an_update(tmp_path / "u.zip").read_bytes()
    answer = await wire.client.post(f"{API}/updates", content=content)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]
    assert list(wire.hub.config.updates_path.iterdir()) == []
    assert MOST_UPDATE_BYTES > 2**20


async def test_a_rollout_from_the_first_node_to_all(wire: Wire, tmp_path: Path) -> None:
    sha256 = await wire.add(tmp_path)
    began = await wire.start(sha256)
    assert began.status_code == 201, began.text
    # A node without an updater is in no rollout.
    assert [(t["node"], t["stage"]) for t in began.json()["targets"]] == [
        ("door", 0),
        ("hall", 1),
        ("desk", 1),
    ] or len(began.json()["targets"]) == 3
    wire.look()
    release = wire.orders[DOOR]
    assert release is not None
    assert (release.sha256, release.version, release.go, release.go_until_ms) == (
        sha256,
        "0.2.0",
        True,
        0,
    )
    assert release.bytes == len((await wire.client.get(f"{API}/updates/{sha256}")).content)
    assert wire.orders[HALL] is None
    said = wire.said
    wire.look()
    assert wire.said == said
    well = UpdateStatus(running="0.2.0", outcome="updated", version="0.2.0", sha256=sha256)
    wire.says(DOOR, well)
    wire.look()
    wire.look()
    assert (wire.orders[DOOR], wire.orders[HALL] is not None) == (None, True)
    for node in (DESK, HALL):
        wire.says(node, well)
    wire.look()
    shown = (await wire.client.get(f"{API}/rollouts/1")).json()
    assert (shown["state"], {t["state"] for t in shown["targets"]}) == ("done", {"updated"})
    assert set(wire.orders.values()) == {None}


async def test_a_failure_pauses_it_is_told_and_may_be_tried_again(
    wire: Wire, tmp_path: Path
) -> None:
    sha256 = await wire.add(tmp_path)
    await wire.start(sha256)
    wire.look()
    failed = UpdateStatus(
        running="0.1.0", outcome="rolled_back", version="0.2.0", sha256=sha256,
        reason="does not get ready", at_ms=wall_ms(),
    )  # fmt: skip
    wire.says(DOOR, failed)
    wire.look()
    shown = (await wire.client.get(f"{API}/rollouts/1")).json()
    assert (shown["state"], shown["reason"]) == ("paused", "1 failed: museum/door")
    assert wire.orders[DOOR] is None
    wire.hub.duties.watch.look()
    (alert,) = [a for a in wire.hub.alerts.open if a.kind is AlertKind.UPDATE_FAILED]
    assert "does not get ready" in str(alert)
    metrics = (await wire.client.get("/metrics")).text
    assert 'kaiguan_rollouts{state="paused"} 1.0' in metrics
    assert 'kaiguan_rollout_nodes{state="rolled_back"} 1.0' in metrics
    again = await wire.client.post(f"{API}/rollouts/1/nodes/museum/door/retry")
    assert again.status_code == 200
    assert (await wire.client.post(f"{API}/rollouts/1/nodes/museum/desk/retry")).status_code == 409
    assert (await wire.client.post(f"{API}/rollouts/1/resume")).json()["state"] == "running"
    wire.look()
    release = wire.orders[DOOR]
    assert release is not None
    assert (release.attempt, release.go) == (1, True)
    wire.says(DOOR, UpdateStatus(outcome="updated", sha256=sha256, attempt=1, at_ms=wall_ms()))
    wire.look()
    wire.hub.duties.watch.look()
    assert (await wire.client.get(f"{API}/rollouts/1")).json()["stage"] == 1


async def test_paused_nobody_switches_and_stopped_nobody_is_asked(
    wire: Wire, tmp_path: Path
) -> None:
    await wire.start(await wire.add(tmp_path))
    wire.look()
    await wire.client.post(f"{API}/rollouts/1/pause")
    wire.look()
    release = wire.orders[DOOR]
    assert release is not None
    assert release.go is False
    assert (await wire.start(release.sha256)).status_code == 409
    assert (await wire.client.delete(f"{API}/updates/{release.sha256}")).status_code == 409
    await wire.client.post(f"{API}/rollouts/1/stop")
    wire.look()
    assert wire.orders[DOOR] is None
    assert (await wire.client.post(f"{API}/rollouts/1/resume")).status_code == 409
    log = [one.entry.action for one in AuditLog(wire.hub.records).all(Wanted())]
    assert [a for a in log if a.startswith("rollout.")] == [
        "rollout.stopped",
        "rollout.paused",
        "rollout.started",
    ]


async def test_a_hub_that_starts_again_goes_on_and_a_broker_is_told_again(
    wire: Wire, tmp_path: Path
) -> None:
    await wire.start(await wire.add(tmp_path))
    wire.look()
    wire.orders.clear()
    wire.hub.updates.again()
    wire.look()
    assert wire.orders[DOOR] is not None
    made = back_up(wire.hub.config, tmp_path / "backup", datetime.now(UTC))
    config = a_config(tmp_path / "new")
    restore(config, made)
    async with running(config) as (app, client):
        other = Wire(app.state.hub, client)
        assert [one.state for one in app.state.hub.updates.rollouts()] == [RolloutState.RUNNING]
        assert other.orders[DOOR] is not None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"first": []}, 422),
        ({"first": [{"venue": "museum", "node": "lone"}]}, 422),
        ({"first": [{"venue": "nowhere", "node": "door"}]}, 422),
        ({"plan": {"shares": [50]}}, 422),
        ({"plan": {"when": "soon"}}, 422),
        ({"sha256": "0" * 64}, 404),
        ({"more": 1}, 422),
    ],
    ids=["nobody", "no updater", "no such node", "shares", "when", "no such update", "unknown key"],
)
async def test_a_rollout_that_cannot_be(
    wire: Wire, tmp_path: Path, body: dict[str, Any], status: int
) -> None:
    sound = {"sha256": await wire.add(tmp_path), "first": [{"venue": "museum", "node": "door"}]}
    assert (await wire.client.post(f"{API}/rollouts", json=sound | body)).status_code == status
    assert (await wire.client.get(f"{API}/rollouts")).json() == []


async def test_whoever_is_for_some_venues_rolls_nothing_out_elsewhere(
    wire: Wire, tmp_path: Path
) -> None:
    sha256 = await wire.add(tmp_path)
    scope = frozenset({Permission.UPDATES})
    own = by_token("t", Role.ADMIN, frozenset(), account=1, scope=scope, only=frozenset({"museum"}))
    desk = wire.hub.updates
    for venues in (None, ["museum", "art-museum"]):
        with pytest.raises(NotAllowed):
            desk.start(own, sha256, [DOOR], Plan(), venues)
    with pytest.raises(NotAllowed):
        desk.withdraw(own, sha256)
    rollout = desk.start(own, sha256, [DOOR], Plan(), ["museum"])
    assert {target.node.venue for target in rollout.targets} == {"museum"}
    stranger = Who("s", "token", frozenset(), frozenset())
    with pytest.raises(NotAllowed):
        desk.change(stranger, rollout.id, "stop")


async def test_the_device_page_says_how_its_update_stands(wire: Wire) -> None:
    wire.says(
        DOOR,
        UpdateStatus(
            phase="staged", running="0.1.0", previous="0.0.9", wanted="0.2.0", waits="in_use",
            outcome="rolled_back", version="0.1.5", reason="does not get ready",
        ),
    )  # fmt: skip
    wire.look()
    page = (await wire.client.get("/devices/museum/door?lang=en")).text
    text = re.sub(r"<[^>]+>", " ", page)
    for part in (
        "Has run for", "1 h 2 min", "0.2.0: installed, waits to be switched to",
        "somebody is using it",
        "0.1.5 was rolled back (does not get ready)", "0.0.9",
    ):  # fmt: skip
        assert part in re.sub(r"\s+", " ", text), part


async def test_the_page_begins_pauses_and_ends_a_rollout(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        await _by_page(served, tmp_path)


async def _by_page(served: Served, tmp_path: Path) -> None:
    async with served.browser() as browser:
        served.sign_in(browser, served.account(Role.ADMIN))
        wire = Wire(served.hub, browser)
        path = an_update(tmp_path / "u.zip")
        sign_update(path, IdentityFolder(served.hub.config.identity_path).update_key())
        incoming = served.hub.updates.folder.incoming()
        incoming.write_bytes(path.read_bytes())
        boss = Who("boss", "console", frozenset(Permission), None, Role.ADMIN)
        sha256 = served.hub.updates.add(boss, incoming).sha256
        token = await csrf(browser)
        headers = {"content-type": FORM}
        form = {"csrf": token, "sha256": sha256, "first": "museum/door", "shares": "50 100",
                "soak_minutes": "10", "most_failures": "0", "when": "closed"}  # fmt: skip
        bad = await browser.post("/rollouts", data=form | {"shares": "x"}, headers=headers)
        assert bad.status_code == 422
        assert "分批比例" in bad.text
        begun = await browser.post("/rollouts", data=form, headers=headers)
        assert begun.status_code == 303
        wire.look()
        page = (await browser.get("/rollouts?lang=en")).text
        assert "0.2.0 for edges" in page
        assert 'action="/rollouts/1/pause?lang=en"' in page
        await browser.post("/rollouts/1/pause", data={"csrf": token}, headers=headers)
        assert "Go on" in (await browser.get("/rollouts?lang=en")).text
        wire.says(
            DOOR, UpdateStatus(outcome="refused", sha256=sha256, reason="is built for aarch64")
        )
        wire.look()
        page = (await browser.get("/rollouts?lang=zh")).text
        assert "is built for aarch64" in page
        assert "再试一次" in page
        again = await browser.post(
            "/rollouts/1/retry", data={"csrf": token, "node": "museum/door"}, headers=headers
        )
        assert again.status_code == 303
        await browser.post("/rollouts/1/stop", data={"csrf": token}, headers=headers)
        assert "已停止" in (await browser.get("/rollouts")).text
