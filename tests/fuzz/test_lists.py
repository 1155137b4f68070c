"""CSV files of patrons and items, imported into real records."""

from pathlib import Path

import pytest

from tests.fuzz.campaign import MANY, Tally, run, seeds
from tests.fuzz.lists import an_office


def _take(folder: Path, seed: int, count: int) -> Tally:
    with an_office(folder) as office:
        tally = run("CSV", seed, count, office.feed)
    assert tally.ends["some refused"] > count / 10
    assert tally.ends["taken"] > count / 20
    return tally


@pytest.mark.parametrize("seed", [1])
def test_no_list_hurts_an_import(quick_folder: Path, seed: int) -> None:
    _take(quick_folder, seed, 250)


@pytest.mark.soak
def test_a_great_many_lists_hurt_no_import(quick_folder: Path) -> None:
    _take(quick_folder, seeds(), MANY)
