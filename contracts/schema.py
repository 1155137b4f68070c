"""The contract as data, for peers that are not written in Python: JSON Schema and AsyncAPI 3.

Everything is derived from the structs and the topic grammar; nothing is described a second time.
The AsyncAPI document is written from a node's side: what it sends and what it receives.
"""

import inspect
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

from contracts import rows
from contracts.door_cards import DoorCards
from contracts.ids import NodeId
from contracts.messages import MAX_PAYLOAD_BYTES, Ack, BatchOf, HubStatus, Live, Status
from contracts.pack import PackManifest, Packs
from contracts.remote import RemoteReply, RestartCommand, SettingsCommand
from contracts.room import RoomCommand, RoomReply
from contracts.topics import Channel, hub_status_topic, live_topic, node_topic, packs_topic
from contracts.updating import UpdateOrder

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
SCHEMA_FORMAT: Final = "application/schema+json;version=draft-2020-12"

MESSAGES: Final[dict[str, Any]] = {
    "batch": BatchOf[rows.Row],
    "ack": Ack,
    "status": Status,
    "live": Live,
    "packs": Packs,
    "update-order": UpdateOrder,
    "hub-status": HubStatus,
    "room-command": RoomCommand,
    "room-reply": RoomReply,
    "settings-command": SettingsCommand,
    "restart-command": RestartCommand,
    "remote-reply": RemoteReply,
}
"""What a topic carries, by the name of its schema."""

FILES: Final[dict[str, Any]] = {"pack-manifest": PackManifest, "door-cards": DoorCards}
"""What stands in a file that is handed on: a pack's `manifest.json`, a list of cards."""

ROWS: Final[dict[str, type[msgspec.Struct]]] = {
    f"row-{kind.kind}": kind
    for kind in (rows.Epoch, rows.Count, rows.Measure, rows.Coverage, rows.State, rows.Event)
}
"""What a batch carries, likewise."""

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Topic:
    """How one topic is used; `messages` names the schemas of what it carries."""

    address: str
    action: Literal["send", "receive"]
    messages: tuple[str, ...]
    qos: int
    retain: bool
    summary: str


def topics() -> dict[str, Topic]:
    """Return every topic of the grammar by its last level (the hub's own: `hub`), for a node."""
    node = NodeId("{venue}", "{node}")
    batches = "Batches from a node's spool; each is answered on `ack`."
    ack = "The hub's answer: up to where its store holds the stream, or `refused`, or `fork`."
    status = "The node's state, and with `online: false` its last will."
    live = "The venue now: occupancy with its quality, whether it is open."
    hub = "The hub's own state, and with `online: false` its last will."
    packs = "The content packs that the venue's kiosks shall show, by hash; all of them each time."
    update = "Which release the node shall run, by hash, and whether it may switch to it now."
    command = (
        "Orders to a node, told apart by `type`: of an unstaffed room, of settings, of a new "
        "start. What a node does not know it leaves alone."
    )
    reply = "What became of an order, under its `id`."
    orders = ("room-command", "settings-command", "restart-command")
    answers = ("room-reply", "remote-reply")
    return {
        "data": Topic(node_topic(node, Channel.DATA), "send", ("batch",), 1, False, batches),
        "ack": Topic(node_topic(node, Channel.ACK), "receive", ("ack",), 1, False, ack),
        "status": Topic(node_topic(node, Channel.STATUS), "send", ("status",), 1, True, status),
        "update": Topic(
            node_topic(node, Channel.UPDATE), "receive", ("update-order",), 1, True, update
        ),
        "command": Topic(node_topic(node, Channel.COMMAND), "receive", orders, 1, False, command),
        "reply": Topic(node_topic(node, Channel.REPLY), "send", answers, 1, False, reply),
        "live": Topic(live_topic("{venue}"), "receive", ("live",), 0, True, live),
        "packs": Topic(packs_topic("{venue}"), "receive", ("packs",), 1, True, packs),
        "hub": Topic(hub_status_topic(), "receive", ("hub-status",), 1, True, hub),
    }


def json_schemas() -> dict[str, Document]:
    """Return one self-contained JSON Schema (2020-12) for each message, file and row."""
    return {name: _schema(name, shape) for name, shape in (MESSAGES | FILES | ROWS).items()}


def asyncapi(version: str) -> Document:
    """Return the AsyncAPI 3 document; its messages refer to the files of `json_schemas`."""
    used = topics()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Kaiguan wire protocol",
            "version": version,
            "description": (
                "MQTT between the nodes of a venue and the hub. Written from a node's side. "
                f"A payload is UTF-8 JSON of at most {MAX_PAYLOAD_BYTES} bytes; unknown fields "
                "are ignored."
            ),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {name: _channel(topic) for name, topic in used.items()},
        "operations": {
            f"{topic.action}{name.capitalize()}": _operation(name, topic)
            for name, topic in used.items()
        },
        "components": {"messages": {name: _message(name) for name in MESSAGES}},
    }


def _schema(name: str, shape: Any) -> Document:
    (root,), components = msgspec.json.schema_components([shape], ref_template="#/$defs/{name}")
    body = components.pop(root["$ref"].removeprefix("#/$defs/"))
    document: Document = {"$schema": DIALECT, "$id": f"urn:kaiguan:v1:{name}"} | _clean(body)
    if name in MESSAGES | FILES:
        document["title"] = _title(name)
    if components:
        document["$defs"] = {key: _clean(part) for key, part in components.items()}
    return document


def _title(name: str) -> str:
    return name.replace("-", " ").capitalize()


def _clean(part: Document) -> Document:
    """Take the source's indentation out of a docstring."""
    if "description" in part:
        return part | {"description": inspect.cleandoc(part["description"])}
    return part


def _channel(topic: Topic) -> Document:
    names = {"venue": "The venue's name.", "node": "The node's name inside its venue."}
    messages = {name: {"$ref": f"#/components/messages/{name}"} for name in topic.messages}
    return {
        "address": topic.address,
        "description": topic.summary,
        "parameters": {
            name: {"description": text}
            for name, text in names.items()
            if f"{{{name}}}" in topic.address
        },
        "messages": messages,
    }


def _operation(name: str, topic: Topic) -> Document:
    messages = [f"#/channels/{name}/messages/{message}" for message in topic.messages]
    return {
        "action": topic.action,
        "channel": {"$ref": f"#/channels/{name}"},
        "summary": topic.summary,
        "bindings": {"mqtt": {"qos": topic.qos, "retain": topic.retain, "bindingVersion": "0.2.0"}},
        "messages": [{"$ref": message} for message in messages],
    }


def _message(name: str) -> Document:
    return {
        "name": name,
        "title": _title(name),
        "contentType": "application/json",
        "payload": {
            "schemaFormat": SCHEMA_FORMAT,
            "schema": {"$ref": f"./schemas/{name}.json"},
        },
    }
