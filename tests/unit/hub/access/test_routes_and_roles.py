"""Every route for everybody: allowed or refused, as the table says; a route without a row fails."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import fastapi.routing
import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Route

from hub.access import GRANTABLE, Permission, Role
from hub.access.account import Account
from hub.app import create_app
from hub.config import AccessSection, HubConfig
from hub.web_access import Needs
from tests.accounts import PASSWORD, TESTER, a_token, bearer
from tests.unit.hub.access.serving import FORM, Served, csrf, log_in, serving

CALLERS = (
    "nobody",
    "manager",
    "other manager",
    "supervisor",
    "admin",
    "token",
    "narrow token",
    "token of a manager",
    "expired",
    "disabled",
    "first password",
    "locked out",
)
"""`manager` runs the museum that paths name, `other manager` another one; tokens are an admin's,
the narrow one holds `board.read` only."""

EVERYBODY = frozenset(CALLERS)
PEOPLE = frozenset({"manager", "other manager", "supervisor", "admin"})
BY_LIST = PEOPLE | {"token", "token of a manager"}
AT_MUSEUM = BY_LIST - {"other manager"}
DISTRICT = frozenset({"supervisor", "admin", "token"})
ADMIN = frozenset({"admin", "token"})
OWN = PEOPLE | {"first password"}
LOG_IN = EVERYBODY - {"locked out", "disabled"}
NOBODY: frozenset[str] = frozenset()
"""Nobody any more: there are accounts."""

API = "/api/v1"
TABLE = {
    ("GET", f"{API}/openapi.json"): EVERYBODY,
    ("GET", f"{API}/venues"): EVERYBODY,
    ("GET", f"{API}/venues/{{venue}}"): EVERYBODY,
    ("GET", f"{API}/venues/{{venue}}/occupancy"): EVERYBODY,
    ("GET", f"{API}/venues/{{venue}}/history"): EVERYBODY,
    ("GET", f"{API}/venues/{{venue}}/history/{{table}}.csv"): EVERYBODY,
    ("GET", f"{API}/venues/{{venue}}/demand"): AT_MUSEUM,
    ("GET", f"{API}/verdicts.csv"): BY_LIST,
    ("GET", f"{API}/verdicts"): BY_LIST,
    ("GET", f"{API}/venues/{{venue}}/verdicts"): AT_MUSEUM,
    ("GET", f"{API}/venues/{{venue}}/verdicts/{{rule}}/{{period}}"): AT_MUSEUM,
    ("GET", f"{API}/venues/{{venue}}/verdicts/{{rule}}/{{period}}/explanation"): AT_MUSEUM,
    ("GET", f"{API}/venues/{{venue}}/overrides"): AT_MUSEUM,
    ("POST", f"{API}/venues/{{venue}}/overrides"): DISTRICT,
    ("DELETE", f"{API}/venues/{{venue}}/overrides/{{number}}"): DISTRICT,
    ("GET", f"{API}/venues/{{venue}}/head-counts"): AT_MUSEUM,
    ("POST", f"{API}/venues/{{venue}}/head-counts"): AT_MUSEUM,
    ("DELETE", f"{API}/venues/{{venue}}/head-counts/{{number}}"): AT_MUSEUM,
    ("GET", f"{API}/alerts"): BY_LIST,
    ("GET", f"{API}/alerts/{{number}}"): BY_LIST,
    ("POST", f"{API}/alerts/{{number}}/acknowledgement"): BY_LIST,
    ("POST", f"{API}/alerts/{{number}}/clearing"): BY_LIST,
    ("PUT", f"{API}/alerts/{{number}}/assignee"): BY_LIST,
    ("POST", f"{API}/alerts/{{number}}/comments"): BY_LIST,
    ("GET", f"{API}/venues/{{venue}}/hours"): EVERYBODY,
    ("GET", f"{API}/venues/{{venue}}/facts"): EVERYBODY,
    ("GET", f"{API}/circulation/cards/blocked"): DISTRICT,
    ("GET", f"{API}/circulation/cards/door"): DISTRICT,
    ("GET", f"{API}/packs"): DISTRICT,
    ("POST", f"{API}/packs"): DISTRICT,
    ("GET", f"{API}/packs/{{sha256}}"): EVERYBODY,
    ("DELETE", f"{API}/packs/{{pack}}"): DISTRICT,
    ("GET", f"{API}/updates"): ADMIN,
    ("POST", f"{API}/updates"): ADMIN,
    ("GET", f"{API}/updates/{{sha256}}"): EVERYBODY,
    ("DELETE", f"{API}/updates/{{sha256}}"): ADMIN,
    ("GET", f"{API}/rollouts"): ADMIN,
    ("POST", f"{API}/rollouts"): ADMIN,
    ("GET", f"{API}/rollouts/{{number}}"): ADMIN,
    ("POST", f"{API}/rollouts/{{number}}/{{action}}"): ADMIN,
    ("POST", f"{API}/rollouts/{{number}}/nodes/{{venue}}/{{node}}/retry"): ADMIN,
    ("GET", f"{API}/devices/{{venue}}/{{node}}/settings"): AT_MUSEUM,
    ("POST", f"{API}/devices/{{venue}}/{{node}}/settings/preview"): AT_MUSEUM,
    ("POST", f"{API}/devices/{{venue}}/{{node}}/settings/apply"): AT_MUSEUM,
    ("POST", f"{API}/devices/{{venue}}/{{node}}/settings/rollback"): AT_MUSEUM,
    ("POST", f"{API}/devices/{{venue}}/{{node}}/restart"): AT_MUSEUM,
    ("GET", f"{API}/devices/{{venue}}/{{node}}/orders/{{id}}"): AT_MUSEUM,
    ("GET", "/devices/{venue}/{node}/settings"): AT_MUSEUM,
    ("POST", "/devices/{venue}/{node}/settings/preview"): AT_MUSEUM,
    ("POST", "/devices/{venue}/{node}/settings/apply"): AT_MUSEUM,
    ("POST", "/devices/{venue}/{node}/settings/rollback"): AT_MUSEUM,
    ("POST", "/devices/{venue}/{node}/settings/restart/{part}"): AT_MUSEUM,
    ("GET", "/rollouts"): ADMIN,
    ("POST", "/rollouts"): ADMIN,
    ("POST", "/rollouts/{number}/retry"): ADMIN,
    ("POST", "/rollouts/{number}/{action}"): ADMIN,
    ("GET", f"{API}/feedback"): BY_LIST,
    ("GET", f"{API}/feedback.csv"): BY_LIST,
    ("PUT", f"{API}/venues/{{venue}}/feedback/{{wish}}/hidden"): DISTRICT,
    ("DELETE", f"{API}/venues/{{venue}}/feedback/{{wish}}/hidden"): DISTRICT,
    ("POST", "/venues/{venue}/wishes/{wish}/hidden"): DISTRICT,
    ("POST", "/venues/{venue}/wishes/{wish}/shown"): DISTRICT,
    ("GET", "/kiosks"): BY_LIST,
    ("GET", f"{API}/rooms"): BY_LIST,
    ("GET", f"{API}/rooms/journal"): BY_LIST,
    ("GET", f"{API}/rooms/journal.csv"): BY_LIST,
    ("GET", f"{API}/rooms/{{venue}}/{{node}}"): AT_MUSEUM,
    ("GET", f"{API}/rooms/{{venue}}/{{node}}/orders"): AT_MUSEUM,
    ("POST", f"{API}/rooms/{{venue}}/{{node}}/orders"): AT_MUSEUM,
    ("GET", f"{API}/rooms/{{venue}}/{{node}}/orders/{{order}}"): AT_MUSEUM,
    ("GET", "/rooms"): BY_LIST,
    ("GET", "/rooms/stream"): BY_LIST,
    ("GET", "/rooms/journal"): BY_LIST,
    ("GET", "/rooms/{venue}/{node}"): AT_MUSEUM,
    ("GET", "/rooms/{venue}/{node}/stream"): AT_MUSEUM,
    ("POST", "/rooms/{venue}/{node}/orders"): AT_MUSEUM,
    ("GET", f"{API}/venues/{{venue}}/schedule"): AT_MUSEUM,
    ("POST", f"{API}/venues/{{venue}}/schedule"): AT_MUSEUM,
    ("POST", f"{API}/venues/{{venue}}/schedule/what-if"): AT_MUSEUM,
    ("POST", f"{API}/venues/{{venue}}/schedule/{{number}}/withdrawal"): AT_MUSEUM,
    ("GET", f"{API}/occupancy"): EVERYBODY,
    ("GET", f"{API}/live"): EVERYBODY,
    ("GET", f"{API}/series"): BY_LIST,
    ("GET", f"{API}/series/{{venue}}/{{node}}/{{name}}"): AT_MUSEUM,
    ("GET", f"{API}/series/{{venue}}/{{node}}/{{name}}.csv"): AT_MUSEUM,
    ("GET", f"{API}/evidence/{{venue}}/{{node}}/{{source}}.csv"): AT_MUSEUM,
    ("GET", f"{API}/devices"): BY_LIST,
    ("GET", f"{API}/devices/{{venue}}/{{node}}"): AT_MUSEUM,
    ("GET", f"{API}/attention"): BY_LIST,
    ("GET", f"{API}/health"): BY_LIST,
    ("POST", f"{API}/join"): EVERYBODY,
    ("POST", f"{API}/join/renew"): EVERYBODY,
    ("GET", f"{API}/session"): EVERYBODY,
    ("POST", f"{API}/session"): LOG_IN,
    ("DELETE", f"{API}/session"): OWN,
    ("GET", f"{API}/accounts"): ADMIN,
    ("POST", f"{API}/accounts"): ADMIN,
    ("PATCH", f"{API}/accounts/{{account}}"): ADMIN,
    ("POST", f"{API}/accounts/{{account}}/reset"): ADMIN,
    ("GET", f"{API}/tokens"): ADMIN,
    ("POST", f"{API}/tokens"): ADMIN,
    ("DELETE", f"{API}/tokens/{{token}}"): ADMIN,
    ("GET", f"{API}/audit"): DISTRICT,
    ("GET", f"{API}/deliveries/channels"): DISTRICT,
    ("POST", f"{API}/deliveries/channels/{{channel}}/test"): DISTRICT,
    ("GET", f"{API}/deliveries/dead"): DISTRICT,
    ("POST", f"{API}/deliveries/dead/{{number}}/retry"): DISTRICT,
    ("POST", f"{API}/deliveries/dead/{{number}}/drop"): DISTRICT,
    ("GET", "/healthz"): EVERYBODY,
    ("GET", "/readyz"): EVERYBODY,
    ("GET", "/metrics"): DISTRICT,
    ("GET", "/"): EVERYBODY,
    ("GET", "/venues/{venue}"): EVERYBODY,
    ("GET", "/venues/{venue}/stream"): EVERYBODY,
    ("GET", "/venues/{venue}/demand"): AT_MUSEUM,
    ("GET", "/venues/{venue}/week"): AT_MUSEUM,
    ("GET", "/venues/{venue}/week/{period}"): AT_MUSEUM,
    ("GET", "/duties"): BY_LIST,
    ("GET", "/duties/list"): BY_LIST,
    ("GET", "/venues/{venue}/head-counts"): AT_MUSEUM,
    ("POST", "/venues/{venue}/head-counts"): AT_MUSEUM,
    ("POST", "/venues/{venue}/head-counts/{number}/withdrawn"): AT_MUSEUM,
    ("GET", "/venues/{venue}/hours"): EVERYBODY,
    ("GET", "/venues/{venue}/schedule"): AT_MUSEUM,
    ("POST", "/venues/{venue}/schedule/{kind}"): AT_MUSEUM,
    ("POST", "/venues/{venue}/schedule/{number}/withdrawn"): AT_MUSEUM,
    ("GET", "/devices/{venue}/{node}"): AT_MUSEUM,
    ("GET", "/devices/{venue}/{node}/stream"): AT_MUSEUM,
    ("GET", "/alerts"): BY_LIST,
    ("GET", "/alerts/{number}"): BY_LIST,
    ("POST", "/alerts/acknowledged"): BY_LIST,
    ("POST", "/alerts/{number}/{action}"): BY_LIST,
    ("GET", "/docs"): EVERYBODY,
    ("GET", "/board/stream"): EVERYBODY,
    ("GET", "/login"): EVERYBODY,
    ("POST", "/login"): LOG_IN,
    ("POST", "/logout"): OWN,
    ("GET", "/setup"): NOBODY,
    ("POST", "/setup"): NOBODY,
    ("GET", "/account"): OWN,
    ("POST", "/account/password"): OWN,
    ("POST", "/account/sessions/{session}/end"): OWN,
    ("POST", "/account/sessions/end"): OWN,
    ("GET", "/accounts"): ADMIN,
    ("POST", "/accounts"): ADMIN,
    ("GET", "/accounts/{account}"): ADMIN,
    ("POST", "/accounts/{account}"): ADMIN,
    ("POST", "/accounts/{account}/reset"): ADMIN,
    ("GET", "/tokens"): ADMIN,
    ("POST", "/tokens"): ADMIN,
    ("POST", "/tokens/{token}/revoke"): ADMIN,
    ("GET", "/audit"): DISTRICT,
    ("GET", "/deliveries"): DISTRICT,
    ("POST", "/deliveries/channels/{channel}/test"): DISTRICT,
    ("POST", "/deliveries/retry"): DISTRICT,
    ("POST", "/deliveries/{number}/retry"): DISTRICT,
    ("POST", "/deliveries/{number}/drop"): DISTRICT,
    ("GET", "/audit.csv"): DISTRICT,
    ("GET", "/static"): EVERYBODY,
}
"""Who is let in, by method and path."""

VALUES = {"venue": "museum", "node": "sim", "name": "main", "source": "main"}
VALUES |= {"session": "none", "token": "999", "number": "999", "table": "footfall"}
VALUES |= {"channel": "none"}
VALUES |= {"action": "acknowledged", "period": "2026-W48"}
VALUES |= {"rule": "published_hours_kept"}
VALUES |= {"kind": "notice", "sha256": "0" * 64, "pack": "none"}
VALUES |= {"wish": "0" * 16, "order": "0" * 16}
VALUES |= {"wish": "0" * 16, "id": "0" * 16, "part": "app"}
"""What stands in a path; accounts are numbers that a test makes."""


def routes(app: FastAPI) -> Iterator[tuple[str, str, object]]:
    """Return every route of an application: method, path, and what depends on whom."""
    for route, context in fastapi.routing._iter_routes_with_context(app.routes):
        path = str(getattr(context, "path", None) or getattr(route, "path", ""))
        for method in getattr(route, "methods", None) or {"GET"}:
            if method != "HEAD":
                yield method, path, context or route


def needs_of(route: object) -> list[Permission]:
    dependant = getattr(route, "dependant", None)
    dependencies = dependant.dependencies if dependant else ()
    return [d.call.permission for d in dependencies if isinstance(d.call, Needs)]


def test_every_route_has_a_row() -> None:
    app = create_app(HubConfig())
    assert {(method, path) for method, path, _ in routes(app)} == set(TABLE)


def test_every_route_names_one_permission() -> None:
    app = create_app(HubConfig())
    without = set()
    for method, path, route in routes(app):
        needs = needs_of(route)
        assert len(needs) <= 1, path
        if not needs:
            without.add((method, path))
    # What the API looks like, and style sheets: not routes of ours.
    assert without == {("GET", f"{API}/openapi.json"), ("GET", "/static")}


def test_a_route_without_a_row_would_be_seen() -> None:
    app = create_app(HubConfig())
    app.router.add_api_route("/planted", lambda: None, methods=["POST"])
    assert ("POST", "/planted") in {(method, path) for method, path, _ in routes(app)}
    assert isinstance(app.routes[-1], APIRoute | Route)


@pytest.mark.parametrize(("method", "path"), TABLE, ids=str)
async def test_everybody_is_let_in_or_refused(tmp_path: Path, method: str, path: str) -> None:
    async with serving(tmp_path, streams=1) as served:
        # Streams are taken: who may have one is told so, and nobody's goes on for ever.
        with served.hub.live.feed.subscribe():
            victim = served.account(Role.SUPERVISOR)
            let_in = {
                caller
                for caller in CALLERS
                if await is_let_in(served, caller, method, path, victim)
            }
    assert let_in == TABLE[method, path]


async def test_without_a_public_board_visitors_see_nothing(tmp_path: Path) -> None:
    async with serving(tmp_path, AccessSection(public_board=False), streams=1) as served:
        victim = served.account(Role.SUPERVISOR)
        with served.hub.live.feed.subscribe():
            for path in ("/", "/board/stream", f"{API}/live", f"{API}/venues/{{venue}}"):
                for caller in CALLERS:
                    expected = caller in BY_LIST | {"narrow token", "first password"}
                    found = await is_let_in(served, caller, "GET", path, victim)
                    assert found is expected, (caller, path)


async def is_let_in(served: Served, caller: str, method: str, path: str, victim: Account) -> bool:
    # From elsewhere: this machine's own programs may read the metrics.
    async with served.browser("192.0.2.7") as browser:
        name, password = await become(served, browser, caller)
        token = await csrf(browser)
        values = {**VALUES, "account": str(victim.id)}
        body: dict[str, object] = {}
        if path in {"/login", f"{API}/session"} and method == "POST":
            body = {"name": name, "password": password}
        place = path.format_map(values)
        if path == "/static":
            place = "/static/tokens.css"
        if method == "GET":
            answer = await browser.get(place)
        elif path.startswith(API):
            answer = await browser.request(
                method, place, json=body, headers={"X-CSRF-Token": token}
            )
        else:
            fields = {"csrf": token, **{key: str(value) for key, value in body.items()}}
            answer = await browser.post(place, data=fields, headers={"content-type": FORM})
        assert answer.status_code < 500 or answer.status_code == 503, answer.text
        return not is_refused(answer)


def is_refused(answer: httpx.Response) -> bool:
    """Tell whether the door stayed shut: what is wrong with a form is told inside only."""
    if answer.status_code in {401, 403, 429}:
        return True
    to = urlsplit(answer.headers.get("location", ""))
    if to.path == "/login":
        return "done" not in parse_qs(to.query)
    first_password = to.path == "/account" and "done" not in parse_qs(to.query)
    return first_password and answer.request.url.path != "/login"


ROLES = {
    "manager": Role.MANAGER,
    "token of a manager": Role.MANAGER,
    "other manager": Role.MANAGER,
    "supervisor": Role.SUPERVISOR,
}
VENUES = {"manager": "museum", "token of a manager": "museum", "other manager": "art-museum"}
SCOPES = {
    "token": GRANTABLE,
    "token of a manager": GRANTABLE,
    "narrow token": frozenset({Permission.BOARD}),
}


async def become(served: Served, browser: httpx.AsyncClient, caller: str) -> tuple[str, str]:
    """Let a browser be somebody; return the name and password with which they would log in."""
    directory = served.hub.office.directory
    role = ROLES.get(caller, Role.ADMIN)
    venues = [VENUES[caller]] if caller in VENUES else []
    if caller == "first password":
        made = directory.create(TESTER, f"new-{secrets.token_hex(4)}", role, venues)
        served.sign_in(browser, made.account)
        return made.account.name, made.phrase or ""
    account = served.account(role, *venues)
    if caller in SCOPES:
        token = a_token(served.hub.records, account, SCOPES[caller])
        browser.headers.update(bearer(token))
    elif caller == "locked out":
        async with served.browser("192.0.2.7") as elsewhere:
            for _ in range(5):
                await log_in(elsewhere, account.name, "wrong")
    elif caller != "nobody":
        served.sign_in(browser, account)
    if caller == "expired":
        served.clock.pass_seconds(3600)
    if caller == "disabled":
        directory.change(TESTER, account.id, role=role, venues=(), is_enabled=False)
    return account.name, PASSWORD
