"""A venue's past over HTTP: JSON, CSV, the page, and what is refused."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from hub.history.tables import TABLES
from hub.live.board import wall_ms
from hub.runtime import Hub
from tests.accounts import TESTER
from tests.integration.hub.past import write_past
from tests.unit.hub.test_api import API, a_config, running

BOM = "\ufeff"
ROOM = "book-room-zhouqiao"
ZONE = ZoneInfo("Asia/Shanghai")
DAYS = 30


def yesterday() -> date:
    return datetime.fromtimestamp(wall_ms() / 1000, ZONE).date() - timedelta(days=1)


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[tuple[Hub, httpx.AsyncClient]]:
    """A hub whose book room has a month behind it, two dark hours of yesterday in it."""
    async with running(a_config(tmp_path)) as (app, client):
        hub: Hub = app.state.hub
        now_s = wall_ms() // 1000
        noon = int(datetime.combine(yesterday(), datetime.min.time(), ZONE).timestamp()) + 43_200
        write_past(
            hub.store,
            hub.live.venues[ROOM].venue,
            yesterday() - timedelta(days=DAYS - 1),
            now_s,
            per_minute=0.3,
            unwatched=((noon, noon + 7200),),
            climate=True,
        )
        hub.live.rebuild()
        yield hub, client


async def test_a_day_tells_what_nobody_watched(served: tuple[Hub, httpx.AsyncClient]) -> None:
    _, client = served
    told = (await client.get(f"{API}/venues/{ROOM}/history?range=day&to={yesterday()}")).json()
    assert (told["first"], told["last"]) == (str(yesterday()), str(yesterday()))
    assert (told["timezone"], told["step"], len(told["footfall"])) == ("Asia/Shanghai", "hour", 24)
    dark = [slot for slot in told["footfall"] if slot["quality"] == "unknown"]
    assert [slot["at"][11:16] for slot in dark] == ["12:00", "13:00"]
    assert all(slot["entered"] is None and slot["watched_percent"] == 0 for slot in dark)
    assert sum(column["unknown_seconds"] for column in told["occupancy"]) == 7200
    assert told["unwatched"][0]["reason"] == "source_failed"
    assert told["unwatched"][0]["lines"] == ["door-pi/front", "door-pi/side"]
    assert len(told["habit"]["days"]) == 4
    assert told["footfall"][9]["typical"][1] > 0
    assert {c["quantity"] for c in told["climate"]} == {"temperature_celsius", "humidity_percent"}


@pytest.mark.parametrize(
    ("name", "step", "slots"), [("week", "day", 7), ("month", "day", 31), ("year", "week", 53)]
)
async def test_longer_ranges(
    served: tuple[Hub, httpx.AsyncClient], name: str, step: str, slots: int
) -> None:
    _, client = served
    path = f"{API}/venues/{ROOM}/history?range={name}&to={yesterday()}"
    told = (await client.get(path)).json()
    assert told["step"] == step
    assert abs(len(told["footfall"]) - slots) <= 3
    assert len(told["occupancy"]) <= 400
    # What was before the first day is not known, and no zero.
    if name == "year":
        assert told["footfall"][0]["entered"] is None
        assert told["occupancy_step"] == "hour"
    few = (await client.get(f"{path}&columns=10")).json()["occupancy"]
    peaks = [max(c["most"] or 0 for c in columns) for columns in (told["occupancy"], few)]
    assert len(few) <= 10
    assert peaks[0] == peaks[1]


async def test_a_copy_is_asked_about(served: tuple[Hub, httpx.AsyncClient]) -> None:
    _, client = served
    for path in ("history", "history/footfall.csv"):
        url = f"{API}/venues/{ROOM}/{path}?range=day&to={yesterday()}"
        first = await client.get(url)
        assert first.headers["cache-control"] == "private, no-cache"
        again = await client.get(url, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        other = await client.get(
            url.replace("day", "week"), headers={"If-None-Match": first.headers["etag"]}
        )
        assert other.status_code == 200


@pytest.mark.parametrize("table", TABLES)
async def test_every_table_is_csv(served: tuple[Hub, httpx.AsyncClient], table: str) -> None:
    _, client = served
    answer = await client.get(f"{API}/venues/{ROOM}/history/{table}.csv?range=week")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert f'filename="{ROOM}-{table}-' in answer.headers["content-disposition"]
    text = answer.content.decode()
    assert text.startswith(BOM)
    rows = list(csv.reader(io.StringIO(text.removeprefix(BOM), newline="")))
    assert len(rows) > 1
    assert all(len(row) == len(rows[0]) for row in rows)


async def test_what_is_not_known_is_an_empty_cell(served: tuple[Hub, httpx.AsyncClient]) -> None:
    _, client = served
    url = f"{API}/venues/{ROOM}/history/footfall.csv?range=day&to={yesterday()}"
    text = (await client.get(url)).content.decode().removeprefix(BOM)
    row = next(r for r in csv.DictReader(io.StringIO(text)) if "T12:00" in r["from (ISO 8601)"])
    assert row["from (ISO 8601)"].endswith("+08:00")
    assert (row["entered (people)"], row["quality"]) == ("", "unknown")


@pytest.mark.parametrize(
    ("path", "status", "part"),
    [
        ("/venues/nowhere/history", 404, "nowhere"),
        (f"/venues/{ROOM}/history?range=decade", 422, "range"),
        (f"/venues/{ROOM}/history?to=yesterday", 422, "to"),
        (f"/venues/{ROOM}/history?to=1850-01-01", 422, "to"),
        (f"/venues/{ROOM}/history?columns=99999", 422, "columns"),
        (f"/venues/{ROOM}/history/secrets.csv", 404, "footfall"),
    ],
)
async def test_problems_say_what_is_wrong(
    served: tuple[Hub, httpx.AsyncClient], path: str, status: int, part: str
) -> None:
    _, client = served
    answer = await client.get(API + path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert part in answer.json()["detail"]


@pytest.mark.parametrize("name", ["day", "week", "month", "year"])
@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_the_page(served: tuple[Hub, httpx.AsyncClient], name: str, lang: str) -> None:
    _, client = served
    answer = await client.get(f"/venues/{ROOM}?range={name}&to={yesterday()}&lang={lang}")
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert 'url(#hatch)"' in answer.text
    assert " style=" not in answer.text
    assert "://" not in answer.text.replace("http://www.w3.org", "")
    for word in ("书房", "Visits by", "入馆人次", "看守情况", "CSV"):
        assert word in answer.text
    assert answer.headers["content-encoding"] == "gzip"


async def test_pages_that_there_are_not(served: tuple[Hub, httpx.AsyncClient]) -> None:
    _, client = served
    missing = await client.get("/venues/nowhere?lang=en")
    assert (missing.status_code, "There is no such page" in missing.text) == (404, True)
    assert (await client.get(f"/venues/{ROOM}?range=decade")).status_code == 422
    assert (await client.get("/venues/nowhere/stream")).status_code == 404


async def test_a_venue_without_data_is_told_as_unknown(
    served: tuple[Hub, httpx.AsyncClient],
) -> None:
    _, client = served
    text = (await client.get("/venues/museum?lang=en")).text
    assert "never heard" in text
    # Nobody knows how many came today: no zero is shown.
    assert '<p class="n"><b>—</b></p>' in text
    assert "<b>0</b>" not in text
    told = (await client.get(f"{API}/venues/museum/history?range=week")).json()
    assert all(slot["entered"] is None for slot in told["footfall"])
    assert told["unwatched"][0]["reason"] == "never"


async def test_fragments_are_those_of_the_page(served: tuple[Hub, httpx.AsyncClient]) -> None:
    import json  # noqa: PLC0415  used once

    _, client = served
    pages = client._transport.app.state.venue_page  # type: ignore[attr-defined]
    page = (await client.get(f"/venues/{ROOM}")).text
    news = json.loads(pages.news(ROOM, None, sees_devices=True))
    assert news["key"] in page
    assert len(news["fragments"]) == 2
    for fragment in news["fragments"]:
        assert fragment in page
    assert pages.news(ROOM, {"museum"}) is None
    assert pages.news(ROOM, ()) is not None


async def test_what_a_session_left_over_is_spread_and_told(
    served: tuple[Hub, httpx.AsyncClient],
) -> None:
    hub, client = served
    # The room is never quiet for half an hour; two head counts make a stretch.
    room = hub.live.venues[ROOM].venue
    for hour, heads in ((17, 40), (20, 3)):
        at = datetime.combine(yesterday(), datetime.min.time(), ZONE) + timedelta(hours=hour)
        hub.heads.add(TESTER, room, heads, "counted", at_ms=int(at.timestamp()) * 1000)
    told = (await client.get(f"{API}/venues/{ROOM}/history?range=week")).json()
    ((place, stretch),) = (
        (n, residual)
        for n, residual in enumerate(told["residuals"])
        if residual["began_with"] == 40
    )
    assert stretch["ended_with"] == 3
    assert stretch["residual"] == 40 + stretch["entered"] - stretch["left"] - 3
    known = [column for column in told["occupancy"] if column["mean"] is not None]
    assert all(column["corrected"] >= 0 for column in known)
    table = await client.get(f"{API}/venues/{ROOM}/history/residuals.csv?range=week")
    rows = list(csv.DictReader(io.StringIO(table.text.removeprefix(BOM))))
    assert int(rows[place]["residual (people)"]) == stretch["residual"]
    spread = [c for c in known if c["corrected"] != c["mean"]]
    assert spread, "the room was full of people who were never seen to leave"


async def test_of_old_times_hours_are_shown_and_said_to_be(
    served: tuple[Hub, httpx.AsyncClient],
) -> None:
    """Minutes of a day are deleted as the keeping says: its hours stay, and what nobody watched."""
    hub, client = served
    url = f"{API}/venues/{ROOM}/history?range=day&to={yesterday()}"
    before = (await client.get(url)).json()
    horizon = datetime.combine(yesterday() + timedelta(days=1), datetime.min.time(), ZONE)
    sum(hub.store.forget(0, int(horizon.timestamp())))
    told = (await client.get(url)).json()
    assert told["footfall"] == before["footfall"]
    assert told["unwatched"] == before["unwatched"]
    assert (before["minutes_from"], before["occupancy_step"]) == (None, "minute")
    assert datetime.fromisoformat(told["minutes_from"]) == horizon
    assert told["occupancy_step"] == "hour"
    # Two hours in which nobody watched are not known, and never zero.
    assert sum(column["unknown_seconds"] for column in told["occupancy"]) == 7200
    page = (await client.get(f"/venues/{ROOM}?range=day&to={yesterday()}&lang=en")).text
    assert f"before {horizon.date()} only hours are kept" in page
    assert (
        f"{horizon.date()} 以前只保留每小时的数据"
        in (await client.get(f"/venues/{ROOM}?range=day&to={yesterday()}")).text
    )
    series = (await client.get(f"{API}/series/{ROOM}/door-pi/front?step=hour")).json()
    assert datetime.fromisoformat(series["kept_from"]) == horizon
    # A week of that time is not worked out anew, and says so.
    year, week, _ = (yesterday() - timedelta(days=7)).isocalendar()
    page = (await client.get(f"/venues/{ROOM}/week/{year}-W{week:02}?lang=en")).text
    assert "were deleted as the hub" in page
    explained = (
        await client.get(
            f"{API}/venues/{ROOM}/verdicts/published_hours_kept/{year}-W{week:02}/explanation"
        )
    ).json()
    assert explained.get("evidence_kept") is False, explained
