"""Cards that nobody asked for: of the staff, of the next visitor, of the same one once more."""

import pytest

from kiosk.lending.slip import Ending, SlipRow
from kiosk.lending.transaction import Action
from kiosk.session import acts, words
from kiosk.session import effects as x
from kiosk.session import events as e
from kiosk.session.screen import ScreenName
from kiosk.session.state import Visit, Waiting
from tests.unit.kiosk.session.at_the_kiosk import CARD, NAME, PIN, STAFF_CARD, AtKiosk

STAFFS = e.CardSeen(STAFF_CARD, is_staff=True)
OTHER = e.CardSeen("21101080005555")
ROW = SlipRow(Action.BORROW, "3100", "书", "", Ending.DONE)


@pytest.mark.parametrize(
    "way",
    [
        (),
        (acts.HOME,),
        (acts.HOME, acts.BORROW),
        (acts.HOME, acts.HOURS),
        (acts.HOME, acts.RETURN),
        (acts.HOME, acts.HELP),
    ],
    ids=["attract", "home", "identify", "hours", "pad", "help"],
)
def test_a_card_of_the_staff_leads_to_their_pin_from_anywhere(way: tuple[str, ...]) -> None:
    kiosk = AtKiosk()
    kiosk.press(*way)
    kiosk.take(STAFFS)
    assert kiosk.screen.name is ScreenName.STAFF
    assert kiosk.screen.field is not None
    assert kiosk.screen.field.name == acts.STAFF_PIN
    assert not [one for one in kiosk.asked if isinstance(one, x.Identify)]


def test_it_does_so_where_a_pin_was_asked_for_and_out_of_service() -> None:
    kiosk = AtKiosk()
    kiosk.take(e.CardSeen(CARD))
    kiosk.take(STAFFS)
    assert kiosk.state.visit.card == STAFF_CARD
    kiosk.press(acts.HOME)
    assert STAFF_CARD not in repr(kiosk.state)
    kiosk.take(e.OutOfUse(True, "staff"))
    kiosk.take(STAFFS)
    assert kiosk.screen.name is ScreenName.STAFF


def test_while_a_patron_is_known_the_staff_are_told_to_wait() -> None:
    kiosk = AtKiosk()
    kiosk.identify()
    kiosk.take(STAFFS)
    assert kiosk.screen.name is ScreenName.ACCOUNT
    assert kiosk.screen.alert == words.STAFF_LATER
    kiosk.press(acts.FINISH)
    kiosk.take(STAFFS)
    assert kiosk.state.visit.card == STAFF_CARD


def test_a_patrons_card_of_another_is_told_to_wait_and_their_own_is_no_news() -> None:
    kiosk = AtKiosk()
    kiosk.identify()
    kiosk.take(e.CardSeen(CARD))
    assert kiosk.screen.alert != words.CARD_LATER
    kiosk.take(OTHER)
    assert kiosk.screen.alert == words.CARD_LATER
    assert kiosk.state.visit.patron is not None
    assert kiosk.state.visit.patron.shown == NAME
    kiosk.press(acts.HOME)
    assert kiosk.screen.alert is None


@pytest.mark.parametrize(
    "visit",
    [
        Visit(name=ScreenName.RECEIPT, slip=(ROW,), began_at=1.0, is_told=True),
        Visit(name=ScreenName.EMAIL, slip=(ROW,), began_at=1.0, is_told=True),
        Visit(name=ScreenName.PAD, waiting=Waiting.HANDLE, asked=("3100",), began_at=1.0),
        Visit(name=ScreenName.IDENTIFY, waiting=Waiting.IDENTIFY, card=CARD, began_at=1.0),
        Visit(name=ScreenName.RATING, is_leaving=True, began_at=1.0),
        Visit(name=ScreenName.STAFF, staff="staff 1", began_at=1.0),
    ],
    ids=["receipt", "mail", "under way", "being asked", "rating", "staff"],
)
def test_a_card_out_of_turn_is_told_so_and_changes_nothing_else(visit: Visit) -> None:
    kiosk = AtKiosk()
    kiosk.state = kiosk.state.of_visit(**{k: getattr(visit, k) for k in Visit.__slots__})
    was = kiosk.state.visit
    kiosk.take(OTHER)
    now = kiosk.state.visit
    assert now.alert == words.CARD_LATER
    assert (now.name, now.waiting, now.card, now.patron) == (was.name, was.waiting, was.card, None)
    assert not [one for one in kiosk.asked if isinstance(one, x.Identify)]


def test_what_is_typed_is_a_patrons_number_whoever_types_it() -> None:
    kiosk = AtKiosk()
    kiosk.press(acts.HOME, acts.BORROW)
    kiosk.type(acts.CARD_NUMBER, STAFF_CARD)
    assert kiosk.screen.name is ScreenName.PIN
    kiosk.type(acts.PIN, PIN)
    assert [one for one in kiosk.asked if isinstance(one, x.Identify)]
