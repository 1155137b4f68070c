"""The kiosk's desk at the hub's own library system, over bad links, through kills and a restore."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from hub.store.records import Records
from hub.store.records.stock import ItemRow, PatronRow, StockRecords
from kiosk.desk.journal import Journal
from kiosk.desk.upload import upload
from kiosk.lending.transaction import Action, Stage
from tests.lending.benches import Kiosk, a_book, a_kiosk, a_pad, is_off, item_id
from tests.lending.faulty_link import BAD, FaultyLink
from tests.lending.lives import live
from tests.lending.towns import ITEMS, PAD_TROUBLES, Town, a_zygote
from tests.unit.hub.library.terminal import PASSWORD, ZONE, Library

NAME = "kiosk-1"
OPEN = """
SELECT items.barcode, cards.number FROM loans JOIN items ON items.id = loans.item
JOIN cards ON cards.patron = loans.patron WHERE loans.back_ms IS NULL"""
TWICE = """
SELECT count(*) FROM (SELECT 1 FROM loans WHERE "transaction" <> '' GROUP BY "transaction"
HAVING count(*) > 1 UNION ALL
SELECT 1 FROM loans WHERE back_ms IS NULL GROUP BY item HAVING count(*) > 1)"""


@pytest.fixture
def library(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Library]:
    patrons = 4000 if request.node.get_closest_marker("soak") else 60
    folder = tmp_path / "library"
    folder.mkdir()
    library = Library(folder, patrons=0, items=0, timeout_tenths=1)
    with Records(library.path) as records:
        book = StockRecords(records)
        book.put_patrons(PatronRow(f"p{number}", f"读者{number}") for number in range(1, patrons))
        book.put_items(ItemRow(item_id(number), f"书目 {number}") for number in ITEMS)
    with library:
        yield library


def loans(library: Library) -> dict[str, str]:
    with closing(sqlite3.connect(library.path)) as db:
        return dict(db.execute(OPEN).fetchall())


def doubled(library: Library) -> int:
    with closing(sqlite3.connect(library.path)) as db:
        return int(db.execute(TWICE).fetchone()[0])


@asynccontextmanager
async def a_hub_town(folder: Path, library: Library, seed: int) -> AsyncIterator[Town]:
    print(f"seed {seed}")  # noqa: T201
    async with (
        a_pad(PAD_TROUBLES, seed, link=folder / "pad") as pad,
        FaultyLink(library.server.port, BAD, seed) as link,
    ):
        yield Town(
            folder,
            pad,
            link,
            seed,
            lambda: loans(library),
            lambda: doubled(library),
        )


async def _over_bad_links(folder: Path, library: Library, seed: int, visits: int) -> None:
    async with a_hub_town(folder, library, seed) as town:
        await live(town.life(visits, user=NAME, password=PASSWORD))
        town.heal()
        await live(town.life(0, user=NAME, password=PASSWORD, is_last=True))
        journal = Journal(folder / "journal.db")
        town.check_end(journal)
        accepted = sum(one.is_accepted for one in journal)
        print(f"{accepted} of {len([*journal])} carried out; {town.link.frames.counts}")  # noqa: T201
        assert accepted > visits / 4
        journal.close()


async def _through_kills(folder: Path, library: Library, seed: int, kills: int) -> None:
    async with a_hub_town(folder, library, seed) as town, a_zygote() as zygote:
        while town.kills < kills:
            life = town.life(
                3,
                user=NAME,
                password=PASSWORD,
                kill_at=town.rng.randrange(1, 14),
                kill_after=town.rng.random() < 0.5,
            )
            code = await zygote.live(life)
            assert code in {0, -9}, code
            town.kills += code == -9
            town.check_bits()
        town.heal()
        assert await zygote.live(town.life(0, user=NAME, password=PASSWORD, is_last=True)) == 0
        journal = Journal(folder / "journal.db")
        town.check_end(journal)
        print(f"{town.kills} kills, {town.visits} visits")  # noqa: T201
        journal.close()


async def test_nothing_is_lost_between_kiosk_and_hub(tmp_path: Path, library: Library) -> None:
    await _over_bad_links(tmp_path, library, 11, 16)


@pytest.mark.chaos
async def test_kills_of_the_kiosk_lose_nothing_at_the_hub(tmp_path: Path, library: Library) -> None:
    await _through_kills(tmp_path, library, 12, 5)


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("seed", [21, 22])
async def test_a_thousand_transactions_with_the_hub(
    tmp_path: Path, library: Library, seed: int
) -> None:
    await _over_bad_links(tmp_path, library, seed, 1000)


@pytest.mark.soak
@pytest.mark.chaos
@pytest.mark.timeout(0)
async def test_a_hundred_kills_with_the_hub(tmp_path: Path, library: Library) -> None:
    await _through_kills(tmp_path, library, 23, 100)


async def handled(kiosk: Kiosk, action: Action, number: int, patron: str) -> None:
    item = await kiosk.item(a_book(number))
    assert item is not None
    one = await kiosk.desk.handle(kiosk.desk.open_session(patron), action, item)
    assert one.stage in {Stage.BIT_VERIFIED, Stage.ILS_OK}, one


async def test_a_hub_that_was_restored_is_given_what_it_lost(
    tmp_path: Path, library: Library
) -> None:
    async with a_pad(link=tmp_path / "pad") as pad:
        tags = {number: a_book(number) for number in (1, 2, 3)}
        for tag in tags.values():
            pad.pad.put(tag)
        async with a_kiosk(
            tmp_path,
            pad.port.path,
            library.server.port,
            user=NAME,
            password=PASSWORD,
            clock=library.clock,
            zone=ZONE,
        ) as kiosk:
            await kiosk.ready()
            kiosk.desk.journal.follow_store("aa", library.clock())
            await handled(kiosk, Action.BORROW, 1, "p1")
            await handled(kiosk, Action.BORROW, 2, "p1")
            # Times in SIP2 are whole seconds: what follows has to be later in them.
            await asyncio.sleep(1.1)
            library.__exit__(None, None, None)
            backup = shutil.copy(library.path, tmp_path / "backup.db")
            library.__enter__()
            kiosk.client.account = kiosk.account_at(library.server.port)
            await handled(kiosk, Action.RETURN, 1, "")
            await handled(kiosk, Action.BORROW, 3, "p2")
            await asyncio.sleep(1.1)
            await handled(kiosk, Action.BORROW, 1, "p2")
            before = loans(library)
            assert before == {item_id(1): "p2", item_id(2): "p1", item_id(3): "p2"}
            library.__exit__(None, None, None)
            for path in library.path.parent.glob("records.db*"):
                path.unlink()
            shutil.copy(backup, library.path)
            library.__enter__()
            assert loans(library) == {item_id(1): "p1", item_id(2): "p1"}
            kiosk.client.account = kiosk.account_at(library.server.port)
            for store in ("bb", "cc"):  # once more changes nothing
                kiosk.desk.journal.follow_store(store, library.clock())
                result = await upload(kiosk.desk, kiosk.ils, now_ms=library.clock)
                assert (result.done, result.refused, result.left) == (5, 0, 0)
                assert loans(library) == before
                assert doubled(library) == 0
        assert all(is_off(tag) for tag in tags.values())
