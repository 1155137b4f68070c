"""Sending as the worker sees it: one message, one channel, a bounded time, a reason."""

import threading
from collections.abc import Callable
from typing import Final, Protocol

from hub.delivery.book import Channel
from hub.delivery.reasons import Reason
from hub.delivery.wording import Message

GRACE_SECONDS: Final = 3.0
"""How much longer than its own time-out a channel may take: for bytes that come one by one."""


class Sender(Protocol):
    """Sends one message by one channel; used from many threads at once."""

    def prepare(self) -> None:
        """Load what the first message would have to wait for."""
        ...

    def send(self, channel: Channel, message: Message) -> Reason | None:
        """Return why it did not arrive, None when it did; takes as long as the channel lets it."""
        ...


def begin(
    sender: Sender, channel: Channel, message: Message, done: Callable[[Reason | None], None]
) -> threading.Thread:
    """Send in a thread of its own, which tells `done` and which nobody has to wait for."""
    thread = threading.Thread(
        target=lambda: done(sender.send(channel, message)),
        name=f"channel {channel.id}",
        daemon=True,
    )
    thread.start()
    return thread


def send_within(sender: Sender, channel: Channel, message: Message) -> Reason | None:
    """Send and wait, not for ever: a sink that drips byte by byte has stalled."""
    answers: list[Reason | None] = []
    thread = begin(sender, channel, message, answers.append)
    thread.join(channel.timeout_seconds + GRACE_SECONDS)
    return answers[0] if answers else Reason("stalled")
