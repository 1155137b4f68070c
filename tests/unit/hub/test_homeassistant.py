"""What Home Assistant is told: the golden file, and what its templates make of live messages."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.ids import NodeId
from contracts.messages import (
    ClimateLive,
    HubStatus,
    Live,
    PictureStatus,
    SourceStatus,
    Status,
    ZoneLive,
    encode,
)
from contracts.topics import Channel, hub_status_topic, live_topic, node_topic
from hub.config import HomeAssistantSection
from hub.homeassistant import Bridge, Config, discovery
from hub.venues import Line, Sensor, Venue, Zone
from tests.integration.hub.home_assistant import Entity

GOLDEN = Path(__file__).parents[2] / "golden" / "homeassistant.json"
ROOM = Venue(
    id="room",
    name_zh="书房",
    name_en="Book room",
    kind="book_room",
    level="space",
    capacity=10,
    timezone="Asia/Shanghai",
    hours=((),) * 7,
    quiet_at=240,
    zones=(Zone("hall", "大厅", "Hall"), Zone("attic", "阁楼", "Attic")),
    lines=(
        Line("door-pi", "front", "outside", "hall"),
        Line("stairs-pi", "stairs", "hall", "attic"),
    ),
    sensors=(Sensor("door-pi", "lock", "lock"), Sensor("stairs-pi", "air", "climate")),
)
NAMES = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,6}", fullmatch=True)


def told(*venues: Venue, language: str = "zh") -> list[Config]:
    return discovery(venues, prefix="homeassistant", language=language, software="1.2.3")  # type: ignore[arg-type]  # both are languages


def entities() -> dict[str, Entity]:
    return {
        config.topic.split("/")[3]: Entity(config.topic.split("/")[1], json.loads(config.payload))
        for config in told(ROOM)
    }


def retained(live: Live, **online: bool) -> dict[str, bytes]:
    nodes = {"hub": True, "door-pi": True, "stairs-pi": True} | {
        name.replace("_", "-"): value for name, value in online.items()
    }
    found = {
        node_topic(NodeId("room", node), Channel.STATUS): encode(Status("b0" * 8, is_online))
        for node, is_online in nodes.items()
        if node != "hub"
    }
    found[hub_status_topic()] = encode(HubStatus(nodes["hub"]))
    return found | {live_topic("room"): encode(live)}


KNOWN = Live(
    "room", 1, 7, "known", last_reading_ms=5, capacity=10, entered_today=9, open_now="open"
)


def test_the_golden_file_is_what_is_told() -> None:
    for language in ("zh", "en"):
        texts = [
            {"topic": config.topic, "payload": json.loads(config.payload)}
            for config in told(ROOM, language=language)
        ]
        written = json.loads(GOLDEN.read_text("utf-8"))[language]
        assert texts == written, "discovery changed: read the difference, then write it down"


@pytest.mark.parametrize(
    ("live", "expected"),
    [
        (
            KNOWN,
            {
                "occupancy": "7",
                "entries_today": "9",
                "capacity_use": "70.0",
                "over_capacity": "off",
                "open": "on",
            },
        ),
        # Exactly full is not over; nobody yet today is a zero, since somebody watched.
        (
            msgspec.structs.replace(KNOWN, occupancy=10, entered_today=0, open_now="closed"),
            {
                "occupancy": "10",
                "entries_today": "0",
                "capacity_use": "100.0",
                "over_capacity": "off",
                "open": "off",
            },
        ),
        (
            msgspec.structs.replace(KNOWN, occupancy=11, quality="degraded"),
            {"occupancy": "11", "capacity_use": "110.0", "over_capacity": "on"},
        ),
        (
            Live("room", 1, None, "unknown", capacity=10),
            {
                "occupancy": "unknown",
                "entries_today": "unknown",
                "capacity_use": "unknown",
                "over_capacity": "unknown",
                "open": "unknown",
            },
        ),
        # The capacity was taken back after it was announced.
        (
            Live("room", 1, 7, "known"),
            {"occupancy": "7", "capacity_use": "unknown", "over_capacity": "unknown"},
        ),
    ],
    ids=["known", "full", "over", "never-heard", "no-capacity"],
)
def test_states(live: Live, expected: Mapping[str, str]) -> None:
    found = entities()
    states = {name: found[f"room_{name}"].state(retained(live)) for name in expected}
    assert states == expected


def test_zones_and_climate() -> None:
    found = entities()
    live = msgspec.structs.replace(
        KNOWN,
        zones=(ZoneLive("hall", 0, "known"), ZoneLive("attic", None, "unknown")),
        climate=(
            ClimateLive("door-pi", "air", "temperature_celsius", 1.0),
            ClimateLive("stairs-pi", "air", "temperature_celsius", -3.5),
        ),
    )
    states = {name: entity.state(retained(live)) for name, entity in found.items()}
    assert states["room_ZONE_hall"] == "0"
    assert states["room_ZONE_attic"] == "unknown"
    assert states["room_NODE_stairs-pi_SENSOR_air_temperature"] == "-3.5"
    assert states["room_NODE_stairs-pi_SENSOR_air_humidity"] == "unknown"


@pytest.mark.parametrize(
    ("healths", "state"),
    [
        ([None], "unknown"),
        (["well"], "off"),
        (["dark"], "off"),
        (["well", "covered"], "on"),
        (["dark", "moved", None], "on"),
    ],
    ids=["no-camera", "well", "night", "one-of-two-covered", "moved-beside-a-beam"],
)
def test_a_camera_that_cannot_see_is_a_problem(healths: list[str | None], state: str) -> None:
    sources = tuple(
        SourceStatus(f"s{n}", "any", "watching", picture=PictureStatus(health) if health else None)
        for n, health in enumerate(healths)
    )
    topic = node_topic(NodeId("room", "door-pi"), Channel.STATUS)
    status = encode(Status("b0" * 8, online=True, sources=sources))
    topics = retained(KNOWN) | {topic: status}
    entity = entities()["room_NODE_door-pi_CAMERAS"]
    assert entity.state(topics) == state
    cameras = {f"s{n}": health for n, health in enumerate(healths) if health}
    assert entity.attributes(topics) == {"cameras": cameras}


@pytest.mark.parametrize(
    ("dead", "gone"),
    [
        ("door_pi", {"occupancy", "entries_today", "capacity_use", "over_capacity", "open",
                     "ZONE_hall", "NODE_door-pi_CAMERAS"}),
        ("stairs_pi", {"ZONE_hall", "ZONE_attic", "NODE_stairs-pi_SENSOR_air_temperature",
                       "NODE_stairs-pi_SENSOR_air_humidity", "NODE_stairs-pi_CAMERAS"}),
        ("hub", {*(name.removeprefix("room_") for name in entities())}),
    ],
)  # fmt: skip
def test_a_dead_node_takes_along_what_rests_on_it(dead: str, gone: set[str]) -> None:
    topics = retained(KNOWN, **{dead: False})
    unavailable = {
        name.removeprefix("room_")
        for name, entity in entities().items()
        if entity.state(topics) == "unavailable"
    }
    assert unavailable == gone


def test_an_empty_status_is_not_online() -> None:
    topics = retained(KNOWN) | {node_topic(NodeId("room", "door-pi"), Channel.STATUS): b""}
    assert entities()["room_occupancy"].state(topics) == "unavailable"


@given(st.lists(st.tuples(NAMES, NAMES, NAMES), min_size=1, max_size=6, unique=True))
def test_no_two_entities_share_a_topic_or_an_id(names: list[tuple[str, str, str]]) -> None:
    by_id: dict[str, Venue] = {}
    for venue, node, sensor in names:
        known = by_id.get(venue, replace(ROOM, id=venue, zones=(), lines=(), sensors=()))
        zones = {zone.id: zone for zone in (*known.zones, Zone(node, "区", "Zone"))}
        by_id[venue] = replace(
            known,
            zones=tuple(zones.values()),
            sensors=(*known.sensors, Sensor(node, sensor, "climate")),
        )
    configs = told(*by_id.values())
    assert len({config.topic for config in configs}) == len(configs)
    assert len({json.loads(config.payload)["unique_id"] for config in configs}) == len(configs)
    for config in configs:
        assert re.fullmatch(r"homeassistant/(binary_)?sensor/kaiguan/[\w-]+/config", config.topic)


class TestBridge:
    """What is told when: the broker is a dictionary here."""

    def build(self) -> None:
        self.venues: dict[str, Venue] = {"room": ROOM}
        self.broker: dict[str, bytes] = {}
        self.connected = True
        self.bridge = Bridge(HomeAssistantSection(), lambda: self.venues, self.publish)

    def publish(self, topic: str, payload: bytes) -> bool:
        if self.connected:
            self.broker[topic] = payload
            self.bridge.heard(topic, payload)
        return self.connected

    def settle(self) -> None:
        for _ in range(100):
            if not self.bridge.look():
                return
        pytest.fail("it never comes to rest")

    def test_it_tells_once(self) -> None:
        self.build()
        self.settle()
        assert len(self.broker) == len(told(ROOM))
        self.broker.clear()
        self.settle()
        assert self.broker == {}
        self.bridge.again()
        self.settle()
        assert len(self.broker) == len(told(ROOM))

    def test_what_could_not_be_told_is_told_later(self) -> None:
        self.build()
        self.connected = False
        self.settle()
        self.connected = True
        self.settle()
        assert len(self.broker) == len(told(ROOM))

    def test_a_removed_venue_and_a_changed_one(self) -> None:
        self.build()
        many = {f"v{i}": replace(ROOM, id=f"v{i}") for i in range(12)}
        self.venues = {"room": ROOM, **many}
        self.settle()
        self.venues = {"room": replace(ROOM, capacity=None)}
        self.settle()
        left = {topic.split("/")[3] for topic, payload in self.broker.items() if payload}
        assert left == {c.topic.split("/")[3] for c in told(replace(ROOM, capacity=None))}
        assert "room_over_capacity" not in left

    def test_a_birth_tells_again_and_a_goodbye_does_not(self) -> None:
        self.build()
        self.settle()
        self.broker.clear()
        assert self.bridge.heard("homeassistant/status", b"offline")
        self.settle()
        assert self.broker == {}
        assert self.bridge.heard("homeassistant/status", b"online")
        self.settle()
        assert len(self.broker) == len(told(ROOM))

    def test_other_topics_are_not_its_own(self) -> None:
        self.build()
        assert not self.bridge.heard("kaiguan/v1/room/door-pi/data", b"{}")
        assert not self.bridge.heard("homeassistants/status", b"online")
