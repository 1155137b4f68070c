"""The one grammar of MQTT topics; no topic is spelled anywhere else.

kaiguan/v1/{venue}/{node}/data      QoS 1            node -> hub   Batch
kaiguan/v1/{venue}/{node}/ack       QoS 1            hub -> node   Ack
kaiguan/v1/{venue}/{node}/status    QoS 1, retained  node -> all   Status, last will
kaiguan/v1/{venue}/{node}/command   QoS 1            hub -> node
kaiguan/v1/{venue}/{node}/reply     QoS 1            node -> hub
kaiguan/v1/{venue}/live             QoS 0, retained  hub -> all    Live
kaiguan/v1/{venue}/packs            QoS 1, retained  hub -> kiosks
"""

from enum import StrEnum
from typing import Final

from tests.compatibility.first_release.then.contracts.errors import DecodeError, RefusalCode
from tests.compatibility.first_release.then.contracts.ids import NodeId, parse_node_id

ROOT: Final = "kaiguan/v1"


class Channel(StrEnum):
    """The last level of a node's topics."""

    DATA = "data"
    ACK = "ack"
    STATUS = "status"
    COMMAND = "command"
    REPLY = "reply"


def node_topic(node: NodeId, channel: Channel) -> str:
    """Return the topic of one channel of one node."""
    return f"{ROOT}/{node.venue}/{node.node}/{channel}"


def every_node(channel: Channel) -> str:
    """Return the filter that matches one channel of every node."""
    return f"{ROOT}/+/+/{channel}"


def live_topic(venue: str) -> str:
    """Return the retained topic of a venue's live occupancy."""
    return f"{ROOT}/{venue}/live"


def packs_topic(venue: str) -> str:
    """Return the retained topic of a venue's content packs."""
    return f"{ROOT}/{venue}/packs"


def parse_node_topic(topic: str) -> tuple[NodeId, Channel]:
    """Read a node's topic.

    Raises DecodeError when it is not one of the grammar above.
    """
    name, _, channel = topic.removeprefix(f"{ROOT}/").rpartition("/")
    if not topic.startswith(f"{ROOT}/") or channel not in _CHANNELS:
        raise DecodeError(RefusalCode.BAD_TOPIC, f"{topic!r} is not a topic of a node")
    return parse_node_id(name), Channel(channel)


_CHANNELS = frozenset(Channel)
