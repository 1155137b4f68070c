"""What happens to one item: `step(state, event, now_ms) -> (state, effects)`. Pure.

    borrow   INTENT ─ SENT ─ (ILS_OK) ─ BIT_PENDING ─ BIT_VERIFIED ─ SHOWN
                       └──── REFUSED ─────────────────────────────── SHOWN
    return   INTENT ─ BIT_PENDING ─ (BIT_VERIFIED) ─ SENT ─ ILS_OK ─ SHOWN
                                                      └─ REFUSED, or BIT_PENDING to undo

Whoever runs it writes the new state into the journal, durable, before it begins an effect. Each
effect but `Tell` and `Announce` ends in exactly one event. The security bit is cleared only for a
loan that was recorded; a request whose answer was lost is asked after, and never sent again before
the library's system has said that nothing had come of it.
"""

from msgspec.structs import replace

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
    Notice,
    PutBackExpired,
    Recovered,
    Replied,
    Reply,
    Request,
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
from kiosk.lending.transaction import (
    MOST_SENDS,
    MOST_TRIES,
    Action,
    Bit,
    Stage,
    Transaction,
    Upload,
)
from kiosk.lending.unfinished import CONTRADICTION

RETRY_SECONDS = 0.15
CANCELLED = "cancelled"
"""How a loan is refused that was recorded and taken back."""
PUT_BACK_SECONDS = 60.0
"""How long a patron is asked to lay an item down again."""

Outcome = tuple[Transaction, tuple[Effect, ...]]


def step(state: Transaction, event: Event, now_ms: int) -> Outcome:
    """Return what a transaction becomes by an event, and what has to be done then.

    An event that does not fit its stage, as a second tap or a late answer, changes nothing.
    """
    match event:
        case Recovered():
            return _recover(state, now_ms)
        case SessionEnded():
            return _leave(state, now_ms), ()
    match state.stage:
        case Stage.INTENT if isinstance(event, Confirmed):
            return _begin(state, event, now_ms)
        case Stage.SENT:
            return _step_sent(state, event, now_ms)
        case Stage.BIT_PENDING:
            return _step_bit(state, event, now_ms)
        case Stage.REFUSED if isinstance(event, Looked):
            return _undo(state, event, now_ms)
        case Stage.REFUSED if isinstance(event, LookFailed):
            return _undo(state, Looked(Finding.UNKNOWN), now_ms)
        case Stage.ILS_OK | Stage.BIT_VERIFIED | Stage.REFUSED if isinstance(event, Shown):
            return state.at(Stage.SHOWN, now_ms), ()
        case _:
            return state, ()


def _step_sent(state: Transaction, event: Event, now_ms: int) -> Outcome:
    match event:
        case Replied(reply):
            return _replied(state, reply, now_ms)
        case Unsent(reason):
            return _not_sent(state, reason, now_ms)
        case AnswerLost():
            return state, (Look(),)
        case Looked():
            return _resolve(state, event, now_ms)
        case LookFailed() if state.is_live:
            return state, (Tell(Notice.SEE_STAFF),)
        case _:
            return state, ()


def _step_bit(state: Transaction, event: Event, now_ms: int) -> Outcome:
    match event:
        case BitVerified():
            return _verified(state, event, now_ms)
        case BitFailed():
            return _failed(state, event)
        case Waited():
            return state, _write_next(state)
        case TagOnPad(uid) if uid in state.pending:
            return _seen_again(state, uid)
        case Superseded():
            return state.at(Stage.DROPPED, now_ms), ()
        case PutBackExpired():
            return _give_up(state, event, now_ms)
        case Looked():
            return _settle_bit(state, event, now_ms)
        case _:
            return state, ()


def _begin(state: Transaction, event: Confirmed, now_ms: int) -> Outcome:
    state = state.at(Stage.INTENT, now_ms)
    if state.action is Action.RETURN:
        off = tuple(uid for uid in state.uids if uid in event.off_uids)
        return _write_all(replace(state, was_off=off), Bit.ON, now_ms)
    if state.is_offline:
        return _accept_offline(state, now_ms)
    return _send(state, now_ms)


def _send(state: Transaction, now_ms: int) -> Outcome:
    state = state.at(Stage.SENT, now_ms, sends=state.sends + 1)
    return state, (Ask(_REQUESTS[state.action]),)


def _accept_offline(state: Transaction, now_ms: int) -> Outcome:
    state = replace(state, is_accepted=True, accepted_at_ms=now_ms, upload=Upload.WAITING)
    state = state.at(Stage.ILS_OK, now_ms)
    if state.action is Action.BORROW:
        state, effects = _write_all(state, Bit.OFF, now_ms)
        return state, (Announce(), *effects)
    return state, (Announce(),)


