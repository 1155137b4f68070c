"""Whose a stream is: the first node that has rows stored in it. Pure.

A stream's mark says which rows need not be sent any more. Whoever could move the mark of another
node's stream would make that node forget rows that nobody has; so nobody but its owner sends in it.
And what a hub remembers of streams is bounded, whoever invents them.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from contracts.errors import DecodeError, RefusalCode
from contracts.ids import NodeId

STREAMS_OF_A_NODE: Final = 256
"""A stream begins with a spool, and with a fork: a node has a few of them in its life."""
STREAMS: Final = 100_000
"""Of all nodes: some 1 KB of memory each, up to 20 KB with all the openings that one may name."""


class Owners:
    """Who owns each stream, durable and of the group that is being judged."""

    def __init__(
        self,
        durable: Mapping[str, NodeId],
        of_a_node: int = STREAMS_OF_A_NODE,
        in_all: int = STREAMS,
    ) -> None:
        self._durable = dict(durable)
        self._pending: dict[str, NodeId] = {}
        self._held = Counter(self._durable.values())
        self._of_a_node = of_a_node
        self._in_all = in_all

    def require(self, stream: str, node: NodeId) -> None:
        """Raise DecodeError when a node may not send in a stream."""
        owner = self._durable.get(stream) or self._pending.get(stream)
        if owner is not None:
            if owner != node:
                raise DecodeError(
                    RefusalCode.FOREIGN_STREAM,
                    f"stream {stream} is {owner}'s: {node} needs a spool of its own",
                )
            return
        if self._held[node] >= self._of_a_node:
            raise DecodeError(
                RefusalCode.TOO_MANY_STREAMS,
                f"{node} has {self._held[node]} streams: no more are taken of one node",
            )
        if len(self._durable) + len(self._pending) >= self._in_all:
            raise DecodeError(
                RefusalCode.TOO_MANY_STREAMS,
                f"there are {self._in_all} streams: no more are taken of anybody",
            )

    def claim(self, stream: str, node: NodeId) -> None:
        """Note that the group stores rows of a node in a stream, which `require` has let pass."""
        if stream not in self._durable and stream not in self._pending:
            self._pending[stream] = node
            self._held[node] += 1

    def stored(self) -> None:
        """Take what the group claimed for durable."""
        self._durable.update(self._pending)
        self._pending.clear()

    def failed(self) -> None:
        """Forget what the group claimed."""
        self._held.subtract(self._pending.values())
        self._pending.clear()

    def items(self) -> tuple[tuple[str, NodeId], ...]:
        """Return every durable stream with its owner; from any thread."""
        return tuple(self._durable.items())
