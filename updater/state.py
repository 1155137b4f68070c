"""What an updater does next: a state machine that decides, and does nothing itself. Pure.

    idle → fetching → verified → staged → trying → idle, updated
              │           │         │        │
              └─ refused ◄┴─────────┘        └─► rolling back → idle, rolled back

The state is on the disk before what it asks for is begun, so that whatever is cut, the next start
goes on from it: every effect may be done twice. Times of a try are of the machine's uptime, which
no wrong clock moves; `boot` says of which start.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

MOST_BOOTS: Final = 2
"""A try that was not confirmed before the machine started so often again is rolled back."""
MOST_CRASHES: Final = 3
"""A release that ended so often since it was started is not waited for any longer."""
FRESH_SECONDS: Final = 30.0
"""A node that lives tells of itself every other second; an older word is none."""
MOST_FAILED: Final = 50
_REASON: Final = 300


class Phase(StrEnum):
    """Where an update stands."""

    IDLE = "idle"
    FETCHING = "fetching"
    VERIFIED = "verified"
    STAGED = "staged"
    TRYING = "trying"
    ROLLING_BACK = "rolling_back"


class Do(StrEnum):
    """What is to be done; each may be done twice."""

    FETCH = "fetch"
    STAGE = "stage"
    SWITCH = "switch"
    """Let `previous` name the release that runs, and `current` the new one."""
    SWITCH_BACK = "switch_back"
    RESTART = "restart"
    SWEEP = "sweep"
    """Remove what nothing names any more."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a node shall run, as its hub says; `go`: it may switch now.

    An order with another `attempt` is asked again, also after it failed.
    """

    sha256: str
    bytes: int
    version: str
    hub: str
    attempt: int = 0
    allow_downgrade: bool = False
    go: bool = False

    @property
    def key(self) -> tuple[str, int]:
        """Return what tells one order from another."""
        return self.sha256, self.attempt

    @property
    def slot(self) -> str:
        """Return the name of the folder that its release has."""
        return slot_name(self.version, self.sha256)


@dataclass(frozen=True, slots=True)
class Report:
    """What an agent says of itself; times are seconds of the machine's uptime."""

    version: str
    boot: str
    at: float
    started: float
    turning: bool
    """What it counts goes to its disk."""
    connected: bool
    acked: bool
    """The hub acknowledged something since it started."""
    failing: tuple[str, ...] = ()
    """Devices that it cannot use."""


@dataclass(frozen=True, slots=True)
class Seen:
    """How the agent is: `ready` and how often it `started`, as whoever runs it says."""

    ready: bool = False
    started: int = 0
    report: Report | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """An update that was tried or looked at and is not taken again by itself."""

    sha256: str
    attempt: int
    reason: str

    @property
    def key(self) -> tuple[str, int]:
        """Return which order it was."""
        return self.sha256, self.attempt


@dataclass(frozen=True, slots=True)
class Before:
    """How the agent was before a try; what it could not do then is not asked of the new one."""

    connected: bool = False
    acked: bool = False
    failing: tuple[str, ...] | None = None
    """None: it said nothing."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the last order ended: `updated`, `rolled_back` or `refused`; empty: there was none."""

    what: str = ""
    version: str = ""
    sha256: str = ""
    attempt: int = 0
    reason: str = ""
    at: int = 0
    """Unix seconds as this machine's clock said; for people only."""


@dataclass(frozen=True, slots=True)
class State:
    """All that has to be known after a power cut."""

    phase: Phase = Phase.IDLE
    order: Order | None = None
    running: str = ""
    """The slot that was confirmed last."""
    previous: str = ""
    """The slot before it, which one can go back to; a try that fails takes nothing of it away."""
    boots: int = 0
    boot: str = ""
    began: float = 0.0
    """When the try began, or when the machine that was started anew began to try it."""
    is_restarted: bool = False
    starts: int = 0
    """How often the agent had been started when it was restarted for the try."""
    before: Before = Before()
    failed: tuple[Failed, ...] = ()
    outcome: Outcome = Outcome()
    trouble: str = ""
    """Why it does not go on just now."""
    good_since: float = field(default=-1.0, compare=False)
    """Since when all is well with what is tried; -1: it is not."""
    report_started: float = field(default=-1.0, compare=False)


@dataclass(frozen=True, slots=True)
class Now:
    """This instant: the machine's start, its uptime in seconds, and what its clock says."""

    boot: str
    up: float
    wall: int = 0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited, in seconds."""

    steady: float = 90.0
    """All is well for so long without a break: then the release is confirmed."""
    ack: float = 300.0
    """A connection alone has to do after so long, when nothing was acknowledged."""
    most: float = 900.0
    """Then a try has failed."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """The hub's order as it was heard last; None: nothing is asked for."""

    order: Order | None


