"""Feeding very many inputs to one border, and what every one of them is held to.

No exception but the documented one, which is what a `Feed` turns into a word; no input takes longer
than its bound; memory does not grow with the number of inputs.
"""

import gc
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import psutil

Feed = Callable[[random.Random, int], str]
"""Makes and feeds the n-th input; says in one word what became of it. Whatever it raises is a
fault."""

SECONDS = 1.0
"""How long one input may take, in time of this process: a machine that is busy elsewhere is none of
its faults."""
GROWTH_MIB = 48
"""Of a long run: caches fill up, the allocator keeps what it has."""


@dataclass
class Tally:
    """What a run saw."""

    name: str
    seed: int
    inputs: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    slowest_seconds: float = 0.0
    slowest: int = -1
    seconds: float = 0.0
    grown_mib: float = 0.0

    def __str__(self) -> str:
        ends = ", ".join(f"{count} {end}" for end, count in self.ends.most_common(12))
        return (
            f"{self.name}: seed {self.seed}, {self.inputs} inputs in {self.seconds:.0f} s: {ends};"
            f" slowest {self.slowest_seconds * 1000:.1f} ms (no. {self.slowest}),"
            f" memory {self.grown_mib:+.1f} MiB"
        )


def rss_mib(pid: int | None = None) -> float:
    """Return how much memory a process has now, this one without `pid`."""
    gc.collect()
    return float(psutil.Process(pid).memory_info().rss) / 2**20


def run(
    name: str,
    seed: int,
    count: int,
    feed: Feed,
    *,
    seconds: float = SECONDS,
    growth_mib: float = GROWTH_MIB,
    check: Callable[[], None] = lambda: None,
    every: int = 1000,
    measured: Callable[[], float] = rss_mib,
) -> Tally:
    """Feed `count` inputs; `check` is called after each `every` of them, and in the end.

    Memory is compared from a tenth of the way on, when caches and pools are warm. Raises
    AssertionError that names seed and number, which `again` reproduces.
    """
    tally, began = Tally(name, seed), time.monotonic()
    warm, before = max(count // 10, 100), 0.0
    sys.stderr.write(f"{name}: seed {seed}\n")
    for number in range(count):
        if number == warm:
            before = measured()
        dice = random.Random(f"{seed}/{number}")
        at = time.thread_time()
        try:
            end = feed(dice, number)
        except Exception as error:
            raise AssertionError(f"{name}: seed {seed}, input {number}: {error!r}") from error
        took = time.thread_time() - at
        assert took <= seconds, f"{name}: seed {seed}, input {number} took {took:.2f} s"
        if took > tally.slowest_seconds:
            tally.slowest_seconds, tally.slowest = took, number
        tally.ends[end] += 1
        tally.inputs += 1
        if tally.inputs % every == 0:
            check()
    check()
    tally.seconds = time.monotonic() - began
    if count > warm:
        tally.grown_mib = measured() - before
        assert tally.grown_mib <= growth_mib, str(tally)
    sys.stderr.write(f"{tally}\n")
    return tally


def sentence(error: BaseException) -> str:
    """Return the first word of a refusal, which has to be one line that a person can read."""
    text = str(error)
    assert text.strip(), f"{error!r} says nothing"
    assert text.isprintable(), f"{text!r} is not one printable line"
    assert len(text) < 2000, f"a sentence of {len(text)} characters"
    return type(error).__name__


MANY = 100_000
"""Inputs of a long run."""


def seeds() -> int:
    """Return a seed that nobody chose; it is printed."""
    return time.time_ns() % 2**32
