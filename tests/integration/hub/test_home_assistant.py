"""Home Assistant's discovery over a real broker, against a client that behaves like it."""

import time
from pathlib import Path

import pytest

from contracts.messages import decode_hub_status
from contracts.rows import Measure
from contracts.topics import hub_status_topic
from tests.brokers import Mosquitto
from tests.integration.hub.feeding import Node, a_node
from tests.integration.hub.home_assistant import HomeAssistant
from tests.integration.hub.running import HubProcess, Wire, until

pytestmark = pytest.mark.broker
DAY_MS = 86_400_000

ROOM = """
id = "room"
name_zh = "书房"
name_en = "Book room"
kind = "book_room"
level = "space"
capacity = 10
[[zones]]
id = "hall"
name_zh = "大厅"
name_en = "Hall"
[[lines]]
node = "pi"
line = "front"
from_zone = "outside"
to_zone = "hall"
[[sensors]]
node = "pi"
sensor = "lock"
kind = "lock"
[[sensors]]
node = "pi"
sensor = "climate"
kind = "climate"
"""


def a_hub(folder: Path, broker: Mosquitto, **venues: str) -> HubProcess:
    district = folder / "district"
    district.mkdir(exist_ok=True)
    for name, text in ({"room": ROOM} | venues).items():
        (district / f"{name}.toml").write_text(text, "utf-8")
    hub = HubProcess(folder / "hub", broker.port, district=district)
    hub.config.write_text(
        hub.config.read_text() + "[homeassistant]\nenabled = true\nlanguage = 'en'\n"
    )
    return hub


def watching(now_ms: int) -> Node:
    node = a_node("room", "pi").begin(now_ms - 10 * DAY_MS)
    return node.watched("front", now_ms - 9 * DAY_MS, now_ms)


