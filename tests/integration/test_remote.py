"""Settings and new starts from afar: real hub, mosquitto, kiosk and edge, restarted for real."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import httpx
import pytest

from contracts.ids import NodeId
from tests.accounts import bearer
from tests.brokers import Mosquitto
from tests.integration.hub.running import ROOT, HubProcess, until

pytestmark = [pytest.mark.broker, pytest.mark.timeout(240)]

KIOSK, DOOR = NodeId("museum", "kiosk-2"), NodeId("museum", "door")
LONG = 60.0
"""Processes start several times, on a machine that others use too."""


class Unit:
    """A node's process, started again whenever it ends, as its unit of systemd says."""

    def __init__(self, program: str, config: Path) -> None:
        self.config = config
        self._command = [sys.executable, "-m", program, "run", "--config", str(config)]
        self._log = config.with_suffix(".log")
        self._process: subprocess.Popen[bytes] | None = None
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=program)
        self.codes: list[int] = []
        self.starts = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._is_over.set()
        self.kill9()
        self._thread.join(20)

    def kill9(self) -> None:
        if self._process is not None:
            self._process.kill()

    @property
    def kept(self) -> dict[str, Any]:
        """Return what the node keeps of settings from afar."""
        try:
            found: dict[str, Any] = json.loads(
                (self.config.parent / "remote/state.json").read_text()
            )
        except OSError:
            return {}
        return found

    def _keep(self) -> None:
        while not self._is_over.is_set():
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    self._command, cwd=ROOT, stdout=log, stderr=log, env=os.environ
                )
            self.starts += 1
            if self._is_over.is_set():
                self._process.kill()
            self.codes.append(self._process.wait())
            self._is_over.wait(0.1)


class Afar:
    """What a person does at the hub's API."""

    def __init__(self, hub: HubProcess, node: NodeId) -> None:
        self._hub, self._path = hub, f"/devices/{node.venue}/{node.node}"

    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = self._hub.get(f"{self._path}/settings")
        return found

    def post(self, path: str, **body: str) -> dict[str, Any]:
        answer = httpx.post(
            f"{self._hub.url}/api/v1{self._path}{path}",
            json=body, headers=bearer(self._hub.token), timeout=20,
        )  # fmt: skip
        assert answer.status_code in {200, 202}, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def becomes(self, order: dict[str, Any], *stages: str) -> dict[str, Any]:
        """Wait until an order stands so."""

        path = f"{self._path}/orders/{order['id']}"
        until(lambda: self._hub.get(path)["stage"] in stages, LONG)
        found: dict[str, Any] = self._hub.get(path)
        return found

    def value(self, key: str) -> str:
        found = {one["key"]: one["value"] for one in self.told().get("settings", ())}
        return str(found.get(key, ""))


def written(folder: Path, node: NodeId, broker: int, more: str) -> Path:
    folder.mkdir()
    kind = "kiosk" if node == KIOSK else "edge"
    path = folder / f"{kind}.toml"
    path.write_text(
        f'[node]\nvenue = "{node.venue}"\nnode = "{node.node}"\n[broker]\nport = {broker}\n'
        '[clock]\ntrust = "always"\n'
        f"[remote]\nsteady_seconds = 1.0\ntry_seconds = 30.0\n{more}"
    )
    return path


@pytest.fixture
def hub(tmp_path: Path, mosquitto: Mosquitto) -> Iterator[HubProcess]:
    with HubProcess(tmp_path / "hub", mosquitto.port) as running:
        yield running


