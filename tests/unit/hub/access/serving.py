"""A hub served in this process, with a clock of its own and log-ins that cost nothing."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from fastapi import FastAPI

from hub.access import Role
from hub.access.account import Account
from hub.app import create_app
from hub.config import AccessSection, BrokerSection, HttpSection, HubConfig, LiveSection
from hub.live.board import wall_ms
from hub.runtime import Hub
from tests.accounts import PASSWORD, an_account, an_office

JIADING = Path(__file__).parents[4] / "examples" / "jiading"
ORIGIN = "http://127.0.0.1"
FORM = "application/x-www-form-urlencoded"


@dataclass
class Clock:
    """A clock that a test sets."""

    at_ms: int = field(default_factory=wall_ms)

    def __call__(self) -> int:
        return self.at_ms

    def pass_seconds(self, seconds: float) -> None:
        self.at_ms += round(seconds * 1000)


@dataclass
class Served:
    """A hub, its application and its clock."""

    hub: Hub
    app: FastAPI
    clock: Clock

    def browser(
        self, address: str = "127.0.0.1", origin: str = ORIGIN, **headers: str
    ) -> httpx.AsyncClient:
        """Return a browser somewhere; it keeps cookies, and follows nothing by itself."""
        transport = httpx.ASGITransport(
            self.app, raise_app_exceptions=False, client=(address, 50_000)
        )
        return httpx.AsyncClient(transport=transport, base_url=origin, headers=headers)

    def account(self, role: Role = Role.ADMIN, *venues: str, name: str | None = None) -> Account:
        return an_account(self.hub.records, role, venues, name)

    def sign_in(self, browser: httpx.AsyncClient, account: Account) -> None:
        """Let a browser hold a session, without its password."""
        opened = self.hub.office.entrance.open(account, address="127.0.0.1", agent="test")
        browser.cookies.set("kaiguan_session", opened.id)


@contextmanager
def a_hub(
    folder: Path, access: AccessSection | None = None, *, streams: int = 9
) -> Iterator[tuple[Hub, Clock]]:
    config = HubConfig(
        data_dir=folder / "data",
        district=JIADING,
        broker=BrokerSection(enabled=False),
        http=HttpSection(max_streams=streams),
        # The tests look themselves; the loop would only come between.
        live=LiveSection(swap_milliseconds=10_000),
        access=access or AccessSection(),
    )
    clock = Clock()
    with Hub(config, clock_ms=clock) as hub:
        hub.office.close()
        hub.office = an_office(hub.records, config.access, clock)
        try:
            yield hub, clock
        finally:
            hub.office.close()


@asynccontextmanager
async def serving(
    folder: Path, access: AccessSection | None = None, *, streams: int = 9
) -> AsyncIterator[Served]:
    with a_hub(folder, access, streams=streams) as (hub, clock):
        app = create_app(hub.config, opened=hub)
        async with app.router.lifespan_context(app):
            yield Served(hub, app, clock)


async def csrf(browser: httpx.AsyncClient) -> str:
    """Return the token that this browser's unsafe requests have to bring."""
    answer = await browser.get("/api/v1/session")
    return str(answer.json()["csrf_token"])


async def log_in(browser: httpx.AsyncClient, name: str, password: str = PASSWORD) -> httpx.Response:
    """Log in as the page does."""
    form = {"name": name, "password": password, "csrf": await csrf(browser)}
    return await browser.post("/login", data=form)


def leads_to(answer: httpx.Response) -> str:
    """Return the path to which a browser is led on."""
    return str(urlsplit(answer.headers.get("location", "")).path)
