"""How settings from afar are tried, confirmed and taken back. Pure: instants are arguments.

    apply, rollback ──► trial ──► well for a while ──► done
                          └── not well in time, ended by itself, cannot be read ──► rolled back

What is kept says at every instant which text is in force: it is written before the node ends, and
read when it starts. A node that ends during a trial counts as one that does not start.
"""

from dataclasses import dataclass
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from contracts.remote import Digest, Ended, Part, Stage

MOST_STARTS: Final = 2
"""Of a node during a trial: after that the settings before are in force again."""
MOST_ACTS: Final = 5
ACTS_MS: Final = 15 * 60_000
"""So often in so long a node may be made to start anew."""


class Trial(Struct, frozen=True):
    """Settings on trial; `connected` and `failing` are what the node could do before."""

    id: str
    connected: bool = False
    failing: tuple[str, ...] = ()
    starts: int = 0


class Restart(Struct, frozen=True):
    """A new start that was ordered, and did not end yet."""

    id: str
    part: Part
    os_boot: str


class Kept(Struct, frozen=True):
    """What outlives the node's process: `current` and `previous` by their digests, empty: none."""

    current: Digest = ""
    previous: Digest | None = None
    trial: Trial | None = None
    restart: Restart | None = None
    last: Ended | None = None
    trouble: str = ""
    acts: tuple[int, ...] = ()


def wait_ms(kept: Kept, now_ms: int) -> int:
    """Return how long no new start may be ordered; 0: now it may.

    Instants after now are of a clock that was put back: they count as of now.
    """
    recent = sorted(min(at, now_ms) for at in kept.acts if now_ms - at < ACTS_MS)
    return recent[-MOST_ACTS] + ACTS_MS - now_ms if len(recent) >= MOST_ACTS else 0


def applied(kept: Kept, sha256: str, trial: Trial, now_ms: int) -> Kept:
    """Put settings into force for a trial."""
    return replace(
        _acted(kept, now_ms), current=sha256, previous=kept.current, trial=trial, trouble=""
    )


def restarting(kept: Kept, restart: Restart, now_ms: int) -> Kept:
    """Note a new start that begins now."""
    return replace(_acted(kept, now_ms), restart=restart)


def started(kept: Kept, os_boot: str, now_ms: int) -> Kept:
    """Count a start of the node's process; `os_boot` names this run of its machine."""
    trial = kept.trial
    if trial is not None:
        if trial.starts >= MOST_STARTS:
            why = f"the node ended {MOST_STARTS} times by itself with them"
            kept = taken_back(kept, why, now_ms)
        else:
            kept = replace(kept, trial=replace(trial, starts=trial.starts + 1))
    restart = kept.restart
    if restart is not None:
        is_back = restart.part != "machine" or restart.os_boot != os_boot
        ended = (
            Ended(restart.id, "done", now_ms)
            if is_back
            else Ended(restart.id, "refused", now_ms, "only the program started anew")
        )
        kept = replace(kept, restart=None, last=ended)
    return kept


def confirmed(kept: Kept, now_ms: int) -> Kept:
    """End a trial well."""
    if kept.trial is None:
        return kept
    return replace(kept, trial=None, last=Ended(kept.trial.id, "done", now_ms))


def taken_back(kept: Kept, why: str, now_ms: int) -> Kept:
    """End a trial badly: what was in force before is in force again, and nothing is before it."""
    if kept.trial is None:
        return kept
    return replace(
        kept,
        current=kept.previous or "",
        previous=None,
        trial=None,
        last=Ended(kept.trial.id, "rolled_back", now_ms, why[:400]),
    )


def ended(kept: Kept, id_: str, stage: Stage, why: str, now_ms: int) -> Kept:
    """Note how an order ended that the process outlived."""
    return replace(kept, restart=None, last=Ended(id_, stage, now_ms, why[:400]))


@dataclass(frozen=True, slots=True)
class Sign:
    """How the node is at one instant; `failing` are devices by name."""

    is_writing: bool
    is_connected: bool
    failing: tuple[str, ...] = ()


@dataclass(slots=True)
class Judge:
    """Watches one trial; seconds are of a clock that never jumps, from the node's start."""

    trial: Trial
    steady_seconds: float
    try_seconds: float
    _well_since: float | None = None

    def judge(self, sign: Sign, now_s: float) -> Literal["try", "well", "bad"]:
        """Tell how the trial stands."""
        if self.missing(sign):
            self._well_since = None
        elif self._well_since is None:
            self._well_since = now_s
        if self._well_since is not None and now_s - self._well_since >= self.steady_seconds:
            return "well"
        return "bad" if now_s >= self.try_seconds else "try"

    def missing(self, sign: Sign) -> str:
        """Return what the node could do before and cannot now; empty: nothing."""
        worse = sorted(set(sign.failing) - set(self.trial.failing))
        if worse:
            return f"{', '.join(worse)} failed, and did not before"
        if self.trial.connected and not sign.is_connected:
            return "the broker is not reached, and was before"
        return "" if sign.is_writing else "what it counts does not go to its disk"


def _acted(kept: Kept, now_ms: int) -> Kept:
    recent = tuple(at for at in kept.acts if now_ms - at < ACTS_MS)[-MOST_ACTS:]
    return replace(kept, acts=(*recent, now_ms))
