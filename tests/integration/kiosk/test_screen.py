"""The screen's watcher before a real page in a real browser; and Chromium reads its policy."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kiosk.config import KioskConfig
from kiosk.errors import PanelError
from kiosk.shell.browser import FLAGS
from kiosk.shell.files import POLICY, shell_files
from kiosk.shell.panel import Output
from kiosk.shell.watcher import Watcher, ask
from link.node_config import NodeSection
from tests.browsers import ARGUMENTS, CHROMIUM
from tests.integration.kiosk.served import ServedKiosk

FAKE = "import sys, time; print(sys.argv[1], flush=True); time.sleep(600)"
SIZE = (800, 600)


@dataclass
class SimulatedPanel:
    """A panel whose plug is pulled and put in."""

    is_plugged: bool = True
    is_on: bool = True
    size: tuple[int, int] = SIZE
    is_silent: bool = False
    asked: int = 0
    switched: list[bool] = field(default_factory=list)

    async def outputs(self) -> tuple[Output, ...]:
        self.asked += 1
        if self.is_silent:
            raise PanelError("no answer")
        if not self.is_plugged:
            return ()
        return (Output("HDMI-A-1", self.is_on, self.size if self.is_on else (0, 0)),)

    async def light(self, name: str, is_on: bool) -> None:
        assert name == "HDMI-A-1"
        self.is_on = is_on
        self.switched.append(is_on)


async def until(is_so: Callable[[], bool], what: str, seconds: float = 30) -> None:
    try:
        async with asyncio.timeout(seconds):
            while not is_so():  # noqa: ASYNC110  anything may make it so
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"{what} did not come") from None


def _draws(url: str) -> bool:
    told = ask(url)
    return told is not None and told.drew_seconds is not None


def _main_process(profile: Path) -> int:
    """Return the browser of a profile: its lock names it, HOST-PID."""
    return int((profile / "SingletonLock").readlink().name.rpartition("-")[2])


@pytest.mark.browser
async def test_a_real_page_beats_and_fills_its_panel_and_is_begun_anew_when_it_dies(
    tmp_path: Path,
) -> None:
    if not CHROMIUM.exists():
        pytest.skip("there is no Chromium on this machine")
    started: list[Path] = []
    panel = SimulatedPanel()
    with ServedKiosk() as kiosk:
        url = f"{kiosk.url}/"

        def command(profile: Path) -> tuple[str, ...]:
            started.append(profile)
            own = ("--headless", f"--window-size={SIZE[0]},{SIZE[1]}", f"--user-data-dir={profile}")
            return (str(CHROMIUM), *ARGUMENTS, *FLAGS, *own, url)

        watcher = Watcher(
            url, command, panel, heart_seconds=20, touch_seconds=20, profiles=tmp_path
        )
        running = asyncio.create_task(watcher.run())
        try:
            await until(lambda: _draws(url), "a sign of the page")
            told = ask(url)
            assert told is not None
            assert told.size == SIZE
            assert [one.is_dir() for one in started] == [True]
            os.kill(_main_process(started[0]), signal.SIGKILL)
            await until(lambda: len(started) == 2, "a new browser")
            assert not started[0].exists()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    assert [one for one in started if one.exists()] == []


async def test_a_panel_that_goes_ends_no_browser_and_is_lit_when_it_is_wanted(
    tmp_path: Path,
) -> None:
    panel = SimulatedPanel()
    started: list[Path] = []

    def command(profile: Path) -> tuple[str, ...]:
        started.append(profile)
        return (sys.executable, "-c", FAKE, str(profile))

    with ServedKiosk() as kiosk:
        watcher = Watcher(
            f"{kiosk.url}/",
            command,
            panel,
            heart_seconds=20,
            touch_seconds=20,
            profiles=tmp_path,
        )
        running = asyncio.create_task(watcher.run())
        try:
            await until(lambda: len(started) == 1, "the browser")
            panel.is_on = False
            await until(lambda: panel.switched == [True], "light")
            panel.is_plugged = panel.is_on = False
            asked = panel.asked
            await until(lambda: panel.asked > asked, "a look at no panel")
            panel.is_silent = True
            asked = panel.asked
            await until(lambda: panel.asked > asked, "a look at a compositor that is away")
            panel.is_silent, panel.is_plugged = False, True
            await until(lambda: panel.switched == [True, True], "light again")
            assert len(started) == 1
            # An order from afar is the other thing that ends one.
            assert kiosk.host.browser.ask()
            await until(lambda: len(started) == 2, "a new browser")
            assert not started[0].exists()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    assert [one for one in started if one.exists()] == []


@pytest.mark.browser
def test_chromium_takes_every_line_of_the_policy_and_shows_nothing_else(tmp_path: Path) -> None:
    """In a mount namespace of its own: the policy is the machine's, and others use this one."""
    unshare = shutil.which("unshare")
    if not CHROMIUM.exists() or unshare is None:
        pytest.skip("needs Chromium and unshare")
    can = subprocess.run([unshare, "-m", "true"], capture_output=True, check=False)
    if can.returncode or not Path("/etc/chromium").is_dir():
        pytest.skip("this user may make no mount namespace")
    config = KioskConfig(node=NodeSection(venue="v", node="kiosk-1"))
    [file] = [one for one in shell_files(config, Path("/k.toml")) if one.path == POLICY]
    policy = json.loads(file.content)
    # To look at it from outside: with the real one Chromium answers no debugger at all.
    looked_at = policy | {"RemoteDebuggingAllowed": True, "DeveloperToolsAvailability": 1}
    looked_at["URLAllowlist"] = [*policy["URLAllowlist"], "chrome://policy"]
    (tmp_path / "policy.json").write_text(json.dumps(looked_at))
    script = Path(__file__).parent / "read_policy.py"
    inside = (
        "mount -t tmpfs tmpfs /etc/chromium && mkdir -p /etc/chromium/policies/managed &&"
        ' cp "$1/policy.json" /etc/chromium/policies/managed/kaiguan.json && exec "$2" "$3" "$1"'
    )
    command = [unshare, "-m", "sh", "-c", inside, "sh", str(tmp_path), sys.executable, str(script)]
    found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert found.returncode == 0, found.stderr
    told = json.loads(found.stdout)
    rows = dict(told["rows"])
    assert {name: rows.get(name) for name in policy} == dict.fromkeys(policy, "OK")
    assert told["pages"] == {
        "http://127.0.0.1:1/": "net::ERR_BLOCKED_BY_ADMINISTRATOR",
        "file:///etc/passwd": "net::ERR_BLOCKED_BY_ADMINISTRATOR",
        "view-source:http://127.0.0.1:8090/": "net::ERR_BLOCKED_BY_ADMINISTRATOR",
        "http://127.0.0.1:8090/": "net::ERR_CONNECTION_REFUSED",
    }
