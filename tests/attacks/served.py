"""A hub behind its own gate and uvicorn on a loopback port, with something of everything in it."""

import asyncio
import contextlib
import hashlib
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread
import httpx
import uvicorn
from anyio._backends._asyncio import WorkerThread

from contracts.rows import Event
from hub.access import GRANTABLE, Role
from hub.access.account import Account
from hub.alerts import AlertKind
from hub.app import create_app
from hub.config import AccessSection, BrokerSection, HttpSection, HubConfig, LiveSection
from hub.gate import BODY_SECONDS, Gate
from hub.identity import IdentityFolder
from hub.runtime import Hub
from hub.serve import server_config
from hub.store.records.alerts import WantedAlerts
from link.packs import resign
from tests.accounts import PASSWORD, a_token, an_account, an_office, bearer
from tests.integration.hub.feeding import MINUTE_MS, a_node, token
from tests.integration.hub.running import until
from tests.packs import a_pack
from tests.unit.hub.access.serving import JIADING, Clock
from tests.unit.hub.alerts.telling import a_condition

API: Final = "/api/v1"
THREADS: Final = 4
A, B = "museum", "art-museum"
"""Two venues: `manager` runs the first, `other` the second."""
ROLES: Final = ("nobody", "manager", "other", "supervisor", "admin", "token")
WISHES: Final = {A: token("wish", A), B: token("wish", B)}


@dataclass
class AttackedHub:
    """What runs, and what of it a test has to know."""

    hub: Hub
    clock: Clock
    url: str
    accounts: dict[str, Account] = field(default_factory=dict)
    token: str = ""
    """An admin's, for programs."""
    pack: str = ""
    """The SHA-256 of a pack that is announced."""

    @property
    def port(self) -> int:
        """Return where it listens on loopback."""
        return int(self.url.rpartition(":")[2])

    @contextmanager
    def caller(self, role: str = "nobody", **headers: str) -> Iterator[httpx.Client]:
        """Give a client that is somebody, with the CSRF token that its requests need."""
        with a_client(self.url, **headers) as client:
            if role == "token":
                client.headers.update(bearer(self.token))
            elif role != "nobody":
                self.sign_in(client, self.accounts[role])
            if role != "token":
                client.headers["X-CSRF-Token"] = csrf_of(client)
            yield client

    def sign_in(self, client: httpx.Client, account: Account) -> None:
        """Let a client hold a session, without its password."""
        # Of sessions that are as old as each other, any might make room for another.
        self.clock.pass_seconds(0.001)
        opened = self.hub.office.entrance.open(account, address="127.0.0.1", agent="test")
        client.cookies.set("kaiguan_session", opened.id)

    def objects(self, venue: str) -> dict[str, int]:
        """Make one of everything that has a number in a venue; return the numbers."""
        hub, at_ms = self.hub, self.clock()
        with self.caller("admin") as admin:
            at = datetime.fromtimestamp(at_ms / 1000, UTC)
            place = f"{API}/venues/{venue}"
            counted = admin.post(f"{place}/head-counts", json={"occupancy": 3, "reason": "seen"})
            told = {"start": (at - timedelta(hours=5)).isoformat(), "open": True}
            told |= {"end": (at - timedelta(hours=4)).isoformat(), "why": "log", "document": "7"}
            override = admin.post(f"{place}/overrides", json=told)
            declared = admin.post(f"{place}/schedule", json=a_notice(at))
            for made in (counted, override, declared):
                assert made.status_code == 201, made.text
        found, _ = hub.alerts.page(WantedAlerts(state="all"), after=0, most=500)
        alert = next(alert for alert in found if alert.venue == venue)
        return {
            "head_count": counted.json()["id"],
            "override": override.json()["id"],
            "declaration": declared.json()["id"],
            "alert": alert.number,
        }


def a_notice(at: datetime, zh: str = "水管改造", why: str = "repairs") -> dict[str, Any]:
    """Return a closure notice of one day in a week, as the API takes it."""
    start = at + timedelta(days=8)
    terms: dict[str, Any] = {
        "kind": "notice",
        "from": start.isoformat(),
        "reason": "维修",
        "zh": zh,
    }
    terms |= {"until": (start + timedelta(days=1)).isoformat(), "en": "new pipes", "channels": []}
    return {"terms": terms, "why": why, "confirmed": True}


def a_client(url: str, **headers: str) -> httpx.Client:
    """Return a client; what it would read of certificates costs more than all its requests."""
    return httpx.Client(base_url=url, headers=headers, timeout=20, verify=False)


def csrf_of(client: httpx.Client) -> str:
    """Return the token that this browser's unsafe requests have to bring."""
    return str(client.get(f"{API}/session").json()["csrf_token"])


