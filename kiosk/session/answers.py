"""How what was asked for ended, and what is seen. What nobody waits for changes nothing. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from contracts.events import EventName
from contracts.hours import Text
from kiosk.lending.effects import Notice
from kiosk.lending.services import Mode
from kiosk.lending.slip import Ending
from kiosk.lending.transaction import Action
from kiosk.session import exhibits, words, words_lending
from kiosk.session.acting import farewell
from kiosk.session.effects import Effect, NoteShown, ReadAccount
from kiosk.session.events import (
    AccountRead,
    ArNow,
    Event,
    ExhibitLeft,
    ExhibitSeen,
    HandlingEnded,
    Identified,
    ItemEnded,
    NotIdentified,
    Reported,
    SlipGiven,
    SlipReady,
    SlipWay,
    StaffKnown,
    StaffUnknown,
    Told,
)
from kiosk.session.moment import Moment
from kiosk.session.offers import HOUR_SECONDS, clock, put
from kiosk.session.patron import IdentifyRefusal
from kiosk.session.screen import ScreenName
from kiosk.session.settings import SessionSettings
from kiosk.session.state import Handled, State, Use, Visit, Waiting

WRONG_PINS_SECONDS = 300.0
"""Wrong PINs count together for so long, also over several visits."""

Answered = tuple[State, tuple[Effect, ...]]


def take(state: State, event: Event, moment: Moment, settings: SessionSettings) -> Answered:
    """Return what a session becomes by an answer."""
    visit = state.visit
    match event:
        case Identified() if visit.waiting is Waiting.IDENTIFY:
            return _identified(state, event)
        case NotIdentified() if visit.waiting is Waiting.IDENTIFY:
            return _not_identified(state, event, moment, settings), ()
        case AccountRead(account) if visit.waiting is Waiting.ACCOUNT:
            alert = words.ACCOUNT_AWAY if account is None else None
            return state.of_visit(waiting=None, account=account, alert=alert or visit.alert), ()
        case ItemEnded() | Told() | HandlingEnded():
            return _handled(state, event)
        case SlipReady() | SlipGiven():
            return _slip(state, event), ()
        case Reported(ok) if visit.is_calling:
            called = _called(state, moment, settings) if ok else words.NOT_STORED
            said = {"called": called, "news": called} if ok else {"alert": called}
            return state.of_visit(is_calling=False, **said), ()
        case Reported(ok) if visit.waiting is Waiting.REPORT:
            return _reported(state, moment, settings, is_kept=ok), ()
        case StaffKnown() | StaffUnknown() if visit.waiting is Waiting.STAFF:
            return _staff(state, event), ()
        case ArNow() | ExhibitSeen() | ExhibitLeft():
            return exhibits.take(state, event, moment)
        case _:
            return state, ()


def _staff(state: State, event: StaffKnown | StaffUnknown) -> State:
    if isinstance(event, StaffKnown):
        return state.of_visit(waiting=None, staff=event.name, card="", alert=None)
    alert = words.STAFF_LOCKED if event.is_locked else words.STAFF_UNKNOWN
    return state.of_visit(waiting=None, card="", alert=alert)


def _handled(state: State, event: ItemEnded | Told | HandlingEnded) -> Answered:
    visit = state.visit
    if isinstance(event, HandlingEnded):
        if visit.waiting is not Waiting.HANDLE:
            return state, ()
        alert = words_lending.JOURNAL_TROUBLE if event.trouble else visit.alert
        shown = (visit.handled[item].transaction for item in visit.asked if item in visit.handled)
        noted = NoteShown(tuple(filter(None, shown)))
        return state.of_visit(waiting=None, asked=(), alert=alert), (noted,)
    if event.item_id not in visit.asked and event.item_id not in visit.handled:
        return state, ()
    if isinstance(event, Told):
        return state.of_visit(told=_told(visit.told, event)), ()
    return _item(state, event), ()


def _slip(state: State, event: SlipReady | SlipGiven) -> State:
    visit = state.visit
    if isinstance(event, SlipGiven):
        return _slip_given(state, event) if visit.waiting is Waiting.SLIP else state
    if visit.waiting is not Waiting.END:
        return state
    if not event.rows:
        return farewell(state)
    return state.of_visit(waiting=None, slip=event.rows, handled={}, told={}, account=None)


def alone(visit: Visit, waiting: Waiting) -> Visit:
    """Return a visit that no longer waits for this."""
    return replace(visit, waiting=None) if visit.waiting is waiting else visit


def _identified(state: State, event: Identified) -> Answered:
    visit, patron = state.visit, event.patron
    use = replace(visit.use, is_offline=visit.use.is_offline or patron.is_offline)
    known = state.of_visit(waiting=None, patron=patron, card="", alert=None, use=use)
    if not patron.is_offline:
        # Alone no PIN is asked for, so nothing was proved.
        known = State(replace(known.around, wrong_pins_at=()), known.visit)
    if visit.wanted is Action.BORROW and patron.may_borrow:
        return known.of_visit(name=ScreenName.PAD), ()
    alert = None
    if visit.wanted is Action.BORROW:
        alert = _with_said(words.NOT_IDENTIFIED[IdentifyRefusal.BLOCKED], patron.why_not)
    if state.around.services.services.mode is not Mode.ONLINE:
        return known.of_visit(name=ScreenName.HOME, alert=alert or words.ACCOUNT_NEEDS_ILS), ()
    asked = known.of_visit(
        name=ScreenName.ACCOUNT, wanted=None, waiting=Waiting.ACCOUNT, alert=alert
    )
    return asked, (ReadAccount(visit.number),)


def _not_identified(
    state: State, event: NotIdentified, moment: Moment, settings: SessionSettings
) -> State:
    visit = state.visit
    refusal = event.refusal
    around = state.around
    if refusal is IdentifyRefusal.WRONG_PIN:
        since = moment.monotonic - WRONG_PINS_SECONDS
        wrong = (*(at for at in around.wrong_pins_at if at > since), moment.monotonic)
        around = replace(around, wrong_pins_at=wrong)
        if len(wrong) >= settings.most_wrong_pins:
            refusal = IdentifyRefusal.LOCKED
            cards_from = moment.monotonic + settings.lock_seconds
            around = replace(around, wrong_pins_at=(), cards_from=cards_from)
    alert = _with_said(words.NOT_IDENTIFIED[refusal], event.said)
    again = refusal is IdentifyRefusal.WRONG_PIN
    changed = replace(
        visit,
        waiting=None,
        alert=alert,
        card=visit.card if again else "",
        name=visit.name if again else ScreenName.IDENTIFY,
    )
    return State(around, changed)


def _item(state: State, event: ItemEnded) -> State:
    visit = state.visit
    before = visit.handled.get(event.item_id)
    row = event.row
    if event.refused is not None:
        told = words_lending.OFFLINE[event.refused]
        row = replace(row, reason=told.to(visit.prefs.lang))
    handled = {
        **{key: one for key, one in visit.handled.items() if key != event.item_id},
        event.item_id: Handled(row, event.transaction, event.fee, event.messages),
    }
    is_again = before is not None and before.transaction == event.transaction != ""
    # What was told on the way to this end holds until the same item ends anew: put back, or not.
    is_open = row.ending is Ending.SEE_STAFF and not is_again
    told_of = {key: one for key, one in visit.told.items() if is_open or key != event.item_id}
    use = visit.use if is_again else _used(visit.use, row.action, row.ending)
    return state.of_visit(handled=handled, told=told_of, use=use)


def _used(use: Use, action: Action, ending: Ending) -> Use:
    if ending is Ending.REFUSED:
        return replace(use, refused=use.refused + 1)
    match action:
        case Action.BORROW:
            return replace(use, borrowed=use.borrowed + 1)
        case Action.RETURN:
            return replace(use, returned=use.returned + 1)
        case _:
            return replace(use, renewed=use.renewed + 1)


def _told(told: Mapping[str, Notice], event: Told) -> Mapping[str, Notice]:
    rest = {key: notice for key, notice in told.items() if key != event.item_id}
    return rest if event.is_over else {**rest, event.item_id: event.notice}


def _slip_given(state: State, event: SlipGiven) -> State:
    if event.ok:
        return farewell(state)
    is_address = event.way is SlipWay.EMAIL and event.why == "bad_address"
    name = ScreenName.EMAIL if is_address else ScreenName.RECEIPT
    return state.of_visit(waiting=None, name=name, alert=words.SLIP_FAILED[event.why])


def _reported(state: State, moment: Moment, settings: SessionSettings, *, is_kept: bool) -> State:
    visit = state.visit
    if not is_kept:
        return state.of_visit(waiting=None, alert=words.NOT_STORED)
    match visit.name:
        case ScreenName.HELP:
            return state.of_visit(waiting=None, called=_called(state, moment, settings))
        case ScreenName.RATING | ScreenName.NEED:
            since = moment.monotonic - HOUR_SECONDS
            reports = (*(at for at in state.around.reports if at > since), moment.monotonic)
            kept = State(replace(state.around, reports=reports), visit)
            is_rating = visit.name is ScreenName.RATING
            thanks = words.RATE_THANKS if is_rating else words.NEED_THANKS
            if visit.is_leaving:
                return farewell(kept, thanks)
            home = ScreenName.HOME
            return kept.of_visit(waiting=None, name=home, news=thanks, stars=0, about="")
        case _:
            return state.of_visit(waiting=None, news=_declared(state, moment, settings))


def _called(state: State, moment: Moment, settings: SessionSettings) -> Text:
    """Say what becomes of a call; what is so now is not changed by what comes later."""
    is_away = state.around.facts.hub_away_since_s is not None
    told = words.CALLED_LATER if is_away else words.CALLED
    return put(told, at=clock(moment.wall_s, settings))


def _declared(state: State, moment: Moment, settings: SessionSettings) -> Text:
    said = words.DECLARED_OPEN
    if state.visit.about == EventName.STAFF_CLOSE:
        said = words.DECLARED_CLOSED
    return put(said, at=clock(moment.wall_s, settings))


def _with_said(text: Text, said: str) -> Text:
    """Return a sentence with the library's own words behind it: they are in one language only."""
    return Text(f"{text.zh}（{said}）", f"{text.en} ({said})") if said else text
