"""Carrying out what `kiosk.lending` decides: the journal first, then the pad or the library."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import structlog
from msgspec.structs import replace

from contracts.blocked_cards import BlockedCards
from firmware_bridge.errors import DeviceError
from firmware_bridge.readers.port import SecurityState
from kiosk.desk.field import TagField
from kiosk.desk.ils import Ils
from kiosk.desk.journal import Journal
from kiosk.errors import IlsError, JournalError, NotSent, NotSupported, ReplyLost
from kiosk.lending.effects import (
    Announce,
    AnswerLost,
    Ask,
    BitFailed,
    BitVerified,
    Confirmed,
    Effect,
    Event,
    Look,
    LookFailed,
    Notice,
    PutBackExpired,
    Recovered,
    Replied,
    SessionEnded,
    Shown,
    Superseded,
    TagOnPad,
    Tell,
    Unsent,
    Wait,
    Waited,
    WriteBit,
)
from kiosk.lending.machine import PUT_BACK_SECONDS, step
from kiosk.lending.offline import (
    OfflinePolicy,
    OfflineRefusal,
    due_at_ms,
    knows_cards,
    may_borrow,
)
from kiosk.lending.slip import SlipRow, slip
from kiosk.lending.stack import PadItem
from kiosk.lending.transaction import Action, Stage, Transaction

log = structlog.get_logger(__name__)

_ENDED: Final = frozenset({Stage.ILS_OK, Stage.BIT_VERIFIED, Stage.SHOWN, Stage.REFUSED})


@dataclass(slots=True)
class Session:
    """A patron at the kiosk. The PIN is in memory only, and gone with the session."""

    patron: str = ""
    pin: str = field(default="", repr=False)
    id: str = field(default_factory=lambda: secrets.token_hex(6))


class OfflineRefused(NotSent):
    """Not lent without the library's system; `refusal` says which limit it was."""

    def __init__(self, refusal: OfflineRefusal) -> None:
        super().__init__(f"not lent while the library's system is away: {refusal.value}")
        self.refusal = refusal


