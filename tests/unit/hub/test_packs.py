"""Packs at the hub: only what is sound and signed is announced, to whom it is for, by hash."""

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.pack import Packs, decode_packs
from contracts.topics import packs_topic
from hub.access import Permission, Role, Who, by_token
from hub.access.permissions import at_console
from hub.backup import back_up, restore
from hub.district import read_district
from hub.errors import NotAllowed, NotFound
from hub.identity import IdentityFolder
from hub.packs import PackDesk, PackFolder
from hub.runtime import Hub
from hub.store.records import AuditLog, Records, Wanted
from link.packs import PackRefused, resign
from tests.packs import PUBLIC, a_pack
from tests.unit.hub.test_api import JIADING, a_config, running

API = "/api/v1/packs"


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[tuple[Hub, httpx.AsyncClient]]:
    async with running(a_config(tmp_path)) as (app, client):
        yield app.state.hub, client


def signed_here(hub: Hub, folder: Path, pack: str = "town", version: int = 1) -> bytes:
    """Return a pack with the signature of this hub's district."""
    path = a_pack(folder, pack, version)
    resign(path, hub_key(hub))
    return path.read_bytes()


def hub_key(hub: Hub) -> Ed25519PrivateKey:
    return IdentityFolder(hub.config.identity_path).pack_key()


async def test_a_pack_is_handed_in_listed_fetched_and_withdrawn(
    served: tuple[Hub, httpx.AsyncClient], tmp_path: Path
) -> None:
    hub, client = served
    zip_ = signed_here(hub, tmp_path)
    sha256 = hashlib.sha256(zip_).hexdigest()
    added = await client.post(API, content=zip_)
    assert added.status_code == 201, added.text
    assert added.json()["sha256"] == sha256
    assert added.json()["venues"] is None
    assert (await client.get(API)).json() == [added.json()]
    whole = await client.get(f"{API}/{sha256}")
    assert whole.content == zip_
    assert whole.headers["content-type"] == "application/zip"
    part = await client.get(f"{API}/{sha256}", headers={"Range": "bytes=100-"})
    assert (part.status_code, part.content) == (206, zip_[100:])
    past = await client.get(f"{API}/{sha256}", headers={"Range": f"bytes={len(zip_)}-"})
    assert past.status_code == 416
    assert (await client.delete(f"{API}/town")).status_code == 204
    assert (await client.get(API)).json() == []
    assert (await client.get(f"{API}/{sha256}")).status_code == 404
    assert (await client.delete(f"{API}/town")).status_code == 404
    log = [one.entry.action for one in AuditLog(hub.records).all(Wanted())]
    assert [action for action in log if action.startswith("pack.")] == [
        "pack.withdrawn",
        "pack.added",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"no zip", "no zip"), (b"PK" * 40, "no zip"), (None, "signed by nobody whom")],
)
async def test_what_is_refused_leaves_nothing_behind(
    served: tuple[Hub, httpx.AsyncClient], tmp_path: Path, content: bytes | None, said: str
) -> None:
    hub, client = served
    zip_ = a_pack(tmp_path).read_bytes() if content is None else content
    answer = await client.post(API, content=zip_)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]
    assert list(hub.config.packs_path.iterdir()) == []


