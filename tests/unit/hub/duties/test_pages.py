"""The pages of duties and their CSV, over a hub that judged what it holds."""

import csv
import io
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from hub.access import Role
from hub.app import create_app
from hub.compliance.localtime import week_of
from hub.history.calendar import today
from hub.pages.render import DISTRICT_ZONE
from hub.runtime import Hub
from tests.unit.hub.access.serving import Clock, Served, a_hub
from tests.unit.hub.test_api import API, a_config, feed, running


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hub, Clock]]:
    """A hub that judged what it holds: opened once for all of these."""
    with a_hub(tmp_path_factory.mktemp("duties")) as (hub, clock):
        feed(hub)
        hub.duties.verdicts.look(everything=True)
        # Its thread is the hub's, not of the first test that serves it.
        hub.duties.verdicts._worker.submit(int).result()
        yield hub, clock


@pytest.fixture
async def served(judged: tuple[Hub, Clock]) -> AsyncIterator[Served]:
    hub, clock = judged
    app = create_app(hub.config, opened=hub)
    async with app.router.lifespan_context(app):
        yield Served(hub, app, clock)


async def as_role(served: Served, role: Role, *venues: str) -> httpx.AsyncClient:
    browser = served.browser()
    served.sign_in(browser, served.account(role, *venues))
    return browser


def this_week(served: Served, ago: int = 0) -> str:
    day = today(DISTRICT_ZONE, served.clock.at_ms / 1000) - timedelta(days=7 * ago)
    return week_of(day).name


async def test_the_board_of_all_venues(served: Served) -> None:
    async with await as_role(served, Role.SUPERVISOR) as browser:
        page = (await browser.get("/duties", params={"lang": "en"})).text
        assert page.count('<th scope="row">') == len(served.hub.live.declared)
        assert f"/venues/museum/week/{this_week(served)}?lang=en" in page
        assert "Hours kept" in page
        zh = (await browser.get("/duties", params={"q": "博物馆"})).text
        assert "嘉定博物馆" in zh
        none = (await browser.get("/duties", params={"q": "no such venue"})).text
        assert "没有符合条件的场馆" in none


async def test_a_manager_sees_their_own(served: Served) -> None:
    async with await as_role(served, Role.MANAGER, "museum") as browser:
        for path in ("/duties", "/duties/list"):
            page = (await browser.get(path)).text
            assert "嘉定博物馆" in page
            assert "嘉定区图书馆" not in page
        rows = await a_table(browser)
        assert {row["venue"] for row in rows} == {"museum"}
        other = await a_table(browser, venue="district-library")
        assert other == []
        assert (await browser.get("/venues/district-library/week")).status_code == 403


async def test_the_week_of_a_venue(served: Served) -> None:
    async with await as_role(served, Role.SUPERVISOR) as browser:
        moved = await browser.get("/venues/museum/week", params={"lang": "en"})
        assert moved.status_code == 303
        week = this_week(served)
        assert moved.headers["location"] == f"/venues/museum/week/{week}?lang=en"
        page = await browser.get(moved.headers["location"])
        assert page.text.count("<details") == 7
        assert "Open for all of the hours that are declared" in page.text
        for rule in ("c11.state_days", "c08.free", "published_hours_kept"):
            one = await browser.get(f"/venues/museum/week/{week}", params={"rule": rule})
            assert one.status_code == 200, rule
        # A week that nobody judged yet is worked out all the same.
        older = await browser.get(f"/venues/museum/week/{this_week(served, ago=30)}")
        assert "记录中还没有这项结论" in older.text


async def test_what_is_no_week_is_not_found(served: Served) -> None:
    async with await as_role(served, Role.SUPERVISOR) as browser:
        for period in ("2026", "2026-W99", "tomorrow", "2026-W10..2026-W11", "1066-W10"):
            page = await browser.get(f"/venues/museum/week/{period}")
            assert page.status_code == 404, period
            board = await browser.get("/duties", params={"week": period})
            assert board.status_code in {404, 422}, period
        # A duty of others is not found either.
        path = f"/venues/museum/week/{this_week(served)}"
        assert (await browser.get(path, params={"rule": "c09.town_weekly"})).status_code == 404


async def a_table(browser: httpx.AsyncClient, **asked: str) -> list[dict[str, str]]:
    answer = await browser.get(f"{API}/verdicts.csv", params=asked)
    assert answer.status_code == 200, answer.text
    assert answer.text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


async def test_verdicts_as_csv(served: Served) -> None:
    async with await as_role(served, Role.SUPERVISOR) as browser:
        week = this_week(served)
        rows = await a_table(browser, period=week)
        known = served.hub.duties.verdicts.current()
        year = str(week_of(today(DISTRICT_ZONE, served.clock.at_ms / 1000)).year)
        wanted = {row.key for row in known if row.period in {week, year}}
        assert {(r["venue"], r["rule"], r["period"]) for r in rows} == wanted
        kept = await a_table(browser, period=week, rule="published_hours_kept", venue="museum")
        assert [row["period"] for row in kept] == [week]
        assert kept[0]["name_zh"] == "嘉定博物馆"
        assert kept[0]["op"] == "at least"
        status = kept[0]["status"]
        assert await a_table(browser, period=week, status=status, venue="museum")
        for row in await a_table(browser):
            assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row.values())
        wrong = await browser.get(f"{API}/verdicts.csv", params={"period": "soon"})
        assert wrong.status_code == 422
        assert "period" in wrong.json()["detail"]


async def test_a_hub_without_venues_has_a_board_all_the_same(tmp_path: Path) -> None:
    async with running(a_config(tmp_path, district=None)) as (_, client):
        assert "还没有场馆" in (await client.get("/duties")).text
        assert (
            "There is no verdict of this week yet"
            in (await client.get("/duties/list", params={"lang": "en"})).text
        )
        assert await a_table(client) == []
