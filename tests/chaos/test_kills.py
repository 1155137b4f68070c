"""`kill -9` of hub, broker and nodes at any moment: nothing missing, wrong, doubled in the end."""

import random
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.brokers import BROKERS, Broker
from tests.chaos.judging import differences
from tests.chaos.venue import HubProcess, NodeProcess, Process, Venue, until
from tests.influx import Influx

pytestmark = [pytest.mark.chaos, pytest.mark.broker]


def _torment(venue: Venue, rng: random.Random, kills: int, longest: float) -> dict[str, int]:
    """Kill at random, each time something else, and start it again; return what was killed."""
    kinds = ("hub", "broker", "node", "node", *(["database"] * 2 if venue.hub.influx else []))
    counts = dict.fromkeys(kinds, 0)
    for _ in range(kills):
        time.sleep(rng.uniform(0.05, longest))
        what = rng.choice(kinds)
        counts[what] += 1
        if what == "database":
            _disturb(venue, rng, longest)
            continue
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


def _disturb(venue: Venue, rng: random.Random, longest: float) -> None:
    """Kill the database, or freeze it for longer than the hub waits for an answer."""
    influx = venue.hub.influx
    assert influx
    if rng.random() < 0.5:
        influx.kill9()
        time.sleep(rng.uniform(0.0, 2 * longest))
        influx.start()
    else:
        influx.signal(signal.SIGSTOP)
        time.sleep(rng.uniform(0.5, 3 * longest))
        influx.signal(signal.SIGCONT)
    venue.check_coverage()


def _run(
    kind: str,
    seed: int,
    folder: Path,
    *,
    kills: int,
    longest: float = 1.0,
    judges: bool = False,
    influx: Influx | None = None,
) -> None:
    rng = random.Random(seed)
    with BROKERS[kind](folder) as broker:
        nodes = [NodeProcess(folder, broker, name) for name in ("north", "south")]
        hub = HubProcess(folder, broker, judges=judges, influx=influx)
        venue = Venue(folder, broker, hub, nodes)
        try:
            venue.start()
            until(lambda: bool(venue.hub.totals()), 40.0)
            counts = _torment(venue, rng, kills, longest)
            venue.settle(within=45.0)
            if judges:
                _check_verdicts(venue)
            people = sum(map(sum, venue.truth.values()))
            sys.stdout.write(
                f"{kind} seed {seed}: {counts}, {len(venue.truth)} rows, {people} crossings,"
                f" {venue.vouched} of them watched\n"
            )
            assert venue.vouched > people / 2
            assert people > kills * 10
        finally:
            venue.close()


def _check_verdicts(venue: Venue) -> None:
    """Verdicts that were made among the kills are those that a fresh judge makes of the truth."""
    spools = {node.name.removeprefix("venue/"): node.spool for node in venue.nodes}

    def wrong() -> str:
        return differences(spools, venue.hub.records)

    until(lambda: not wrong(), 30.0, wrong)
    until(lambda: venue.hub.query("SELECT count(*) FROM docket") == [(0,)], 30.0)
    assert not wrong()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", [3])
def test_ten_kills_with_the_judge(seed: int, tmp_path: Path) -> None:
    _run("mosquitto", seed, tmp_path, kills=10, longest=1.5, judges=True)


@pytest.mark.timeout(150)
@pytest.mark.parametrize("seed", [1])
def test_twenty_kills_with_mosquitto(seed: int, tmp_path: Path) -> None:
    _run("mosquitto", seed, tmp_path, kills=20)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", [2])
def test_eight_kills_with_amqtt(seed: int, tmp_path: Path) -> None:
    _run("amqtt", seed, tmp_path, kills=8)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", [5])
def test_eight_kills_with_influxdb(seed: int, tmp_path: Path) -> None:
    with Influx(tmp_path / "influx") as influx:
        influx.make()
        _run("mosquitto", seed, tmp_path, kills=8, longest=0.8, influx=influx)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(20, 30))
def test_many_kills_with_influxdb(seed: int, tmp_path: Path) -> None:
    with Influx(tmp_path / "influx") as influx:
        influx.make()
        judges = seed % 2 == 0
        _run("mosquitto", seed, tmp_path, kills=40, longest=2.0, judges=judges, influx=influx)


@pytest.mark.soak
@pytest.mark.parametrize("kind", list(BROKERS))
@pytest.mark.parametrize("seed", range(10, 20))
def test_many_kills(kind: str, seed: int, tmp_path: Path) -> None:
    _run(kind, seed, tmp_path, kills=40, longest=2.0, judges=seed % 2 == 0)