def _replied(state: Transaction, reply: Reply, now_ms: int) -> Outcome:
    state = _with_reply(state, reply)
    if state.is_accepted and state.action is Action.BORROW:
        # The answer is that to the cancelling of this loan.
        return state, (Look(),)
    if reply.is_ok:
        return _accepted(state, now_ms, may_clear=reply.may_clear)
    if state.action is Action.BORROW and reply.is_renewal:
        # Refused because this patron has it already: by a request whose answer was lost, or before.
        return state, (Look(),)
    state = state.at(Stage.REFUSED, now_ms, refusal=reply.reason or "refused")
    # What was off before a return may be off again only while there is a loan: that is asked.
    return state, (Look(),) if state.was_off else ()


def _accepted(state: Transaction, now_ms: int, *, may_clear: bool) -> Outcome:
    state = replace(state, is_accepted=True, accepted_at_ms=now_ms, refusal="")
    state = state.at(Stage.ILS_OK, now_ms)
    if state.action is not Action.BORROW or not may_clear:
        return state, (Announce(),)
    state, effects = _write_all(state, Bit.OFF, now_ms)
    return state, (Announce(), *effects)


def _not_sent(state: Transaction, reason: str, now_ms: int) -> Outcome:
    if state.action is Action.RETURN:
        return _not_returned(state, reason, now_ms)
    if state.is_accepted:
        return state.at(Stage.BIT_PENDING, now_ms), (Tell(Notice.SEE_STAFF),)
    return state.at(Stage.DROPPED, now_ms, refusal=reason), ()


def _resolve(state: Transaction, looked: Looked, now_ms: int) -> Outcome:
    """Find out what became of a request whose answer was lost."""
    state = replace(
        state,
        due=looked.due or state.due,
        title=looked.title or state.title,
        alert=looked.alert or state.alert,
    )
    match state.action, looked.finding:
        case Action.BORROW, _ if state.is_accepted:
            return _cancelled(state, looked, now_ms)
        case Action.BORROW, Finding.HERE:
            return _accepted(state, now_ms, may_clear=looked.may_clear)
        case Action.RETURN, Finding.AVAILABLE:
            return _accepted(state, now_ms, may_clear=False)
        case Action.RENEW, Finding.HERE if looked.is_renewed:
            return _accepted(state, now_ms, may_clear=False)
        case _, Finding.UNKNOWN:
            return _step_sent(state, LookFailed(), now_ms)
        case Action.BORROW, Finding.ELSEWHERE:
            return state.at(Stage.REFUSED, now_ms, refusal=CONTRADICTION), (Tell(Notice.SEE_STAFF),)
        case _ if state.is_live and state.sends < MOST_SENDS:
            return _send(state, now_ms)
        case Action.RETURN, _:
            return _not_returned(state, "the return was not recorded", now_ms)
        case _:
            return state.at(Stage.DROPPED, now_ms, refusal="no answer, and nothing happened"), ()


def _not_returned(state: Transaction, reason: str, now_ms: int) -> Outcome:
    state = state.at(Stage.REFUSED, now_ms, refusal=reason)
    return state, (Look(),) if state.was_off else ()


def _undo(state: Transaction, looked: Looked, now_ms: int) -> Outcome:
    """Let an item that was not returned pass the gate again, if it is lent and had been able to."""
    if state.action is not Action.RETURN or not state.was_off:
        return state, ()
    if looked.finding in {Finding.HERE, Finding.ELSEWHERE}:
        return _write_all(state, Bit.OFF, now_ms, only=state.was_off)
    if looked.finding is Finding.UNKNOWN:
        # Nobody knows whether there is a loan: the bits stay on, and the next look decides.
        return state.at(Stage.BIT_PENDING, now_ms, target=Bit.OFF, pending=state.was_off), ()
    return state, ()


def _write_all(
    state: Transaction, target: Bit, now_ms: int, only: tuple[str, ...] | None = None
) -> Outcome:
    pending = state.uids if only is None else only
    state = state.at(Stage.BIT_PENDING, now_ms, target=target, pending=pending, tries=0)
    if not pending:
        return _bits_done(state, now_ms)
    return state, _write_next(state)


def _write_next(state: Transaction) -> tuple[Effect, ...]:
    if state.target is None or not state.pending:
        return ()
    return (WriteBit(state.pending[0], is_on=state.target is Bit.ON),)


def _verified(state: Transaction, event: BitVerified, now_ms: int) -> Outcome:
    if event.uid not in state.pending:
        return state, ()
    now = event.now_uid
    state = replace(
        state,
        uids=tuple(now if uid == event.uid else uid for uid in state.uids),
        was_off=tuple(now if uid == event.uid else uid for uid in state.was_off),
        pending=tuple(uid for uid in state.pending if uid != event.uid),
        tries=0,
        is_touched=True,
    )
    if state.pending:
        return state, _write_next(state)
    return _bits_done(state, now_ms)


