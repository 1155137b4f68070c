"""A source that fails is opened again, later each time; a bug is not met."""

import random
from collections.abc import Awaitable, Callable, Iterator

import pytest
from structlog.testing import capture_logs

from contracts.messages import LineStatus, PictureStatus
from edge.errors import SourceError
from edge.supervise import Conditions, Watching, supervise


class World:
    """Time that passes only when somebody sleeps or a source runs."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Played:
    """A source whose runs are played one after another."""

    name = "played"
    kind = "camera"
    corrupt_frames = 3
    picture = PictureStatus("dark", 5)
    line = LineStatus(requests=9, timeouts=1)

    def __init__(self, runs: Iterator[Callable[[Watching], None]]) -> None:
        self._runs = runs

    async def run(self, watching: Watching) -> None:
        next(self._runs)(watching)


def fails(sentence: str = "gone") -> Callable[[Watching], None]:
    def run(_watching: Watching) -> None:
        raise SourceError(sentence)

    return run


def ends(_watching: Watching) -> None:
    pass


def works(world: World, seconds: float) -> Callable[[Watching], None]:
    def run(watching: Watching) -> None:
        watching("")
        world.now += seconds
        raise SourceError("gone")

    return run


def played(
    world: World, *runs: Callable[[Watching], None], seed: int = 1
) -> tuple[Conditions, list[tuple[str, str, int]], Awaitable[None]]:
    """Return conditions, what they became, and the supervision to be awaited."""
    became: list[tuple[str, str, int]] = []
    conditions = Conditions(lambda: int(world.now))
    conditions.changed = lambda: became.extend(
        (status.state, status.detail, status.since_ms) for status in conditions.statuses()
    )
    watch = supervise(
        Played(iter(runs)),
        conditions,
        random.Random(seed),
        sleep=world.sleep,
        now=lambda: world.now,
    )
    return conditions, became, watch


@pytest.mark.parametrize("seed", range(5))
async def test_waits_double_up_to_a_bound_with_jitter(seed: int) -> None:
    print(f"seed {seed}")  # noqa: T201
    world = World()
    _, _, watch = played(world, *[fails()] * 9, ends, seed=seed)
    await watch
    plain = [1, 2, 4, 8, 16, 30, 30, 30, 30]
    assert len(world.slept) == len(plain)
    for slept, base in zip(world.slept, plain, strict=True):
        assert 0.7 * base <= slept <= 1.3 * base
    assert len({round(s / b, 6) for s, b in zip(world.slept, plain, strict=True)}) > 5


async def test_a_source_that_ran_long_is_met_with_the_first_wait_again() -> None:
    world = World()
    runs = [*[fails()] * 4, works(world, 59.0), works(world, 60.0), fails(), ends]
    _, _, watch = played(world, *runs)
    await watch
    for slept, base in zip(world.slept, [1, 2, 4, 8, 16, 1, 2], strict=True):
        assert 0.7 * base <= slept <= 1.3 * base


async def test_it_stays_failed_since_the_first_failure_until_it_gives_something() -> None:
    world = World()
    runs = [fails("gone"), fails("gone"), fails("in use"), works(world, 5.0), ends]
    _, became, watch = played(world, *runs)
    with capture_logs() as said:
        await watch
    # An outage is one alarm, and its latest sentence stands in the status.
    assert [line["state"] for line in said] == [
        "starting",
        "failed",
        "watching",
        "failed",
        "stopped",
    ]
    assert [(state, detail) for state, detail, _ in became] == [
        ("starting", ""),
        ("failed", "gone"),
        ("failed", "in use"),
        ("watching", ""),
        ("failed", "gone"),
        ("stopped", "its input ended"),
    ]
    assert became[1][2] == became[2][2] == 1000
    assert became[4][2] == became[3][2] + 5


async def test_a_bug_escapes_and_nothing_is_tried_again() -> None:
    def bug(_watching: Watching) -> None:
        raise ZeroDivisionError

    world = World()
    _, _, watch = played(world, fails(), bug, ends)
    with pytest.raises(ZeroDivisionError):
        await watch
    assert len(world.slept) == 1


async def test_a_source_may_complain_while_it_gives() -> None:
    world = World()

    def complains(watching: Watching) -> None:
        for detail in ("", "lacks a channel", "lacks a channel", ""):
            watching(detail)

    conditions, became, watch = played(world, complains)
    await watch
    assert [detail for state, detail, _ in became if state == "watching"] == [
        "",
        "lacks a channel",
        "",
    ]
    assert conditions.statuses()[0].corrupt_frames == 3
    assert conditions.statuses()[0].line == LineStatus(requests=9, timeouts=1)


async def test_a_long_sentence_is_cut_and_told_once() -> None:
    world = World()
    _, became, watch = played(world, fails("x" * 500), fails("x" * 500), ends)
    await watch
    assert [detail for state, detail, _ in became if state == "failed"] == ["x" * 200]
