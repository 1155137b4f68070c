"""Five books borrowed at a kiosk, and a day without the library told to it afterwards.

A real driver over a pty, whose simulated reader takes 40 ms for whatever it does with a tag, and a
small library system on loopback. Own overhead is what is left of an item's time once those of the
tags and of the library's answers are taken off: the journal's syncs, above all.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from benchmarks.report import Result
from kiosk.desk.journal import Journal
from kiosk.desk.upload import upload
from kiosk.lending.transaction import Action, Stage
from tests.lending.benches import CARD, NOW_MS, Kiosk, a_book, a_kiosk, a_pad, is_off
from tests.lending.model_ils import IlsServer, ModelIls
from tests.lending.test_uploads import offline_rows

TURNS = 20
BOOKS = 5
TAG_SECONDS = 0.040
ROWS = 1000
T = TypeVar("T")


class Elsewhere:
    """Adds up how long tags and the library took."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def timed(self, call: Callable[..., Awaitable[T]]) -> Callable[..., Awaitable[T]]:
        async def timed(*arguments: object, **options: object) -> T:
            began = time.perf_counter()
            try:
                return await call(*arguments, **options)
            finally:
                self.seconds += time.perf_counter() - began

        return timed


def measure(folder: Path) -> list[Result]:
    folder.mkdir(parents=True, exist_ok=True)
    return asyncio.run(_borrow(folder)) + asyncio.run(_upload(folder))


async def _borrow(folder: Path) -> list[Result]:
    sets: list[float] = []
    own: list[float] = []
    async with (
        a_pad(tag_seconds=TAG_SECONDS) as pad,
        IlsServer(ModelIls()) as server,
        a_kiosk(folder, pad.port.path, server.port, patience=1.0, seconds=5.0) as kiosk,
    ):
        await kiosk.ready()
        elsewhere = Elsewhere()
        kiosk.pad.security = elsewhere.timed(kiosk.pad.security)  # type: ignore[assignment, method-assign]
        kiosk.pad.write = elsewhere.timed(kiosk.pad.write)  # type: ignore[assignment, method-assign]
        kiosk.client.ask = elsewhere.timed(kiosk.client.ask)  # type: ignore[assignment, method-assign]
        for turn in range(TURNS):
            tags = [a_book(turn * BOOKS + number) for number in range(BOOKS)]
            for tag in tags:
                pad.pad.put(tag)
            items = [await kiosk.item(tag) for tag in tags]
            session = kiosk.desk.open_session(f"{CARD}{turn}")
            began = time.perf_counter()
            for item in items:
                assert item is not None
                before, item_began = elsewhere.seconds, time.perf_counter()
                one = await kiosk.desk.handle(session, Action.BORROW, item)
                took = time.perf_counter() - item_began
                own.append(1000 * (took - (elsewhere.seconds - before)))
                assert one.stage is Stage.BIT_VERIFIED
            sets.append(time.perf_counter() - began)
            assert all(map(is_off, tags))
            for tag in tags:
                pad.pad.take(tag.uid)
    bare = await _three_syncs(folder)
    sets.sort()
    own.sort()
    return [
        Result(
            "five books borrowed, bits written and read back, p95",
            sets[int(0.95 * len(sets))],
            "s",
            at_most=3.0,
            note=f"median {sets[len(sets) // 2]:.2f}, longest {sets[-1]:.2f} s of {TURNS}; 40 ms"
            " for every command of the reader, of which an item takes three",
        ),
        Result(
            "own overhead of an item, p95",
            own[int(0.95 * len(own))],
            "ms",
            at_most=20.0,
            floor=bare,
            note=f"median {own[len(own) // 2]:.1f}, longest {own[-1]:.1f} ms of {len(own)}; floor:"
            " three syncs of the journal, each after a pause as a tag takes, and nothing else, p95",
        ),
    ]


async def _three_syncs(folder: Path) -> float:
    """Return the p95 of what three steps of the journal take by themselves, in milliseconds."""
    journal = Journal(folder / "floor.db")
    (one,) = offline_rows(1, seed=1)
    took = []
    for _ in range(TURNS * BOOKS // 2):
        seconds = 0.0
        for _ in range(3):
            await asyncio.sleep(TAG_SECONDS)
            began = time.perf_counter()
            journal.write(one, NOW_MS)
            seconds += time.perf_counter() - began
        took.append(1000 * seconds)
    journal.close()
    return sorted(took)[int(0.95 * len(took))]


async def _upload(folder: Path) -> list[Result]:
    ils = ModelIls()
    where = folder / "upload"
    where.mkdir()
    async with IlsServer(ils) as server, a_kiosk(where, "none", server.port) as kiosk:
        seconds = await _told(kiosk)
    assert len(ils.books.log) == ROWS
    return [
        Result(
            f"{ROWS:,} offline rows uploaded",
            ROWS / seconds,
            "rows/s",
            at_least=50.0,
            note=f"{seconds:.1f} s; two syncs of the journal a row",
        )
    ]


async def _told(kiosk: Kiosk) -> float:
    kiosk.now_ms = NOW_MS + ROWS * 2000
    kiosk.desk.journal.write_all(offline_rows(ROWS, seed=1), kiosk.now_ms)
    began = time.perf_counter()
    result = await upload(kiosk.desk, kiosk.ils, now_ms=lambda: kiosk.now_ms)
    assert (result.done, result.left) == (ROWS, 0)
    return time.perf_counter() - began
