"""A desk that runs by itself: what was left is finished, what waits is uploaded, events kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from contracts.messages import decode_row
from contracts.rows import Event
from kiosk.desk.announcer import Announcer
from kiosk.desk.journal import Journal
from kiosk.desk.running import RunningDesk
from kiosk.lending.transaction import Action, Stage, Upload
from kiosk.lending.unfinished import unfinished
from link.clock import SystemClock
from link.recorder import Recorder
from tests.lending.benches import CARD, NOW_MS, Bench, Kiosk, a_book, is_off, item_id, until
from tests.lending.test_uploads import offline_rows


@pytest.fixture
async def recorder(tmp_path: Path) -> AsyncIterator[Recorder]:
    opened = Recorder(tmp_path / "spool.db", SystemClock("always"))
    yield opened
    await opened.close()


@asynccontextmanager
async def running(
    kiosk: Kiosk, recorder: Recorder | None = None, store: str | None = None
) -> AsyncIterator[RunningDesk]:
    announcer = Announcer(recorder) if recorder else None
    if announcer:
        kiosk.desk._announce = announcer.announce
    desk = RunningDesk(
        kiosk.desk,
        kiosk.pad,
        kiosk.client,
        kiosk.ils,
        lambda: kiosk.now_ms,
        announcer=announcer,
        store_id=lambda: store,
        tend_seconds=0.02,
    )
    task = asyncio.create_task(desk.run(), name="desk")
    try:
        yield desk
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()


def events(recorder: Recorder) -> list[Event]:
    bodies = recorder.spool._db.execute("SELECT body FROM row ORDER BY seq").fetchall()
    return [row for (body,) in bodies if isinstance(row := decode_row(body), Event)]


def is_announced(journal: Journal) -> bool:
    return journal.announced_ms == NOW_MS


async def test_a_bit_that_was_left_is_finished_when_its_book_lies_there(bench: Bench) -> None:
    tag = a_book(1)
    async with bench.kiosk(follows=False) as kiosk:
        bench.pad.pad.put(tag)
        async with running(kiosk):
            await until(lambda: not kiosk.pad.trouble)
            item = await kiosk.item(tag)
            assert item is not None
            bench.ils.before = lambda m: (
                bench.pad.pad.take(tag.uid) if m.code == "11" else None,
                None,
            )[1]
            session = kiosk.desk.open_session(CARD)
            one = await kiosk.desk.handle(session, Action.BORROW, item)
            assert one.stage is Stage.BIT_PENDING
            await kiosk.desk.end_session(session)
            bench.pad.pad.put(tag)
            await until(lambda: is_off(tag))
            await until(lambda: unfinished(kiosk.desk.journal) == [])


async def test_what_waits_is_uploaded_by_itself_and_a_wrong_clock_is_noticed(
    bench: Bench,
) -> None:
    bench.ils.clock_ahead = timedelta(days=2)
    async with bench.kiosk(follows=False) as kiosk:
        kiosk.desk.journal.write_all(offline_rows(5, seed=1), NOW_MS)
        async with running(kiosk, store="aa") as desk:
            await until(lambda: {one.upload for one in kiosk.desk.journal} == {Upload.DONE})
            await until(lambda: desk.clock_offset_ms > 86_400_000)
        assert kiosk.desk.journal.store_id == "aa"


async def test_a_loan_is_one_event_without_patron_or_item_however_often_it_is_told(
    bench: Bench, recorder: Recorder
) -> None:
    tag = a_book(1)
    bench.pad.pad.put(tag)
    for _ in range(2):  # the second start tells it again
        async with bench.kiosk(follows=False) as kiosk:
            journal = kiosk.desk.journal
            async with running(kiosk, recorder):
                await until(lambda: not kiosk.pad.trouble)
                if not [*journal]:
                    item = await kiosk.item(tag)
                    assert item is not None
                    session = kiosk.desk.open_session(CARD)
                    await kiosk.desk.handle(session, Action.BORROW, item)
                await until(partial(is_announced, journal))
            (one,) = journal
            await recorder.commit()
    told = events(recorder)
    assert {(event.id, event.name, event.at_ms) for event in told} == {(one.id, "loan", NOW_MS)}
    assert {event.source for event in told} == {"desk"}
    assert CARD not in repr(told)
    assert item_id(1) not in repr(told)
