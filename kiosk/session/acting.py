"""What a visitor does: presses, types, lays a card down. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from contracts.events import EventName
from contracts.hours import Text
from kiosk.lending.transaction import Action
from kiosk.session import acts, cards, exhibits, offers, words
from kiosk.session.effects import (
    CheckStaff,
    CloseCase,
    Effect,
    EndSession,
    GiveSlip,
    Handle,
    Identify,
    OrderRoom,
    ReadAccount,
    Report,
    TakeOutOfUse,
)
from kiosk.session.events import CardSeen, CardTrouble, Entered, Pressed, SlipWay
from kiosk.session.moment import Moment
from kiosk.session.screen import Prefs, ScreenName
from kiosk.session.settings import SessionSettings
from kiosk.session.state import State, Visit, Waiting

Acted = tuple[State, tuple[Effect, ...]]

LEAST_DP, MOST_DP, STEP_DP = 18, 30, 2

_PLACES = {
    acts.HOURS: ScreenName.HOURS,
    acts.NEARBY: ScreenName.NEARBY,
    acts.PRIVACY: ScreenName.PRIVACY,
    acts.AR: ScreenName.AR,
    acts.HELP: ScreenName.HELP,
    acts.RATING: ScreenName.RATING,
    acts.NEED: ScreenName.NEED,
    acts.STAFF: ScreenName.STAFF,
}
_STAFF_PLACES = {
    acts.UNFINISHED: ScreenName.STAFF_UNFINISHED,
    acts.DEVICES: ScreenName.STAFF_DEVICES,
    acts.ROOM: ScreenName.STAFF_ROOM,
}
_BEFORE = {
    ScreenName.PIN: ScreenName.IDENTIFY,
    ScreenName.EMAIL: ScreenName.RECEIPT,
    ScreenName.NEARBY: ScreenName.HOURS,
    ScreenName.STAFF_UNFINISHED: ScreenName.STAFF,
    ScreenName.STAFF_DEVICES: ScreenName.STAFF,
    ScreenName.STAFF_ROOM: ScreenName.STAFF,
}
_HELPED = frozenset({ScreenName.IDENTIFY, ScreenName.PIN, ScreenName.PAD, ScreenName.ACCOUNT})
"""From these a call for help leads back to where it was begun."""
_BUSY = frozenset({Waiting.HANDLE, Waiting.END, Waiting.SLIP, Waiting.REPORT})
"""Until these have ended nothing else is begun; from all others there is a way back."""
_MANNERS = frozenset(
    {acts.LANGUAGE, acts.ELDER, acts.LARGER, acts.SMALLER, acts.CONTRAST, acts.SPEAK}
)


def act(
    state: State,
    event: Pressed | Entered | CardSeen | CardTrouble,
    moment: Moment,
    settings: SessionSettings,
) -> Acted:
    """Return what a session becomes by what a visitor does."""
    visit = state.visit
    if isinstance(event, CardSeen | CardTrouble):
        return cards.take(state, event, moment, settings)
    match event:
        case Pressed(acts.MORE_TIME):
            return state, ()
        case Pressed(name) if name in _MANNERS:
            return state.of_visit(prefs=_manners(visit.prefs, name)), ()
        case Pressed() if visit.name is ScreenName.ATTRACT and not state.around.out.is_out:
            return state.at(ScreenName.HOME), ()
        case Pressed(acts.HELP) if visit.waiting is Waiting.HANDLE:
            return _call_at_once(state)
        case _ if visit.waiting in _BUSY:
            return state, ()
        case Entered(name, text):
            return _entered(_silenced(state), name, text.strip(), moment, settings)
        case Pressed(name, _, choice):
            reason = offers.why_not(state, name, settings, moment.monotonic, choice)
            if reason is not None:
                return state.saying(reason), ()
            return _pressed(_silenced(state), name, choice)


def _pressed(state: State, name: str, choice: str) -> Acted:
    visit = state.visit
    if name == acts.FINISH:
        return _finish(state)
    if visit.name in cards.LAST or visit.is_leaving:
        return _at_the_end(state, name, choice)
    if visit.name is ScreenName.STAFF or name in _STAFF_PLACES or visit.staff:
        return _staff(state, name, choice)
    match name:
        case acts.HOME:
            return state.at(ScreenName.HOME, wanted=None, card=""), ()
        case acts.BACK if visit.help_from is not None:
            return state.at(visit.help_from), ()
        case acts.BACK:
            return state.at(_BEFORE.get(visit.name, ScreenName.HOME), card=""), ()
        case acts.BORROW | acts.RETURN | acts.ACCOUNT:
            return _toward(state, None if name == acts.ACCOUNT else Action(name))
        case acts.CONFIRM | acts.ACCEPT_FEE | acts.RENEW | acts.RENEW_ALL:
            return _lend(state, name, choice)
        case acts.SPOT:
            return exhibits.touch(state, choice)
        case _:
            return _telling(state, name, choice)


def _lend(state: State, name: str, choice: str) -> Acted:
    match name:
        case acts.CONFIRM:
            return _confirm(state, choice)
        case acts.ACCEPT_FEE:
            return _accept(state, choice)
        case _:
            return _renew(state, choice if name == acts.RENEW else None)


def _telling(state: State, name: str, choice: str) -> Acted:
    """Call, rate, wish, or go to where that is done."""
    visit = state.visit
    if name == acts.HELP and visit.name in _HELPED:
        return state.at(ScreenName.HELP, help_from=visit.name), ()
    if name in _PLACES:
        return state.at(_PLACES[name], stars=0, about=""), ()
    if name == acts.CALL and visit.name is ScreenName.HELP and choice in words.CALLS:
        return _report(state, EventName.STAFF_CALL, {"reason": choice})
    if name == acts.STARS and visit.name is ScreenName.RATING and choice in {*"12345"}:
        return state.of_visit(stars=int(choice)), ()
    if name == acts.ABOUT and visit.name is ScreenName.RATING and choice in words.ABOUTS:
        if not visit.stars:
            return state, ()
        return _report(state, EventName.RATING, {"stars": visit.stars, "about": choice})
    if name == acts.ABOUT and visit.name is ScreenName.NEED and choice in words.NEEDS:
        return state.of_visit(about=choice), ()
    return state, ()


def _call_at_once(state: State) -> Acted:
    """Call for a person while a book is under way: nobody has to leave the screen for it."""
    if state.visit.is_calling:
        return state, ()
    called = Report(state.visit.number, EventName.STAFF_CALL, {"reason": "book"}, is_answered=True)
    return state.of_visit(is_calling=True), (called,)


def _at_the_end(state: State, name: str, choice: str) -> Acted:
    """Give the slip, or say goodbye."""
    visit = state.visit
    if visit.is_leaving:
        if name in {acts.HOME, acts.BACK}:
            is_over = visit.name is ScreenName.FAREWELL
            return state.at(ScreenName.ATTRACT if is_over else ScreenName.FAREWELL), ()
        allowed = name in {acts.RATING, acts.STARS, acts.ABOUT}
        return _telling(state, name, choice) if allowed else (state, ())
    if name == acts.BACK:
        return state.at(ScreenName.RECEIPT, is_qr=False), ()
    if name != acts.SLIP or choice not in set(SlipWay):
        return state, ()
    way = SlipWay(choice)
    if way is SlipWay.NONE:
        return farewell(state), ()
    if way not in state.around.services.ways:
        return state.saying(words.SLIP_FAILED[""]), ()
    if way is SlipWay.EMAIL:
        return state.at(ScreenName.EMAIL), ()
    if way is SlipWay.QR:
        return state.of_visit(is_qr=True), ()
    is_english = visit.prefs.lang == "en"
    given = GiveSlip(visit.number, way, visit.slip, is_english=is_english)
    return state.of_visit(waiting=Waiting.SLIP), (given,)


def _finish(state: State) -> Acted:
    visit = state.visit
    if visit.name is ScreenName.FAREWELL:
        return state.at(ScreenName.ATTRACT), ()
    if visit.name in cards.LAST or visit.is_leaving:
        return farewell(state), ()
    if not visit.handled:
        return state.at(ScreenName.ATTRACT), ()
    ended = state.at(ScreenName.RECEIPT, waiting=Waiting.END, is_desk_used=False, patron=None)
    return ended, (EndSession(visit.number),)


def farewell(state: State, news: Text | None = None) -> State:
    """Say goodbye; nothing of a patron is kept for it."""
    was = state.visit
    visit = Visit(
        number=was.number,
        serial=was.serial,
        name=ScreenName.FAREWELL,
        prefs=was.prefs,
        touched_at=was.touched_at,
        began_at=was.began_at,
        is_told=was.is_told,
        is_desk_used=was.is_desk_used,
        is_leaving=True,
        news=news,
        use=was.use,
    )
    return State(state.around, visit)


def _toward(state: State, wanted: Action | None) -> Acted:
    visit = state.visit
    if offers.needs_card(visit, wanted):
        return state.at(ScreenName.IDENTIFY, wanted=wanted), ()
    if wanted is None:
        shown = state.at(ScreenName.ACCOUNT, wanted=None, waiting=Waiting.ACCOUNT)
        return shown, (ReadAccount(visit.number),)
    return state.at(ScreenName.PAD, wanted=wanted), ()


def _confirm(state: State, choice: str) -> Acted:
    visit = state.visit
    if visit.name is not ScreenName.PAD or visit.wanted is None:
        return state, ()
    if offers.needs_card(visit, visit.wanted):
        return state, ()
    # Only what stood on the button: what was laid down since has not been seen by the visitor.
    shown = frozenset(choice.split(","))
    asked = tuple(item.item_id for item in offers.confirmable(state) if item.item_id in shown)
    return _handle(state, visit.wanted, asked)


def _accept(state: State, choice: str) -> Acted:
    handled = state.visit.handled.get(choice)
    if handled is None or not handled.fee:
        return state, ()
    return _handle(state, handled.row.action, (choice,), frozenset({choice}))


def _renew(state: State, choice: str | None) -> Acted:
    visit = state.visit
    if visit.name is not ScreenName.ACCOUNT or visit.account is None or visit.patron is None:
        return state, ()
    asked = tuple(
        loan.item_id
        for loan in visit.account.loans
        if (choice is None and loan.may_renew and loan.item_id not in visit.handled)
        or loan.item_id == choice
    )
    return _handle(state, Action.RENEW, asked)


def _handle(
    state: State, action: Action, asked: tuple[str, ...], fee_for: frozenset[str] = frozenset()
) -> Acted:
    if not asked:
        return state, ()
    said = state.around.pad.said
    titles = {item: said[item].title for item in asked if item in said and said[item].title}
    titles |= {
        item.item_id: item.title
        for item in state.around.pad.on_pad.confirmed(asked)
        if item.title and item.item_id not in titles
    }
    began = state.of_visit(waiting=Waiting.HANDLE, asked=asked, titles=titles, is_desk_used=True)
    return began, (Handle(state.visit.number, action, asked, fee_for),)


def _entered(
    state: State, name: str, text: str, moment: Moment, settings: SessionSettings
) -> Acted:
    visit = state.visit
    match name:
        case acts.CARD_NUMBER if cards.asks_staff(visit) and text:
            return state.of_visit(card=text[: cards.MOST_NUMBER]), ()
        case acts.CARD_NUMBER if visit.name is ScreenName.IDENTIFY and text:
            return cards.identify(state, text, moment, settings)
        case acts.PIN if visit.name is ScreenName.PIN and visit.card and text:
            asked = state.of_visit(waiting=Waiting.IDENTIFY, is_desk_used=True)
            return asked, (Identify(visit.number, visit.card, text),)
        case acts.STAFF_PIN if cards.asks_staff(visit) and visit.card and text:
            asked = state.of_visit(waiting=Waiting.STAFF, card="")
            return asked, (CheckStaff(visit.number, visit.card, text),)
        case acts.EMAIL if visit.name is ScreenName.EMAIL and text:
            is_english = visit.prefs.lang == "en"
            given = GiveSlip(visit.number, SlipWay.EMAIL, visit.slip, text, is_english)
            return state.of_visit(waiting=Waiting.SLIP), (given,)
        case acts.NEED_TEXT if visit.name is ScreenName.NEED and (visit.about or text):
            data = {"about": visit.about or "other", "text": text[: settings.need_characters]}
            return _report(state, EventName.NEED, data)
        case _:
            return state, ()


def _staff(state: State, name: str, choice: str) -> Acted:
    visit = state.visit
    if name == acts.HOME or (name == acts.BACK and visit.name is ScreenName.STAFF):
        return state.at(ScreenName.HOME, staff="", card="", waiting=None), ()
    if not visit.staff:
        return state, ()
    match name:
        case acts.BACK:
            return state.at(ScreenName.STAFF), ()
        case acts.ROOM_ORDER if choice in words.ROOM_ORDERS and state.around.room is not None:
            return state.of_visit(news=words.ROOM_ORDERED), (OrderRoom(choice, visit.staff),)
        case acts.UNFINISHED | acts.DEVICES | acts.ROOM:
            return state.at(_STAFF_PLACES[name]), ()
        case acts.OPEN_ROOM:
            return _declare(state, EventName.STAFF_OPEN)
        case acts.CLOSE_ROOM:
            return _declare(state, EventName.STAFF_CLOSE)
        case acts.CLOSE_CASE if choice:
            return state, (CloseCase(choice, visit.staff),)
        case acts.SET_OUT | acts.SET_IN:
            return state, (TakeOutOfUse(name == acts.SET_OUT, visit.staff),)
        case _:
            return state, ()


def _declare(state: State, name: EventName) -> Acted:
    """Record that the room opens or closes; the answer says which of both it was."""
    return _report(state.of_visit(about=name.value), name, {"by": state.visit.staff})


def _report(state: State, name: EventName, data: Mapping[str, bool | int | float | str]) -> Acted:
    told = Report(state.visit.number, name, data, is_answered=True)
    return state.of_visit(waiting=Waiting.REPORT), (told,)


def _manners(prefs: Prefs, name: str) -> Prefs:
    match name:
        case acts.LANGUAGE:
            return replace(prefs, lang="en" if prefs.lang == "zh" else "zh")
        case acts.ELDER:
            return replace(prefs, is_elder=not prefs.is_elder, text_dp=LEAST_DP)
        case acts.LARGER:
            return replace(prefs, is_elder=True, text_dp=min(prefs.text_dp + STEP_DP, MOST_DP))
        case acts.SMALLER:
            return replace(prefs, text_dp=max(prefs.text_dp - STEP_DP, LEAST_DP))
        case acts.CONTRAST:
            return replace(prefs, is_contrast=not prefs.is_contrast)
        case _:
            return replace(prefs, is_speaking=not prefs.is_speaking)


def _silenced(state: State) -> State:
    is_silent = state.visit.alert is None and state.visit.news is None
    return state if is_silent else state.of_visit(alert=None, news=None)
