"""Verdicts and overrides over the API: who may, what is judged anew, what stays on record."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from hub.access import Role
from hub.compliance.localtime import LocalTime, week_of
from hub.store.records import Wanted
from hub.store.records.audit import AuditLog
from tests.accounts import a_token, bearer
from tests.unit.hub.access.serving import Served, serving

API = "/api/v1"
OF_MUSEUM = f"{API}/venues/museum"
KEPT = "published_hours_kept"
SHANGHAI = LocalTime(ZoneInfo("Asia/Shanghai"))


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path) as served:
        yield served


@pytest.fixture
async def client(served: Served) -> AsyncIterator[httpx.AsyncClient]:
    """A program of a supervisor."""
    async with served.browser() as client:
        client.headers.update(bearer(a_token(served.hub.records)))
        yield client


def judge(served: Served) -> None:
    served.hub.duties.verdicts.look(everything=True)


def last_week(served: Served) -> tuple[date, str]:
    day = SHANGHAI.day_of(served.clock() // 1000) - timedelta(days=7)
    return week_of(day).first, week_of(day).name


def moment(day: date, hour: int, minute: int = 0) -> str:
    start = SHANGHAI.midnight(day)
    return datetime.fromtimestamp(start + hour * 3600 + minute * 60, UTC).isoformat()


def override(day: date, *, days: int = 1, **more: object) -> dict[str, object]:
    told: dict[str, object] = {
        "start": moment(day, 0),
        "end": moment(day + timedelta(days=days), 0),
        "open": True,
        "why": "the lock's contact was broken",
        "document": "duty log 2026/113",
    }
    return told | more


async def test_an_override_is_judged_at_once_and_its_withdrawal_too(
    served: Served, client: httpx.AsyncClient
) -> None:
    monday, week = last_week(served)
    made = await client.post(f"{OF_MUSEUM}/overrides", json=override(monday, days=7))
    assert made.status_code == 201, made.text
    judge(served)
    versions = f"{OF_MUSEUM}/verdicts/{KEPT}/{week}"
    [told] = (await client.get(versions)).json()
    assert (told["status"], told["version"], told["final"]) == ("compliant", 1, True)
    assert (told["grade"], told["coverage"]["value"]) == ("C", "1.0000")

    gone = await client.delete(f"{OF_MUSEUM}/overrides/{made.json()['id']}")
    assert gone.status_code == 204
    judge(served)
    told = (await client.get(versions)).json()
    assert [(v["version"], v["status"]) for v in told] == [(1, "compliant"), (2, "insufficient")]

    [kept] = (await client.get(f"{OF_MUSEUM}/overrides")).json()
    assert kept["withdrawn"]
    assert kept["document"] == "duty log 2026/113"
    log = AuditLog(served.hub.records).page(Wanted(action="override"), before_id=None, most=9)
    assert [entry.entry.action for entry in log] == ["override.withdrawn", "override.added"]


async def test_why_it_is_so(served: Served, client: httpx.AsyncClient) -> None:
    monday, week = last_week(served)
    await client.post(f"{OF_MUSEUM}/overrides", json=override(monday, days=3))
    judge(served)
    answer = await client.get(f"{OF_MUSEUM}/verdicts/{KEPT}/{week}/explanation")
    told = answer.json()
    causes = {(piece["state"], piece["cause"]) for piece in told["pieces"]}
    assert causes == {("open", "override"), ("unknown", "not_heard")}
    assert [item["settled_by"] for item in told["missing"]] == ["node"]
    [version] = (await client.get(f"{OF_MUSEUM}/verdicts/{KEPT}/{week}")).json()
    assert version["digest"] == told["digest"]


async def test_verdicts_are_filtered_and_told_in_parts(
    served: Served, client: httpx.AsyncClient
) -> None:
    judge(served)
    whole = (await client.get(f"{API}/verdicts")).json()
    keys = [(v["venue"], v["rule"], v["period"]) for v in whole["verdicts"]]
    assert keys == sorted(keys)
    assert len(keys) > 20
    assert whole["next"] is None
    parts: list[tuple[str, str, str]] = []
    after: dict[str, str] = {}
    while True:
        told = (await client.get(f"{API}/verdicts", params={"limit": "7"} | after)).json()
        parts += [(v["venue"], v["rule"], v["period"]) for v in told["verdicts"]]
        if told["next"] is None:
            break
        after = {"after": told["next"]}
    assert parts == keys
    for name in ("venue", "rule", "status"):
        value = whole["verdicts"][0][name]
        some = (await client.get(f"{API}/verdicts", params={name: value})).json()["verdicts"]
        assert some == [v for v in whole["verdicts"] if v[name] == value]


async def test_a_manager_reads_their_own_and_overrides_nothing(served: Served) -> None:
    judge(served)
    account = served.account(Role.MANAGER, "museum")
    async with served.browser() as client:
        client.headers.update(bearer(a_token(served.hub.records, account=account)))
        told = (await client.get(f"{API}/verdicts")).json()["verdicts"]
        assert {verdict["venue"] for verdict in told} == {"museum"}
        other = await client.get(f"{API}/verdicts", params={"venue": "art-museum"})
        assert other.status_code == 403
        refused = await client.post(f"{OF_MUSEUM}/overrides", json=override(last_week(served)[0]))
        assert refused.status_code == 403


NOT_USABLE: tuple[tuple[dict[str, object], str], ...] = (
    ({"why": " \n "}, "reason"),
    ({"document": "\t"}, "document"),
    ({"end": "2099-01-01T00:00:00Z"}, "stretch"),
    ({"start": "2026-01-01T00:00:00Z", "end": "2026-03-01T00:00:00Z"}, "stretch"),
    ({"start": "2026-01-01T00:00:00Z", "end": "2026-01-01T00:00:00Z"}, "stretch"),
    ({"start": "2019-01-01T00:00:00Z", "end": "2019-01-02T00:00:00Z"}, "stretch"),
)


async def test_what_cannot_be_overridden_is_said_in_a_sentence(
    served: Served, client: httpx.AsyncClient
) -> None:
    for change, part in NOT_USABLE:
        told = override(last_week(served)[0]) | change
        refused = await client.post(f"{OF_MUSEUM}/overrides", json=told)
        assert refused.status_code == 422, change
        assert part in refused.json()["detail"], change
    for path in (f"verdicts/{KEPT}/2020", "verdicts/none/2026/explanation"):
        assert (await client.get(f"{OF_MUSEUM}/{path}")).status_code == 404
    assert (await client.get(f"{API}/verdicts", params={"after": "x"})).status_code == 422
    assert (await client.delete(f"{OF_MUSEUM}/overrides/99")).status_code == 404
