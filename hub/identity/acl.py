"""Who may do what at the broker: the access list of mosquitto. Pure.

A node's user name is its certificate's name, `venue/node`; one pattern gives each its own topics
and nothing else. A kiosk's rights on its venue's topics cannot be said by a pattern, since `%u` is
the whole name: each kiosk has its lines. A revoked node is denied everything, which mutes a
connection that stands from before: the broker looks at certificates only when one is made.
"""

from collections.abc import Iterable
from typing import Final

from contracts.ids import NodeId
from contracts.topics import ROOT, Channel, every_node, hub_status_topic, live_topic, packs_topic

HUB_NAME: Final = "hub"
"""The hub's own name at the broker; a node's has a slash in it."""
BROKER_LOG: Final = "$SYS/broker/log/N"
"""Where mosquitto tells who connected under which client id."""

_BEGIN: Final = f"""\
# Written by the hub; changes are overwritten. The broker reads it again on SIGHUP.

user {HUB_NAME}
topic write {every_node(Channel.ACK)}
topic write {every_node(Channel.COMMAND)}
topic write {every_node(Channel.UPDATE)}
topic write {live_topic("+")}
topic write {packs_topic("+")}
topic read {every_node(Channel.DATA)}
topic read {every_node(Channel.STATUS)}
topic read {every_node(Channel.REPLY)}
topic readwrite {hub_status_topic()}
topic readwrite {{home}}/#
topic read {BROKER_LOG}

pattern write {ROOT}/%u/{Channel.DATA}
pattern read {ROOT}/%u/{Channel.ACK}
pattern readwrite {ROOT}/%u/{Channel.STATUS}
pattern read {ROOT}/%u/{Channel.COMMAND}
pattern write {ROOT}/%u/{Channel.REPLY}
pattern read {ROOT}/%u/{Channel.UPDATE}
"""


def acl_text(
    kiosks: Iterable[NodeId] = (),
    revoked: Iterable[NodeId] = (),
    *,
    home: str = "homeassistant",
) -> str:
    """Return the whole list; a node that is both is revoked, `home` is Home Assistant's prefix."""
    out = sorted(set(revoked))
    inside = sorted(set(kiosks) - set(out))
    parts = [_BEGIN.format(home=home)]
    parts += [
        f"\nuser {kiosk}\n"
        f"topic read {live_topic(kiosk.venue)}\ntopic read {packs_topic(kiosk.venue)}\n"
        for kiosk in inside
    ]
    parts += [f"\nuser {node}\ntopic deny #\n" for node in out]
    return "".join(parts)