@contextmanager
def attacked(
    folder: Path,
    access: AccessSection | None = None,
    *,
    body_seconds: float = BODY_SECONDS,
    district: Path = JIADING,
    **http: Any,
) -> Iterator[AttackedHub]:
    """Serve a hub in a thread; its log-ins cost next to nothing."""
    config = HubConfig(
        data_dir=in_memory(folder),
        district=district,
        broker=BrokerSection(enabled=False),
        http=HttpSection(port=0, **http),
        live=LiveSection(swap_milliseconds=200),
        access=access or AccessSection(),
    )
    clock = Clock()
    with Hub(config, clock_ms=clock) as hub:
        hub.office.close()
        hub.office = an_office(hub.records, config.access, clock)
        try:
            app = Gate(create_app(config, opened=hub), config.http, body_seconds=body_seconds)
            with in_thread(server_config(app, config.http)) as url:
                served = AttackedHub(hub, clock, url)
                with a_client(url) as client:
                    told = {"name": "nobody", "password": "nothing"}
                    csrf = {"X-CSRF-Token": csrf_of(client)}
                    assert not client.post(f"{API}/session", json=told, headers=csrf).is_success
                    until(lambda: client.get("/readyz").status_code == 200)
                until(
                    lambda: (
                        {"live_0", "judge_0", "hashing_0"}
                        <= {thread.name for thread in threading.enumerate()}
                    )
                )
                # The wrong password above counts no more.
                clock.pass_seconds(25 * 3600)
                yield served
        finally:
            hub.office.close()
            if hub.config.data_dir.is_relative_to("/dev/shm"):
                shutil.rmtree(hub.config.data_dir, ignore_errors=True)


@contextmanager
def furnished(folder: Path, **http: Any) -> Iterator[AttackedHub]:
    """Serve a hub with accounts of every role, visitors, alerts, wishes and a pack."""
    with attacked(folder, **http) as served:
        hub, records = served.hub, served.hub.records
        served.accounts = {
            "manager": an_account(records, Role.MANAGER, [A], "manager"),
            "other": an_account(records, Role.MANAGER, [B], "other"),
            "supervisor": an_account(records, Role.SUPERVISOR, (), "supervisor"),
            "admin": an_account(records, Role.ADMIN, (), "admin"),
        }
        served.token = a_token(records, served.accounts["admin"], GRANTABLE)
        at_ms = served.clock()
        tell(served, A, at_ms)
        tell(served, B, at_ms)
        hub.live.look()
        hub.alerts.hold(
            None,
            "test",
            [
                a_condition(venue=A, since_ms=at_ms - 600_000, link=f"/venues/{A}"),
                a_condition(AlertKind.FIRE_ALARM, venue=B, since_ms=at_ms - 600_000),
            ],
        )
        zip_ = a_pack(folder)
        resign(zip_, IdentityFolder(hub.config.identity_path).pack_key())
        content = zip_.read_bytes()
        served.pack = hashlib.sha256(content).hexdigest()
        with served.caller("admin") as admin:
            assert admin.post(f"{API}/packs", content=content).status_code == 201
        yield served


def in_memory(folder: Path) -> Path:
    """Return where data lie: in memory where that is a disk, for nothing here is about disks."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        return folder / "data"
    return memory / f"kaiguan-{os.getpid()}-{folder.name}"


def tell(
    served: AttackedHub, venue: str, at_ms: int, text: str = "晚一点关门", name: str = "sim"
) -> None:
    """Let a venue's node tell of visitors and of what one of them wrote."""
    node = a_node(venue, name).begin(at_ms - 3 * 86_400_000)
    minute_s = at_ms // 1000 - 600
    node.watched("main", at_ms - 2 * 86_400_000, at_ms).count("main", minute_s, 9, 2)
    data: dict[str, bool | int | float | str] = {"about": "hours", "text": text}
    wish = WISHES[venue] if name == "sim" else token("wish", venue, name)
    node.rows.append(Event(node.next(), node.epoch, wish, "need", "kiosk", at_ms - MINUTE_MS, data))
    before = served.hub.intake.counts.rows
    for payload in node.payloads():
        served.hub.receive(node.data_topic, payload)
    until(lambda: served.hub.intake.counts.rows >= before + node.seq)


@contextmanager
def in_thread(config: uvicorn.Config) -> Iterator[str]:
    """Serve in a thread of its own; give the address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = _Server(config)

    async def main() -> None:
        # All threads begin here and stay: what a test leaves running is looked for.
        anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
        pool = ThreadPoolExecutor(THREADS)
        asyncio.get_running_loop().set_default_executor(pool)
        nap = 0.2
        await asyncio.gather(
            *(anyio.to_thread.run_sync(time.sleep, nap) for _ in range(THREADS)),
            *(asyncio.to_thread(time.sleep, nap) for _ in range(THREADS)),
        )
        await server.serve(sockets=[listener])

    thread = threading.Thread(target=lambda: asyncio.run(main()), name="attacked")
    idle = WorkerThread.MAX_IDLE_TIME
    WorkerThread.MAX_IDLE_TIME = 3600
    thread.start()
    try:
        until(lambda: server.started or not thread.is_alive(), 30)
        assert server.started, "the server did not start"
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()
        WorkerThread.MAX_IDLE_TIME = idle


class _Server(uvicorn.Server):
    """uvicorn without a hand on the process's signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def password() -> str:
    """Return the password of every account here."""
    return PASSWORD
