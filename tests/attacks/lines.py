"""Bytes over a raw line of loopback, as an attacker sends them."""

import contextlib
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def line(port: int, host: str = "127.0.0.1") -> Iterator[socket.socket]:
    """Give a line that is connected."""
    with socket.create_connection(("127.0.0.1", port), timeout=15, source_address=(host, 0)) as one:
        yield one


def talk(port: int, data: bytes, *, half_close: bool = False) -> bytes:
    """Send bytes as they stand; return all that comes back until the other end closes."""
    with line(port) as one:
        with contextlib.suppress(OSError):
            one.sendall(data)
            if half_close:
                one.shutdown(socket.SHUT_WR)
        return rest(one)


def rest(one: socket.socket, most: int = 1_000_000) -> bytes:
    """Return what is still to come; an end by force is one, too."""
    got = bytearray()
    with contextlib.suppress(ConnectionError):
        while len(got) < most and (piece := one.recv(65_536)):
            got += piece
    return bytes(got)


def status_of(answer: bytes) -> int:
    """Return the status of the first answer; 0: the line was closed without any."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0


def drip(one: socket.socket, piece: bytes, seconds: float, every: float = 0.05) -> float:
    """Send a piece again and again until the other end closes; return how long it let that be.

    Fails when that is longer than `seconds`.
    """
    begun = time.monotonic()
    one.settimeout(every)
    while True:
        took = time.monotonic() - begun
        assert took < seconds, f"still open after {took:.1f} s"
        try:
            one.sendall(piece)
            if not one.recv(65_536):
                return took
        except TimeoutError:
            continue
        except OSError:
            return took
