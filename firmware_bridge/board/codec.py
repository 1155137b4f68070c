"""Message <-> the bytes of its frame."""

import struct
from typing import Final

from firmware_bridge.board.messages import (
    Ack,
    Climate,
    Command,
    Contact,
    Counter,
    Heartbeat,
    Hello,
    Message,
    SendAll,
)
from firmware_bridge.errors import FrameError
from firmware_bridge.framing import encode_frame

MESSAGE_TYPES: Final[dict[int, type[Message]]] = {
    message.TYPE: message
    for message in (Hello, Counter, Contact, Climate, Heartbeat, Ack, SendAll, Command)
}


def encode_message(message: Message, seq: int) -> bytes:
    """Return the frame of a message; seq is taken modulo 256.

    Raises FrameError when a field does not fit its place.
    """
    try:
        payload = message.to_payload()
    except (struct.error, ValueError) as error:
        raise FrameError(f"{type(message).__name__} does not fit its layout: {error}") from error
    return encode_frame(bytes([message.TYPE, seq % 256]) + payload)


def decode_message(content: bytes) -> tuple[int, Message | None]:
    """Return (seq, message) of a frame's content; None for a type of a later version.

    Raises FrameError for a content that its type does not allow.
    """
    if len(content) < 2:
        raise FrameError("a message has a type and a sequence number")
    message_type = MESSAGE_TYPES.get(content[0])
    if message_type is None:
        return content[1], None
    return content[1], message_type.from_payload(content[2:])
