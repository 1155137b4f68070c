"""Libraries that tests share: each test of a shared one has patrons and items of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.hub.library.terminal import Clock, Library, Terminal


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("library")
    with Library(folder, patrons=80, items=80) as library:
        yield library


@pytest.fixture
def terminal(shared: Library) -> Iterator[Terminal]:
    with shared.terminal() as terminal:
        yield terminal


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def library(tmp_path: Path, clock: Clock) -> Iterator[Library]:
    with Library(tmp_path, clock=clock) as library:
        yield library


@pytest.fixture
def kiosk(library: Library) -> Iterator[Terminal]:
    with library.terminal() as terminal:
        yield terminal
