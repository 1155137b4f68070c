"""Hours of visits to one kiosk: its page and its process stay as small as they were.

A real process with pad, card reader and library; a real browser whose page is never loaded anew.
Measured are the heap of the page's scripts and how many elements there are, after a forced
collection, and the resident memory of the kiosk's process. The long run is under `make soak`; every
kind of visit comes once in every run.
"""

import asyncio
import os
import random
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil
import pytest
from playwright.async_api import CDPSession, async_playwright

from tests.browsers import ARGUMENTS, CHROMIUM
from tests.integration.edge.agents import Agent
from tests.integration.kiosk.at_the_page import MOST_MS, Visitor
from tests.integration.kiosk.rooms import Room, a_config, a_library
from tests.lending.benches import a_book
from tests.unit.hub.library.terminal import Library

SEED = 20_261_129
SOAK_MINUTES = float(os.environ.get("KAIGUAN_SOAK_MINUTES", "0"))
THINK_SECONDS = 0.6
PAUSE_SECONDS = 2.0
MOST_GROWTH_MIB = 10.0
"""Of the page's heap and of the server, over a whole run."""
MOST_NODES = 2000
"""Elements and texts of the largest screen and the one before it, several times over."""
SAMPLE_SECONDS = 60.0
WARM_SECONDS = 300.0
"""Caches fill at first: what is measured in the first minutes is no beginning."""
FEW = 5
SETTINGS = """
[session]
idle_seconds = 10
[face]
port = 0
"""


@dataclass(frozen=True)
class Memory:
    """What was in use at a time, in MiB."""

    seconds: float
    heap: float
    """Of the page's scripts. What the browser keeps of each request for the test's driver is no
    part of it: some 2 KiB a request, none without a driver."""
    server: float
    nodes: int
    """Elements and texts that the page holds, shown or not."""


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with a_library(tmp_path / "library") as library:
        yield library


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with Room(tmp_path).running() as room:
        yield room


async def memory(cdp: CDPSession, pid: int, began: float) -> Memory:
    """Measure, after what is garbage in the page is gone."""
    await cdp.send("HeapProfiler.collectGarbage")
    heap = await cdp.send("Runtime.getHeapUsage")
    counted = await cdp.send("Memory.getDOMCounters")
    resident = psutil.Process(pid).memory_info().rss
    seconds = time.monotonic() - began
    used = heap["usedSize"] / 2**20
    return Memory(seconds, used, resident / 2**20, int(counted["nodes"]))


async def informed(visitor: Visitor) -> None:
    await visitor.begin()
    for act in ("hours", "nearby", "privacy"):
        await visitor.tap(act)
        await visitor.at(act)
        await visitor.tap("home")
        await visitor.at("home")
    await visitor.tap("finish")


async def in_another_manner(visitor: Visitor) -> None:
    await visitor.begin()
    for act in ("language", "elder", "larger", "contrast", "speak", "hours", "finish"):
        await visitor.tap(act)


async def told(visitor: Visitor) -> None:
    await visitor.begin()
    await visitor.tap("help")
    await visitor.tap("call", "book")
    await visitor.tap("home")
    await visitor.at("home")
    if await visitor.can("rating"):
        await visitor.tap("rating")
        await visitor.tap("stars", "5")
        await visitor.at("rating")
    await visitor.tap("finish")


async def looked_at_the_account(visitor: Visitor) -> None:
    await visitor.begin()
    await visitor.tap("account")
    await visitor.identify()
    await visitor.at("account")
    await visitor.tap("finish")


async def left_in_the_middle(visitor: Visitor) -> None:
    """The wipe comes by itself, after ten seconds of silence and twenty of asking."""
    await visitor.begin()
    await visitor.tap("account")
    await visitor.identify()
    await visitor.at("account")
    await visitor.page.locator(".sheet[data-name=attract]").wait_for(timeout=MOST_MS)


async def lent_and_returned(visitor: Visitor) -> None:
    books = [a_book(number) for number in range(1, 4)]
    await visitor.lend("borrow", books)
    await asyncio.sleep(visitor.think_seconds)
    await visitor.lend("return", books)


VISITS: tuple[Callable[[Visitor], Awaitable[None]], ...] = (
    informed,
    in_another_manner,
    told,
    looked_at_the_account,
    lent_and_returned,
)


@pytest.mark.browser
async def test_every_kind_of_visit_to_a_real_kiosk_leaves_the_first_screen(
    tmp_path: Path, room: Room, library: Library
) -> None:
    visits = random.Random(SEED).sample(VISITS, len(VISITS))
    async with attended(tmp_path, room, library) as (visitor, measure):
        for visit in visits:
            await visit(visitor)
            await visitor.at("attract")
        after = await measure()
        assert after.heap < MOST_GROWTH_MIB
        assert after.server > MOST_GROWTH_MIB
        # What a script would keep is seen.
        await visitor.page.evaluate(
            "() => { window.kept = Array.from({ length: 2 ** 21 }, (_, n) => n + 0.5); }"
        )
        assert (await measure()).heap - after.heap > MOST_GROWTH_MIB


@pytest.mark.soak
@pytest.mark.browser
@pytest.mark.skipif(not SOAK_MINUTES, reason="a long run: make soak")
async def test_hours_at_the_page_leave_its_memory_flat(
    tmp_path: Path, room: Room, library: Library
) -> None:
    chance = random.Random(SEED)
    kinds, visits = (*VISITS, left_in_the_middle), 0
    began = time.monotonic()
    seen: list[Memory] = []
    async with attended(tmp_path, room, library) as (visitor, measure):
        visitor.think_seconds = THINK_SECONDS
        while time.monotonic() - began < SOAK_MINUTES * 60:
            await chance.choice(kinds)(visitor)
            await visitor.at("attract")
            visits += 1
            await asyncio.sleep(PAUSE_SECONDS)
            if not seen or time.monotonic() - began > seen[-1].seconds + SAMPLE_SECONDS:
                seen.append(await measure())
                print(f"{visits} visits: {seen[-1]}", flush=True)  # noqa: T201
    warm = [one for one in seen if one.seconds >= min(WARM_SECONDS, SOAK_MINUTES * 15)]
    assert max(one.nodes for one in warm) <= MOST_NODES, warm
    for what in ("heap", "server"):
        values = [float(getattr(one, what)) for one in warm]
        growth = statistics.median(values[-FEW:]) - statistics.median(values[:FEW])
        print(f"{what}: {growth:+.2f} MiB over {len(warm)} samples", flush=True)  # noqa: T201
        assert growth <= MOST_GROWTH_MIB, values


@asynccontextmanager
async def attended(
    folder: Path, room: Room, library: Library
) -> AsyncIterator[tuple[Visitor, Callable[[], Awaitable[Memory]]]]:
    """A kiosk and somebody before its page; and what measures both."""
    if not CHROMIUM.exists():
        pytest.skip("there is no Chromium on this machine")
    a_config(room, library.server.port, SETTINGS)
    began = time.monotonic()
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*ARGUMENTS])
        try:
            with Agent(folder / "kiosk.toml", program="kiosk") as kiosk:
                async with asyncio.timeout(25):
                    while not kiosk.said("page_ready"):  # noqa: ASYNC110  over its log
                        await asyncio.sleep(0.02)
                context = await opened.new_context(
                    viewport={"width": 1280, "height": 800}, has_touch=True
                )
                page = await context.new_page()
                await page.goto(str(kiosk.said("page_ready")[-1]["url"]))
                cdp = await context.new_cdp_session(page)
                yield Visitor(page, room), partial(memory, cdp, kiosk.pid, began)
        finally:
            await opened.close()
