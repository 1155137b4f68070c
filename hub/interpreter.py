"""How the hub's process uses Python itself: collections and turns of threads, both measured.

With Python's defaults and 2 000 nodes, acknowledgements stalled for 0.1 s at each full collection,
and waited up to 5 ms for each of the several times that a commit asks for the interpreter.
"""

import gc
import sys
from typing import Final

COLLECT_AFTER: Final = (20_000, 20, 100)
"""Allocations before a young collection; young ones before a middle, middle before a full one."""
SWITCH_SECONDS: Final = 0.0005
"""How long a thread keeps the interpreter while another one waits; Python's usual is 5 ms."""


def tune() -> None:
    """Set the process up; called once everything that lives long is open."""
    gc.collect()
    # What stands now lives as long as the process: no collection need walk it again.
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    sys.setswitchinterval(SWITCH_SECONDS)