async def test_a_body_without_end_is_refused(
    served: tuple[Hub, httpx.AsyncClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, client = served
    monkeypatch.setattr("hub.api.packs.MOST_PACK_BYTES", 1024)
    answer = await client.post(API, content=bytes(2000))
    assert answer.status_code == 413
    assert list(hub.config.packs_path.iterdir()) == []


@pytest.mark.parametrize("path", ["0" * 63, "../records.db", "0" * 64, "%2e%2e%2frecords.db"])
async def test_nothing_but_packs_is_served(
    served: tuple[Hub, httpx.AsyncClient], path: str
) -> None:
    _, client = served
    assert (await client.get(f"{API}/{path}")).status_code in {404, 422}


async def test_a_backup_holds_the_packs_and_a_restored_hub_serves_them(
    served: tuple[Hub, httpx.AsyncClient], tmp_path: Path
) -> None:
    hub, client = served
    zip_ = signed_here(hub, tmp_path)
    assert (await client.post(API, content=zip_)).status_code == 201
    made = back_up(hub.config, tmp_path / "backup", datetime.now(UTC))
    config = a_config(tmp_path / "new")
    restore(config, made)
    async with running(config) as (_, anybody):
        (pack,) = (await anybody.get(API)).json()
        assert (await anybody.get(f"{API}/{pack['sha256']}")).content == zip_


async def test_a_pack_for_some_venues_names_such_as_there_are(
    served: tuple[Hub, httpx.AsyncClient], tmp_path: Path
) -> None:
    hub, client = served
    zip_ = signed_here(hub, tmp_path)
    unknown = await client.post(API, content=zip_, params={"venue": ["museum", "nowhere"]})
    assert (unknown.status_code, unknown.json()["detail"]) == (404, "there is no venue 'nowhere'")
    added = await client.post(API, content=zip_, params={"venue": ["museum", "art-museum"]})
    assert added.json()["venues"] == ["art-museum", "museum"]


class Wall:
    """A desk with its own records, and what it published."""

    def __init__(self, folder: Path) -> None:
        self.records = Records(folder / "records.db")
        self.records.load(read_district(JIADING))
        self.told: dict[str, Packs] = {}
        self.is_connected = True
        self.folder = PackFolder(folder / "packs")
        self.desk = PackDesk(
            self.records, self.folder, lambda: (PUBLIC,), lambda: 1_764_400_000_000, self._publish
        )

    def add(self, by: Who, zip_: Path, venues: list[str] | None = None) -> None:
        incoming = self.folder.incoming()
        incoming.write_bytes(zip_.read_bytes())
        self.desk.add(by, incoming, venues)

    def _publish(self, topic: str, payload: bytes) -> bool:
        if self.is_connected:
            self.told[topic] = decode_packs(payload)
        return self.is_connected


@pytest.fixture
def wall(tmp_path: Path) -> Wall:
    return Wall(tmp_path)


BOSS = at_console("boss")


def names(wall: Wall, venue: str) -> list[tuple[str, int]]:
    return [(pack.pack, pack.version) for pack in wall.told[packs_topic(venue)].packs]


def test_each_venue_is_told_of_its_own(wall: Wall, tmp_path: Path) -> None:
    wall.desk.announce()
    assert wall.told == {}
    wall.add(BOSS, a_pack(tmp_path))
    wall.add(BOSS, a_pack(tmp_path, "river"), ["museum"])
    wall.desk.announce()
    assert names(wall, "museum") == [("river", 1), ("town", 1)]
    assert names(wall, "art-museum") == [("town", 1)]
    wall.told.clear()
    wall.desk.withdraw(BOSS, "river")
    wall.desk.announce()
    # Others are not told again what they know.
    assert {*wall.told} == {packs_topic("museum")}
    assert names(wall, "museum") == [("town", 1)]


def test_a_broker_that_was_away_is_told_again(wall: Wall, tmp_path: Path) -> None:
    wall.add(BOSS, a_pack(tmp_path))
    wall.is_connected = False
    wall.desk.announce()
    wall.is_connected = True
    wall.desk.announce()
    assert names(wall, "museum") == [("town", 1)]
    wall.told.clear()
    wall.desk.announce()
    assert wall.told == {}
    wall.desk.again()
    wall.desk.announce()
    assert names(wall, "museum") == [("town", 1)]


def test_another_process_adds_and_the_running_hub_announces(wall: Wall, tmp_path: Path) -> None:
    beside = Records(tmp_path / "records.db")
    desk = PackDesk(beside, PackFolder(tmp_path / "packs"), lambda: (PUBLIC,), lambda: 0)
    incoming = desk.folder.incoming()
    incoming.write_bytes(a_pack(tmp_path).read_bytes())
    desk.add(BOSS, incoming, None)
    wall.desk.announce()
    assert names(wall, "museum") == [("town", 1)]


def test_a_newer_version_replaces_and_an_older_one_is_refused(wall: Wall, tmp_path: Path) -> None:
    wall.add(BOSS, a_pack(tmp_path, version=2))
    wall.add(BOSS, a_pack(tmp_path, version=3))
    assert len(list(wall.folder.path.glob("*.zip"))) == 1
    with pytest.raises(PackRefused, match="give it a higher one"):
        wall.add(BOSS, a_pack(tmp_path, version=1))
    assert [pack.version for pack in wall.desk.all()] == [3]


def test_a_pack_whose_file_is_gone_is_not_announced(wall: Wall, tmp_path: Path) -> None:
    wall.add(BOSS, a_pack(tmp_path))
    wall.folder.sweep([])
    wall.desk.announce()
    assert names(wall, "museum") == []


def a_token_for(venues: frozenset[str] | None) -> Who:
    scope = frozenset({Permission.PACKS})
    return by_token("t", Role.SUPERVISOR, frozenset(), account=1, scope=scope, only=venues)


def test_whoever_is_for_some_venues_changes_nothing_of_others(wall: Wall, tmp_path: Path) -> None:
    own = a_token_for(frozenset({"museum"}))
    wall.add(own, a_pack(tmp_path), ["museum"])
    for venues in (None, ["museum", "art-museum"]):
        with pytest.raises(NotAllowed):
            wall.add(own, a_pack(tmp_path, "river"), venues)
    wall.add(a_token_for(None), a_pack(tmp_path, "hall"))
    with pytest.raises(NotAllowed):
        wall.desk.withdraw(own, "hall")
    with pytest.raises(NotFound):
        wall.desk.withdraw(own, "nothing")


def test_what_was_handed_in_by_halves_is_cleared_away(wall: Wall) -> None:
    wall.folder.incoming().write_bytes(b"half")
    wall.folder.clear_incoming()
    assert list(wall.folder.path.iterdir()) == []
