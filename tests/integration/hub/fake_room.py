"""A kiosk with a room, as a test plays it over a real broker: its status, and its answers."""

import os
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from contracts.ids import NodeId
from contracts.messages import SourceStatus, Status, encode
from contracts.room import (
    OutputStatus,
    RoomCommand,
    RoomReply,
    RoomStatus,
    UnfinishedCase,
    decode_room_command,
    encode_room,
)
from contracts.topics import Channel, node_topic
from link.session import BrokerConfig, Session
from tests.integration.hub.running import until

OUTPUTS = tuple(OutputStatus(name, False) for name in ("strike", "lights", "ventilation", "siren"))
COMMANDS = ("announce", "close", "open", "reset", "unlock")


def a_room_status(
    at_ms: int,
    room: RoomStatus | None = None,
    unfinished: tuple[UnfinishedCase, ...] = (),
    **changes: object,
) -> Status:
    """Return the status of a kiosk whose room is open and well, but for what is said."""
    facts: dict[str, object] = {
        "boot": "b0" * 4,
        "online": True,
        "at_ms": at_ms,
        "software": "kaiguan-kiosk 0.1.0",
        "sources": (SourceStatus("room_outputs", "room_outputs", "watching"),),
        "room": room or an_open_room(at_ms),
        "unfinished": unfinished,
        **changes,
    }
    return Status(**facts)  # type: ignore[arg-type]


def an_open_room(at_ms: int, **changes: object) -> RoomStatus:
    """Return a room that is open and well, but for what is said."""
    facts: dict[str, object] = {
        "mode": "open",
        "since_ms": at_ms - 3_600_000,
        "admits": True,
        "door": "closed",
        "lock": "held",
        "people": 3,
        "people_limit": 12,
        "closes_ms": at_ms + 3_600_000,
        "cards": "library",
        "outputs": OUTPUTS,
        "commands": COMMANDS,
        **changes,
    }
    return RoomStatus(**facts)  # type: ignore[arg-type]


@dataclass
class FakeRoom:
    """Answers orders: with `refuses` it says why not, while `is_deaf` nothing."""

    node: NodeId
    broker_port: int
    refuses: str = ""
    is_deaf: bool = False
    orders: list[RoomCommand] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._session = Session(
            BrokerConfig(port=self.broker_port),
            f"room-{os.getpid()}-{id(self)}",
            subscriptions=(node_topic(self.node, Channel.COMMAND),),
            on_message=self._heard,
        )
        self._session.open()
        until(lambda: self._session.connected)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._session.close()

    def tell(self, status: Status) -> None:
        topic = node_topic(self.node, Channel.STATUS)
        assert self._session.publish(topic, encode(status), retain=True)

    def answer(self, order: RoomCommand) -> None:
        reply = RoomReply(order.id, not self.refuses, order.at_ms, self.refuses)
        assert self._session.publish(node_topic(self.node, Channel.REPLY), encode_room(reply))

    def _heard(self, _topic: str, payload: bytes) -> None:
        order = decode_room_command(payload)
        self.orders.append(order)
        if not self.is_deaf:
            self.answer(order)