def _bits_done(state: Transaction, now_ms: int) -> Outcome:
    state = state.at(Stage.BIT_VERIFIED, now_ms)
    if state.action is Action.RETURN and not state.is_accepted and not state.refusal:
        return _accept_offline(state, now_ms) if state.is_offline else _send(state, now_ms)
    return state, ()


def _failed(state: Transaction, event: BitFailed) -> Outcome:
    if event.uid not in state.pending:
        return state, ()
    state = replace(
        state, tries=state.tries + 1, is_touched=state.is_touched or event.may_be_written
    )
    if state.tries < MOST_TRIES:
        return state, (Wait(RETRY_SECONDS),)
    return state, (Tell(Notice.PUT_BACK if state.is_live else Notice.SEE_STAFF),)


def _seen_again(state: Transaction, uid: str) -> Outcome:
    """Do what is left when a tag lies there: at once in its session, else after a look."""
    state = replace(
        state, tries=0, pending=(uid, *(other for other in state.pending if other != uid))
    )
    if state.is_live or state.waits_for_upload:
        return state, _write_next(state)
    return state, (Look(),)


def _settle_bit(state: Transaction, looked: Looked, now_ms: int) -> Outcome:
    """Bring a bit that was left undone to what the library's system says of the item now."""
    match looked.finding:
        case Finding.UNKNOWN:
            return state, ()
        case Finding.AVAILABLE:
            # Somebody returned it meanwhile: every part of it is to be secured again.
            first = state.pending[:1]
            others = tuple(uid for uid in state.uids if uid not in first)
            state = replace(state, target=Bit.ON, pending=first + others)
        case Finding.ELSEWHERE if state.action is not Action.RETURN:
            # Another patron's loan, whose transaction sees to the bit.
            return state.at(Stage.DROPPED, now_ms), ()
        case _:
            state = replace(state, target=Bit.OFF)
    return state, _write_next(state)


def _give_up(state: Transaction, event: PutBackExpired, now_ms: int) -> Outcome:
    """Nobody put it back. A loan is taken back only while its bit is sure to be on."""
    is_safe = state.action is Action.BORROW and not state.is_touched and not state.is_offline
    if event.may_cancel and is_safe:
        return state.at(Stage.SENT, now_ms), (Ask(Request.CANCEL_CHECKOUT),)
    return state, (Tell(Notice.SEE_STAFF),)


def _cancelled(state: Transaction, looked: Looked, now_ms: int) -> Outcome:
    """Believe that a loan was taken back only when the item is seen to be there."""
    if looked.finding is Finding.AVAILABLE:
        state = replace(state, is_accepted=False, pending=(), target=None)
        return state.at(Stage.REFUSED, now_ms, refusal=CANCELLED), (Announce(is_undone=True),)
    return state.at(Stage.BIT_PENDING, now_ms), (Tell(Notice.SEE_STAFF),)


def _recover(state: Transaction, now_ms: int) -> Outcome:
    """Go on after a start: what was not sent did not happen, what was sent is asked after."""
    state = _leave(state, now_ms)
    match state.stage:
        case Stage.INTENT:
            return state.at(Stage.DROPPED, now_ms, refusal="the kiosk was switched off"), ()
        case Stage.SENT:
            return state, (Look(),)
        case Stage.REFUSED if state.was_off:
            return state, (Look(),)
        case _:
            return state, ()


def _leave(state: Transaction, now_ms: int) -> Transaction:
    """End the session of a transaction: a return that was not sent is not carried on alone."""
    state = replace(state, is_live=False)
    is_return = state.action is Action.RETURN and state.stage is Stage.BIT_PENDING
    if not is_return or state.is_accepted or state.refusal:
        return state
    if not state.was_off:
        return state.at(Stage.DROPPED, now_ms, refusal=_NOT_RETURNED)
    return replace(state, target=Bit.OFF, pending=state.was_off, refusal=_NOT_RETURNED, tries=0)


def _with_reply(state: Transaction, reply: Reply) -> Transaction:
    return replace(
        state,
        title=reply.title or state.title,
        due=reply.due or state.due,
        fee=reply.fee,
        messages=reply.messages,
        alert=reply.alert,
        bin=reply.bin,
        destination=reply.destination,
    )


_NOT_RETURNED = "the return was not recorded"
_REQUESTS = {
    Action.BORROW: Request.CHECKOUT,
    Action.RETURN: Request.CHECKIN,
    Action.RENEW: Request.RENEW,
}
