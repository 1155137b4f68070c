"""Releases go from a hub to a node and back again: real wheels, broker, hub, updater and agents."""

import os
import platform
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.ids import NodeId
from tests.accounts import bearer
from tests.integration.hub.running import ROOT, until
from tests.integration.identity.district import District, run
from tests.updates import a_wheel

pytestmark = [pytest.mark.broker]

DOOR = NodeId("museum", "door")
PYTHON = ".".join(platform.python_version_tuple()[:2])
LONG = 150.0
"""Environments are made and filled, on a machine that others use too."""

AGENT = '''
"""A small edge: a node without any device, of the real link."""

import sys
import time
from pathlib import Path

from link import config_file
from link.errors import ConfigError
from link.node import open_node, software_named
from link.node_config import NodeConfig
from link.stopping import run_until_stopped

WAY = "{way}"
path = Path(sys.argv[sys.argv.index("--config") + 1])


async def serve() -> None:
    config = config_file.checked(path, config_file.read(path), NodeConfig)
    async with open_node(config, software_named("kaiguan-edge")) as node:
        await node.run({{}})


if sys.argv[1] == "check":
    if WAY == "refuses":
        sys.exit("edge.toml: node.venue: there is no such key")
    config_file.check_form(path, NodeConfig)
elif WAY == "crash":
    sys.exit("a library is missing")
elif WAY == "hang":
    time.sleep(3600)
else:
    run_until_stopped(serve(), "edge")
'''


def a_release(folder: Path, version: str, way: str = "well") -> Path:
    """Write a folder of wheels: one of a small edge, that finds the rest where this test runs."""
    folder.mkdir()
    files = {
        "edge/__init__.py": f'"""Release {version}."""\n',
        "edge/__main__.py": AGENT.format(way=way),
        # What a real release brings as wheels of its own stands beside the tests already.
        "kaiguan_tests.pth": f"{sysconfig.get_path('purelib')}\n{ROOT}\n",
    }
    (folder / f"kaiguan-{version}-py3-none-any.whl").write_bytes(a_wheel(version, files))
    return folder


class Site:
    """A district, and a node in it that has joined and runs its first release."""

    def __init__(self, folder: Path, district: District) -> None:
        self.folder, self.district = folder, district
        self.config = folder / "node/edge.toml"
        self.updater = folder / "updater.toml"
        self.log = folder / "node.log"
        self.process: subprocess.Popen[bytes] | None = None

    def settle(self) -> None:
        """Join, install the first release by hand, as the guide says."""
        done = run("edge", "join", self.district.hub.url, self.district.code(DOOR), "--config",
                   str(self.config))  # fmt: skip
        assert done.returncode == 0, done.stderr
        notes, state = self.folder / "notes", self.folder / "state"
        notes.mkdir()
        with self.config.open("a") as file:
            file.write(f'\n[updates]\nnotes = "{notes}"\nstate = "{state}"\n')
        self.updater.write_text(
            f'kind = "edge"\nconfig = "{self.config}"\nunit = "none.service"\n'
            f'notes = "{notes}"\nstate = "{state}"\nreleases = "{self.folder}/opt"\n'
            f'keys = ["{self.config.parent}/identity/updates.pem"]\nleast_free_mib = 1\n'
            "steady_seconds = 3\nack_seconds = 15\ntry_seconds = 60\n"
        )
        first = self.made("0.1.0")
        done = subprocess.run(
            [sys.executable, "-m", "updater", "install", str(first), "--config", str(self.updater)],
            cwd=ROOT, capture_output=True, text=True, timeout=LONG, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def made(self, version: str, way: str = "well") -> Path:
        """Build and sign a release with the hub's own verbs; return its zip."""
        target = self.folder / f"{version}.zip"
        wheels = a_release(self.folder / version, version, way)
        said = self.district.command(
            "update", "build", str(wheels), "-o", str(target), "--kind", "edge",
            "--python", PYTHON, "--machine", platform.machine(), "--sign",
        )  # fmt: skip
        assert "signed" in said
        assert "; signed" in self.district.command("update", "check", str(target))
        return target

    def start(self) -> None:
        script = ROOT / "tests/integration/updating_node.py"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(script), str(self.updater), str(self.config),
                 str(self.folder / "notify")],
                cwd=ROOT, stdout=log, stderr=log, env={**os.environ, "PYTHONPATH": str(ROOT)},
            )  # fmt: skip

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
        (self.folder / "notify").unlink(missing_ok=True)

    def told(self) -> dict[str, Any]:
        """Return what the hub's API says of the node."""
        try:
            found: dict[str, Any] = self.district.hub.get(f"/devices/{DOOR.venue}/{DOOR.node}")
        except httpx.HTTPError:
            return {}
        return found

    def roll_out(self, update: Path) -> int:
        """Hand a release in and bring it to the node; return the rollout's number."""
        self.district.command("update", "add", str(update))
        hub = self.district.hub
        version = update.stem
        (kept,) = [one for one in hub.get("/updates") if one["version"] == version]
        plan = {"when": "now", "soak_minutes": 0, "shares": [100]}
        began = httpx.post(
            f"{hub.url}/api/v1/rollouts",
            json={"sha256": kept["sha256"], "plan": plan,
                  "first": [{"venue": DOOR.venue, "node": DOOR.node}]},
            headers=bearer(hub.token),
        )  # fmt: skip
        assert began.status_code == 201, began.text
        number: int = began.json()["id"]
        return number

    def rollout(self, number: int) -> dict[str, Any]:
        found: dict[str, Any] = self.district.hub.get(f"/rollouts/{number}")
        return found


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    district = District(tmp_path)
    with district.broker, district.hub:
        site = Site(tmp_path, district)
        site.settle()
        site.start()
        try:
            yield site
        finally:
            site.stop()


