"""The console against a hub as it runs: live numbers, details, a hub that goes and comes back."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable, Static

from hub.console.app import Console
from hub.console.client import HubClient
from hub.console.screens import DeviceScreen
from tests.brokers import Mosquitto
from tests.integration.hub.feeding import a_node
from tests.integration.hub.running import HubProcess, Wire, until

pytestmark = pytest.mark.broker

DAY_MS = 86_400_000


async def shown(pilot: Pilot[None], is_so: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until the console shows something."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, pilot.app.screen
        await pilot.pause(0.05)


def text(console: Console, selector: str) -> str:
    return str(console.screen.query_one(selector, Static).content)


async def test_a_hub_that_counts_goes_and_comes_back(tmp_path: Path, mosquitto: Mosquitto) -> None:
    with HubProcess(tmp_path / "hub", mosquitto.port) as hub, Wire(mosquitto.port) as wire:
        until(lambda: hub.get("/health")["broker"]["connected"])
        now_ms = time.time_ns() // 1_000_000
        node = a_node("museum").begin(now_ms - 10 * DAY_MS)
        node.watched("main", now_ms - 9 * DAY_MS, now_ms).count("main", now_ms // 1000 - 90, 9, 2)
        wire.publish(node.status_topic, node.status(online=True, at_ms=now_ms), retain=True)
        wire.send(node)
        async with HubClient(hub.url, hub.token) as client:
            console = Console(client, lang="en")
            async with console.run_test(size=(80, 24)) as pilot:
                counted = console.state.occupancy

                def museum() -> int | None:
                    told = console.state.occupancy.get("museum")
                    return told.occupancy if told else None

                await shown(pilot, lambda: museum() == 7)
                assert not counted, "states are replaced, never changed"
                await shown(pilot, lambda: console.state.items not in {None, ()})
                await pilot.press("slash", *"jiading museum", "enter")
                await shown(pilot, lambda: rows(console) == ["museum"])
                await pilot.press("enter")
                await shown(pilot, lambda: rows(console) == ["museum/sim"])
                await pilot.press("enter")
                await shown(pilot, lambda: isinstance(console.screen, DeviceScreen))
                await shown(pilot, lambda: "0.1.0" in text(console, "#lines"))
                assert "spool, rows waiting  0" in text(console, "#lines")

                hub.stop()
                await shown(pilot, lambda: console.state.link == "away")
                await shown(pilot, lambda: "trying again" in text(console, "#link"))
                assert museum() == 7

                # At the same address as before: port 0 would choose another.
                hub.config.write_text(
                    hub.config.read_text().replace("port = 0", f"port = {_port(hub.url)}", 1)
                )
                hub.start()
                await shown(pilot, lambda: console.state.link == "live", 40)


async def test_without_a_token_the_board_stays(tmp_path: Path, mosquitto: Mosquitto) -> None:
    with HubProcess(tmp_path / "hub", mosquitto.port) as hub:
        async with HubClient(hub.url) as client:
            console = Console(client, lang="en")
            async with console.run_test(size=(80, 24)) as pilot:
                await shown(pilot, lambda: bool(console.state.occupancy))
                assert console.state.devices is None
                await shown(pilot, lambda: "only with a token" in text(console, "#strip"))


def rows(console: Console) -> list[str]:
    """Return what stands in the table that has the focus."""
    if not isinstance(console.focused, DataTable):
        return []
    return [str(row.key.value) for row in console.focused.ordered_rows]


def _port(url: str) -> str:
    return url.rpartition(":")[2]