def test_a_kiosk_takes_settings_and_takes_back_those_with_which_it_ends(
    tmp_path: Path, hub: HubProcess, mosquitto: Mosquitto
) -> None:
    config = written(tmp_path / "kiosk", KIOSK, mosquitto.port, "[face]\nport = 0\n")
    afar = Afar(hub, KIOSK)
    with Unit("kiosk", config) as unit:
        until(lambda: afar.value("session.idle_seconds") == "30.0", LONG)

        # Bad settings are refused with one sentence, and nothing starts anew.
        bad = afar.post("/settings/preview", text="[session]\nidle_seconds = 5\n")
        assert bad["refused"].startswith("session.idle_seconds: Input should be greater")
        base = afar.told()["sha256"]
        order = afar.post(
            "/settings/apply", text='[broker]\nhost = "elsewhere"\n', reason="no", base=base
        )
        assert "is set at the node" in afar.becomes(order, "refused")["why"]
        assert unit.starts == 1

        # Good ones are looked at first, then tried, then in force.
        good = "[session]\nidle_seconds = 90\n"
        changes = afar.post("/settings/preview", text=good)["changes"]
        assert changes == [{"key": "session.idle_seconds", "before": "30.0", "after": "90.0"}]
        order = afar.post("/settings/apply", text=good, reason="slow readers", base=base)
        afar.becomes(order, "done")
        until(lambda: afar.value("session.idle_seconds") == "90.0", LONG)
        assert unit.codes == [75]
        assert afar.told()["text"] == good

        # A process that dies with them before they are well: twice, then those before run again.
        worse = "[session]\nidle_seconds = 91\n"
        order = afar.post("/settings/apply", text=worse, reason="x", base=afar.told()["sha256"])
        for number in (1, 2):
            until(lambda n=number: (unit.kept.get("trial") or {}).get("starts") == n, LONG)  # type: ignore[misc]
            unit.kill9()
        ended = afar.becomes(order, "rolled_back")
        assert "ended 2 times by itself" in ended["why"]
        until(lambda: afar.value("session.idle_seconds") == "90.0", LONG)

        # A new start, and the page of it all.
        order = afar.post("/restart", part="app", reason="it looked tired")
        afar.becomes(order, "done")
        page = httpx.get(
            f"{hub.url}/devices/{KIOSK.venue}/{KIOSK.node}/settings?lang=en",
            headers=bearer(hub.token), timeout=20,
        )  # fmt: skip
        assert page.status_code == 200
        for said in ("it looked tired", "slow readers", "failed, taken back by itself", "afar"):
            assert said in page.text


def test_an_edge_is_set_by_order_and_put_back_by_hand(
    tmp_path: Path, hub: HubProcess, mosquitto: Mosquitto
) -> None:
    board = f'[[serial]]\nname = "air"\nport = "{tmp_path}/tty"\nclimates = {{ hall = 3 }}\n'
    config = written(tmp_path / "edge", DOOR, mosquitto.port, board)
    afar = Afar(hub, DOOR)
    key = "serial.air.temperature_limits_celsius"
    with Unit("edge", config):
        until(lambda: afar.value(key) == "[5.0, 40.0]", LONG)
        text = '[[serial]]\nname = "air"\ntemperature_limits_celsius = [10.0, 35.0]\n'
        # The board fails with them, as it did before: that is no reason to take them back.
        order = afar.post("/settings/apply", text=text, reason="summer", base="")
        afar.becomes(order, "done")
        until(lambda: afar.value(key) == "[10.0, 35.0]", LONG)
        order = afar.post("/settings/rollback", reason="autumn")
        afar.becomes(order, "done")
        until(lambda: afar.value(key) == "[5.0, 40.0]", LONG)
        order = afar.post("/restart", part="machine", reason="no")
        assert "does not start its machine anew" in afar.becomes(order, "refused")["why"]
        running = _by_hand(config, "rollback")
        assert (running.returncode, "stop it first" in running.stderr) == (2, True)
    done = _by_hand(config, "rollback")
    assert done.stdout.startswith("in force at the next start: "), done.stderr
    assert f"* {key} = [10.0, 35.0]" in _by_hand(config, "show").stdout


def _by_hand(config: Path, verb: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "edge", "config", verb, "--config", str(config)],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