@pytest.mark.timeout(500)
def test_updated_over_the_air_rolled_back_and_refused(site: Site) -> None:
    until(lambda: site.told().get("software") == "kaiguan-edge 0.1.0", LONG)

    # A release that does: told to the hub by the release itself, over its own connection.
    good = site.made("0.2.0")
    until(lambda: _accepts(site), LONG)
    number = site.roll_out(good)
    until(lambda: site.rollout(number)["state"] == "done", LONG)
    until(lambda: site.told()["software"] == "kaiguan-edge 0.2.0", LONG)

    # The updater is killed, and its node goes on where it was.
    assert site.process is not None
    site.stop()
    site.start()

    # A release that ends at once: the one before runs again, the rollout halts, people are told.
    bad = site.made("0.3.0", "crash")
    number = site.roll_out(bad)
    until(lambda: site.rollout(number)["state"] == "paused", LONG)
    (target,) = site.rollout(number)["targets"]
    assert (target["state"], target["reason"]) == ("rolled_back", "ended by itself 3 times")
    until(lambda: site.told()["software"] == "kaiguan-edge 0.2.0", LONG)
    until(lambda: "update_failed" in str(site.district.hub.get("/alerts")), LONG)
    _stop(site, number)

    # One that cannot read this node's configuration: it is not even started.
    number = site.roll_out(site.made("0.4.0", "refuses"))
    until(lambda: site.rollout(number)["state"] == "paused", LONG)
    (target,) = site.rollout(number)["targets"]
    assert target["state"] == "refused"
    assert "there is no such key" in target["reason"]
    assert site.told()["software"] == "kaiguan-edge 0.2.0"
    releases = site.folder / "opt/releases"
    until(lambda: sorted(p.name[:5] for p in releases.iterdir()) == ["0.1.0", "0.2.0"], LONG)


def test_the_updater_is_one_file_that_needs_nothing_of_ours(tmp_path: Path) -> None:
    target = tmp_path / "updater.pyz"
    subprocess.run(
        [sys.executable, "-m", "updater", "pack", str(target)], cwd=ROOT, check=True, timeout=60
    )
    assert target.stat().st_size < 200_000
    names = zipfile.ZipFile(target).namelist()
    assert "contracts/update.py" in names
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(target), "status", "--config", str(tmp_path / "no.toml")],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, "no.toml: cannot be read" in done.stderr) == (2, True), done.stderr


def _accepts(site: Site) -> bool:
    """Tell whether the hub knows that the node has an updater."""
    page = httpx.get(
        f"{site.district.hub.url}/devices/{DOOR.venue}/{DOOR.node}?lang=en",
        headers=bearer(site.district.hub.token),
    )
    return "nothing to do" in page.text


def _stop(site: Site, number: int) -> None:
    hub = site.district.hub
    httpx.post(f"{hub.url}/api/v1/rollouts/{number}/stop", headers=bearer(hub.token))