@dataclass(frozen=True, slots=True)
class Fetched:
    """The update is here whole, and was looked through."""


@dataclass(frozen=True, slots=True)
class Staged:
    """It lies in a slot of its own and can be started."""


@dataclass(frozen=True, slots=True)
class Hindered:
    """Something did not go now; it is tried again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The update is not taken; the same file never will be."""

    reason: str


@dataclass(frozen=True, slots=True)
class Restarted:
    """The agent was told to start anew; `starts`: how often it had been started then."""

    starts: int


@dataclass(frozen=True, slots=True)
class Resumed:
    """The updater itself has started."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A look at the agent."""

    seen: Seen


@dataclass(frozen=True, slots=True)
class AskedBack:
    """A person wants the release before this one."""

    slot: str


Event = Ordered | Fetched | Staged | Hindered | Refused | Restarted | Resumed | Looked | AskedBack
Stepped = tuple[State, tuple[Do, ...]]

_BACK: Final = (Do.SWITCH_BACK, Do.RESTART)
_WAITS: Final = frozenset({Phase.FETCHING, Phase.VERIFIED, Phase.STAGED})
_BUSY: Final = frozenset({Phase.TRYING, Phase.ROLLING_BACK})


def step(state: State, event: Event, now: Now, patience: Patience = Patience()) -> Stepped:
    """Return the state after an event, and what is to be done, in this order."""
    match event:
        case Ordered(order):
            return _ordered(state, order)
        case Resumed():
            return _resumed(state, now)
        case Looked(seen):
            return _looked(state, seen, now, patience)
        case AskedBack(slot) if state.phase not in _BUSY:
            return _asked_back(state, slot, now)
        case AskedBack():
            return state, ()
    return _went_on(state, event, now)


def slot_name(version: str, sha256: str) -> str:
    """Return the name of a release's folder; `version_of` is its inverse."""
    return f"{version}-{sha256[:12]}"


def version_of(slot: str) -> str:
    """Return the version that a slot holds; empty of no slot."""
    return slot.partition("-")[0]


def retried(state: State) -> tuple[Do, ...]:
    """Return what is done again after something hindered it."""
    match state.phase:
        case Phase.FETCHING:
            return (Do.FETCH,)
        case Phase.VERIFIED:
            return (Do.STAGE,)
        case Phase.TRYING if not state.is_restarted:
            return (Do.SWITCH, Do.RESTART)
        case Phase.ROLLING_BACK:
            return _BACK
        case _:
            return ()


def lacking(state: State, seen: Seen, now: Now) -> str:
    """Return what a try still lacks to be well, in a few words; empty: nothing."""
    report, before = seen.report, state.before
    if not seen.ready:
        return "does not get ready"
    if report is None or report.boot != now.boot or now.up - report.at > FRESH_SECONDS:
        return "gives no sign of life"
    if state.order is None or report.version != state.order.version:
        return f"says that it is {report.version[:40]}"
    if not report.turning:
        return "does not keep what it counts"
    if before.connected and not report.connected:
        return "does not reach the broker, which was reached before"
    if before.failing is not None:
        worse = sorted(set(report.failing) - set(before.failing))
        if worse:
            return f"cannot use {', '.join(worse)[:100]}, which could be used before"
    return ""


def _went_on(
    state: State, event: Fetched | Staged | Hindered | Refused | Restarted, now: Now
) -> Stepped:
    """Go on after something was done, or could not be."""
    match event:
        case Fetched() if state.phase is Phase.FETCHING:
            return replace(state, phase=Phase.VERIFIED, trouble=""), (Do.STAGE,)
        case Staged() if state.phase is Phase.VERIFIED:
            return replace(state, phase=Phase.STAGED, trouble=""), ()
        case Hindered(reason):
            return replace(state, trouble=reason[:_REASON]), ()
        case Refused(reason) if state.phase in _WAITS:
            return _refused(state, reason, now), (Do.SWEEP,)
        case Refused(reason) if state.phase is Phase.TRYING:
            return _rolling_back(state, reason, now)
        case Restarted(starts):
            return _restarted(state, starts, now)
    return state, ()


def _ordered(state: State, order: Order | None) -> Stepped:
    if state.phase in _BUSY:
        # What was begun is brought to its end first.
        return state, ()
    if order is None:
        if state.phase is Phase.IDLE:
            return state, ()
        return replace(state, phase=Phase.IDLE, order=None, trouble=""), (Do.SWEEP,)
    if state.phase in _WAITS and state.order is not None and state.order.key == order.key:
        return replace(state, order=order), ()
    is_over = order.key in {one.key for one in state.failed} or order.slot == state.running
    if is_over:
        if order.slot == state.running and state.outcome.sha256 != order.sha256:
            # It runs already, as by hand: the hub is told so.
            outcome = Outcome("updated", order.version, order.sha256, order.attempt)
            state = replace(state, outcome=outcome)
        if state.phase is Phase.IDLE:
            return state, ()
        return replace(state, phase=Phase.IDLE, order=None, trouble=""), (Do.SWEEP,)
    return replace(state, phase=Phase.FETCHING, order=order, trouble=""), (Do.FETCH,)


