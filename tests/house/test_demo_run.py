"""The demo as a newcomer starts it: it shows true numbers, and nothing stays behind when it ends.

Processes of a demo are known by its state folder, which stands in each of their commands.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from examples.demo.almanac import local_day
from examples.demo.broker import BROKERS
from examples.demo.evidence import Evidence
from examples.demo.plan import DISTRICT
from examples.demo.progress import read as read_progress
from examples.demo.simulator import evidence_of, is_played, past_from
from examples.demo.story import Story
from examples.demo.visitors import Passing, day_of
from hub.district import read_district
from tests.brokers import answers, free_port

pytestmark = [pytest.mark.broker, pytest.mark.chaos]

ROOT = Path(__file__).parents[2]
READY = "the doors are open"
PROCESSES = {"broker", "hub", "edge", "phone", "venues", "bench", "kiosk", "postcards"}
PATIENCE_SECONDS = 60.0
DAYS_BEFORE = 3
DIRECT = [sys.executable, "-m", "examples.demo", "--days", str(DAYS_BEFORE)]


@pytest.fixture(autouse=True)
def _ctrl_c_is_heard() -> Iterator[None]:
    """A runner in the background ignores Ctrl-C, and so would what it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Demo:
    """A demo that runs, in a session of its own as in a terminal of its own."""

    def __init__(self, folder: Path, command: list[str]) -> None:
        self.state = folder / "state"
        self.output = folder / "output"
        self._browser: httpx.Client | None = None
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        """Return what it has printed."""
        return self.output.read_text("utf-8")

    @property
    def url(self) -> str:
        """Return the address that it told."""
        found = re.findall(r"page +(http://\S+)", self.said)
        assert found, self.said
        return str(found[-1])

    def await_ready(self) -> None:
        """Wait until it says that it is open, once more than before."""
        await_true(lambda: READY in self.said or self.process.poll() is not None, self.told)
        assert self.process.poll() is None, self.told()

    def press_ctrl_c(self) -> None:
        """Do what a terminal does: the signal goes to the whole foreground group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def api(self, path: str) -> Any:
        """Ask the hub, signed in with what the demo has told."""
        if self._browser is None:
            name, password = re.findall(r"name (\S+)  password (\S+)", self.said)[-1]
            self._browser = httpx.Client(base_url=f"{self.url}api/v1", timeout=30)
            token = self._browser.get("/session").json()["csrf_token"]
            self._browser.post(
                "/session",
                json={"name": name, "password": password},
                headers={"X-CSRF-Token": token},
            ).raise_for_status()
        answer = self._browser.get(f"/{path}")
        answer.raise_for_status()
        return answer.json()

    def close(self) -> None:
        """Let go of the hub."""
        if self._browser is not None:
            self._browser.close()

    def members(self) -> list[psutil.Process]:
        """Return every process of this demo that still runs."""
        found = []
        for process in psutil.process_iter(["pid", "cmdline", "status"]):
            if process.info["status"] == psutil.STATUS_ZOMBIE or process.pid == os.getpid():
                continue
            if str(self.state) in " ".join(process.info["cmdline"] or ()):
                found.append(process)
        return found

    def told(self) -> str:
        """Return what to show when something went wrong."""
        log = self.state / "log.txt"
        return self.said + (log.read_text("utf-8")[-4000:] if log.exists() else "")

    def assert_gone(self, seconds: float = 15.0) -> int:
        """Wait for its end, see that nobody is left, and return its exit code."""
        code = self.process.wait(timeout=seconds)
        await_true(lambda: not self.members(), lambda: str(self.members()), seconds=5)
        return code


@contextmanager
def running(folder: Path, command: list[str]) -> Iterator[Demo]:
    """Run a demo, and leave nobody behind whatever the test finds."""
    demo = Demo(folder, [*command, *_state(command, folder / "state")])
    try:
        yield demo
    finally:
        demo.close()
        for process in demo.members():
            process.kill()
        demo.process.kill()
        demo.process.wait()


def _state(command: list[str], state: Path) -> list[str]:
    return [f"STATE={state}"] if command[0] == "make" else ["--state", str(state)]


def await_true(
    check: Callable[[], object], told: Callable[[], str], seconds: float = PATIENCE_SECONDS
) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, told()
        time.sleep(0.1)


def fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as response:
        return str(response.read().decode("utf-8"))


def _story(demo: Demo) -> Story:
    begun = json.loads((demo.state / "demo.json").read_text("utf-8"))
    return Story(read_district(DISTRICT), begun["began_ms"], begun["seed"])


def _heard(story: Story) -> set[str]:
    """Return the venues that are known once everything was told: all whose nodes are played."""
    return {
        venue.id
        for venue in story.venues.values()
        if all(map(is_played, venue.nodes)) and not (story.down_ms(venue) or story.away_ms(venue))
    }


def assert_series_are_true(demo: Demo, days: int = DAYS_BEFORE) -> None:
    """Compare every minute of every line, up to five minutes ago, with who passed it.

    And every five minutes of every room: its samples were taken once.
    """
    story = _story(demo)
    for evidence in evidence_of(story):
        begin_s, end_s = _span_told(story, evidence, days)
        node = f"{evidence.venue.id}/{evidence.node}"
        for line in evidence.lines:
            true = _who_passed(story, evidence, line, begin_s, end_s)
            found = _buckets(demo, f"{node}/{line}", begin_s, end_s) if true else {}
            stored = {at: int(values[0] + 1000 * values[1]) for at, values in found.items()}
            assert stored == true, f"{node}/{line}"
        for room in evidence.rooms:
            found = _buckets(demo, f"{node}/{room}.temperature_celsius", begin_s, end_s)
            samples = {at: values[0] for at, values in found.items()}
            assert samples == dict.fromkeys(range(begin_s, end_s, 300), 3), f"{node}/{room}"


def _span_told(story: Story, evidence: Evidence, days: int) -> tuple[int, int]:
    """Return from when to when a node's story has been told by now, Unix seconds."""
    venue = evidence.venue
    ends = [time.time_ns() // 1_000_000 - 300_000]
    if not is_played(evidence.node):
        ends.append(story.began_ms)  # from there on it counts what its camera sees
    ends += [at for at in (story.down_ms(venue), (story.away_ms(venue) or (None,))[0]) if at]
    return past_from(story, venue, days) // 1000, min(ends) // 300_000 * 300


def _who_passed(
    story: Story, evidence: Evidence, line: str, begin_s: int, end_s: int
) -> Counter[int]:
    """Return who passed a line while it was watched, by minute: in + 1000 x out."""
    true: Counter[int] = Counter()
    gaps = story.gaps(evidence.venue, evidence.node, line)
    day = local_day(evidence.venue, begin_s * 1000) - timedelta(days=1)
    while day <= local_day(evidence.venue, end_s * 1000):
        for at_ms, name, is_in in _passings(story, evidence.venue.id, day):
            unseen = any(gap.since <= at_ms < gap.until for gap in gaps)
            if name == line and begin_s * 1000 < at_ms < end_s * 1000 and not unseen:
                true[at_ms // 60_000 * 60] += 1 if is_in else 1000
        day += timedelta(days=1)
    return true


@cache
def _passings(story: Story, venue: str, day: date) -> list[Passing]:
    return day_of(story.venues[venue], day, story)


def _buckets(demo: Demo, series: str, begin_s: int, end_s: int) -> dict[int, list[float]]:
    """Return the buckets of a series, asked for in spans that one answer covers."""
    found: dict[int, list[float]] = {}
    for start_s in range(begin_s, end_s, 7 * 86_400):
        span = f"start={_iso(start_s)}&end={_iso(min(start_s + 7 * 86_400, end_s))}"
        for bucket in demo.api(f"series/{series}?{span}")["buckets"]:
            found[int(datetime.fromisoformat(bucket["at"]).timestamp())] = bucket["values"]
    return found


def _iso(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _known(demo: Demo) -> dict[str, dict[str, Any]]:
    found = {v["venue"]: v for v in demo.api("occupancy")}
    return {name: v for name, v in found.items() if v["quality"] == "known"}


def _loaded(demo: Demo) -> dict[str, Any]:
    """Return how far the past is loaded."""
    return read_progress(demo.state / "history.json")


def _series(demo: Demo, venue: str) -> set[str]:
    return {series["name"] for series in demo.api(f"series?venue={venue}")}


def _shown(page: str, venue: str) -> str:
    card = page.partition(f'id="v-{venue}"')[2]
    found = re.search(r'<p class="n"><b id="[^"]*">([^<]*)</b>', card)
    return found[1] if found else ""


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_a_newcomer_sees_true_numbers_and_leaves_nothing_behind(tmp_path: Path) -> None:
    port = free_port()
    with running(tmp_path, ["make", "demo", f"PORT={port}", f"DAYS={DAYS_BEFORE}"]) as demo:
        demo.await_ready()
        assert demo.url == f"http://127.0.0.1:{port}/"
        await_true(lambda: _heard(_story(demo)) <= set(_known(demo)), demo.told)
        await_true(lambda: "days of history are loaded" in demo.said, demo.told)
        assert_series_are_true(demo)
        # What is down on purpose is shown as not known, by a node that said goodbye.
        occupancy = {venue["venue"]: venue for venue in demo.api("occupancy")}
        devices = {f"{d['venue']}/{d['node']}": d for d in demo.api("devices")}
        assert len(occupancy) == len(_story(demo).venues)
        assert occupancy["waigang-centre"]["occupancy"] is None
        assert devices["waigang-centre/sim"]["state"] == "offline"
        assert devices["museum/sim"]["state"] == "online"
        # The number on the page is the API's; both move, so they are asked until they agree.
        await_true(
            lambda: all(
                _shown(page, name) == str(venue["occupancy"])
                for page in [fetch(demo.url)]
                for name, venue in _known(demo).items()
            ),
            lambda: fetch(demo.url)[:4000],
        )
        # The real edge at the sixth venue is on the wire, with its camera and its board.
        await_true(
            lambda: {"front", "climate.temperature_celsius"} <= _series(demo, "book-room-zhouqiao"),
            lambda: str(demo.api("series")),
        )
        assert demo.api("health")["ok"]
        demo.press_ctrl_c()
        demo.assert_gone()
        assert "the state stays in" in demo.said
        assert not answers(port)


@pytest.mark.parametrize("broker", BROKERS)
def test_killed_and_started_again_it_tells_everybody_once(tmp_path: Path, broker: str) -> None:
    days = 12
    direct = [*DIRECT[:-1], str(days)]
    with running(tmp_path, [*direct, "--broker", broker]) as demo:
        demo.await_ready()
        # Somewhere in the middle of the past.
        await_true(lambda: _loaded(demo).get("done", 0) > 30, demo.told)
        demo.process.kill()
        # The kernel tells the others that their supervisor is gone.
        demo.assert_gone()
    assert not _loaded(demo)["finished"]
    admin = re.findall(r"name \S+  password \S+", demo.said)
    demo.output.unlink()
    with running(tmp_path, [*direct, "--broker", broker]) as demo:
        demo.await_ready()
        assert re.findall(r"name \S+  password \S+", demo.said) == admin != []
        await_true(lambda: _heard(_story(demo)) <= set(_known(demo)), demo.told)
        await_true(lambda: _loaded(demo).get("finished"), demo.told)
        assert_series_are_true(demo, days)
        health = demo.api("health")["store"]
        assert [health[key] for key in ("gaps", "forks", "quarantined", "refused")] == [0, 0, 0, 0]
        demo.process.terminate()
        assert demo.assert_gone() == 0


@pytest.mark.parametrize("after_seconds", [0.0, 0.2, 0.4, 0.8, 1.2, 2.0])
def test_ctrl_c_at_any_moment_leaves_nobody(tmp_path: Path, after_seconds: float) -> None:
    with running(tmp_path, DIRECT) as demo:
        time.sleep(after_seconds)
        demo.press_ctrl_c()
        demo.assert_gone()


def test_a_closed_terminal_leaves_nobody(tmp_path: Path) -> None:
    with running(tmp_path, DIRECT) as demo:
        demo.await_ready()
        os.killpg(demo.process.pid, signal.SIGHUP)
        demo.assert_gone()


def test_when_one_ends_all_end_and_it_is_named(tmp_path: Path) -> None:
    with running(tmp_path, DIRECT) as demo:
        demo.await_ready()
        (hub,) = (p for p in demo.members() if "serve" in p.cmdline())
        hub.kill()
        assert demo.assert_gone() != 0
        assert "hub ended by itself" in demo.said


def test_two_demos_do_not_share_a_state(tmp_path: Path) -> None:
    with running(tmp_path, DIRECT) as demo:
        demo.await_ready()
        second = subprocess.run(
            [*DIRECT, "--state", str(demo.state), "--fresh"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        assert second.returncode == 2
        assert "runs in" in second.stderr
        assert demo.api("health")["ok"], "the first one was disturbed"
        demo.process.terminate()
        assert demo.assert_gone() == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--clip", "nowhere.mp4"], "nowhere.mp4 is not a file"),
        (["--clip", "README.md"], "README.md is not a film that can be opened"),
        (["--port", "99999"], "port 99999 cannot be used"),
        (["--port", "many"], "--port: invalid int value: 'many'"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    run = subprocess.run(
        [*DIRECT, "--state", str(tmp_path / "state"), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert run.returncode == 2
    assert sentence in run.stderr
    assert len(run.stderr.splitlines()) == 1


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    port = free_port()
    import socket  # noqa: PLC0415  only here is one taken

    with socket.create_server(("127.0.0.1", port)):
        run = subprocess.run(
            [*DIRECT, "--state", str(tmp_path / "state"), "--port", str(port)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
    assert run.returncode == 2
    assert run.stderr == f"demo: port {port} cannot be used: Address already in use\n"
