"""Help is at hand where people get stuck, leads back there, and says what became of a call."""

import pytest

from contracts.events import EventName
from kiosk.lending.stack import OnPad, PadItem
from kiosk.session import acts, words
from kiosk.session import effects as x
from kiosk.session import events as e
from kiosk.session.offers import put
from kiosk.session.screen import ScreenName
from tests.unit.kiosk.session.at_the_kiosk import CARD, PIN, AtKiosk

AT = {"at": "19:06"}


def test_help_at_the_pin_leads_back_to_it() -> None:
    kiosk = AtKiosk()
    kiosk.take(e.CardSeen(CARD))
    assert acts.HELP in {one.act for one in kiosk.screen.foot}
    kiosk.press(acts.HELP)
    kiosk.press(acts.CALL, choice="card")
    kiosk.take(e.Reported(True))
    kiosk.press(acts.BACK)
    assert kiosk.screen.name is ScreenName.PIN
    kiosk.type(acts.PIN, PIN)
    assert [one for one in kiosk.asked if isinstance(one, x.Identify)] == [
        x.Identify(kiosk.state.visit.number, CARD, PIN)
    ]


def test_help_at_the_pin_and_home_forgets_the_card() -> None:
    kiosk = AtKiosk()
    kiosk.take(e.CardSeen(CARD))
    kiosk.press(acts.HELP, acts.HOME)
    assert CARD not in repr(kiosk.state)
    kiosk.press(acts.HELP)
    assert acts.BACK not in {one.act for one in kiosk.screen.foot}


def test_help_at_the_pad_leads_back_to_it_also_without_a_card() -> None:
    kiosk = AtKiosk()
    kiosk.press(acts.HOME, acts.RETURN, acts.HELP, acts.BACK)
    assert kiosk.screen.name is ScreenName.PAD


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_person_is_called_while_a_book_is_under_way(is_kept: bool) -> None:
    kiosk = AtKiosk()
    kiosk.take(e.PadSeen(OnPad((PadItem("3100", "CN", "书", ("E0",)),))))
    kiosk.press(acts.RETURN)
    kiosk.press(acts.CONFIRM, choice="3100")
    assert kiosk.screen.is_waiting
    kiosk.press(acts.HELP, acts.HELP)
    assert kiosk.told(EventName.STAFF_CALL) == [{"reason": "book"}]
    kiosk.take(e.Reported(is_kept))
    screen = kiosk.screen
    assert screen.name is ScreenName.PAD
    assert screen.is_waiting, "the book is still under way"
    assert (screen.news, screen.alert) == (
        (put(words.CALLED, **AT), None) if is_kept else (None, words.NOT_STORED)
    )
    kiosk.take(e.HandlingEnded())
    assert not kiosk.screen.is_waiting


@pytest.mark.parametrize("was_away", [True, False])
def test_what_became_of_a_call_is_not_changed_by_what_comes_later(was_away: bool) -> None:
    kiosk = AtKiosk()
    away, there = e.FactsNow(None, 1_795_000_000), e.FactsNow(None)
    kiosk.take(away if was_away else there)
    kiosk.press(acts.HOME, acts.HELP)
    assert kiosk.screen.says[0] == (words.HELP_LATER if was_away else words.HELP_SAYS)
    kiosk.press(acts.CALL, choice="book")
    kiosk.take(e.Reported(True))
    said = put(words.CALLED_LATER if was_away else words.CALLED, **AT)
    assert kiosk.screen.says[0] == said
    kiosk.take(there if was_away else away)
    assert kiosk.screen.says[0] == said