def _refused(state: State, reason: str, now: Now) -> State:
    return replace(_ended(state, "refused", reason, now), phase=Phase.IDLE, order=None, trouble="")


def _ended(state: State, what: str, reason: str, now: Now) -> State:
    order = state.order
    assert order is not None  # noqa: S101  a phase that ends has one
    outcome = Outcome(what, order.version, order.sha256, order.attempt, reason[:_REASON], now.wall)
    failed = state.failed
    if what != "updated":
        failed = (*failed, Failed(order.sha256, order.attempt, reason[:_REASON]))[-MOST_FAILED:]
    return replace(state, outcome=outcome, failed=failed)


def _restarted(state: State, starts: int, now: Now) -> Stepped:
    if state.phase is Phase.TRYING:
        return replace(
            state, is_restarted=True, starts=starts, began=now.up, boot=now.boot, trouble="",
            good_since=-1.0,
        ), ()  # fmt: skip
    if state.phase is Phase.ROLLING_BACK:
        return replace(state, phase=Phase.IDLE, order=None, trouble=""), (Do.SWEEP,)
    return state, ()


def _resumed(state: State, now: Now) -> Stepped:
    if state.phase is not Phase.TRYING or state.boot == now.boot:
        return state, retried(state)
    boots = state.boots + 1
    if boots >= MOST_BOOTS:
        reason = f"was not confirmed before the machine started anew {boots} times"
        return _rolling_back(state, reason, now)
    # Whether the switch was on the disk before the power went, and what was started: both again.
    state = replace(state, boots=boots, boot=now.boot, began=now.up, is_restarted=False)
    return state, (Do.SWITCH, Do.RESTART)


def _rolling_back(state: State, reason: str, now: Now) -> Stepped:
    return replace(
        _ended(state, "rolled_back", reason, now), phase=Phase.ROLLING_BACK, trouble=""
    ), _BACK


def _looked(state: State, seen: Seen, now: Now, patience: Patience) -> Stepped:
    if state.phase is Phase.STAGED and state.order is not None and state.order.go:
        state = replace(
            state, phase=Phase.TRYING, boots=0, boot=now.boot, began=now.up, is_restarted=False,
            before=_before(seen, now), good_since=-1.0, trouble="",
        )  # fmt: skip
        return state, (Do.SWITCH, Do.RESTART)
    if state.phase is not Phase.TRYING or not state.is_restarted:
        return state, ()
    # The one that was asked for is no crash.
    crashes = seen.started - state.starts - 1
    if crashes >= MOST_CRASHES:
        return _rolling_back(state, f"ended by itself {crashes} times", now)
    what = lacking(state, seen, now)
    waited = now.up - state.began
    report_started = seen.report.started if seen.report is not None else -1.0
    if what:
        if waited > patience.most:
            return _rolling_back(state, what, now)
        return replace(state, good_since=-1.0, report_started=-1.0), ()
    is_anew = report_started != state.report_started
    if state.good_since >= 0 and is_anew and waited > patience.most:
        return _rolling_back(state, "does not stay well for long enough", now)
    if state.good_since < 0 or is_anew:
        return replace(state, good_since=now.up, report_started=report_started), ()
    is_acked = seen.report is not None and seen.report.acked
    is_proven = is_acked or not state.before.acked or waited > patience.ack
    if now.up - state.good_since < patience.steady or not is_proven:
        return state, ()
    order = state.order
    assert order is not None  # noqa: S101  a try has one
    state = replace(
        _ended(state, "updated", "", now),
        phase=Phase.IDLE,
        order=None,
        running=order.slot,
        previous=state.running,
    )
    return state, (Do.SWEEP,)


def _before(seen: Seen, now: Now) -> Before:
    report = seen.report
    if report is None or report.boot != now.boot or now.up - report.at > FRESH_SECONDS:
        return Before()
    return Before(report.connected, report.acked, report.failing)


def _asked_back(state: State, slot: str, now: Now) -> Stepped:
    """Go back to the release before as to a try that failed, so that it is not taken again."""
    outcome = state.outcome
    if outcome.what == "updated" and slot_name(outcome.version, outcome.sha256) == state.running:
        order = Order(outcome.sha256, 1, outcome.version, "http://none", outcome.attempt)
        state = replace(state, order=order)
        state = _ended(state, "rolled_back", "by hand", now)
    return replace(
        state, phase=Phase.ROLLING_BACK, running=slot, previous="", order=None, trouble=""
    ), _BACK
