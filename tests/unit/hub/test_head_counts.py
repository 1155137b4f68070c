"""Head counts over API and page: who may, what holds, what is withdrawn, what the log says."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from hub.access import Permission, Role
from hub.headcount import HeadCountDesk
from hub.live.attention import attention
from hub.occupancy import HeadCount, WeeklyHours
from hub.runtime import Hub
from hub.store.records import Records, Wanted
from hub.store.records.head_counts import HeadCountRecords
from tests.accounts import TESTER, a_token, bearer
from tests.unit.hub.access.serving import FORM, Served, csrf, serving
from tests.unit.hub.board_world import CENTRE, MIDNIGHT, NOON, World
from tests.unit.hub.test_api import API, feed

HEADS = f"{API}/venues/museum/head-counts"
PAGE = "/venues/museum/head-counts"


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path) as served:
        feed(served.hub)
        yield served


@pytest.fixture
async def browser(served: Served) -> AsyncIterator[httpx.AsyncClient]:
    """A manager of the museum who is signed in."""
    account = served.account(Role.MANAGER, "museum", name="front desk")
    async with served.browser() as browser:
        served.sign_in(browser, account)
        browser.headers["X-CSRF-Token"] = await csrf(browser)
        yield browser


def inside(hub: Hub) -> int | None:
    hub.live.look()
    return hub.live.venues["museum"].occupancy


async def test_a_head_count_holds_at_once_and_until_it_is_withdrawn(
    served: Served, browser: httpx.AsyncClient
) -> None:
    hub = served.hub
    assert inside(hub) == 7
    made = await browser.post(HEADS, json={"occupancy": 12, "reason": "counted on the round"})
    assert made.status_code == 201, made.text
    told = made.json()
    assert (told["occupancy"], told["who"], told["zone"]) == (12, "front desk", None)
    assert inside(hub) == 12
    answer = (await browser.get(f"{API}/venues/museum/occupancy")).json()
    assert (answer["occupancy"], answer["counted"]) == (12, told["at"][:19] + "Z")
    assert (await browser.delete(f"{HEADS}/{told['id']}")).status_code == 204
    assert inside(hub) == 7
    [kept] = (await browser.get(HEADS)).json()
    assert kept["withdrawn_by"] == "front desk"
    # A second time changes nothing, and is no second entry of the log.
    assert (await browser.delete(f"{HEADS}/{told['id']}")).status_code == 204
    log = [*hub.office.audit.all(Wanted(action="headcount"))]
    assert [one.entry.action for one in log] == ["headcount.withdrawn", "headcount.added"]
    assert log[1].entry.after == {
        "zone": "outside",
        "at_ms": served.clock.at_ms,
        "occupancy": 12,
        "reason": "counted on the round",
    }


async def test_a_number_and_who_said_it_stand_apart_from_what_sensors_told(
    served: Served, browser: httpx.AsyncClient
) -> None:
    before = (await browser.get(f"{API}/series/museum/sim/main")).json()["buckets"]
    await browser.post(HEADS, json={"occupancy": 40, "reason": "counted"})
    served.hub.live.look()
    assert (await browser.get(f"{API}/series/museum/sim/main")).json()["buckets"] == before
    # Who said so is for the staff: the board of visitors has the number only.
    async with served.browser("192.0.2.7") as visitor:
        board = await visitor.get(f"{API}/venues/museum/occupancy")
        assert board.json()["occupancy"] == 40
        assert "front desk" not in board.text
        assert (await visitor.get(HEADS)).status_code == 401
        assert "head-counts" not in (await visitor.get("/venues/museum")).text
    assert f'href="{PAGE}?lang=zh"' in (await browser.get("/venues/museum")).text


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"occupancy": -1, "reason": "x"}, "occupancy"),
        ({"occupancy": 100_001, "reason": "x"}, "occupancy"),
        ({"occupancy": 3}, "reason"),
        ({"occupancy": 3, "reason": ""}, "reason"),
        ({"occupancy": 3, "reason": "\u200b"}, "reason"),
        ({"occupancy": 3, "reason": "x", "zone": "attic"}, "zone"),
        ({"occupancy": 3, "reason": "x", "at": "2001-01-01T00:00:00Z"}, "24 hours"),
        ({"occupancy": 3, "reason": "x", "at": "2101-01-01T00:00:00Z"}, "future"),
        ({"occupancy": 3, "reason": "x", "at": "9999-12-31T23:59:59-12:00"}, "future"),
        ({"occupancy": 3, "reason": "x", "more": 1}, "more"),
    ],
    ids=str,
)
async def test_what_cannot_be_is_refused_with_a_sentence(
    served: Served, browser: httpx.AsyncClient, body: dict[str, object], where: str
) -> None:
    answer = await browser.post(HEADS, json=body)
    assert answer.status_code == 422
    assert where in answer.json()["detail"]
    assert inside(served.hub) == 7


async def test_a_page_takes_a_head_count_without_any_script(
    served: Served, browser: httpx.AsyncClient
) -> None:
    form = {"csrf": browser.headers.pop("X-CSRF-Token"), "occupancy": "9", "reason": "清点一楼"}
    wrong = await browser.post(f"{PAGE}?lang=zh", data={**form, "occupancy": "many"})
    assert wrong.status_code == 422
    assert "人数为 0 到 100000 的整数" in wrong.text
    # What was typed is still there.
    assert "清点一楼" in wrong.text
    done = await browser.post(f"{PAGE}?lang=zh", data=form)
    assert (done.status_code, done.headers["location"]) == (303, f"{PAGE}?done=counted&lang=zh")
    assert inside(served.hub) == 9
    page = (await browser.get(done.headers["location"])).text
    assert "已采用清点人数" in page
    assert "front desk" in page
    [kept] = (await browser.get(HEADS)).json()
    taken = await browser.post(f"{PAGE}/{kept['id']}/withdrawn", data={"csrf": form["csrf"]})
    assert taken.status_code == 303
    assert inside(served.hub) == 7
    # Without its token a form is another site's.
    foreign = await browser.post(PAGE, content=b"occupancy=1", headers={"content-type": FORM})
    assert foreign.status_code == 403


async def test_a_token_may_count_heads_if_it_was_given_that(served: Served) -> None:
    account = served.account(Role.MANAGER, "museum")
    async with served.browser("192.0.2.7") as program:
        program.headers.update(bearer(a_token(served.hub.records, account, {Permission.BOARD})))
        body = {"occupancy": 3, "reason": "x"}
        assert (await program.post(HEADS, json=body)).status_code == 403
        given = frozenset({Permission.HEADS})
        program.headers.update(bearer(a_token(served.hub.records, account, given)))
        assert (await program.post(HEADS, json=body)).status_code == 201


@pytest.fixture
def world(tmp_path: Path) -> Iterator[tuple[World, HeadCountDesk]]:
    """A centre that is watched, with eight who came in at eleven."""
    with Records(tmp_path / "records.db") as records:
        records.load([CENTRE])
        made = World(records)
        made.watched()
        made.store_rows(made.count("main", NOON - 3600, 8))
        made.board.rebuild()
        recounted = made.board.collector.recounted
        yield made, HeadCountDesk(records, recounted, lambda: made.now_s * 1000)
        made.board.close()


def test_a_zone_has_head_counts_of_its_own(world: tuple[World, HeadCountDesk]) -> None:
    made, desk = world
    desk.add(TESTER, CENTRE, 3, "counted")
    desk.add(TESTER, CENTRE, 2, "counted", zone="theatre")
    made.board.look()
    told = made.board.venues["centre"]
    assert (told.occupancy, told.counted_ms) == (3, NOON * 1000)
    assert {zone.zone: zone.occupancy for zone in told.zones} == {"foyer": 8, "theatre": 2}


def test_late_minutes_before_a_head_count_change_nothing_after_it(
    world: tuple[World, HeadCountDesk],
) -> None:
    made, desk = world
    desk.add(TESTER, CENTRE, 3, "counted")
    made.now_s += 120
    made.store_rows(made.count("main", NOON - 60, 5), made.count("main", NOON + 60, 1))
    made.watched()
    made.board.look()
    assert made.board.venues["centre"].occupancy == 4
    made.board.rebuild()
    assert made.board.venues["centre"].occupancy == 4


def test_after_a_gap_a_head_count_makes_the_number_known_again(
    world: tuple[World, HeadCountDesk],
) -> None:
    made, desk = world
    made.now_s += 3600
    made.watched(NOON + 600, made.now_s)
    made.board.rebuild()
    assert made.board.venues["centre"].quality == "degraded"
    desk.add(TESTER, CENTRE, 6, "counted")
    made.board.look()
    told = made.board.venues["centre"]
    assert (told.occupancy, told.quality, told.since_ms) == (6, "known", made.now_s * 1000)


def test_a_visitor_who_leaves_by_another_door_balances_every_zone(
    world: tuple[World, HeadCountDesk],
) -> None:
    made, _ = world
    # Eight through the foyer into the theatre and out over the yard.
    made.store_rows(made.count("inner", NOON - 3000, 8))
    made.store_rows(made.count("yard", NOON - 1200, 8), node="yard-pi")
    made.now_s = MIDNIGHT + 22 * 3600
    made.watched()
    made.board.look()
    told = made.board.venues["centre"]
    assert [zone.occupancy for zone in told.zones] == [0, 0]
    for leftover in (told.leftover, *(zone.leftover for zone in told.zones)):
        assert leftover is not None
        assert (leftover.balance.entered, leftover.balance.residual) == (8, 0)
    assert "residual" not in {item.code for item in attention(made.board.venues, (), ())}


def test_a_session_that_does_not_balance_stands_in_the_strip(
    world: tuple[World, HeadCountDesk],
) -> None:
    made, _ = world
    made.now_s = MIDNIGHT + 22 * 3600
    made.watched()
    made.board.look()
    told = made.board.venues["centre"]
    assert told.leftover is not None
    assert told.leftover.is_watched
    assert (told.leftover.balance.residual, told.occupancy) == (8, 0)
    strip = [i for i in attention(made.board.venues, (), ()) if i.code == "residual"]
    # The venue itself, and the foyer that nobody is known to have left.
    assert [item.mark for item in strip] == ["warn", "warn"]
    assert "+8" in strip[0].text_zh
    assert strip[1].text_en.startswith("Foyer: last session 8 in, 0 out")
    # Who left late is in the balance as soon as it is told.
    made.store_rows(made.count("main", NOON - 60, 0, 8))
    made.board.look()
    again = made.board.venues["centre"].leftover
    assert again is not None
    assert again.balance.residual == 0


def test_a_session_over_midnight_is_weighed_whole_and_a_late_minute_still_counts(
    tmp_path: Path,
) -> None:
    hours: WeeklyHours = (((300, 1680),),) * 7  # 05:00 to 04:00 of the next day
    night = replace(CENTRE, hours=hours)
    with Records(tmp_path / "records.db") as records:
        records.load([night])
        made = World(records)
        made.watched()
        made.board.rebuild()
        for clock_s, entered, left in ((NOON, 90, 0), (NOON + 13 * 3600, 0, 80)):
            made.now_s = clock_s + 120
            made.store_rows(made.count("main", clock_s, entered, left))
            made.watched()
            made.board.look()
        made.now_s = MIDNIGHT + 30 * 3600  # six in the morning
        made.watched()
        made.board.look()
        told = made.board.venues["centre"].leftover
        assert told is not None
        assert (told.balance.entered, told.balance.left) == (90, 80)
        # A spool that comes back tells of who left the afternoon before.
        made.store_rows(made.count("main", NOON + 3600, 0, 10))
        made.board.look()
        again = made.board.venues["centre"].leftover
        assert again is not None
        assert again.balance.residual == 0
        made.board.close()


def test_what_was_not_watched_is_said_beside_what_was_left_over(
    world: tuple[World, HeadCountDesk],
) -> None:
    made, _ = world
    made.now_s = MIDNIGHT + 22 * 3600
    made.watched(NOON + 600, made.now_s)
    made.board.rebuild()
    [item, _] = [i for i in attention(made.board.venues, (), ()) if i.code == "residual"]
    assert "count had gaps" in item.text_en
    assert "其间计数有缺口" in item.text_zh


def test_head_counts_of_a_venue_that_is_gone_go_with_it(tmp_path: Path) -> None:
    with Records(tmp_path / "records.db") as records:
        records.load([CENTRE])
        desk = HeadCountDesk(records, lambda _venue: None, lambda: NOON * 1000)
        desk.add(TESTER, CENTRE, 3, "counted")
        assert HeadCountRecords(records).holding(0)["centre"]["outside"] == [HeadCount(NOON, 3)]
        with records.writing() as connection:
            connection.exec_driver_sql("DELETE FROM venues")
        assert HeadCountRecords(records).holding(0) == {}
