"""Somebody who behaves like Home Assistant on the broker: discovers, subscribes, renders templates.

Its rules are those of Home Assistant's MQTT integration: an entity is unavailable until each of
its availability topics (mode `all`) has said `online`; `None` is unknown; a binary sensor knows
`ON` and `OFF`; an empty configuration takes the entity away.
"""

import contextlib
import json
from dataclasses import dataclass
from typing import Any

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tests.integration.hub.running import Wire

_ENVIRONMENT = ImmutableSandboxedEnvironment(undefined=StrictUndefined)


def render(template: str, payload: bytes) -> str:
    """Return what a value template makes of a payload; what is not JSON has no `value_json`."""
    values: dict[str, Any] = {"value": payload.decode()}
    with contextlib.suppress(ValueError):
        values["value_json"] = json.loads(payload)
    return _ENVIRONMENT.from_string(template).render(values)


@dataclass(frozen=True)
class Entity:
    """An entity as it was discovered."""

    component: str
    config: dict[str, Any]

    def state(self, retained: dict[str, bytes]) -> str:
        """Return its state, given the newest payload of every topic."""
        assert self.config["availability_mode"] == "all"
        for part in self.config["availability"]:
            payload = retained.get(part["topic"])
            if payload is None or render(part["value_template"], payload) != "online":
                return "unavailable"
        payload = retained.get(self.config["state_topic"])
        if payload is None:
            return "unknown"
        value = render(self.config["value_template"], payload)
        if self.component == "binary_sensor":
            return {"ON": "on", "OFF": "off", "None": "unknown"}[value]
        if value == "None":
            return "unknown"
        assert float(value) >= -100, "a sensor with a state class has a number"
        return value

    def attributes(self, retained: dict[str, bytes]) -> dict[str, Any]:
        template = self.config.get("json_attributes_template")
        payload = retained.get(self.config.get("json_attributes_topic", ""))
        if template is None or payload is None:
            return {}
        told: dict[str, Any] = json.loads(render(template, payload))
        return told


class HomeAssistant(Wire):
    """A client that keeps the newest payload of every topic."""

    def __init__(self, port: int, prefix: str = "homeassistant") -> None:
        super().__init__(port, f"{prefix}/+/+/+/config", "kaiguan/v1/#")
        self.prefix = prefix

    @property
    def retained(self) -> dict[str, bytes]:
        return dict(tuple(self.heard))

    @property
    def entities(self) -> dict[str, Entity]:
        """Return entities by unique id."""
        found = [
            Entity(topic.split("/")[1], json.loads(payload))
            for topic, payload in self.retained.items()
            if topic.startswith(f"{self.prefix}/") and payload
        ]
        by_id = {entity.config["unique_id"]: entity for entity in found}
        assert len(by_id) == len(found), "two entities with one id"
        return by_id

    def state(self, entity: str) -> str | None:
        """Return the state of one entity, None while it is not known to us."""
        found = self.entities.get(f"kaiguan_{entity}")
        return found.state(self.retained) if found else None
