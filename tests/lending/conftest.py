"""One pad and one library system for a test."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from firmware_bridge import line
from tests.lending.benches import Bench, a_pad
from tests.lending.model_ils import IlsServer, ModelIls


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    link = tmp_path / "pad"
    async with asyncio.timeout(20), a_pad(link=link) as pad, IlsServer(ModelIls()) as server:
        yield Bench(tmp_path, pad, server)


@pytest.fixture(autouse=True)
def _quick_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "SETTLE_SECONDS", 0.002)
