"""Schedules and public hours over the API."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.hours import decode_hours, hours_sentence
from hub.access import Permission, Role
from tests.accounts import a_token, bearer
from tests.unit.hub.access.serving import Served, serving

API = "/api/v1"
HOURS = f"{API}/venues/district-library/hours"
SCHEDULE = f"{API}/venues/district-library/schedule"


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path) as served:
        yield served


@pytest.fixture
async def manager(served: Served) -> AsyncIterator[httpx.AsyncClient]:
    """A program of somebody who runs the library."""
    account = served.account(Role.MANAGER, "district-library", name="keeper")
    token = a_token(served.hub.records, account, frozenset({Permission.SCHEDULES}))
    async with served.browser() as client:
        client.headers.update(bearer(token))
        yield client


def a_notice(served: Served, days: int = 8, **more: Any) -> dict[str, Any]:
    start = datetime.fromtimestamp(served.clock.at_ms / 1000, UTC) + timedelta(days=days)
    return {
        "terms": {
            "kind": "notice",
            "from": start.isoformat(),
            "until": (start + timedelta(days=1)).isoformat(),
            "reason": "维修",
            "zh": "水管改造",
            "en": "new pipes",
            "channels": ["门口", "微信"],
        },
        **more,
    }


async def test_anybody_is_told_the_hours_and_a_kiosk_says_the_same(served: Served) -> None:
    async with served.browser() as visitor:
        answer = await visitor.get(HOURS)
    told = answer.json()
    hours = decode_hours(answer.content)
    at_s = int(datetime.fromisoformat(told["at"]).timestamp())
    assert told["text"] == hours_sentence(hours, at_s)._asdict()
    assert len(told["days"]) == 7
    assert told["osm"] == "Mo 13:00-20:00; Tu-Su 08:30-20:00"
    assert told["busy"]["quality"] == "unknown"
    assert told["busy"]["occupancy"] is None


async def test_a_notice_closes_at_once_and_its_withdrawal_opens_again(
    served: Served, manager: httpx.AsyncClient
) -> None:
    now = datetime.fromtimestamp(served.clock.at_ms / 1000, UTC)
    notice = a_notice(served)
    notice["terms"] |= {
        "reason": "突发",
        "from": (now - timedelta(hours=1)).isoformat(),
        "until": (now + timedelta(days=9)).isoformat(),
    }
    answer = await manager.post(SCHEDULE, json=notice | {"why": "burst", "confirmed": True})
    assert answer.status_code == 201, answer.text
    number = answer.json()["id"]
    told = (await manager.get(HOURS)).json()
    assert told["open"] is False
    assert [(c["reason"], c["zh"]) for c in told["closures"]] == [("突发", "水管改造")]
    assert told["text"]["en"].startswith("Closed at short notice")
    served.hub.live.look()
    declared = served.hub.live.venues["district-library"].declared
    assert declared is not None
    assert not declared.open
    gone = await manager.post(
        f"{SCHEDULE}/{number}/withdrawal", json={"why": "mended", "confirmed": True}
    )
    assert gone.status_code == 204
    told = (await manager.get(HOURS)).json()
    assert [c["end_s"] <= served.clock.at_ms // 1000 for c in told["closures"]] == [True]
    assert "short notice" not in told["text"]["en"]
    told = (await manager.get(SCHEDULE)).json()["declarations"]
    file, kept = told
    assert (file["kind"], file["who"]) == ("district", "")
    answer = await manager.post(f"{SCHEDULE}/{file['id']}/withdrawal", json={"why": "tried"})
    assert answer.status_code == 404
    assert (kept["id"], kept["who"], kept["why"]) == (number, "keeper (test)", "burst")
    assert kept["withdrawn"]["why"] == "mended"
    again = await manager.post(f"{SCHEDULE}/{number}/withdrawal", json={"why": "mended"})
    assert again.status_code == 409


async def test_what_if_saves_nothing_and_a_breach_has_to_be_confirmed(
    served: Served, manager: httpx.AsyncClient
) -> None:
    today = datetime.fromtimestamp(served.clock.at_ms / 1000, UTC).date()
    terms = {
        "kind": "timetable",
        "effective_from": str(today + timedelta(days=10)),
        "hours": {"mon": "13:00-20:00", "tue-sun": "08:30-19:00"},
    }
    told = (await manager.post(f"{SCHEDULE}/what-if", json={"terms": terms})).json()
    weekly = [r for r in told["rules"] if r["rule"] == "c09.district_weekly" and "W" in r["period"]]
    # 76 hours are asked, and what is published is 76.00 exactly.
    assert {r["before"]["number"] for r in weekly} == {"76.00 h"}
    assert "70.00 h" in {r["after"]["number"] for r in weekly if r["breaks"]}
    assert told["needs_confirmation"]
    assert told["lead"]["days"] >= 9
    told = (await manager.get(SCHEDULE)).json()["declarations"]
    assert [one["kind"] for one in told] == ["district"]
    body = {"terms": terms, "why": "fewer staff"}
    refused = await manager.post(SCHEDULE, json=body)
    assert refused.status_code == 409
    assert "confirmed" in refused.json()["detail"]
    answer = await manager.post(SCHEDULE, json=body | {"confirmed": True})
    assert answer.status_code == 201
    assert answer.json()["terms"]["hours"] == {"mon": "13:00-20:00", "tue-sun": "08:30-19:00"}


@pytest.mark.parametrize(
    ("terms", "sentence"),
    [
        ({"kind": "exception", "from": "2030-01-01", "hours": "9-5"}, "no time of day"),
        ({"kind": "exception", "from": "2030-01-01", "hours": "10:00-12:00, 11:00-13:00"},
         "overlap"),
        ({"kind": "timetable", "effective_from": "2030-01-01", "hours": {"someday": "closed"}},
         "names no weekday"),
        ({"kind": "timetable", "effective_from": "soon", "hours": "closed"}, "effective_from"),
        ({"kind": "festival"}, "terms"),
    ],
)  # fmt: skip
async def test_what_cannot_be_read_is_named(
    manager: httpx.AsyncClient, terms: dict[str, Any], sentence: str
) -> None:
    answer = await manager.post(SCHEDULE, json={"terms": terms, "why": "tried"})
    assert answer.status_code == 422
    assert sentence in answer.json()["detail"]


async def test_another_venue_is_anothers(served: Served, manager: httpx.AsyncClient) -> None:
    address = f"{API}/venues/museum/schedule"
    answer = await manager.post(address, json=a_notice(served, why="tried"))
    assert answer.status_code == 403
