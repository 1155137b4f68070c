"""Bad links on both sides, kills at every step of the journal, a library put back: nothing lost.

A run ends with everything mended, and then asks: does the journal, replayed in its order, give the
loans that the library has? Was none carried out twice? Has every bit that is off a loan?
"""

import asyncio
from pathlib import Path

import pytest

from kiosk.desk.journal import Journal
from kiosk.lending.unfinished import unfinished
from tests.lending.lives import live
from tests.lending.towns import a_town, a_zygote


async def _without_kills(folder: Path, seed: int, visits: int) -> None:
    async with a_town(folder, seed) as town:
        # Its own connection: the life's is closed with it.
        await live(town.life(visits))
        town.heal()
        await live(town.life(0, is_last=True))
        journal = Journal(folder / "journal.db")
        town.check_end(journal)
        accepted = sum(one.is_accepted for one in journal)
        assert accepted > visits / 4
        assert town.link.frames.counts["drop"] > 0
        assert town.pad.frames.counts["drop"] > 0
        print(f"{accepted} of {len([*journal])} carried out; {town.link.frames.counts}")  # noqa: T201
        journal.close()


async def _with_kills(folder: Path, seed: int, kills: int) -> set[str]:
    async with a_town(folder, seed) as town, a_zygote() as zygote:
        while town.kills < kills:
            kill_at, after = town.rng.randrange(1, 14), town.rng.random() < 0.5
            life = town.life(3, offline=0.1, kill_at=kill_at, kill_after=after)
            code = await zygote.live(life)
            assert code in {0, -9}, code
            town.kills += code == -9
            journal = Journal(folder / "journal.db")
            town.check_bits(journal)
            open_ones = {one.id for one in journal if one.is_open and one.stage != "intent"}
            assert open_ones <= {row.transaction.id for row in unfinished(journal)}
            journal.close()
        town.heal()
        assert await zygote.live(town.life(0, is_last=True)) == 0
        journal = Journal(folder / "journal.db")
        town.check_end(journal)
        print(f"{town.kills} kills, {town.visits} visits")  # noqa: T201
        journal.close()
        return set((folder / "deaths").read_text("utf-8").splitlines())


async def test_nothing_is_lost_over_bad_links(tmp_path: Path) -> None:
    await _without_kills(tmp_path, 1, 24)


@pytest.mark.chaos
async def test_nothing_is_lost_when_the_kiosk_is_killed(tmp_path: Path) -> None:
    deaths = await _with_kills(tmp_path, 2, 8)
    assert len(deaths) >= 3


async def test_a_library_that_is_put_back_is_given_what_it_lost(tmp_path: Path) -> None:
    async with a_town(tmp_path, 3) as town:
        await live(town.life(4, store="aa"))
        copy = town.ils.copy_of_books()
        await live(town.life(12, store="aa"))
        town.ils.books = copy
        town.heal()
        await live(town.life(0, store="bb", is_last=True))
        journal = Journal(tmp_path / "journal.db")
        town.check_end(journal)
        assert [one for one in journal if one.attempts]
        journal.close()


TOWNS = 6


def _folders(tmp_path: Path) -> list[Path]:
    folders = [tmp_path / f"{number}" for number in range(TOWNS)]
    for folder in folders:
        folder.mkdir()
    return folders


@pytest.mark.soak
@pytest.mark.timeout(0)
async def test_ten_thousand_transactions_over_bad_links(tmp_path: Path) -> None:
    """Six kiosks side by side, each with a pad and a library of its own."""
    runs = [_without_kills(folder, 100 + n, 1_700) for n, folder in enumerate(_folders(tmp_path))]
    await asyncio.gather(*runs)


@pytest.mark.soak
@pytest.mark.chaos
@pytest.mark.timeout(0)
async def test_three_hundred_kills_at_every_step(tmp_path: Path) -> None:
    runs = [_with_kills(folder, 200 + n, 50) for n, folder in enumerate(_folders(tmp_path))]
    deaths = set().union(*await asyncio.gather(*runs))
    stages = {" ".join(death.split()[:2]) for death in deaths}
    wanted = {
        *("borrow sent", "borrow bit_pending", "borrow bit_verified", "borrow shown"),
        *("return bit_pending", "return sent", "return ils_ok", "return shown"),
    }
    assert wanted <= stages
