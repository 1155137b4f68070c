"""Guards around every test, and the brokers that tests share.

The guards fail the test that leaves something running, in the place where it was left: a thread, an
asyncio task or a child process that outlives its test breaks another one, minutes later.
"""

import asyncio
import gc
import inspect
import os
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import psutil
import pytest
import structlog
from hypothesis import settings

from tests import brokers
from tests.brokers import BROKERS, Amqtt, Broker, Mosquitto

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from sqlalchemy import Engine

T = TypeVar("T")

GRACE_SECONDS = 10.0
"""How long something may take to end after its test ended: a joined thread, a reaped child."""


_OF_TESTS = {"KAIGUAN_SHARED", "KAIGUAN_SEEDS", "KAIGUAN_SOAK_MINUTES"}
"""What may be said to tests: where clips lie, which seeds to try, how long to soak."""

EXAMPLES = 30
"""Of a property that names no number itself; `make soak` tries hypothesis's own 100."""
if "KAIGUAN_SOAK_MINUTES" not in os.environ:
    settings.register_profile("short", max_examples=EXAMPLES)
    settings.load_profile("short")

_THREADS = pytest.StashKey[set[threading.Thread]]()
_CHILDREN = pytest.StashKey[set[int]]()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Let no collection of garbage walk thousands of tests that live as long as the process."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Chromium, once for a file of tests."""
    # Most tests need none of it, and it is large.
    from tests.browsers import launched  # noqa: PLC0415

    with launched() as opened:
        yield opened


@pytest.fixture(autouse=True)
def _what_ran_before(request: pytest.FixtureRequest) -> None:
    """Note what fixtures of wider scope have started: it is theirs, not the test's."""
    request.node.stash[_THREADS] = set(threading.enumerate())
    request.node.stash[_CHILDREN] = {child.pid for child in psutil.Process().children()}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Look for what a test left behind, once its fixtures and its event loop are closed."""
    yield
    if _THREADS in item.stash:
        _check_threads(item.stash[_THREADS])
        _check_children(item.stash[_CHILDREN])


@pytest.fixture(autouse=True)
def _no_leaked_task(request: pytest.FixtureRequest) -> None:
    if inspect.iscoroutinefunction(getattr(request.node, "obj", None)):
        request.getfixturevalue("_no_task_left_in_loop")


@pytest.fixture
async def _no_task_left_in_loop() -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    deadline = time.monotonic() + GRACE_SECONDS
    while left := _others(before):
        if time.monotonic() > deadline:
            break
        await asyncio.sleep(0.01)
    assert not left, f"asyncio tasks left running: {[task.get_name() for task in left]}"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no setting of the developer's shell, and no proxy, into a test."""
    for name in tuple(os.environ):
        ours = name.startswith("KAIGUAN_") and name not in _OF_TESTS
        if ours or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _logs_of_its_own() -> Iterator[None]:
    """Undo what a command that a test ran in this process has set for its logs."""
    yield
    structlog.reset_defaults()


_TRY_MIGRATIONS = ("tests/unit/hub/test_config_and_district.py", "tests/compatibility/")
"""Where new records are made by the migrations, as they are everywhere else but in tests."""


@pytest.fixture(autouse=True)
def _records_begin_upgraded(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let new records of this process begin as a copy of upgraded ones that are empty."""
    records = sys.modules.get("hub.store.records.records")
    if records is None or request.node.nodeid.startswith(_TRY_MIGRATIONS):
        return
    migrate = records.migrate

    def copied(engine: "Engine") -> None:
        path = Path(str(engine.url.database))
        if not path.exists() and path.parent.is_dir():
            path.write_bytes(_upgraded_and_empty())
        migrate(engine)

    monkeypatch.setattr(records, "migrate", copied)


@cache
def _upgraded_and_empty() -> bytes:
    from sqlalchemy import create_engine  # noqa: PLC0415

    from hub.store.records.schema import migrate  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.db"
        engine = create_engine(f"sqlite:///{path}")
        migrate(engine)
        engine.dispose()
        return path.read_bytes()


@pytest.fixture
def free_port() -> int:
    """A loopback port that nobody listens on; `tests.brokers.free_port()` gives more of them."""
    return brokers.free_port()


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A running mosquitto that keeps nothing on disk."""
    broker = Mosquitto(tmp_path)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def amqtt_broker(tmp_path: Path) -> Iterator[Amqtt]:
    """A running amqtt."""
    broker = Amqtt(tmp_path)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(params=list(BROKERS))
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    """Each broker in turn: what is promised must hold on all of them."""
    running = BROKERS[request.param](tmp_path)
    running.start()
    yield running
    running.stop()


def _check_threads(before: set[threading.Thread]) -> None:
    left = _await_none(lambda: [t for t in threading.enumerate() if t not in before])
    assert not left, f"threads left running: {[t.name for t in left]}"


def _check_children(before: set[int]) -> None:
    left = _await_none(lambda: _living_children(before))
    told = [_command(child) for child in left]
    for child in left:
        child.kill()
        child.wait(5)
    assert not left, f"child processes left running: {told}"


def _await_none(find: Callable[[], list[T]]) -> list[T]:
    deadline = time.monotonic() + GRACE_SECONDS
    while (left := find()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return left


def _living_children(before: set[int]) -> list[psutil.Process]:
    return [
        child for child in psutil.Process().children() if child.pid not in before and _lives(child)
    ]


def _lives(child: psutil.Process) -> bool:
    """Tell whether a child still runs; Python's own tracker of shared memory is meant to."""
    try:
        ended = child.status() == psutil.STATUS_ZOMBIE
        return not ended and "resource_tracker" not in _command(child)
    except psutil.NoSuchProcess:
        return False


def _command(child: psutil.Process) -> str:
    try:
        return " ".join(child.cmdline())
    except psutil.Error:
        return f"pid {child.pid}"


def _others(before: set[asyncio.Task[object]]) -> list[asyncio.Task[object]]:
    current = asyncio.current_task()
    return [task for task in asyncio.all_tasks() if task not in before and task is not current]
