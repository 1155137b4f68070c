"""MQTT payloads of all kinds into a hub's own decoder, intake and store."""

import random
import re
import time
from pathlib import Path

import pytest

from contracts.errors import RefusalCode
from contracts.messages import decode_ack
from tests.brokers import Mosquitto
from tests.fuzz import payloads
from tests.fuzz.campaign import MANY, Tally, rss_mib, run, seeds
from tests.fuzz.mistakes import heard
from tests.integration.hub.feeding import Node
from tests.integration.hub.running import HubProcess, Wire, until
from tests.unit.hub.access.serving import a_hub

ACKS = "kaiguan/v1/anting-centre/sim/ack"
LARGEST_TOPIC = "kaiguan/v1/museum/sim/data"
# What a broker takes as a topic, and what the hub has asked for.
_TOPIC = re.compile(r"kaiguan/v1/[^/+#\x00]*/[^/+#\x00]*/(data|status)")
JUDGED_SECONDS = 60.0
"""How long all that hostile rows touched may take to be judged: it is bounded by what there is."""


def _feed(folder: Path, seed: int, count: int) -> Tally:
    with heard() as mistakes, a_hub(folder) as (hub, clock):
        fed = payloads.AtTheHub(hub, clock, mistakes)
        tally = run("MQTT", seed, count, fed.feed, check=fed.check, every=500)
        fed.check_good()
        began = time.thread_time()
        hub.duties.verdicts.look(everything=True)
        assert time.thread_time() - began < JUDGED_SECONDS
        assert hub.duties.verdicts.trouble is None
    # What was stored opens again, and has the same of the sound node.
    with heard() as mistakes, a_hub(folder) as (hub, _):
        fed.check_good(hub)
        assert not mistakes
    assert tally.ends["batch read"] > count / 10
    return tally


@pytest.mark.parametrize("seed", [1])
def test_no_payload_hurts_a_hub(quick_folder: Path, seed: int) -> None:
    _feed(quick_folder, seed, 1500)


@pytest.mark.soak
def test_a_great_many_payloads_hurt_no_hub(quick_folder: Path) -> None:
    _feed(quick_folder, seeds(), MANY)


def test_no_payload_hurts_a_decoder() -> None:
    run("messages", 1, 3000, payloads.feed_decoder)


@pytest.mark.soak
def test_a_great_many_payloads_hurt_no_decoder() -> None:
    run("messages", seeds(), MANY, payloads.feed_decoder)


def _through(folder: Path, broker: int, seed: int, count: int) -> Tally:
    """Send messages through a real broker to a real hub, and hold its counts against them."""
    sender, good = payloads.Sender(), Node("anting-centre", "sim")
    now_ms = time.time_ns() // 1_000_000
    good.begin(now_ms - 7_200_000)
    with (
        HubProcess(folder / "hub", broker) as hub,
        Wire(broker, "kaiguan/v1/anting-centre/+/ack") as wire,
    ):
        until(lambda: hub.get("/health")["broker"]["connected"])

        def send(topic: str, payload: bytes) -> None:
            until(lambda: wire._session.publish(topic, payload))

        def feed(dice: random.Random, number: int) -> str:
            if number % 20 == 0:
                for payload in good.count(
                    "main", now_ms // 1000 - 3600 + number // 20 * 60, 1
                ).payloads():
                    sender.fed.data += 1
                    send(good.data_topic, payload)
            if number == count // 2:
                topic, payload = LARGEST_TOPIC, b'{"stream":"' + b"x" * 10_000_000
            else:
                topic, payload = sender.message(dice)
                while not _TOPIC.fullmatch(topic):
                    topic, payload = sender.message(dice)
            end = sender.expect(topic, payload)
            send(topic, payload)
            return end

        def check() -> None:
            until(lambda: hub.get("/health")["intake"]["messages"] == sender.fed.data, 60)

        tally = run(
            "MQTT, broker", seed, count, feed, check=check, every=100,
            measured=lambda: rss_mib(hub.pid), growth_mib=96, seconds=5,
        )  # fmt: skip
        expected = sender.fed.by_intake + sender.fed.refused
        until(lambda: hub.get("/health")["intake"]["refusals"] == dict(expected))
        assert any(decode_ack(one).upto == good.seq for one in wire.payloads(ACKS))
        assert hub.stop() == 0
        assert "Traceback" not in hub.log
    assert expected[RefusalCode.TOO_LARGE] > 0
    return tally


@pytest.mark.broker
def test_no_payload_hurts_a_hub_behind_a_broker(quick_folder: Path, mosquitto: Mosquitto) -> None:
    _through(quick_folder, mosquitto.port, 1, 200)


@pytest.mark.soak
@pytest.mark.broker
def test_many_payloads_hurt_no_hub_behind_a_broker(
    quick_folder: Path, mosquitto: Mosquitto
) -> None:
    _through(quick_folder, mosquitto.port, seeds(), 2000)
