"""What a session asks of the desk, one thing after the other.

An item that was begun goes on to its end, whoever leaves; questions after a patron end with the
visit that asked them.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import structlog

from kiosk.desk.desk import OfflineRefused, Session
from kiosk.desk.items import Items
from kiosk.desk.pad_watch import PadWatch
from kiosk.desk.patron import Patrons
from kiosk.desk.running import RunningDesk
from kiosk.errors import JournalError
from kiosk.lending.due_text import readable_due
from kiosk.lending.effects import Notice
from kiosk.lending.services import Mode, Services
from kiosk.lending.slip import Ending, SlipRow, ending_of, row_of
from kiosk.lending.stack import PadItem
from kiosk.lending.transaction import Action, Stage, Transaction
from kiosk.lending.unfinished import Unfinished, unfinished
from kiosk.session.effects import (
    CloseCase,
    EndSession,
    Handle,
    Identify,
    NoteShown,
    ReadAccount,
)
from kiosk.session.events import (
    AccountRead,
    Event,
    HandlingEnded,
    Identified,
    ItemEnded,
    NotIdentified,
    SlipReady,
    Told,
    UnfinishedNow,
)
from kiosk.session.patron import Account, IdentifyRefusal, Patron

log = structlog.get_logger(__name__)

FOLLOW_SECONDS: Final = 0.2
"""How often a book that has to be put back is looked after."""

DeskEffect = Identify | ReadAccount | Handle | NoteShown | EndSession | CloseCase
_QUESTIONS: Final = (Identify, ReadAccount)


@dataclass(slots=True)
class _AtDesk:
    """A visit's session at the desk, and what is needed to renew what its account showed."""

    session: Session
    is_proved: bool = False
    """The library's system said that the PIN is right, or none is asked for here."""
    account: Account | None = None
    asked_back: set[str] = field(default_factory=set)
    """Transactions whose book has to be put back now."""
    watched: dict[str, Stage] = field(default_factory=dict)
    """Transactions that wait for their book or for an answer, with the stage that was told."""


