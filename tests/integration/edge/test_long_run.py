"""An agent with one camera over hours of video: its memory stays, and its camera stays well."""

import asyncio
from pathlib import Path

import pytest

from link.session import BrokerConfig
from tests.brokers import Mosquitto
from tests.integration.edge.agents import Agent, Hub, a_camera, written

pytestmark = pytest.mark.broker
MOST_MIB = 150.0
GROWTH = 1.05
SEED = 7


def resident_mib(pid: int) -> float:
    """Return the memory that a process holds now."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def watched_seconds(hub: Hub) -> float:
    return sum(cover.until_ms - cover.since_ms for cover in hub.coverage("top")) / 1000


@pytest.mark.parametrize(
    ("first", "last", "patience"),
    [
        pytest.param(30.0, 100.0, 100.0, id="100 seconds"),
        pytest.param(1800.0, 8 * 3600.0, 6 * 3600.0, id="8 hours", marks=pytest.mark.soak),
    ],
)
async def test_memory_stays_and_no_health_alarm_is_raised(
    tmp_path: Path, mosquitto: Mosquitto, first: float, last: float, patience: float
) -> None:
    """Video time, painted as fast as it is counted."""
    config = written(tmp_path, mosquitto.port, a_camera(f"scene:{SEED}", more='pace = "fast"'))
    with Hub(tmp_path, BrokerConfig(port=mosquitto.port)) as hub, Agent(config) as edge:
        await hub.until(lambda: watched_seconds(hub) >= first, patience)
        begun = resident_mib(edge.pid)
        await hub.until(lambda: watched_seconds(hub) >= last, patience)
        ended = resident_mib(edge.pid)
        assert await asyncio.to_thread(edge.stop) == 0
        print(f"{begun:.1f} MiB after {first:g} s of video, {ended:.1f} MiB after {last:g} s")  # noqa: T201
        assert ended <= MOST_MIB
        assert ended <= GROWTH * begun
        sources = [source for status in hub.heard for source in status.sources]
        assert {source.picture.health for source in sources if source.picture} == {"well"}
        assert len(hub.coverage("top")) == 1