class Desk:
    """One pad, one library system, one journal: one thing at a time.

    `now_ms` is Unix time, `boot` the start of the system that it is of. `sleep` waits. `announce`
    takes a transaction that was recorded, and whether it was taken back. `tell` takes what a
    patron has to know at once.
    """

    def __init__(
        self,
        journal: Journal,
        ils: Ils,
        pad: TagField,
        *,
        now_ms: Callable[[], int],
        boot: str = "",
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        announce: Callable[[Transaction, bool], None] = lambda _one, _undone: None,
        tell: Callable[[Transaction, Notice], None] = lambda _one, _notice: None,
        policy: OfflinePolicy | None = None,
    ) -> None:
        self.journal = journal
        self._ils = ils
        self._pad = pad
        self._now_ms = now_ms
        self._boot = boot
        self._sleep = sleep
        self._announce = announce
        self._tell = tell
        self._policy = policy or OfflinePolicy()
        self.turn = asyncio.Lock()
        """Held by whoever writes into the journal or speaks with the library's system."""
        self._sessions: dict[str, Session] = {}
        self._expires: dict[str, int] = {}
        self.cards: BlockedCards | None = None
        """Cards that may not borrow while the library's system is away."""

    def open_session(self, patron: str = "", pin: str = "") -> Session:
        """Begin a session; without a patron it may only return items."""
        session = Session(patron, pin)
        self._sessions[session.id] = session
        return session

    async def handle(
        self,
        session: Session,
        action: Action,
        item: PadItem,
        *,
        offline: bool = False,
        due_ms: int = 0,
        fee_is_accepted: bool = False,
    ) -> Transaction:
        """Do what the patron confirmed with one item, and return how it stands then.

        The same again in one session is the same transaction. `due_ms` is the due date before a
        renewal. `offline` is taken for an item of which something waits for upload, too. Raises
        JournalError before anything is sent, when the journal cannot take it, and OfflineRefused.
        """
        async with self.turn:
            known = self._known(session, action, item)
            if known is not None:
                return known
            now_ms = self._now_ms()
            if not offline and any(
                one.waits_for_upload and one.item_id == item.item_id for one in self.journal
            ):
                # The library's system has to hear of an item in the order in which it happened.
                offline = True
            if offline:
                due_ms = self._allow_offline(session, action, item, now_ms)
            one = Transaction(
                id=secrets.token_hex(12),
                session=session.id,
                action=action,
                item_id=item.item_id,
                uids=item.uids,
                began_at_ms=self.journal.stamp(now_ms),
                boot=self._boot,
                patron=session.patron,
                owner=item.owner,
                title=item.title,
                is_offline=offline,
                due_at_ms=due_ms,
                fee_is_accepted=fee_is_accepted,
            )
            await self._take_over(one)
            confirmed = Confirmed(item.off_uids & frozenset(item.uids))
            state, effects = step(one, confirmed, self.journal.stamp(now_ms))
            # Nothing happens between the intent and what comes next: one step has them both.
            await asyncio.to_thread(self.journal.begin, state, now_ms)
            state = await self._carry_out(state, effects)
            await self._supersede(state)
            return state

    async def tag_seen(self, uid: str) -> None:
        """Finish what is left to do with a tag that lies on the pad."""
        async with self.turn:
            for one in self._pending():
                if uid in one.pending:
                    await self._run(one, TagOnPad(uid))

    async def expire(self) -> None:
        """Give up what was not laid down again in time."""
        async with self.turn:
            now_ms = self._now_ms()
            for name, at_ms in tuple(self._expires.items()):
                one = self.journal.get(name)
                if one is None or one.stage is not Stage.BIT_PENDING:
                    del self._expires[name]
                elif now_ms >= at_ms:
                    del self._expires[name]
                    await self._run(one, PutBackExpired(may_cancel=self._ils.may_cancel))

    async def show(self, transaction_id: str) -> None:
        """Note that the patron was told how a transaction ended."""
        async with self.turn:
            one = self.journal.get(transaction_id)
            if one is not None:
                await self._run(one, Shown())

    async def end_session(self, session: Session) -> tuple[SlipRow, ...]:
        """End a session: what is left goes on without the patron. Returns the slip.

        Who it was is not kept in memory after it, whatever the library's system answers.
        """
        async with self.turn:
            rows = slip(self._of(session))
            try:
                for one in self._of(session):
                    shown = await self._run(one, Shown())
                    if shown.is_live and shown.is_open:
                        await self._run(shown, SessionEnded())
                if session.patron:
                    await self._ils.end(session.patron, pin=session.pin)
            except (IlsError, JournalError) as error:
                log.warning("session_not_ended", reason=str(error))
            finally:
                self._sessions.pop(session.id, None)
                session.patron = session.pin = ""
        return rows

    async def recover(self) -> None:
        """Go on with what the journal holds, after a start."""
        async with self.turn:
            for one in self.journal:
                if one.needs_recovery:
                    await self._run(one, Recovered())
            for one in self.journal:
                await self._supersede(one)

    async def resolve(self) -> int:
        """Ask after everything that was sent and not answered; return how much is left."""
        async with self.turn:
            for one in self.journal:
                if one.stage is Stage.SENT:
                    await self._supersede(await self._run(one, AnswerLost()))
        return sum(one.stage is Stage.SENT for one in self.journal)

    async def close_case(self, transaction_id: str) -> None:
        """Take a transaction from the staff's list: somebody has seen to it."""
        async with self.turn:
            one = self.journal.get(transaction_id)
            if one is not None:
                await self.keep(replace(one, is_closed=True))

    async def keep(self, one: Transaction) -> Transaction:
        """Write a step into the journal; `turn` is held by the caller. Raises JournalError."""
        # A thread that writes cannot be cancelled: whoever is, waits for it.
        writing = asyncio.ensure_future(asyncio.to_thread(self.journal.write, one, self._now_ms()))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await asyncio.wait({writing})
            raise
        return one

    def knows_cards(self) -> bool:
        """Tell whether a card could be looked up now without the library's system."""
        return knows_cards(self._policy, self.cards, self._now_ms())

    def _allow_offline(self, session: Session, action: Action, item: PadItem, now_ms: int) -> int:
        if action is Action.BORROW:
            refusal = may_borrow(
                self._policy,
                self.cards,
                self.journal,
                patron=session.patron,
                item_id=item.item_id,
                now_ms=now_ms,
            )
            if refusal is not None:
                raise OfflineRefused(refusal)
            return due_at_ms(self._policy, now_ms)
        if not self._policy.is_allowed or action is Action.RENEW:
            raise OfflineRefused(OfflineRefusal.NOT_ALLOWED)
        return 0

    def _known(self, session: Session, action: Action, item: PadItem) -> Transaction | None:
        """Return the transaction that this would repeat: a double tap, a page sent twice."""
        of_item = [one for one in self._of(session) if set(one.uids) & set(item.uids)]
        last = of_item[-1] if of_item else None
        if last is None or last.action is not action:
            return None
        is_over = last.stage in {Stage.REFUSED, Stage.DROPPED} or (
            last.stage in _ENDED and not last.is_accepted
        )
        return None if is_over else last

    async def _take_over(self, new: Transaction) -> None:
        """Let no older transaction of the item write its bit without a look, from now on."""
        for old in self._pending():
            if old.item_id == new.item_id and old.is_live:
                self._expires.pop(old.id, None)
                await self._run(old, SessionEnded())

    async def _supersede(self, new: Transaction) -> None:
        """Drop what older transactions had left to do, once a later one was recorded."""
        if new.is_accepted:
            for old in self._pending():
                if old.item_id == new.item_id and old.id != new.id and _is_before(old, new):
                    await self._run(old, Superseded())

    def _of(self, session: Session) -> list[Transaction]:
        return [one for one in self.journal if one.session == session.id]

    def _pending(self) -> list[Transaction]:
        return [one for one in self.journal if one.stage is Stage.BIT_PENDING]

    async def _run(self, one: Transaction, event: Event) -> Transaction:
        """Take an event, and do all that follows from it.

        What the journal refuses is not carried out; the transaction stays where it was.
        """
        state, effects = step(one, event, self.journal.stamp(self._now_ms()))
        try:
            if state != one:
                await self.keep(state)
            return await self._carry_out(state, effects)
        except JournalError as error:
            log.error("journal_refuses", reason=str(error))
            self._tell(one, Notice.SEE_STAFF)
            return self.journal.get(one.id) or one

    async def _carry_out(self, one: Transaction, effects: tuple[Effect, ...]) -> Transaction:
        for effect in effects:
            event = await self._do(one, effect)
            if event is not None:
                one = await self._run(one, event)
        return one

    async def _do(self, one: Transaction, effect: Effect) -> Event | None:
        match effect:
            case Ask():
                return await self._ask(one, effect)
            case Look():
                try:
                    return await self._ils.look(one, pin=self._pin(one))
                except IlsError as error:
                    log.warning("ils_unanswered", reason=str(error))
                    return LookFailed()
            case WriteBit(uid, is_on):
                return await self._write_bit(uid, is_on=is_on)
            case Wait(seconds):
                await self._sleep(seconds)
                return Waited()
            case Tell(notice):
                if notice is Notice.PUT_BACK:
                    self._expires[one.id] = self._now_ms() + int(PUT_BACK_SECONDS * 1000)
                self._tell(one, notice)
            case Announce(is_undone):
                self._announce(one, is_undone)
        return None

    async def _ask(self, one: Transaction, effect: Ask) -> Event:
        try:
            reply = await self._ils.ask(effect.request, one, pin=self._pin(one))
        except (NotSent, NotSupported) as error:
            return Unsent(str(error))
        except ReplyLost as error:
            log.warning("ils_unanswered", reason=str(error))
            return AnswerLost()
        return Replied(reply)

    async def _write_bit(self, uid: str, *, is_on: bool) -> Event:
        wanted = SecurityState.ON if is_on else SecurityState.OFF
        if not self._pad.is_present(uid):
            # Only of a tag that is missing before anything is written the bit is sure.
            try:
                if await self._pad.security(uid) is wanted:
                    return BitVerified(uid, uid)
            except DeviceError:
                return BitFailed(uid, may_be_written=False)
        try:
            return BitVerified(uid, await self._pad.write(uid, is_on=is_on))
        except DeviceError as error:
            log.warning("bit_not_verified", reason=str(error))
            return BitFailed(uid)

    def _pin(self, one: Transaction) -> str:
        session = self._sessions.get(one.session)
        return session.pin if session else ""


def _is_before(old: Transaction, new: Transaction) -> bool:
    return (old.began_at_ms, old.accepted_at_ms) < (new.began_at_ms, new.accepted_at_ms)