class LendingErrands:
    """`post` takes an event of a visit and drops it when that visit is over; `tell` any other.

    `services` tells what can be done now.
    """

    def __init__(
        self,
        running: RunningDesk,
        patrons: Patrons,
        items: Items,
        watch: PadWatch,
        post: Callable[[int, Event], None],
        tell: Callable[[Event], None],
        services: Callable[[], Services],
        *,
        is_pin_asked: bool,
    ) -> None:
        self._running = running
        self._desk = running.desk
        self._patrons = patrons
        self._items = items
        self._watch = watch
        self._post = post
        self._tell = tell
        self._services = services
        self._is_pin_asked = is_pin_asked
        self._asked: asyncio.Queue[DeskEffect] = asyncio.Queue()
        self._visits: dict[int, _AtDesk] = {}
        self._over = -1
        self._now: DeskEffect | None = None
        self._doing: asyncio.Task[None] | None = None
        self._unfinished = UnfinishedNow(())
        self._is_stopping = False

    def begin(self, effect: DeskEffect) -> None:
        """Take an effect; it is carried out in its turn."""
        self._asked.put_nowait(effect)

    def wipe(self, visit: int) -> None:
        """Forget a visit: what it asked of a patron ends now, what it began with a book goes on."""
        self._over = max(self._over, visit)
        now, doing = self._now, self._doing
        if doing is not None and isinstance(now, _QUESTIONS) and now.visit <= visit:
            doing.cancel()

    def told(self, one: Transaction, notice: Notice) -> None:
        """Take what the desk has to say of an item at once."""
        for number, at_desk in self._visits.items():
            if at_desk.session.id == one.session:
                if notice is Notice.PUT_BACK:
                    at_desk.asked_back.add(one.id)
                else:
                    at_desk.asked_back.discard(one.id)
                self._post(number, Told(one.item_id, notice))

    async def run(self) -> None:
        """Carry out until cancelled; then let what was begun with a book come to its end."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow(), name="put-back")
            while True:
                effect = await self._asked.get()
                if isinstance(effect, _QUESTIONS) and effect.visit <= self._over:
                    continue
                self._now = effect
                self._doing = asyncio.create_task(self._carry_out(effect), name="desk-errand")
                try:
                    await self._finish(self._doing, effect)
                finally:
                    self._now = self._doing = None

    @property
    def unfinished(self) -> tuple[Unfinished, ...]:
        """Return what waits for the staff, as their list was told last."""
        return self._unfinished.rows

    def show_unfinished(self, *, again: bool = False) -> None:
        """Tell the staff's list when it changed, or once more."""
        now = UnfinishedNow(tuple(unfinished(self._desk.journal)))
        if again or now != self._unfinished:
            self._unfinished = now
            self._tell(now)

    async def _finish(self, doing: asyncio.Task[None], effect: DeskEffect) -> None:
        try:
            await asyncio.shield(doing)
        except asyncio.CancelledError:
            if doing.cancelled():
                return  # its visit is over
            self._is_stopping = True
            if isinstance(effect, _QUESTIONS):
                doing.cancel()
            # Of an item the journal has every step; to its end is better than to the next start.
            await asyncio.wait({doing})
            raise

    async def _carry_out(self, effect: DeskEffect) -> None:
        match effect:
            case Identify():
                await self._identify(effect)
            case ReadAccount(visit):
                await self._read_account(visit)
            case Handle():
                await self._handle(effect)
            case NoteShown(transactions):
                for name in transactions:
                    await self._desk.show(name)
            case EndSession(visit):
                await self._end(visit)
            case CloseCase(transaction):
                with contextlib.suppress(JournalError):
                    await self._desk.close_case(transaction)
                    log.info("case_closed", transaction=transaction, by=effect.by)
                self.show_unfinished(again=True)

    async def _identify(self, effect: Identify) -> None:
        found: Patron | NotIdentified
        is_alone = self._services().mode is Mode.OFFLINE
        if is_alone:
            found = self._identify_alone(effect.number)
        elif self._is_pin_asked and not effect.pin:
            # The system came back since no PIN was asked for: what is whose needs one again.
            found = NotIdentified(IdentifyRefusal.AWAY)
        else:
            found = await self._patrons.identify(effect.number, effect.pin)
        if isinstance(found, NotIdentified):
            self._post(effect.visit, found)
            return
        at_desk = self._at_desk(effect.visit)
        at_desk.session.patron, at_desk.session.pin = effect.number, effect.pin
        at_desk.is_proved = not is_alone
        self._post(effect.visit, Identified(found))

    def _identify_alone(self, number: str) -> Patron | NotIdentified:
        """Nobody can be asked: what the last list says of the card is all there is."""
        cards = self._desk.cards
        if cards is not None and cards.blocks(number):
            return NotIdentified(IdentifyRefusal.BLOCKED)
        return Patron(number, "", may_renew=False, is_offline=True)

    async def _read_account(self, visit: int) -> None:
        at_desk = self._visits.get(visit)
        if at_desk is None or not at_desk.session.patron or not at_desk.is_proved:
            self._post(visit, AccountRead(None))
            return
        session = at_desk.session
        at_desk.account = await self._patrons.account(session.patron, session.pin)
        self._post(visit, AccountRead(at_desk.account))

    async def _handle(self, effect: Handle) -> None:
        at_desk = self._at_desk(effect.visit)
        for item, due_ms in self._wanted(effect, at_desk):
            try:
                await self._handle_item(effect, at_desk, item, due_ms)
            except JournalError as error:
                log.error("journal_refuses", reason=str(error))
                self._post(effect.visit, HandlingEnded(str(error)))
                return
        await self._wait_for_books(effect.visit, at_desk)
        self._post(effect.visit, HandlingEnded())

    async def _wait_for_books(self, visit: int, at_desk: _AtDesk) -> None:
        """Wait until what has to be put back is, or its time is over; all others are done."""
        waiting = set(at_desk.asked_back)
        while waiting and not self._is_stopping:
            await asyncio.sleep(FOLLOW_SECONDS)
            for name in tuple(waiting):
                one = self._desk.journal.get(name)
                is_open = one is not None and one.stage is Stage.BIT_PENDING
                if one is not None and is_open and name in at_desk.asked_back:
                    continue
                waiting.discard(name)
                at_desk.asked_back.discard(name)
                if one is not None:
                    self._show_ended(visit, at_desk, one)

    def _wanted(self, effect: Handle, at_desk: _AtDesk) -> list[tuple[PadItem, int]]:
        if effect.action is not Action.RENEW:
            return [(item, 0) for item in self._watch.on_pad.confirmed(effect.item_ids)]
        loans = at_desk.account.loans if at_desk.account else ()
        of_id = {loan.item_id: loan for loan in loans}
        return [
            (PadItem(name, "", of_id[name].title, ()), of_id[name].due_ms)
            for name in effect.item_ids
            if name in of_id
        ]

    async def _handle_item(
        self, effect: Handle, at_desk: _AtDesk, item: PadItem, due_ms: int
    ) -> None:
        known = self._items.known(item.item_id)
        named = PadItem(
            item.item_id,
            item.owner,
            known.title if known else item.title,
            item.uids,
            item.off_uids,
        )
        fee = item.item_id in effect.fee_for
        is_alone = self._services().mode is Mode.OFFLINE
        try:
            one = await self._desk.handle(
                at_desk.session,
                effect.action,
                named,
                offline=is_alone,
                due_ms=due_ms,
                fee_is_accepted=fee,
            )
            if self._is_to_be_done_alone(one) and not is_alone:
                # The library's system went away before it heard of this item.
                one = await self._desk.handle(
                    at_desk.session, effect.action, named, offline=True, due_ms=due_ms
                )
        except OfflineRefused as error:
            row = SlipRow(effect.action, item.item_id, named.title, "", Ending.REFUSED)
            self._post(effect.visit, ItemEnded(item.item_id, row, refused=error.refusal))
            return
        self._items.forget(item.item_id)
        if one.id not in at_desk.asked_back:
            self._show_ended(effect.visit, at_desk, one)

    def _show_ended(self, visit: int, at_desk: _AtDesk, one: Transaction) -> None:
        self._watch.look_again(one.uids)
        if one.stage in {Stage.BIT_PENDING, Stage.SENT}:
            at_desk.watched[one.id] = one.stage
        self._post(visit, self._ended(one))

    def _is_to_be_done_alone(self, one: Transaction) -> bool:
        is_nothing = one.stage in {Stage.DROPPED, Stage.INTENT} and not one.is_accepted
        return (
            is_nothing and one.action is not Action.RENEW and self._services().mode is Mode.OFFLINE
        )

    async def _end(self, visit: int) -> None:
        at_desk = self._visits.pop(visit, None)
        if at_desk is None:
            self._post(visit, SlipReady(()))
            return
        rows = await self._desk.end_session(at_desk.session)
        at_desk.account = None
        self._post(visit, SlipReady(tuple(map(self._readable, rows))))

    async def _follow(self) -> None:
        """Tell when a book that had to be put back was, or was not in time."""
        while True:
            await asyncio.sleep(FOLLOW_SECONDS)
            for number, at_desk in tuple(self._visits.items()):
                for name, stage in tuple(at_desk.watched.items()):
                    one = self._desk.journal.get(name)
                    if one is None or one.stage is stage:
                        continue
                    del at_desk.watched[name]
                    self._watch.look_again(one.uids)
                    self._post(number, self._ended(one))

    def _ended(self, one: Transaction) -> ItemEnded:
        """Return how a transaction stands, as a session takes it."""
        ending = ending_of(one) or Ending.REFUSED
        return ItemEnded(
            one.item_id,
            self._readable(row_of(one, ending)),
            one.id,
            fee=one.fee if ending is Ending.REFUSED else "",
            messages=one.messages,
        )

    def _readable(self, row: SlipRow) -> SlipRow:
        zone = self._running.client.account.zone
        return replace(row, due=readable_due(row.due, zone)) if row.due else row

    def _at_desk(self, visit: int) -> _AtDesk:
        known = self._visits.get(visit)
        if known is None:
            known = self._visits[visit] = _AtDesk(self._desk.open_session())
        return known
