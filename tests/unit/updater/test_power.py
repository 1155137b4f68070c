"""An updater that is killed, or whose machine or disk fails, between any two of its steps."""

import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.unit.updater.power import KINDS, WAYS
from tests.unit.updater.world import NEW, OLD

ROOT = Path(__file__).parents[3]
SHM = Path("/dev/shm")
"""A disk in memory, where there is one: the order of steps is tried, not the disk's speed."""
EXPECTED = {"well": (NEW, "updated"), "crash": (OLD, "rolled_back")}
CHOSEN = 60
Found = list[dict[str, Any]]


def cut(only: str = "", timeout: float = 600) -> tuple[dict[str, list[str]], Found]:
    """Return the steps of each way, and what was found at each point."""
    with tempfile.TemporaryDirectory(dir=SHM if SHM.is_dir() else None) as folder:
        done = subprocess.run(
            [sys.executable, "-m", "tests.unit.updater.power", f"{folder}/scene", only],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    errors = [line for line in lines if "error" in line]
    assert not errors, errors
    steps = {line["way"]: line["steps"] for line in lines if "steps" in line}
    return steps, [line for line in lines if "kind" in line]


def check(found: Found) -> None:
    for one in found:
        runs, outcome = EXPECTED[one["way"]]
        assert one["was_cut"], one
        # Whatever was cut: what is linked is whole, and it is one of the two.
        assert one["left"] in {OLD, NEW}, one
        if one["kind"] == "power" and one["runs"] == OLD and one["way"] == "well":
            raise AssertionError(f"one power cut made a good release fail: {one}")
        assert (one["runs"], one["outcome"], one["phase"]) == (runs, outcome, "idle"), one
        # Nothing goes round: with the same order, nothing is started any more.
        assert one["again"] == 0, one


def test_cut_off_at_steps_that_a_seed_chose() -> None:
    steps, _ = cut("none:none:0")
    seed = int(os.environ.get("KAIGUAN_SEED", random.SystemRandom().randrange(10**6)))
    print(f"KAIGUAN_SEED={seed}")  # noqa: T201  a failure can be had again
    everything = [
        f"{way}:{kind}:{at}"
        for way in WAYS
        for kind in KINDS
        for at in range(1, len(steps[way]) + 1)
    ]
    chosen = random.Random(seed).sample(everything, min(CHOSEN, len(everything)))
    _, found = cut(",".join(chosen))
    assert len(found) == len(chosen) >= 50
    check(found)


@pytest.mark.soak
def test_cut_off_at_every_step() -> None:
    steps, found = cut(timeout=3600)
    print({way: len(names) for way, names in steps.items()}, Counter(o["kind"] for o in found))  # noqa: T201
    assert len(found) == len(KINDS) * sum(map(len, steps.values()))
    check(found)


def test_each_name_comes_after_its_content_and_before_its_folder() -> None:
    """What a power cut may lose is what was not synced: the order of steps is what saves it."""
    steps, _ = cut("none:none:0")
    for way in WAYS:
        names = steps[way]
        for at, what in enumerate(names):
            if what.startswith("name ") and what.endswith(".json"):
                assert names[at - 1] == f"sync {what.removeprefix('name ')}", names[at - 3 : at + 2]
            if what.startswith(("name ", "move to ")):
                assert names[at + 1].startswith("sync "), names[at - 1 : at + 3]
            if what.startswith(f"move to {NEW}"):
                assert names[at - 1] == "sync .making/"
        assert names.index("name previous") < names.index("name current")
        # The state that asks for the switch is on the disk before the switch.
        assert "sync state/" in names[: names.index("link previous")]
