"""What systemd is told by an edge that runs, and what it is not told by one that does not."""

from pathlib import Path

import pytest

from tests.integration.edge.agents import Agent, a_serial, written
from tests.systemd import Systemd, frozen

NO_BROKER = 1


def test_ready_alive_frozen_alive_ending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a broker nor a board is there: a new start would mend neither."""
    config = written(tmp_path, NO_BROKER, a_serial(tmp_path / "tty"))
    with Systemd(tmp_path / "notify") as systemd:
        systemd.started_by(monkeypatch)
        with Agent(config) as edge:
            assert systemd.until("READY=1") == ["READY=1"]
            assert systemd.until("WATCHDOG=1") == ["WATCHDOG=1"]
            with frozen(edge.pid):
                systemd.hears_nothing()
            systemd.until("WATCHDOG=1")
            assert edge.stop() == 0
            assert set(systemd.until("STOPPING=1")) <= {"WATCHDOG=1", "STOPPING=1"}
            systemd.hears_nothing()
