"""`kill -9` of hub, broker and nodes at any moment: nothing missing, wrong, doubled in the end."""

import random
import sys
import time
from pathlib import Path

import pytest

from tests.brokers import BROKERS, Broker
from tests.chaos.venue import HubProcess, NodeProcess, Process, Venue, store_totals, until

pytestmark = [pytest.mark.chaos, pytest.mark.broker]


def _torment(venue: Venue, rng: random.Random, kills: int, longest: float) -> dict[str, int]:
    """Kill at random, each time something else, and start it again; return what was killed."""
    counts = {"hub": 0, "broker": 0, "node": 0}
    for _ in range(kills):
        time.sleep(rng.uniform(0.05, longest))
        what = rng.choice(("hub", "broker", "node", "node"))
        counts[what] += 1
        victims: dict[str, Process | Broker] = {
            "hub": venue.hub,
            "broker": venue.broker,
            "node": rng.choice(venue.nodes),
        }
        victim = victims[what]
        victim.kill9()
        time.sleep(rng.choice((0.0, 0.1, longest)))
        venue.check_coverage()
        victim.start()
    return counts


def _run(kind: str, seed: int, folder: Path, *, kills: int, longest: float = 1.0) -> None:
    rng = random.Random(seed)
    with BROKERS[kind](folder) as broker:
        nodes = [NodeProcess(folder, broker, name) for name in ("north", "south")]
        venue = Venue(folder, broker, HubProcess(folder, broker), nodes)
        try:
            venue.start()
            until(lambda: bool(store_totals(venue.hub.store)), 20.0)
            counts = _torment(venue, rng, kills, longest)
            venue.settle(within=45.0)
            people = sum(map(sum, venue.truth.values()))
            sys.stdout.write(
                f"{kind} seed {seed}: {counts}, {len(venue.truth)} rows, {people} crossings,"
                f" {venue.vouched} of them watched\n"
            )
            assert venue.vouched > people / 2
            assert people > kills * 10
        finally:
            venue.close()


@pytest.mark.timeout(150)
@pytest.mark.parametrize("seed", [1])
def test_twenty_kills_with_mosquitto(seed: int, tmp_path: Path) -> None:
    _run("mosquitto", seed, tmp_path, kills=20)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", [2])
def test_eight_kills_with_amqtt(seed: int, tmp_path: Path) -> None:
    _run("amqtt", seed, tmp_path, kills=8)


@pytest.mark.soak
@pytest.mark.parametrize("kind", list(BROKERS))
@pytest.mark.parametrize("seed", range(10, 20))
def test_many_kills(kind: str, seed: int, tmp_path: Path) -> None:
    _run(kind, seed, tmp_path, kills=40, longest=2.0)
