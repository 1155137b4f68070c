"""Three days without a hub and without a clock, minute by minute, then both come back."""

import random
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.simulation.world import START_MS, Node, World

MINUTES = 72 * 60
LINES = tuple(f"line-{n}" for n in range(10))
Minute = tuple[str, int]


async def _three_days(world: World, node: Node) -> Counter[Minute]:
    """Count offline on a clock of 1970; return the people of each minute of that clock."""
    told: Counter[Minute] = Counter()
    rng = random.Random(world.seed)
    for _ in range(MINUTES):
        mono = world.time.ms
        for line in LINES:
            node.recorder.watched(line, mono)
            people = rng.choice((0, 1, 3))
            if people:
                node.recorder.crossed(line, mono, entered=people)
                told[line, node.recorder.wall_ms(mono) // 60_000 * 60] += people
            node.recorder.watched(line, mono + 59_999)
        world.time.ms += 60_000
        assert await node.recorder.commit()
    assert node.recorder.spool.has_unsent is False
    return told


def _offline(seed: int, folder: Path, patch: pytest.MonkeyPatch, max_bytes: int) -> World:
    world = World(seed, folder, patch)
    node = world.add_node("north", max_bytes=max_bytes)
    node.kill()
    node.clock.is_set, node.clock.offset_ms = False, 0
    node.path.unlink()
    node.start()
    return world


async def _set_the_clock(node: Node) -> float:
    """Set it; return how long the commit took that stamps everything again."""
    node.clock.is_set, node.clock.offset_ms = True, START_MS
    began = time.perf_counter()
    assert await node.recorder.commit()
    return time.perf_counter() - began


async def _delivered(world: World, node: Node) -> None:
    world.wire.perfect = True
    for _ in range(400):
        await world.step(people=False)
        if node.recorder.spool.mark == node.recorder.spool.last:
            return
    raise AssertionError(f"seed {world.seed}: {node.recorder.spool.unacknowledged} rows are left")


def _stored(world: World) -> dict[Minute, int]:
    return {(line, at): n for (_, _, line, at), n in world._stored_by_epoch().items()}


@pytest.mark.parametrize("seed", [72])
async def test_three_days_without_a_clock(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = _offline(seed, tmp_path, monkeypatch, 64 << 20)
    node = world.nodes[0]
    told = await _three_days(world, node)
    held = node.recorder.spool.held
    assert held > len(told)
    seconds = await _set_the_clock(node)
    used = node.recorder.spool.used_bytes
    sys.stdout.write(f"seed {seed}: {held} rows stamped again in {seconds:.2f} s, {used} bytes\n")
    assert node.recorder.spool.held == 0
    assert seconds < 15
    await _delivered(world, node)
    shift = round(START_MS / 60_000) * 60
    assert _stored(world) == {(line, at + shift): n for (line, at), n in told.items()}
    [(clock, error_ms)] = world.query("SELECT clock, error_ms FROM epoch WHERE reason = 'start'")
    assert clock == "corrected"
    assert 30_000 + MINUTES * 6 <= error_ms < 90_000  # half a minute, and 100 ppm of three days
    assert not world.query("SELECT 1 FROM quarantine UNION ALL SELECT 1 FROM gap")
    for line in LINES:
        [covered] = world.hub.store.coverage("venue", "north", line, 0, 2 * START_MS)
        assert covered.until_ms - covered.since_ms == MINUTES * 60_000 - 1
        assert covered.clock == "corrected"
    world.close()


@pytest.mark.parametrize("seed", [73])
async def test_three_days_in_a_spool_that_is_too_small(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound = 1 << 20
    world = _offline(seed, tmp_path, monkeypatch, bound)
    node = world.nodes[0]
    told = await _three_days(world, node)
    assert node.recorder.spool.dropped > 0
    assert node.recorder.spool.used_bytes <= bound
    await _set_the_clock(node)
    assert node.recorder.spool.used_bytes <= bound
    await _delivered(world, node)
    shift = round(START_MS / 60_000) * 60
    stored = _stored(world)
    due = {(line, at + shift): n for (line, at), n in told.items()}
    assert all(due[key] == n for key, n in stored.items())
    missing = due.keys() - stored.keys()
    assert missing
    gaps = world.query("SELECT source, since_ms, until_ms FROM gap WHERE reason = 'spool_full'")
    assert {source for source, _, _ in gaps} == set(LINES)
    for line in LINES:
        covered = world.hub.store.coverage("venue", "north", line, 0, 2 * START_MS)
        for name, at in missing:
            if name == line:
                # Coverage is moved to the millisecond, minutes to the nearest: half of one is open.
                middle = (at + 30) * 1000
                assert not any(i.since_ms <= middle < i.until_ms for i in covered), (line, at)
    world.close()
