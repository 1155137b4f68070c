"""Exactly once over a bad channel, with kills at every instant: seeded, without sockets."""

import random
from pathlib import Path

import pytest

from tests.simulation.world import World

SEEDS = range(8)
STEPS = 120
SOAK_SEEDS = range(100, 400)


async def _trouble(world: World, rng: random.Random) -> None:
    """Let something go wrong, or nothing."""
    node = rng.choice(world.nodes)
    what = rng.choices(
        ("none", "node", "node_in_commit", "hub", "broker", "clock", "copy", "put_back", "restore"),
        (60, 8, 6, 8, 4, 4, 3, 2, 1),
    )[0]
    world.happened[what] += 1
    match what:
        case "node":
            node.kill()
            node.start()
        case "node_in_commit":
            world.time.ms += 5
            node.cross("front")
            node.watch()
            await node.commit(dies=True)
            node.kill()
            node.start()
        case "hub":
            world.hub.kill()
            world.hub.open()
        case "broker":
            world.wire.cut()
        case "clock":
            node.clock.offset_ms += rng.choice((-3_600_000, 3_600_000, -5_000, 90_000))
        case "copy":
            world.copy_store()
        case "put_back" if world.copies:
            world.put_store_back(descendant=False)
        case "restore" if world.copies:
            world.put_store_back(descendant=True)


async def _play(world: World, steps: int) -> None:
    for _ in range(steps):
        await _trouble(world, world.rng)
        await world.step()


def _seeds() -> list[object]:
    return [*SEEDS, *(pytest.param(seed, marks=pytest.mark.soak) for seed in SOAK_SEEDS)]


@pytest.mark.parametrize("seed", _seeds())
async def test_every_committed_crossing_once(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(seed, tmp_path, monkeypatch)
    world.add_node("north")
    world.add_node("south")
    await _play(world, STEPS)
    await world.settle()
    assert not world.difference()
    assert sum(c.committed for c in world.crossings) > STEPS
    world.close()


@pytest.mark.parametrize("seed", _seeds())
async def test_twins_of_one_spool(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(1000 + seed, tmp_path, monkeypatch)
    original = world.add_node("north")
    await _play(world, world.rng.randrange(5, 40))
    await original.commit()
    world.clone(original)
    await _play(world, STEPS // 2)
    world.clone(world.rng.choice(world.nodes))
    await _play(world, STEPS // 2)
    await world.settle()
    assert not world.difference()
    world.close()
