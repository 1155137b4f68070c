"""One piece of work for each of many things, on all cores: OpenCV lets go of Python meanwhile."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def on_all_cores(work: Callable[[T], R], things: Iterable[T]) -> list[R]:
    """Return what the work gives for each thing, in their order; raises what it raises first."""
    waiting = list(things)
    threads = min(len(os.sched_getaffinity(0)), len(waiting))
    if threads < 2:
        return [work(thing) for thing in waiting]
    with ThreadPoolExecutor(threads, thread_name_prefix="ar-enrol") as pool:
        return list(pool.map(work, waiting))
