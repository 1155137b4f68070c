"""Thousands of transactions in a world that fails everywhere: no loan lost, none doubled.

The library's system may carry a request out or not and answer or not, a bit may be written and not
be confirmed, tags leave, and the power is cut before and after every step of the journal.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from kiosk.lending.effects import (
    Announce,
    AnswerLost,
    Ask,
    BitFailed,
    BitVerified,
    Confirmed,
    Effect,
    Event,
    Finding,
    Look,
    Looked,
    LookFailed,
    PutBackExpired,
    Recovered,
    Replied,
    Reply,
    Request,
    SessionEnded,
    Shown,
    TagOnPad,
    Tell,
    Unsent,
    Wait,
    Waited,
    WriteBit,
)
from kiosk.lending.machine import step
from kiosk.lending.transaction import Action, Stage, Transaction
from kiosk.lending.unfinished import Case, unfinished

ITEMS = {f"i{number}": (f"{number}A", f"{number}B")[: 1 + number % 2] for number in range(8)}
PATRONS = ("p1", "p2", "p3")


class PowerCut(Exception):
    """Everything in memory is gone."""


@dataclass
class World:
    rng: random.Random
    trouble: float
    cancels: bool
    now_ms: int = 0
    loans: dict[str, str] = field(default_factory=dict)
    doubled: int = 0
    off: set[str] = field(default_factory=set)
    pad: set[str] = field(default_factory=set)
    journal: dict[str, Transaction] = field(default_factory=dict)
    announced: list[tuple[str, bool]] = field(default_factory=list)
    cuts: int = 0

    def happens(self, share: float = 1.0) -> bool:
        return self.rng.random() < self.trouble * share

    def run(self, one: Transaction, event: Event) -> None:
        events = [event]
        while events:
            self.now_ms += 1
            one, effects = step(one, events.pop(0), self.now_ms)
            self.cut()
            self.journal[one.id] = one
            self.cut()
            self.check()
            for effect in effects:
                events += self.do(one, effect)

    def cut(self) -> None:
        if self.happens(0.1):
            self.cuts += 1
            raise PowerCut

    def do(self, one: Transaction, effect: Effect) -> Iterator[Event]:
        match effect:
            case Ask(request):
                yield self.ask(one, request)
            case Look():
                yield LookFailed() if self.happens() else Looked(self.find(one))
            case WriteBit(uid, is_on):
                yield self.write(uid, is_on=is_on)
            case Wait():
                yield Waited()
            case Announce(is_undone):
                self.announced.append((one.id, is_undone))
            case Tell():
                pass

    def ask(self, one: Transaction, request: Request) -> Event:
        if self.happens(0.5):
            return Unsent("nobody there")
        if self.happens():
            return AnswerLost()  # it never arrived
        reply = self.carry_out(one, request)
        self.cut()
        return AnswerLost() if self.happens() else Replied(reply)

    def carry_out(self, one: Transaction, request: Request) -> Reply:
        holder = self.loans.get(one.item_id)
        match request:
            case Request.CHECKOUT:
                self.doubled += holder == one.patron and one.sends > 1
                if holder not in {None, one.patron}:
                    return Reply(is_ok=False)
                self.loans[one.item_id] = one.patron
                return Reply(is_ok=True, may_clear=True)
            case Request.CANCEL_CHECKOUT:
                if self.cancels and holder == one.patron:
                    del self.loans[one.item_id]
                return Reply(is_ok=True)
            case _:
                if self.rng.random() < 0.1:
                    return Reply(is_ok=False)  # may not be returned here
                return Reply(is_ok=self.loans.pop(one.item_id, None) is not None)

    def find(self, one: Transaction) -> Finding:
        if self.happens(0.2):
            return Finding.UNKNOWN
        holder = self.loans.get(one.item_id)
        if holder is None:
            return Finding.AVAILABLE
        return Finding.HERE if holder == one.patron else Finding.ELSEWHERE

    def write(self, uid: str, *, is_on: bool) -> Event:
        if uid not in self.pad or self.happens(0.5):
            return BitFailed(uid, may_be_written=False)
        if self.happens():
            return BitFailed(uid)  # it was not written
        (self.off.discard if is_on else self.off.add)(uid)
        return BitFailed(uid) if self.happens() else BitVerified(uid, uid)

    def check(self) -> None:
        """No item may pass a gate without a loan, at no instant."""
        for item_id, uids in ITEMS.items():
            assert item_id in self.loans or not self.off & set(uids), item_id

    def visit(self, number: int) -> None:
        """One patron does one thing, or the power fails on the way."""
        item_id = self.rng.choice(sorted(ITEMS))
        action = self.rng.choice((Action.BORROW, Action.RETURN))
        patron = self.rng.choice(PATRONS)
        uids = ITEMS[item_id]
        self.pad |= set(uids)
        name = f"t{number}"
        try:
            one = Transaction(name, "s", action, item_id, uids, self.now_ms, patron=patron)
            self.journal[name] = one
            self.cut()
            self.run(one, Confirmed(frozenset(uids) & self.off))
            if self.journal[name].stage is Stage.BIT_PENDING:
                if self.rng.random() < 0.5:
                    self.run(self.journal[name], TagOnPad(self.journal[name].pending[0]))
                else:
                    self.run(self.journal[name], PutBackExpired(may_cancel=self.cancels))
            self.run(self.journal[name], Shown())
            self.run(self.journal[name], SessionEnded())
        except PowerCut:
            self.start()
        if self.rng.random() < 0.7:
            self.pad -= set(uids)
        self.tend(item_id)

    def start(self) -> None:
        while True:
            try:
                for one in tuple(self.journal.values()):
                    if one.needs_recovery:
                        self.run(one, Recovered())
            except PowerCut:
                continue
            return

    def tend(self, item_id: str) -> None:
        """Ask after what is not known, and do what is left for tags that lie there."""
        try:
            for one in tuple(self.journal.values()):
                if one.stage is Stage.SENT:
                    self.run(one, AnswerLost())
                elif one.stage is Stage.BIT_PENDING:
                    for uid in one.pending:
                        if uid in self.pad:
                            self.run(self.journal[one.id], TagOnPad(uid))
                            break
        except PowerCut:
            self.start()

    def settle(self) -> None:
        """Let everything work, lay every item down: nothing may be left over."""
        self.trouble = 0.0
        self.pad = {uid for uids in ITEMS.values() for uid in uids}
        self.start()
        for _ in range(3):
            for item_id in ITEMS:
                self.tend(item_id)


@pytest.mark.parametrize("cancels", [False, True])
@pytest.mark.parametrize("seed", range(2))
def test_in_any_world_the_journal_and_the_library_agree(seed: int, cancels: bool) -> None:
    world = World(random.Random(seed), trouble=0.08, cancels=cancels)
    for number in range(400):
        world.visit(number)
        # Whoever may be in doubt is on the list of the staff.
        listed = {row.transaction.id for row in unfinished(world.journal.values())}
        open_ones = {one.id for one in world.journal.values() if one.is_open}
        assert open_ones <= listed
    world.settle()
    assert world.cuts > 20
    assert world.doubled == 0
    left = unfinished(world.journal.values(), [Case.BIT_PENDING, Case.NOT_KNOWN])
    assert left == []
    for item_id, uids in ITEMS.items():
        is_off = bool(world.off & set(uids))
        assert not is_off or item_id in world.loans
    ids = [name for name, is_undone in world.announced if not is_undone]
    assert len(ids) == len(set(ids))


def test_what_the_journal_says_is_lent_is_lent() -> None:
    """Replay the journal in its order: it gives the loans that the library's system has."""
    world = World(random.Random(99), trouble=0.08, cancels=True)
    for number in range(400):
        world.visit(number)
    world.settle()
    told: dict[str, str] = {}
    for one in sorted(world.journal.values(), key=lambda one: one.accepted_at_ms):
        if one.is_accepted and one.action is Action.BORROW:
            told[one.item_id] = one.patron
        elif one.is_accepted and one.action is Action.RETURN:
            told.pop(one.item_id, None)
    assert told == world.loans
