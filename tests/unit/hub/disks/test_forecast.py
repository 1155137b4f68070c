"""When a disk is full at the rate of the last weeks."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.alerts.rules import DiskLimit
from hub.disks import Forecast, Sample, forecast
from hub.disks.forecast import DAY_S, LEAST_DAYS, WINDOW_DAYS
from hub.disks.watch import of_disk
from hub.disks.words import said, size

TOTAL = 100 * 10**9
LIMIT = DiskLimit()


def days(*used: int, total: int = TOTAL) -> list[Sample]:
    """Return a sample a day, of gigabytes used."""
    return [Sample(i * DAY_S, gb * 10**9, total, gb * 10**8) for i, gb in enumerate(used)]


def told(*used: int) -> Forecast:
    found = forecast(days(*used))
    assert found is not None
    return found


def test_a_disk_that_fills_evenly() -> None:
    found = told(*range(10, 31))
    assert (found.growth, found.own_growth, found.free) == (10**9, 10**8, 70 * 10**9)
    assert found.days_left == 70
    assert found.full_s == (20 + 70) * DAY_S


def test_without_samples_nothing_is_said() -> None:
    assert forecast([]) is None


@pytest.mark.parametrize("used", [(10,), (10, 12), (10, 11, 12)])
def test_of_less_than_three_days_no_rate_is_told(used: tuple[int, ...]) -> None:
    found = told(*used)
    assert (found.growth, found.days_left, found.full_s) == (None, None, None)
    assert f"{LEAST_DAYS} days" in said(found, None)[1]


def test_one_odd_day_does_not_move_it() -> None:
    used = [*range(10, 31)]
    used[4], used[11] = 90, 2
    assert told(*used).growth == pytest.approx(10**9, rel=0.15)


@pytest.mark.parametrize("used", [(40,) * 10, tuple(range(60, 40, -1))])
def test_one_that_does_not_fill_is_never_full(used: tuple[int, ...]) -> None:
    found = told(*used)
    assert found.days_left is None
    assert "did not fill" in said(found, None)[1]
    assert of_disk("", found, LIMIT) is None


def test_what_was_on_another_disk_says_nothing_of_this_one() -> None:
    moved = [*days(*range(10, 31), total=32 * 10**9)[:18], *days(*[0] * 18, 5, 6, 7)[18:]]
    found = forecast(moved)
    assert found is not None
    assert (found.growth, found.measured_days) == (None, 2)


def test_the_last_four_weeks_count() -> None:
    used = [10] * 60 + [*range(10, 10 + WINDOW_DAYS + 1)]
    assert told(*used).growth == 10**9


@given(st.lists(st.integers(0, 100), min_size=1, max_size=40), st.integers())
def test_bounds(used: list[int], seed: int) -> None:
    found = told(*used)
    spread = max(abs(a - b) for a in used for b in used) * 10**9
    assert found.growth is None or abs(found.growth) <= spread
    assert found.days_left is None or found.days_left >= 0
    assert 0 <= found.used_share <= 1
    order = sorted(used)
    random.Random(seed).shuffle(order)
    assert told(*sorted(order)).growth is None or (told(*sorted(order)).growth or 0) >= 0


@pytest.mark.parametrize(
    ("used", "raised"),
    [
        (range(10, 31), False),  # 70 days
        (range(55, 76), True),  # 25 days
        ([96] * 10, True),  # does not fill, and has no room
        ([90] * 10, False),
    ],
)
def test_what_is_told(used: range | list[int], raised: bool) -> None:
    condition = of_disk("museum/door-pi", told(*used), LIMIT)
    assert (condition is not None and (condition.amount or 0) >= 1) is raised
    if condition is not None and raised:
        assert (condition.venue, condition.subject) == ("museum", "door-pi")
        assert condition.link == "/devices/museum/door-pi"
        assert "door-pi" in condition.zh
        assert condition.en.startswith("Disk of door-pi: ")


def test_an_alert_that_stands_goes_only_when_there_is_room_again() -> None:
    """28 days left raise it, 33 hold it, 40 clear it: the rule clears below 0.8."""
    amounts = []
    for free in (28, 33, 40):
        found = of_disk("", told(*range(80 - free, 101 - free)), LIMIT)
        amounts.append(found.amount if found else 0)
    assert amounts == [pytest.approx(30 / 28, abs=0.01), pytest.approx(30 / 33, abs=0.01), 0.75]


def test_sizes_are_told_as_people_read_them() -> None:
    assert [size(n) for n in (900, 5_400_000, 3.2e9, 1.5e12)] == [
        "1 kB",
        "5.4 MB",
        "3.2 GB",
        "1.5 TB",
    ]
