"""Whether a hub takes a batch: the deciding half of "nothing is lost, nothing is counted twice".

Pure. A stream's state is its mark (everything up to it is durable) and the line of openings
("boots") of the spool that wrote it. A batch covers `after < seq <= upto`:

    upto <= mark                      Duplicate   it is stored already, as far as lines agree
    after <= mark < upto              Accept      it continues (or straddles) the mark
    after > mark, oldest <= mark + 1  Refuse      the node still has what is missing: go back
    after + 1 == oldest > mark + 1    Accept      the node lost what is missing: go on, with a gap
    another line of openings          Fork        two spools continue one stream
"""

from dataclasses import dataclass, field, replace

from tests.compatibility.first_release.then.contracts.messages import Batch, Boot
from tests.compatibility.first_release.then.contracts.rows import Row, Unreadable


@dataclass(frozen=True, slots=True)
class StreamState:
    """What a store holds of one stream."""

    mark: int = 0
    boots: tuple[Boot, ...] = ()
    """Openings in the order of their first seq."""


@dataclass(frozen=True, slots=True)
class Accept:
    """Store `rows`, set the stream to `state`, then acknowledge `state.mark`."""

    state: StreamState
    rows: tuple[Row | Unreadable, ...]
    lost_upto: int | None = None
    """The rows from the old mark to here are gone for good: record a gap."""
    fork_of: str | None = None
    """The sender's line parts from ours behind the new mark: answer `fork` to this boot."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Acknowledge `mark` and drop the batch."""

    mark: int


@dataclass(frozen=True, slots=True)
class Refuse:
    """Store nothing; tell the node to go on from `mark`."""

    mark: int


@dataclass(frozen=True, slots=True)
class Fork:
    """Store nothing; tell `boot` that everything of its own after `boundary` needs a new stream."""

    boot: str
    boundary: int


Decision = Accept | Duplicate | Refuse | Fork


def judge(batch: Batch, state: StreamState) -> Decision:
    """Decide about one batch of a stream in `state`."""
    boundary = _parting(batch, state, batch.upto)
    if boundary is None:
        return _judge_range(batch, state, batch.upto)
    if state.mark >= boundary:
        return Fork(batch.boot, boundary)
    # What both spools share, up to where they part, is taken from whoever brings it first.
    decision = _judge_range(batch, state, min(batch.upto, boundary))
    if isinstance(decision, Accept) and batch.upto > boundary:
        shared = tuple(row for row in decision.rows if row.seq <= boundary)
        return replace(decision, rows=shared, fork_of=batch.boot)
    return decision


def _judge_range(batch: Batch, state: StreamState, upto: int) -> Decision:
    mark = state.mark
    if upto <= mark:
        # Another spool may have brought what lies behind the parting: that is not the sender's.
        parting = _parting(batch, state, mark)
        return Duplicate(mark if parting is None else min(mark, parting))
    lost_upto = None
    if batch.after > mark:
        if batch.oldest <= mark + 1 or batch.after + 1 != batch.oldest:
            return Refuse(mark)
        lost_upto = batch.oldest - 1
    boots = state.boots
    if not boots or boots[-1].boot != batch.boot:
        boots = _with_boots(batch, boots, upto)
    # Below the mark everything is stored; a row without a readable seq is 0 and always kept.
    rows = tuple(row for row in batch.rows if row.seq > mark or row.seq == 0)
    return Accept(StreamState(upto, boots), rows, lost_upto)


def _parting(batch: Batch, state: StreamState, upto: int) -> int | None:
    """Return the last seq that the sender shares with our line, None when it goes on as ours.

    Openings of ours that the sender does not know count up to `upto`.
    """
    if state.boots and state.boots[-1].boot == batch.boot:
        return None  # the newest opening that we know is the one that sends: nothing can part
    line = _line(batch)
    known = {opening.boot for opening in state.boots}
    theirs = {opening.boot for opening in line}
    firsts = [o.first for o in line if o.boot not in known and o.first <= state.mark]
    firsts += [
        o.first for o in state.boots if o.boot not in theirs and line[0].first <= o.first <= upto
    ]
    if not firsts:
        return None
    # Too many openings since they parted for one batch to name: nothing can be taken for shared.
    return min(firsts) - 1 if known & theirs else 0


def _line(batch: Batch) -> tuple[Boot, ...]:
    return (*batch.boots_before, Boot(batch.boot, batch.boot_first))


def _with_boots(batch: Batch, known: tuple[Boot, ...], upto: int) -> tuple[Boot, ...]:
    names = {opening.boot for opening in known}
    new = [o for o in _line(batch) if o.boot not in names and o.first <= upto]
    return tuple(sorted((*known, *new), key=lambda o: o.first)[-KEPT_BOOTS:])


KEPT_BOOTS = 128
"""Openings remembered a stream: older ones lie far below any mark that a spool still holds."""


@dataclass(slots=True)
class Streams:
    """States of many streams while a group of batches is judged, before it is durable."""

    durable: dict[str, StreamState]
    pending: dict[str, StreamState] = field(default_factory=dict)

    def judge(self, batch: Batch) -> Decision:
        """Decide about the next batch of the group, as if the ones before it were stored."""
        state = self.pending.get(batch.stream) or self.durable.get(batch.stream) or StreamState()
        decision = judge(batch, state)
        if isinstance(decision, Accept):
            self.pending[batch.stream] = decision.state
        return decision

    def stored(self) -> None:
        """Take the group's states for durable."""
        self.durable.update(self.pending)
        self.pending.clear()

    def failed(self) -> None:
        """Forget the group: nothing of it was stored."""
        self.pending.clear()
