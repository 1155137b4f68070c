"""What `python -m edge join` leaves in a new configuration, and what it tells to do next."""

import shlex
from pathlib import Path
from typing import Final

from link.joining import Joined

FRESH: Final = """\
[spool]
path = "spool.db"

# What this node counts with: take away the # of what is there, and make it yours (docs/edge.md).
#
# [[cameras]]
# name = "ceiling"
# source = "0"                 # the first V4L2 device, or rtsp://…, http://…
#
# [[cameras.lines]]
# name = "front"               # as in the hub's records
# start = [0.0, 0.5]           # shares of the picture's width and height, y downwards
# end = [1.0, 0.5]
# in_vector = [0.0, 1.0]       # who walks down the picture comes in
#
# [[serial]]
# name = "door-board"
# port = "/dev/serial/by-id/…"
# lines = { side = 0 }
# contacts = { lock = 1 }
"""


def next_steps(config: Path, joined: Joined) -> str:
    """Return what was done and what comes next."""
    file = shlex.quote(str(config))
    begins = joined.authority_sha256[:16]
    return (
        f"joined as {joined.node}; the broker is {joined.broker_host}:{joined.broker_port}, the"
        f" authority's SHA-256 begins with {begins}\n"
        f"next: name camera and ports in {config}, then\n\n"
        f"    python -m edge doctor --config {file}\n"
        f"    python -m edge run --config {file}"
    )
