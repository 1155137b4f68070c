"""When a delivery is tried, tried again, gathered with others, given up. Pure.

Time and randomness are arguments. Per channel:

    waiting ──due──► one message ──ok──► sent
       ▲                 │ fails
       └── back-off ◄────┴── tries or hours over ──► dead letter
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from hub.delivery.book import Trying
from hub.delivery.told import SEVERITIES

MINUTE_MS: Final = 60_000
FIRST_PAUSE_MS: Final = 2_000
LONGEST_PAUSE_MS: Final = 15 * MINUTE_MS
LONGEST_REST_MS: Final = MINUTE_MS
"""A channel that fails is tried with one delivery a minute: when it is back, all go on."""
BACK_AFTER: Final = 3
"""So many failures in a row were the channel's: what failed with them is tried at once."""


class Waiting(Protocol):
    """A delivery that waits at a channel."""

    @property
    def id(self) -> int:
        """Return its number: the earlier event has the lower one."""

    @property
    def alert(self) -> str:
        """Return of which alert it is."""

    @property
    def severity(self) -> str:
        """Return how pressing it is."""

    @property
    def next_ms(self) -> int:
        """Return when it may be tried, Unix ms."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a channel does next: the deliveries of one message, or none until an instant."""

    ids: Sequence[int] = ()
    """Several: they are gathered into one message."""
    at_ms: int | None = None
    """When to look again; None: when something comes in."""


def next_turn(
    waiting: Sequence[Waiting], tried_ms: Sequence[int], per_minute: int, now_ms: int
) -> Turn:
    """Return what a channel sends now. `waiting` by id; `tried_ms`: when messages were sent.

    The most pressing one goes first, yet never before an earlier event of its own alert. When more
    are due than may go within a minute, the last free place takes all of them in one message.
    """
    if not waiting:
        return Turn()
    blocked: set[str] = set()
    due: list[Waiting] = []
    for each in waiting:
        if each.next_ms > now_ms:
            blocked.add(each.alert)
        elif each.alert not in blocked:
            due.append(each)
    if not due:
        return Turn(at_ms=min(each.next_ms for each in waiting if each.next_ms > now_ms))
    recent = sorted(at for at in tried_ms if now_ms - MINUTE_MS < at <= now_ms)
    free = per_minute - len(recent)
    if free <= 0:
        return Turn(at_ms=recent[-per_minute] + MINUTE_MS)
    if free == 1 and len(due) > 1:
        return Turn(tuple(each.id for each in due))
    firsts: dict[str, Waiting] = {}
    for each in due:
        firsts.setdefault(each.alert, each)
    chosen = max(firsts.values(), key=lambda each: (_rank(each.severity), -each.id))
    return Turn((chosen.id,))


def pause_ms(attempts: int, rand: float) -> int:
    """Return how long to wait after so many failed tries; `rand` in [0, 1) spreads it.

    Doubles from 2 s to 15 min, between half of that and all of it.
    """
    longest = min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS << min(attempts - 1, 20))
    return longest // 2 + int(rand * longest / 2)


def rest_ms(failures: int, rand: float) -> int:
    """Return how long a channel rests after so many failures in a row."""
    return min(LONGEST_REST_MS, pause_ms(failures, rand))


def is_given_up(trying: Trying, attempts: int, due_ms: int, now_ms: int) -> bool:
    """Tell whether a delivery that failed once more is a dead letter."""
    return attempts >= trying.tries or now_ms - due_ms >= trying.hours * 3_600_000


def _rank(severity: str) -> int:
    return [*SEVERITIES].index(severity)  # type: ignore[arg-type]  # one that is not known raises
