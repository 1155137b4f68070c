"""Cards that are laid down: whose turn it is, and where a card leads. Pure."""

from contracts.hours import Text
from kiosk.lending.services import Mode
from kiosk.lending.transaction import Action
from kiosk.session import acts, offers, words
from kiosk.session.effects import Effect, Identify
from kiosk.session.events import CardSeen, CardTrouble
from kiosk.session.moment import Moment
from kiosk.session.patron import IdentifyRefusal
from kiosk.session.screen import ScreenName
from kiosk.session.settings import SessionSettings
from kiosk.session.state import State, Visit, Waiting

Acted = tuple[State, tuple[Effect, ...]]

MOST_NUMBER = 40
"""Characters of a card's number that are looked at."""
LAST = frozenset({ScreenName.RECEIPT, ScreenName.EMAIL})
"""Nothing is lent any more: the slip is all that is left to be decided."""
_ASKING = frozenset({ScreenName.ATTRACT, ScreenName.HOME, ScreenName.IDENTIFY, ScreenName.PIN})
_FIRST = frozenset({ScreenName.ATTRACT, ScreenName.HOME})


def asks_staff(visit: Visit) -> bool:
    """Tell whether a card of the staff, or its PIN, is waited for."""
    return visit.name is ScreenName.STAFF and not visit.staff and visit.waiting is None


def take(
    state: State, event: CardSeen | CardTrouble, moment: Moment, settings: SessionSettings
) -> Acted:
    """Take a card that was laid down; one that is not taken now is told why."""
    if isinstance(event, CardSeen):
        return _seen(state, event, moment, settings)
    visit = state.visit
    is_asked = visit.waiting is None and (visit.name in _ASKING or asks_staff(visit))
    return (state.saying(words.NOT_IDENTIFIED[event.refusal]) if is_asked else state), ()


def _seen(state: State, card: CardSeen, moment: Moment, settings: SessionSettings) -> Acted:
    visit, number = state.visit, card.number[:MOST_NUMBER]
    if asks_staff(visit):
        return state.of_visit(card=number, alert=None), ()
    refused = _why_not(state, card, number, settings, moment)
    if refused is not None:
        return state.saying(refused), ()
    if _is_known(visit, number) or (card.is_staff and visit.staff):
        return state, ()
    if card.is_staff:
        return state.at(ScreenName.STAFF, card=number, wanted=None), ()
    wanted = visit.wanted
    if visit.name in _FIRST:
        # Books that lie there already are what the card was brought for.
        wanted = Action.BORROW if state.around.pad.on_pad.items else None
    return identify(state.of_visit(wanted=wanted, alert=None), number, moment, settings)


def identify(state: State, number: str, moment: Moment, settings: SessionSettings) -> Acted:
    """Ask for the PIN of a card, or at once whose it is where none is asked for."""
    visit = state.visit
    number = number[:MOST_NUMBER]
    if moment.monotonic < state.around.cards_from:
        refused = words.NOT_IDENTIFIED[IdentifyRefusal.LOCKED]
        return state.at(ScreenName.IDENTIFY).saying(refused), ()
    # Alone, nobody could say whether a PIN is right.
    is_alone = state.around.services.services.mode is not Mode.ONLINE
    if settings.is_pin_asked and not is_alone:
        return state.at(ScreenName.PIN, card=number), ()
    asked = state.at(ScreenName.IDENTIFY, card=number, waiting=Waiting.IDENTIFY, is_desk_used=True)
    return asked, (Identify(visit.number, number),)


def _is_known(visit: Visit, number: str) -> bool:
    """Tell whether it is the card of who is there: laid down once more, or lying there."""
    if visit.patron is not None:
        return visit.patron.number == number
    return visit.waiting is Waiting.IDENTIFY and visit.card == number


def _why_not(
    state: State, card: CardSeen, number: str, settings: SessionSettings, moment: Moment
) -> Text | None:
    visit = state.visit
    if _is_known(visit, number):
        return None
    is_ones_turn = visit.patron is not None or visit.is_leaving or visit.name in LAST
    if card.is_staff:
        return words.STAFF_LATER if is_ones_turn or visit.handled or visit.waiting else None
    if is_ones_turn or visit.waiting or visit.staff:
        return words.CARD_LATER
    if state.around.out.is_out:
        return offers.why_not(state, acts.BORROW, settings, moment.monotonic)
    return None
