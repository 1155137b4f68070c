"""Demand as people and programs read it."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from hub.access import Role
from hub.demand.desk import DemandDesk
from hub.pages.demand_view import build_demand, sessions_words
from tests.unit.hub.access.serving import serving
from tests.unit.hub.demand.test_read import NOW_S, ROOM, a_schedule, a_store, read
from tests.unit.hub.test_api import API, feed


@pytest.fixture
async def manager(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(tmp_path) as served:
        feed(served.hub)
        async with served.browser() as browser:
            served.sign_in(browser, served.account(Role.MANAGER, "museum"))
            yield browser


async def test_a_new_venue_has_no_week_yet(manager: httpx.AsyncClient) -> None:
    told = (await manager.get(f"{API}/venues/museum/demand")).json()
    assert (told["venue"], told["why_none"], told["proposals"]) == ("museum", "few_weeks", [])
    assert [len(day) for day in told["week"]] == [48] * 7
    for lang, words in (("zh", "不足四周"), ("en", "Fewer than four weeks")):
        page = await manager.get("/venues/museum/demand", params={"lang": lang})
        assert page.status_code == 200
        assert words in page.text
    wrong = await manager.get(f"{API}/venues/museum/demand", params={"weeks": 3})
    assert wrong.status_code == 422


def test_a_page_says_what_is_known_and_what_is_not() -> None:
    told = read()
    page = build_demand(told)
    assert page.hours == "64"
    monday, wednesday = page.heat[0][1], page.heat[2][1]
    assert (monday[6].text, monday[6].kind) == ("?", "unknown")
    assert monday[9].kind.endswith("watched on")
    assert monday[20].kind.endswith("borrowed")
    assert "按相似日期推算" in monday[20].words.zh
    assert wednesday[20].kind == "h6 watched on"
    assert page.why_none is None
    best = page.proposals[-1]
    assert best.doubt is not None
    assert "100 %" in best.doubt.en
    for day, row in enumerate(best.days):
        proposal = told.demand.proposals[-1]
        assert row.then == sessions_words(proposal.plan[day])
        assert (row.changes is None) == (row.now == row.then)
        shown = {kind: [b for b in row.bars if b.kind == kind] for kind in ("added", "dropped")}
        assert len(shown["added"]) == len(proposal.added[day])
        assert len(shown["dropped"]) == len(proposal.given_up[day])


def test_sessions_are_read_as_clocks_show_them() -> None:
    assert sessions_words(((20, 48),)).en == "10:00–24:00"
    assert sessions_words(((16, 20), (24, 53))).zh == "08:00–10:00，12:00–+02:30"
    assert sessions_words(()).en == "closed"


def test_what_was_worked_out_is_kept_until_something_changes() -> None:
    now, schedule = [NOW_S * 1000], [a_schedule()]
    desk = DemandDesk(a_store(), lambda _: schedule[0], lambda _: (), lambda: now[0])
    first = desk.of(ROOM)
    assert desk.of(ROOM) is first
    assert desk.of(ROOM, weeks=4) is not first
    now[0] += 9 * 60_000
    assert desk.of(ROOM) is first
    schedule[0] = a_schedule((((9 * 3600, 12 * 3600),),) * 7)
    other = desk.of(ROOM)
    assert other.demand.present == (((18, 24),),) * 7
    now[0] += 11 * 60_000
    assert desk.of(ROOM) is not other
