"""What systemd is told: over a socket of our own, as it would listen."""

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from link.systemd import Watchdog


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(5)
        yield listening


def heard(systemd: socket.socket) -> str:
    return systemd.recv(1000).decode()


def test_states_are_told(systemd: socket.socket) -> None:
    watchdog = Watchdog({"NOTIFY_SOCKET": systemd.getsockname()})
    watchdog.tell("READY=1")
    assert heard(systemd) == "READY=1"
    assert watchdog.period_seconds == 0


def test_an_abstract_socket() -> None:
    name = f"kaiguan-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0{name}")
        listening.settimeout(5)
        Watchdog({"NOTIFY_SOCKET": f"@{name}"}).tell("READY=1")
        assert heard(listening) == "READY=1"


def test_nobody_to_tell(tmp_path: Path) -> None:
    Watchdog({}).tell("READY=1")
    Watchdog({"NOTIFY_SOCKET": str(tmp_path / "gone")}).tell("READY=1")


@pytest.mark.parametrize(
    ("pid", "wait", "period"),
    [("7", "30000000", 10.0), ("", "30000000", 10.0), ("8", "30000000", 0.0), ("7", "soon", 0.0)],
)
def test_whom_and_how_often(pid: str, wait: str, period: float) -> None:
    watchdog = Watchdog({"WATCHDOG_PID": pid, "WATCHDOG_USEC": wait}, pid=7)
    assert watchdog.period_seconds == period


async def test_a_sign_of_life_only_while_there_is_life(systemd: socket.socket) -> None:
    lives = [True, False, False, True]
    ended = asyncio.Event()

    def is_alive() -> bool:
        if not lives:
            ended.set()
            return False
        return lives.pop(0)

    watchdog = Watchdog({"NOTIFY_SOCKET": systemd.getsockname(), "WATCHDOG_USEC": "30000"})
    task = asyncio.create_task(watchdog.run(is_alive))
    await asyncio.wait_for(ended.wait(), 5)
    task.cancel()
    assert [heard(systemd), heard(systemd)] == ["WATCHDOG=1"] * 2
    systemd.setblocking(False)
    with pytest.raises(BlockingIOError):
        systemd.recv(1)


async def test_nobody_waits(systemd: socket.socket) -> None:
    watchdog = Watchdog({"NOTIFY_SOCKET": systemd.getsockname()})
    await asyncio.wait_for(watchdog.run(lambda: True), 5)
