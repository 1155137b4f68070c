"""What Home Assistant is told of a district: one retained configuration for each entity. Pure.

    {prefix}/{component}/kaiguan/{venue}_{entity}/config

An entity reads its state from the venue's retained `live` topic through a template, that of a
node's cameras from the node's status, and is available while the hub and every node that it
rests on are: their last wills say when they are not.
What is not known is rendered as `None`, which Home Assistant shows as unknown, never as zero.

Names are lower case, so the words in capitals below part them: no two entities share a topic.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from contracts.ids import NodeId
from contracts.topics import Channel, hub_status_topic, live_topic, node_topic
from hub.venues import Sensor, Venue, Zone

NODE_ID: Final = "kaiguan"
"""The second level of every topic of ours, by which what is left over is found again."""

Language = Literal["zh", "en"]
Component = Literal["sensor", "binary_sensor"]

_KNOWN_ONLINE: Final = (
    "{{ 'online' if value_json is defined and value_json.online else 'offline' }}"
)
_OCCUPANCY: Final = "{{ value_json.occupancy }}"
_QUALITY: Final = "{{ {'quality': value_json.quality} | tojson }}"
# A field that has its default value is not sent: no reading at all is no zero.
_ENTRIES: Final = (
    "{{ value_json.entered_today | default(0) if value_json.last_reading_ms is defined else None }}"
)
_USE: Final = (
    "{{ (100 * value_json.occupancy / value_json.capacity) | round(1)"
    " if value_json.occupancy is not none and value_json.capacity is defined else None }}"
)
_OVER: Final = (
    "{{ None if value_json.occupancy is none or value_json.capacity is not defined"
    " else 'ON' if value_json.occupancy > value_json.capacity else 'OFF' }}"
)
_OPEN: Final = "{{ {'open': 'ON', 'closed': 'OFF'}.get(value_json.open_now | default('unknown')) }}"
# A node tells of its cameras alone a picture, and leaves out a health that is `well`; the dark of a
# closed venue at night is no problem. A node without a camera is unknown.
_PICTURES: Final = (
    "{% set pictures = value_json.sources | default([]) | selectattr('picture', 'defined')"
    " | map(attribute='picture') | list %}"
)
_BLIND: Final = (
    _PICTURES
    + "{% set ill = pictures | selectattr('health', 'defined') | map(attribute='health') | list %}"
    "{{ None if not pictures else 'ON' if ill | reject('eq', 'dark') | list else 'OFF' }}"
)
_HEALTH: Final = (
    "{% set seen = namespace(by_name={}) %}"
    "{% for source in value_json.sources | default([]) if source.picture is defined %}"
    "{% set seen.by_name = dict(seen.by_name,"
    " **{source.name: source.picture.health | default('well')}) %}"
    "{% endfor %}"
    "{{ {'cameras': seen.by_name} | tojson }}"
)
_LIST: Final = (
    "{{% set found = value_json.{part} | default([]) {where} | list %}}"
    "{{{{ found[0].{value} if found else None }}}}"
)


@dataclass(frozen=True, slots=True)
class _Quantity:
    """A quantity of a climate sensor as Home Assistant knows it."""

    name: str
    entity: str
    device_class: str
    unit: str
    zh: str
    en: str


_QUANTITIES: Final = (
    _Quantity("temperature_celsius", "temperature", "temperature", "°C", "温度", "temperature"),
    _Quantity("humidity_percent", "humidity", "humidity", "%", "湿度", "humidity"),
)


@dataclass(frozen=True, slots=True)
class Config:
    """One retained message; an empty payload removes the entity."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class _Entity:
    """One entity of a venue; `nodes` names those without which it cannot be told."""

    component: Component
    name: str
    zh: str
    en: str
    template: str
    nodes: Iterable[str] = ()
    more: Mapping[str, Any] = field(default_factory=dict)


def discovery(
    venues: Iterable[Venue], *, prefix: str, language: Language, software: str
) -> list[Config]:
    """Return the configuration of every entity of a district."""
    return [
        _config(venue, entity, prefix, language, software)
        for venue in venues
        for entity in _entities(venue, language)
    ]


def removed(topic: str) -> Config:
    """Return what takes an entity away."""
    return Config(topic, b"")


def every_config(prefix: str) -> str:
    """Return the filter that matches every configuration of ours, of whatever venue."""
    return f"{prefix}/+/{NODE_ID}/+/config"


def birth_topic(prefix: str) -> str:
    """Return the topic on which Home Assistant says that it has started."""
    return f"{prefix}/status"


