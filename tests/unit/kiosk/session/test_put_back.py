"""A book that was taken away too early is asked for until that is settled, one way or the other."""

from kiosk.lending.effects import Notice
from kiosk.lending.slip import Ending, SlipRow
from kiosk.lending.transaction import Action
from kiosk.session.events import Event, HandlingEnded, ItemEnded, Told
from kiosk.session.moment import Moment
from kiosk.session.reducer import step
from kiosk.session.screen import ScreenName
from kiosk.session.settings import SessionSettings
from kiosk.session.state import State, Visit, Waiting
from kiosk.session.view import view

ITEM = "310114000001"
NOW, SETTINGS = Moment(10.0, 1_795_000_000), SessionSettings()


def _after(*events: Event) -> State:
    visit = Visit(
        name=ScreenName.PAD,
        began_at=1.0,
        wanted=Action.BORROW,
        waiting=Waiting.HANDLE,
        is_desk_used=True,
        asked=(ITEM,),
    )
    state = State(visit=visit)
    for event in events:
        state, _ = step(state, event, NOW, SETTINGS)
    return state


def _ended(ending: Ending) -> ItemEnded:
    return ItemEnded(ITEM, SlipRow(Action.BORROW, ITEM, "红楼梦", "", ending), "t1")


def test_the_book_is_asked_for_until_it_is_back_or_its_time_is_over() -> None:
    asked = (Told(ITEM, Notice.PUT_BACK), _ended(Ending.SEE_STAFF), HandlingEnded())
    alert = view(_after(*asked), NOW, SETTINGS).alert
    assert alert is not None
    assert "红楼梦" in alert.zh
    for settled in (Ending.DONE, Ending.SEE_STAFF):
        assert view(_after(*asked, _ended(settled)), NOW, SETTINGS).alert is None
