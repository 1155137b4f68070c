"""Totals of a board's counters -> increments that survive lost frames, wraps and reboots."""

from dataclasses import dataclass

from firmware_bridge.board.messages import Counter
from firmware_bridge.sensors.readings import Continuity, CounterReading

_WRAP = 1 << 32
# A year of a busy door: a step beyond it is a total that went back or a broken board, no visitors.
LARGEST_STEP = 1 << 20


@dataclass(frozen=True, slots=True)
class CounterBase:
    """The totals that are already counted, and the boot that they belong to."""

    boot: int
    entered: int
    left: int


class CounterBook:
    """Remembers what is already counted, by board and channel.

    Give the same book to each sensor that is opened again, and crossings while the port was shut
    are in the next reading. `bases` may be stored and given to a new book after a restart.
    """

    def __init__(self, bases: dict[tuple[str, int], CounterBase] | None = None) -> None:
        self.bases = dict(bases or {})

    def keep_only(self, board_id: str) -> None:
        """Forget every other board: what one counts elsewhere must not come back with it."""
        self.bases = {key: base for key, base in self.bases.items() if key[0] == board_id}

    def read(self, board_id: str, counter: Counter) -> CounterReading:
        """Return the reading of these totals, and take them as the new base."""
        key = (board_id, counter.channel)
        base = self.bases.get(key)
        self.bases[key] = CounterBase(counter.boot, counter.entered, counter.left)
        entered, left, continuity = _increments(base, counter)
        return CounterReading(
            channel=counter.channel,
            entered_total=counter.entered,
            left_total=counter.left,
            entered=entered,
            left=left,
            continuity=continuity,
            is_blocked=counter.is_blocked,
        )


def _increments(base: CounterBase | None, counter: Counter) -> tuple[int, int, Continuity]:
    if base is None:
        return 0, 0, Continuity.FIRST
    if base.boot == counter.boot:
        entered = (counter.entered - base.entered) % _WRAP
        left = (counter.left - base.left) % _WRAP
        continuity = Continuity.SAME_BOOT
    else:
        entered, left, continuity = counter.entered, counter.left, Continuity.REBOOTED
    if max(entered, left) > LARGEST_STEP:
        return 0, 0, Continuity.BROKEN
    return entered, left, continuity
