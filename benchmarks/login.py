"""Log-in over HTTP: a running hub, a person's name and password, from the request to the session.

Long enough to make guessing dear, short enough not to be noticed; a name that nobody has takes as
long. Each log-in is one after the other, and another client reads the board meanwhile.
"""

import statistics
import threading
import time
import urllib.request
from pathlib import Path

import httpx

from benchmarks.processes import broker, hub
from benchmarks.report import Result
from hub.access import Role
from hub.accounts.office import Office
from hub.config import AccessSection
from hub.live.board import wall_ms
from hub.store.records import Records
from tests.accounts import PASSWORD, TESTER

ROUNDS = 21


def measure(folder: Path) -> list[Result]:
    folder.mkdir()
    with broker(folder) as port, hub(folder, port) as (_, api):
        with Records(folder / "hub" / "records.db") as records:
            office = Office(records, AccessSection(), wall_ms)
            office.directory.create(TESTER, "li", Role.SUPERVISOR, (), PASSWORD)
            office.close()
        known = [_log_in(api, "li", 200) for _ in range(ROUNDS)]
        # Of names that are all new, so that no delay comes between.
        unknown = [_log_in(api, f"nobody-{n}", 401) for n in range(ROUNDS // 2)]
        meanwhile = _board_meanwhile(api)
    median = statistics.median(known)
    note = (
        f"longest {max(known):.0f} ms; a name that nobody has {statistics.median(unknown):.0f} ms"
    )
    return [
        Result("log-in, median", median, "ms", at_most=500, note=note),
        Result("log-in, shortest", min(known), "ms", at_least=50),
        Result("board while somebody logs in, median", meanwhile, "ms", at_most=50),
    ]


def _log_in(port: int, name: str, status: int) -> float:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=30) as client:
        token = client.get("/session").json()["csrf_token"]
        began = time.perf_counter()
        answer = client.post(
            "/session",
            json={"name": name, "password": PASSWORD},
            headers={"X-CSRF-Token": token},
        )
        spent = 1000 * (time.perf_counter() - began)
    assert answer.status_code == status, answer.text
    return spent


def _board_meanwhile(port: int) -> float:
    """Return how long the board takes while one log-in follows the other."""
    ended = threading.Event()

    def crowd() -> None:
        while not ended.is_set():
            _log_in(port, "li", 200)

    thread = threading.Thread(target=crowd)
    thread.start()
    times = []
    for _ in range(40):
        began = time.perf_counter()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
            answer.read()
        times.append(1000 * (time.perf_counter() - began))
        time.sleep(0.05)
    ended.set()
    thread.join()
    return statistics.median(times)
