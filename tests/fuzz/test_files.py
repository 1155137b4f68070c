"""Files that are read: configurations, rules, records, packs."""

from pathlib import Path

import pytest

from tests.fuzz import zips
from tests.fuzz.campaign import MANY, run, seeds
from tests.fuzz.files import CASES, Files


def _read(folder: Path, seed: int, count: int) -> None:
    files = Files(folder)
    files.good()
    tally = run("files", seed, count, files.feed, check=files.good, every=max(count // 20, 500))
    for name in CASES:
        assert tally.ends[f"{name} refused"] > 0, name


@pytest.mark.parametrize("seed", [1])
def test_no_file_hurts_its_reader(quick_folder: Path, seed: int) -> None:
    _read(quick_folder, seed, 1200)


@pytest.mark.soak
def test_a_great_many_files_hurt_no_reader(quick_folder: Path) -> None:
    _read(quick_folder, seeds(), MANY)


# zipfile warns of names that stand twice.
@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("seed", [1])
def test_no_pack_hurts_who_looks_it_through(seed: int) -> None:
    tally = run("packs", seed, 1200, zips.feed, check=zips.good)
    for what in ("pack", "model", "picture"):
        assert tally.ends[f"{what} refused"] > 0


@pytest.mark.soak
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_great_many_packs_hurt_nobody() -> None:
    run("packs", seeds(), MANY, zips.feed, check=zips.good)
