"""Ports to listen on, chosen where the system gives none to connections that go out."""

import errno
import random
import socket
from contextlib import ExitStack
from typing import Final

from examples.demo.broker import LOOPBACK

FIRST: Final = 15_000
LAST: Final = 32_000
"""Below 32 768, where Linux takes the ports of connections from: a port that the system itself
gives out and that is let go of can be a browser's a moment later."""
_TRIES: Final = 200


def free_ports(count: int, rng: random.Random | None = None) -> list[int]:
    """Return so many loopback ports, all different, that nobody listens on.

    Raises OSError when none are found.
    """
    rng = rng or random.SystemRandom()
    with ExitStack() as held:
        found: list[int] = []
        for port in rng.sample(range(FIRST, LAST), count + _TRIES):
            probe = held.enter_context(socket.socket())
            try:
                probe.bind((LOOPBACK, port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                continue
            found.append(port)
            if len(found) == count:
                return found
    raise OSError(errno.EADDRINUSE, f"no {count} free ports from {FIRST} to {LAST}")