def test_states_as_people_come_and_go(tmp_path: Path, mosquitto: Mosquitto) -> None:
    now_ms = time.time_ns() // 1_000_000
    node = watching(now_ms)
    with (
        a_hub(tmp_path, mosquitto) as hub,
        HomeAssistant(mosquitto.port) as home,
        Wire(mosquitto.port) as wire,
    ):
        until(lambda: len(home.entities) == 9)
        # Never heard: the node has said nothing, so that nothing is told as if it were known.
        assert home.state("room_occupancy") == "unavailable"

        wire.publish(node.status_topic, node.status(online=True, at_ms=now_ms), retain=True)
        until(lambda: home.state("room_occupancy") == "unknown")
        assert home.state("room_entries_today") == "unknown"
        assert home.state("room_over_capacity") == "unknown"
        assert home.state("room_capacity_use") == "unknown"
        assert home.state("room_ZONE_hall") == "unknown"
        assert home.state("room_open") == "unknown"
        assert home.state("room_NODE_pi_SENSOR_climate_temperature") == "unknown"

        bucket = now_ms // 300_000 * 300
        node.count("front", now_ms // 1000 - 60, 9, 2)
        node.rows.append(
            Measure(
                node.next(),
                node.epoch,
                "climate",
                "temperature_celsius",
                bucket,
                30,
                21.456,
                21.2,
                21.7,
            )
        )
        wire.send(node)
        until(lambda: home.state("room_occupancy") == "7")
        assert home.state("room_over_capacity") == "off"
        assert home.state("room_capacity_use") == "70.0"
        assert home.state("room_ZONE_hall") == "7"
        until(lambda: home.state("room_NODE_pi_SENSOR_climate_temperature") == "21.46")
        assert home.state("room_NODE_pi_SENSOR_climate_humidity") == "unknown"
        assert home.entities["kaiguan_room_occupancy"].attributes(home.retained) == {
            "quality": "known"
        }

        wire.send(node.count("front", now_ms // 1000 - 60, 14, 2))
        until(lambda: home.state("room_over_capacity") == "on")
        assert home.state("room_capacity_use") == "120.0"

        # The last will of the node, as the broker would tell it.
        wire.publish(node.status_topic, node.status(online=False, at_ms=1), retain=True)
        until(lambda: home.state("room_occupancy") == "unavailable")
        assert home.state("room_NODE_pi_SENSOR_climate_temperature") == "unavailable"
        wire.publish(node.status_topic, node.status(online=True, at_ms=2), retain=True)
        until(lambda: home.state("room_occupancy") == "12")
        assert hub.stop() == 0
        until(lambda: home.state("room_occupancy") == "unavailable")


def test_a_killed_hub_is_unavailable(tmp_path: Path, mosquitto: Mosquitto) -> None:
    now_ms = time.time_ns() // 1_000_000
    node = watching(now_ms).count("front", now_ms // 1000 - 60, 3)
    with HomeAssistant(mosquitto.port) as home, Wire(mosquitto.port) as wire:
        wire.publish(node.status_topic, node.status(online=True, at_ms=now_ms), retain=True)
        with a_hub(tmp_path, mosquitto):
            until(lambda: home.state("room_occupancy") == "unknown")
            wire.send(node)
            until(lambda: home.state("room_occupancy") == "3")
        # Leaving the block kills it: the broker speaks its last will.
        until(lambda: home.state("room_occupancy") == "unavailable")


def test_a_late_last_will_is_answered(tmp_path: Path, mosquitto: Mosquitto) -> None:
    topic = hub_status_topic()
    with a_hub(tmp_path, mosquitto) as hub, Wire(mosquitto.port, topic) as wire:
        until(lambda: wire.payloads(topic))
        before = len(wire.payloads(topic))
        wire.publish(topic, b'{"online":false}', retain=True)
        until(lambda: len(wire.payloads(topic)) >= before + 2)
        told = decode_hub_status(wire.payloads(topic)[-1])
        assert told.online
        assert told.store_id == hub.get("/health")["store"]["store_id"]
        assert hub.stop() == 0


def test_everything_is_told_again_after_a_broker_that_forgot(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    now_ms = time.time_ns() // 1_000_000
    node = watching(now_ms).count("front", now_ms // 1000 - 60, 5)
    with a_hub(tmp_path, mosquitto) as hub:
        with Wire(mosquitto.port) as wire:
            until(lambda: hub.get("/health")["broker"]["connected"])
            wire.send(node)
            until(lambda: hub.occupancy("room")["occupancy"] == 5)
        mosquitto.kill9()
        mosquitto.start()
        # A Home Assistant that meets the broker only now: what it hears, the hub told anew.
        with HomeAssistant(mosquitto.port) as home, Wire(mosquitto.port) as wire:
            wire.publish(node.status_topic, node.status(online=True, at_ms=now_ms), retain=True)
            until(lambda: home.state("room_occupancy") == "5")
            until(lambda: len(home.entities) == 9)
        assert hub.stop() == 0


def test_everything_is_told_again_when_home_assistant_starts(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    with a_hub(tmp_path, mosquitto) as hub, HomeAssistant(mosquitto.port) as home:
        until(lambda: len(home.entities) == 9)
        live = "kaiguan/v1/room/live"
        topics = [topic for topic in home.retained if topic.startswith("homeassistant/")]
        before = len(home.heard)
        with Wire(mosquitto.port) as wire:
            wire.publish("homeassistant/status", b"online")
            until(lambda: {topic for topic, _ in home.heard[before:]} >= {*topics, live})
        assert hub.stop() == 0


def test_a_venue_that_is_gone_takes_its_entities_along(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    with a_hub(tmp_path, mosquitto) as hub, HomeAssistant(mosquitto.port) as home:
        until(lambda: len(home.entities) == 9)
        assert hub.stop() == 0
        # Announced by an earlier run, of a venue that no record knows any more.
        with Wire(mosquitto.port) as wire:
            for name in ("occupancy", "open"):
                topic = f"homeassistant/sensor/kaiguan/gone_{name}/config"
                wire.publish(topic, b'{"unique_id": "kaiguan_gone"}', retain=True)
            other = "homeassistant/sensor/zigbee/lamp/config"
            wire.publish(other, b'{"unique_id": "lamp"}', retain=True)
            until(lambda: other in home.retained)
        hub.start()
        until(lambda: home.retained["homeassistant/sensor/kaiguan/gone_open/config"] == b"")
        until(lambda: home.retained["homeassistant/sensor/kaiguan/gone_occupancy/config"] == b"")
        assert home.retained[other], "another integration's entity is none of ours"
        assert len(home.entities) == 10
        assert hub.stop() == 0