def _entities(venue: Venue, language: Language) -> Iterator[_Entity]:
    outer = [line.node for line in venue.lines if line.touches_outside]
    people = {
        "state_class": "measurement",
        "unit_of_measurement": _said(language, "人", "people"),
        "icon": "mdi:account-group",
    }
    yield _Entity(
        "sensor",
        "occupancy",
        "在馆人数",
        "Occupancy",
        _OCCUPANCY,
        outer,
        {
            **people,
            "json_attributes_topic": live_topic(venue.id),
            "json_attributes_template": _QUALITY,
        },
    )
    entries = {**people, "state_class": "total_increasing", "icon": "mdi:location-enter"}
    yield _Entity("sensor", "entries_today", "今日入馆", "Entries today", _ENTRIES, outer, entries)
    if venue.capacity is not None:
        share = {"state_class": "measurement", "unit_of_measurement": "%", "icon": "mdi:gauge"}
        yield _Entity("sensor", "capacity_use", "容量占用", "Capacity use", _USE, outer, share)
        yield _Entity(
            "binary_sensor",
            "over_capacity",
            "超过容量",
            "Over capacity",
            _OVER,
            outer,
            {"device_class": "problem"},
        )
    locks = [sensor.node for sensor in venue.sensors if sensor.kind == "lock"]
    opening = {"device_class": "opening"}
    yield _Entity("binary_sensor", "open", "开放", "Open", _OPEN, locks, opening)
    for zone in venue.zones:
        yield _zone(venue, zone, people)
    for node in sorted({line.node for line in venue.lines}):
        yield _cameras(venue, node)
    for sensor in venue.sensors:
        if sensor.kind == "climate":
            yield from _climate(sensor)


def _zone(venue: Venue, zone: Zone, people: Mapping[str, Any]) -> _Entity:
    nodes = [line.node for line in venue.lines if zone.id in {line.from_zone, line.to_zone}]
    where = f"| selectattr('zone', 'eq', '{zone.id}')"
    template = _LIST.format(part="zones", where=where, value="occupancy")
    zh, en = f"{zone.name_zh} 人数", f"{zone.name_en} occupancy"
    return _Entity("sensor", f"ZONE_{zone.id}", zh, en, template, nodes, people)


def _cameras(venue: Venue, node: str) -> _Entity:
    """Tell whether a node that counts has a camera that cannot see, from its own status."""
    status = node_topic(NodeId(venue.id, node), Channel.STATUS)
    return _Entity(
        "binary_sensor",
        f"NODE_{node}_CAMERAS",
        f"{node} 摄像头异常",
        f"{node} camera problem",
        _BLIND,
        [node],
        {
            "state_topic": status,
            "device_class": "problem",
            "entity_category": "diagnostic",
            "json_attributes_topic": status,
            "json_attributes_template": _HEALTH,
        },
    )


def _climate(sensor: Sensor) -> Iterator[_Entity]:
    for quantity in _QUANTITIES:
        where = (
            f"| selectattr('node', 'eq', '{sensor.node}')"
            f" | selectattr('sensor', 'eq', '{sensor.sensor}')"
            f" | selectattr('quantity', 'eq', '{quantity.name}')"
        )
        yield _Entity(
            "sensor",
            f"NODE_{sensor.node}_SENSOR_{sensor.sensor}_{quantity.entity}",
            f"{sensor.sensor} {quantity.zh}",
            f"{sensor.sensor} {quantity.en}",
            _LIST.format(part="climate", where=where, value="value"),
            [sensor.node],
            {
                "state_class": "measurement",
                "device_class": quantity.device_class,
                "unit_of_measurement": quantity.unit,
            },
        )


def _config(
    venue: Venue, entity: _Entity, prefix: str, language: Language, software: str
) -> Config:
    object_id = f"{venue.id}_{entity.name}"
    payload = {
        "name": _said(language, entity.zh, entity.en),
        "unique_id": f"{NODE_ID}_{object_id}",
        # Without it the entity's id would be spelled from the name, in Chinese as pinyin.
        "object_id": object_id.lower(),
        "state_topic": live_topic(venue.id),
        "value_template": entity.template,
        **entity.more,
        "availability_mode": "all",
        "availability": [
            {"topic": topic, "value_template": _KNOWN_ONLINE}
            for topic in (
                hub_status_topic(),
                *(
                    node_topic(NodeId(venue.id, node), Channel.STATUS)
                    for node in sorted(set(entity.nodes))
                ),
            )
        ],
        "device": {
            "identifiers": [f"{NODE_ID}_{venue.id}"],
            "name": _said(language, venue.name_zh, venue.name_en),
            "manufacturer": "Kaiguan",
            "model": venue.kind,
            "sw_version": software,
        },
        "origin": {"name": "Kaiguan", "sw": software},
    }
    topic = f"{prefix}/{entity.component}/{NODE_ID}/{object_id}/config"
    return Config(topic, json.dumps(payload, ensure_ascii=False).encode())


def _said(language: Language, zh: str, en: str) -> str:
    return zh if language == "zh" else en
