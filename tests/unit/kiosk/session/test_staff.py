"""Staff and visitors at one kiosk: neither is taken for the other, nor finds what was theirs."""

import pytest

from contracts.events import EventName
from kiosk.session import acts
from kiosk.session import effects as x
from kiosk.session import events as e
from kiosk.session.patron import IdentifyRefusal
from kiosk.session.screen import ScreenName
from tests.unit.kiosk.session.at_the_kiosk import CARD, NAME, STAFF, AtKiosk


def test_the_visitors_part_ends_before_the_staff_are_let_in() -> None:
    kiosk = AtKiosk()
    kiosk.identify()
    kiosk.press(acts.HOME, acts.STAFF)
    number = kiosk.state.visit.number
    kiosk.asked.clear()
    kiosk.let_staff_in()
    assert kiosk.screen.title.zh.endswith(STAFF)
    assert x.EndSession(number) in kiosk.asked
    assert kiosk.asked[-1] == x.Wipe(number)
    assert NAME not in repr(kiosk.state)
    assert kiosk.state.visit.patron is None
    kiosk.press(acts.HOME)
    assert NAME not in repr(kiosk.screen)
    kiosk.press(acts.ACCOUNT)
    assert kiosk.screen.name is ScreenName.IDENTIFY


def test_a_card_that_is_not_of_the_staff_leaves_the_visitor_where_they_were() -> None:
    kiosk = AtKiosk()
    kiosk.identify()
    kiosk.press(acts.HOME, acts.STAFF)
    kiosk.take(e.CardSeen("1"))
    kiosk.type(acts.STAFF_PIN, "0000")
    kiosk.take(e.StaffUnknown())
    kiosk.press(acts.HOME)
    assert NAME in kiosk.screen.says[0].zh


def test_the_staff_keep_the_manner_in_which_they_came_and_the_next_visitor_does_not() -> None:
    kiosk = AtKiosk()
    kiosk.press(acts.HOME, acts.LANGUAGE, acts.STAFF)
    kiosk.let_staff_in()
    assert kiosk.screen.prefs.lang == "en"
    kiosk.press(acts.HOME)
    assert kiosk.screen.prefs == kiosk.settings.prefs


def test_staff_pressed_by_mistake_loses_no_session() -> None:
    kiosk = AtKiosk()
    kiosk.press(acts.HOME, acts.STAFF)
    assert kiosk.told(EventName.SESSION) == [], "it may be one of the staff"
    kiosk.press(acts.HOME)
    kiosk.press(acts.HOURS, acts.HOME, acts.FINISH)
    assert len(kiosk.told(EventName.SESSION)) == 1
    (use,) = kiosk.told(EventName.KIOSK_USE)
    assert use["ended"] == "finished"


@pytest.mark.parametrize("leave", [acts.HOME, acts.BACK, acts.FINISH, "silence"])
def test_the_staff_are_no_visitors_however_they_leave(leave: str) -> None:
    kiosk = AtKiosk()
    kiosk.press(acts.HOME, acts.STAFF)
    kiosk.let_staff_in()
    kiosk.press(acts.DEVICES, acts.BACK)
    if leave != "silence":
        kiosk.press(leave)
        kiosk.press(acts.FINISH)
    kiosk.wait(500)
    assert kiosk.screen.name is ScreenName.ATTRACT
    assert STAFF not in repr(kiosk.state)
    assert kiosk.told(EventName.SESSION) == []
    assert kiosk.told(EventName.KIOSK_USE) == []


def test_a_visitor_after_the_staff_is_told_of_as_any_other() -> None:
    kiosk = AtKiosk()
    kiosk.press(acts.HOME, acts.STAFF)
    kiosk.let_staff_in()
    kiosk.now += 30
    kiosk.press(acts.HOME)
    kiosk.press(acts.HOURS)
    kiosk.now += 5
    kiosk.press(acts.FINISH)
    assert len(kiosk.told(EventName.SESSION)) == 1
    (use,) = kiosk.told(EventName.KIOSK_USE)
    assert use["seconds"] == 5.0


def test_a_visitor_whom_the_staff_follow_is_told_of_once() -> None:
    kiosk = AtKiosk()
    kiosk.identify()
    kiosk.press(acts.HOME, acts.STAFF)
    kiosk.let_staff_in()
    kiosk.press(acts.HOME)
    kiosk.press(acts.FINISH)
    assert len(kiosk.told(EventName.SESSION)) == 1
    (use,) = kiosk.told(EventName.KIOSK_USE)
    assert use["ended"] == "staff"


def test_what_somebody_left_at_the_first_screen_goes_with_time() -> None:
    kiosk = AtKiosk()
    kiosk.press(acts.LANGUAGE)
    kiosk.take(e.CardTrouble(IdentifyRefusal.TWO_CARDS))
    kiosk.press(acts.ELDER)
    assert "两张卡" in repr(kiosk.screen)
    kiosk.wait(500)
    assert kiosk.screen.prefs == kiosk.settings.prefs
    assert "两张卡" not in repr(kiosk.screen)
    assert CARD not in repr(kiosk.state)
