"""SQL, paths and nonsense through every parameter of every route: nothing runs, nothing breaks."""

import os
import random
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.attacks.doors import FORM_FIELDS, Door, ask, doors, numbers_for
from tests.attacks.served import API, A, AttackedHub, furnished

DOORS: Final = doors()
SEED: Final = int(os.environ.get("KAIGUAN_SEEDS", "20261130").split(",")[0])
SQL: Final = (
    "' OR '1'='1",
    "' OR 1=1 --",
    '" OR ""="',
    "1 OR 1=1",
    "1; DROP TABLE accounts; --",
    "x'); DELETE FROM audit; --",
    "' UNION SELECT name, password_hash FROM accounts --",
    "') UNION ALL SELECT sql FROM sqlite_master --",
    "1) AND (SELECT 1 FROM (SELECT randomblob(900000000)))",
    "' AND 1=(SELECT count(*) FROM accounts) --",
    "%' AND '1'='1",
    "%",
    "\\",
    "museum'/*",
    ":who",
    "?1",
)
PATHS: Final = (
    "../../../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/hub.toml",
    "..\\..\\windows\\win.ini",
    "....//....//etc/passwd",
    "/etc/passwd",
    "file:///etc/passwd",
    "records.db\x00.csv",
)
NONSENSE: Final = (
    "",
    "-1",
    "0",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "9" * 4000,
    "1e400",
    "NaN",
    "Infinity",
    "null",
    "[]",
    "{}",
    "true",
    "١٢٣",
    "20٢٦-٠١",
    "2026-0٢-01",
    "0001-01-01",
    "9999-12-31",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2026-W99",
    "2026-W5٣",
    "0000",
    "9999-W52",
    "\x00",
    "\ufeff",
    "\u202e",
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    "%ff%fe",
    "${7*7}{{7*7}}<%= 7*7 %>",
    "() { :; }; echo",
    "|id",
    "$(id)",
    "\r\nSet-Cookie: planted=1",
    "a" * 3000,
)
PAYLOADS: Final = (*SQL, *PATHS, *NONSENSE)
LEAKS: Final = ("sqlalchemy", "sqlite3", "Traceback", "root:x:0", "argon2id", "no such column")
SLOWEST_SECONDS: Final = 5.0
"""Of a machine that others use; a payload that made the database work would take longer."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AttackedHub]:
    with furnished(tmp_path_factory.mktemp("injection")) as opened:
        yield opened


@pytest.fixture(scope="module")
def objects(served: AttackedHub) -> dict[str, int]:
    return served.objects(A)


def test_every_parameter_takes_some_of_it(served: AttackedHub, objects: dict[str, int]) -> None:
    chosen = random.Random(SEED)
    sys.stdout.write(f"seed {SEED}\n")
    attack_all(served, objects, lambda n: chosen.sample(PAYLOADS, n), per_name=1)


@pytest.mark.soak
def test_every_parameter_takes_all_of_it(served: AttackedHub, objects: dict[str, int]) -> None:
    attack_all(served, objects, lambda _n: list(PAYLOADS), per_name=len(PAYLOADS))


def attack_all(served: AttackedHub, objects: dict[str, int], choose: Any, per_name: int) -> None:
    """Attack each parameter of each door with what is chosen; then look what is left."""
    before = tables(served)
    found = []
    for role in ("admin", "nobody") if per_name > 1 else ("admin",):
        for door in DOORS:
            with served.caller(role) as client:
                for told, more, values in attempts(door, choose, per_name):
                    filled = {**numbers_for(door, objects, served), **values}
                    place = door.place(**filled)
                    begun = time.monotonic()
                    answer = ask(client, door.method, place, **more)
                    took = time.monotonic() - begun
                    leaks = [leak for leak in LEAKS if leak in answer.text]
                    is_broken = answer.status >= 500 and answer.status != 503
                    if is_broken or leaks or took > SLOWEST_SECONDS or is_split(answer.headers):
                        found.append((str(door), told, answer.status, leaks, round(took, 1)))
    assert not found, found[:20]
    after = tables(served)
    assert set(after) == set(before), "a table is gone, or there is one more"
    gone = {name for name, count in before.items() if after[name] < count} - ENDED
    assert not gone, "rows are gone"
    with served.caller("admin") as client:
        assert ask(client, "GET", f"{API}/accounts").status == 200


ENDED: Final = {"sessions", "login_failures", "failures"}
"""Log-out and log-in take rows from these, as they should."""


def attempts(
    door: Door, choose: Any, per_name: int
) -> Iterator[tuple[str, dict[str, Any], dict[str, str]]]:
    """Yield what is told of an attempt, how it is sent, and what stands in its path."""
    for name in door.names:
        for payload in choose(per_name):
            yield f"path {name}={payload[:60]!r}", sent(door, {}), {name: payload or " "}
    for name in door.asks:
        for payload in choose(per_name):
            more = sent(door, {})
            more["params"] = {name: payload}
            yield f"query {name}={payload[:60]!r}", more, {}
    if door.is_safe:
        return
    names = door.body if door.is_api else FORM_FIELDS
    for payload in choose(per_name):
        told = f"every field={payload[:60]!r}"
        yield told, sent(door, dict.fromkeys(names, payload[:500])), {}
    for name in door.body:
        for payload in choose(per_name):
            yield f"body {name}={payload[:60]!r}", sent(door, {name: payload}), {}


def sent(door: Door, fields: dict[str, str]) -> dict[str, Any]:
    if door.is_safe:
        return {}
    return {"json": fields} if door.is_api else {"data": fields}


def is_split(headers: httpx.Headers) -> bool:
    return "planted" in headers.get("set-cookie", "")


def tables(served: AttackedHub) -> dict[str, int]:
    """Return how many rows each table of the records has."""
    path = served.hub.config.records_path
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as base:
        names = [n for (n,) in base.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        found = {n: base.execute(f'SELECT count(*) FROM "{n}"').fetchone()[0] for n in names}
    base.close()
    return found


def test_a_filter_finds_no_more_by_sql_than_by_nonsense(served: AttackedHub) -> None:
    narrow = {
        "audit": ("who", "action", "subject"),
        "verdicts": ("venue", "rule"),
        "alerts": ("assigned_to",),
        "series": ("venue",),
        "feedback": ("venue",),
    }
    with served.caller("admin") as client:
        for path, names in narrow.items():
            for name in names:
                for payload in SQL:
                    answer = client.get(f"{API}/{path}", params={name: payload})
                    assert answer.status_code in {200, 422}, (path, name, payload)
                    if answer.status_code == 200:
                        told = answer.json()
                        rows = told if isinstance(told, list) else _list_in(told)
                        assert not rows, (path, name, payload)


def _list_in(told: dict[str, Any]) -> list[Any]:
    return next(value for value in told.values() if isinstance(value, list))


@given(st.data())
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_text_is_an_answer_or_a_refusal(served: AttackedHub, data: st.DataObject) -> None:
    door = data.draw(st.sampled_from([d for d in DOORS if d.names or d.asks]))
    text = st.text(max_size=60)
    values = {name: data.draw(text.filter(bool)) for name in door.names}
    asks = (
        {name: data.draw(text) for name in data.draw(st.sets(st.sampled_from(door.asks)))}
        if (door.asks)
        else {}
    )
    with served.caller("token") as client:
        answer = ask(client, door.method, door.place(**values), params=asks, **sent(door, {}))
    assert answer.status < 500 or answer.status == 503, (door, values, asks, answer.text[:300])


OUTSIDE: Final = (
    "/static/../render.py",
    "/static/%2e%2e/render.py",
    "/static/..%2frender.py",
    "/static/..%5crender.py",
    "/static/%2e%2e%2f%2e%2e%2fconfig.py",
    "/static/....//render.py",
    "/static//etc/passwd",
    "/static/%00",
    "/static/charts/../../render.py",
    f"{API}/packs/..%2f..%2frecords.db",
    f"{API}/packs/%2e%2e",
    f"{API}/packs/{'0' * 63}%2e",
    f"{API}/venues/museum/history/..%2f..%2frecords.csv",
    f"{API}/series/museum/sim/..%2f..%2fseries.db.csv",
    f"{API}/evidence/..%2f/..%2f/records.db.csv",
    "/audit.csv/../../records.db",
    "/..%2frecords.db",
)


@pytest.mark.parametrize("path", OUTSIDE)
def test_no_path_leads_out(served: AttackedHub, path: str) -> None:
    # Sent as it stands: a client would tidy it.
    answer = raw(
        served.port, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )
    status = int(answer.split(b" ", 2)[1])
    assert 400 <= status < 500, answer[:200]
    for inside in (b"root:x:0", b"SQLite format", b"import ", b"PRIVATE KEY"):
        assert inside not in answer


def raw(port: int, head: str) -> bytes:
    import socket  # noqa: PLC0415

    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(head.encode("latin-1"))
        got = bytearray()
        while piece := line.recv(65_536):
            got += piece
    return bytes(got)


def test_files_of_the_hub_are_no_routes(served: AttackedHub) -> None:
    data: Path = served.hub.config.data_dir
    with served.caller("admin") as client:
        for path in sorted(data.rglob("*")):
            if path.is_file():
                name = path.relative_to(data)
                for place in (f"/{name}", f"/static/{name}", f"/data/{name}"):
                    assert client.get(place).status_code in {404, 405}, place
