"""What is refused at a kiosk is refused with a sentence, and stays refused."""

from dataclasses import replace

import pytest

from contracts.hours import Text
from kiosk.lending.services import Mode, Services
from kiosk.lending.slip import Ending, SlipRow
from kiosk.lending.stack import Obstacle, Obstructed, OnPad, PadItem
from kiosk.lending.transaction import Action
from kiosk.session import acts, words
from kiosk.session import effects as x
from kiosk.session import events as e
from kiosk.session.moment import Moment
from kiosk.session.patron import Account, IdentifyRefusal, Loan, Patron
from kiosk.session.reducer import begin, step
from kiosk.session.screen import Button, ScreenName
from kiosk.session.settings import SessionSettings
from kiosk.session.state import Handled, State
from kiosk.session.view import view

SETTINGS = SessionSettings()
CARD, PIN = "21101080009999", "7391"
ITEM = PadItem("3100", "CN", "书", ("E00",))
ONLINE = Services(Mode.ONLINE, may_borrow=True, may_return=True, may_renew=True)
CLOSED = Services(Mode.CLOSED, may_borrow=False, may_return=False, may_renew=False)


class Kiosk:
    """A session and its clock."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.state: State = begin(SETTINGS, self.moment)
        self.asked: list[x.Effect] = []
        self.take(e.ServicesNow(ONLINE))

    @property
    def moment(self) -> Moment:
        return Moment(self.now, 1_795_000_000)

    def take(self, *events: e.Event) -> None:
        for event in events:
            self.state, effects = step(self.state, event, self.moment, SETTINGS)
            self.asked += effects

    def press(self, act: str, choice: str = "") -> None:
        self.take(e.Pressed(act, self.state.visit.serial, choice))

    def wrong_pin(self) -> None:
        self.take(e.CardSeen(CARD))
        self.take(e.Entered(acts.PIN, PIN, self.state.visit.serial))
        self.take(e.NotIdentified(IdentifyRefusal.WRONG_PIN))

    @property
    def alert(self) -> Text | None:
        return view(self.state, self.moment, SETTINGS).alert

    def accepting(self) -> Button:
        """Return the button that accepts a fee, wherever it stands."""
        screen = view(self.state, self.moment, SETTINGS)
        rows = [*screen.rows, *(row for section in screen.sections for row in section.rows)]
        (found,) = [b for row in rows for b in row.buttons if b.act == acts.ACCEPT_FEE]
        return found


def test_wrong_pins_count_over_visits_and_the_lock_ends() -> None:
    kiosk = Kiosk()
    for _ in range(SETTINGS.most_wrong_pins - 1):
        kiosk.wrong_pin()
        assert kiosk.alert == words.NOT_IDENTIFIED[IdentifyRefusal.WRONG_PIN]
        kiosk.press(acts.FINISH)
    kiosk.wrong_pin()
    assert kiosk.alert == words.NOT_IDENTIFIED[IdentifyRefusal.LOCKED]
    kiosk.press(acts.FINISH)
    kiosk.asked.clear()
    kiosk.take(e.CardSeen(CARD))
    assert kiosk.alert == words.NOT_IDENTIFIED[IdentifyRefusal.LOCKED]
    assert not [one for one in kiosk.asked if isinstance(one, x.Identify)]
    kiosk.now += SETTINGS.lock_seconds
    kiosk.wrong_pin()
    assert [one for one in kiosk.asked if isinstance(one, x.Identify)]


@pytest.mark.parametrize("is_right", [True, False], ids=["a right PIN", "time"])
def test_wrong_pins_are_forgotten(is_right: bool) -> None:
    kiosk = Kiosk()
    kiosk.wrong_pin()
    kiosk.wrong_pin()
    if is_right:
        kiosk.take(e.Entered(acts.PIN, PIN, kiosk.state.visit.serial))
        kiosk.take(e.Identified(Patron(CARD, "王*", may_borrow=True)))
    else:
        kiosk.now += 301
    kiosk.press(acts.FINISH)
    kiosk.wrong_pin()
    assert kiosk.alert == words.NOT_IDENTIFIED[IdentifyRefusal.WRONG_PIN]


@pytest.mark.parametrize(
    "event", [e.ServicesNow(CLOSED), e.OutOfUse(True, "pad")], ids=["closed", "out of use"]
)
def test_a_confirmation_that_does_not_work_says_why_and_begins_nothing(event: e.Event) -> None:
    kiosk = Kiosk()
    kiosk.take(e.PadSeen(OnPad((ITEM,), ())))
    kiosk.press(acts.RETURN)
    kiosk.take(event)
    shown = view(kiosk.state, kiosk.moment, SETTINGS).buttons[0]
    assert shown.act == acts.CONFIRM
    assert shown.why_not is not None
    kiosk.press(acts.CONFIRM, shown.choice)
    assert kiosk.alert == shown.why_not
    assert not [one for one in kiosk.asked if isinstance(one, x.Handle)]


def test_a_confirmation_takes_only_what_was_shown() -> None:
    kiosk = Kiosk()
    kiosk.take(e.PadSeen(OnPad((ITEM,), ())))
    kiosk.press(acts.RETURN)
    shown = view(kiosk.state, kiosk.moment, SETTINGS).buttons[0]
    later = PadItem("3101", "CN", "后来的书", ("E01",))
    kiosk.take(e.PadSeen(OnPad((ITEM, later), ())))
    kiosk.press(acts.CONFIRM, shown.choice)
    handled = [one for one in kiosk.asked if isinstance(one, x.Handle)]
    assert handled == [x.Handle(kiosk.state.visit.number, Action.RETURN, (ITEM.item_id,))]


@pytest.mark.parametrize("action", [Action.BORROW, Action.RENEW], ids=["borrow", "renew"])
def test_a_fee_is_accepted_only_where_its_own_action_works(action: Action) -> None:
    kiosk = Kiosk()
    row = SlipRow(action, ITEM.item_id, "书", "", Ending.REFUSED)
    name = ScreenName.PAD if action is Action.BORROW else ScreenName.ACCOUNT
    kiosk.state = kiosk.state.of_visit(
        name=name,
        wanted=Action.BORROW if action is Action.BORROW else None,
        patron=Patron(CARD, "王*"),
        account=Account((Loan(ITEM.item_id, "书"),)),
        handled={ITEM.item_id: Handled(row, "t1", "2.00")},
    )
    only = replace(ONLINE, may_borrow=action is Action.RENEW, may_renew=action is Action.BORROW)
    kiosk.take(e.ServicesNow(only))
    button = kiosk.accepting()
    assert button.why_not is not None
    kiosk.press(acts.ACCEPT_FEE, ITEM.item_id)
    assert kiosk.alert == button.why_not
    other = replace(ONLINE, may_borrow=action is Action.BORROW, may_renew=action is Action.RENEW)
    kiosk.take(e.ServicesNow(other))
    assert kiosk.accepting().is_enabled
    kiosk.press(acts.ACCEPT_FEE, ITEM.item_id)
    (asked,) = [one for one in kiosk.asked if isinstance(one, x.Handle)]
    assert (asked.action, asked.fee_for) == (action, frozenset({ITEM.item_id}))


@pytest.mark.parametrize(
    ("obstructed", "zh", "en"),
    [
        (Obstructed(("E1",), Obstacle.BLANK), "读不出书名的书", "A book without a readable title"),
        (
            Obstructed(("E1",), Obstacle.DAMAGED),
            "读不出书名的书",
            "A book without a readable title",
        ),
        (Obstructed(("E1",), Obstacle.FOREIGN), "别的标签", "Some other tag"),
        (Obstructed(("E1",), Obstacle.PATRON_CARD, CARD), "读者证", "A library card"),
    ],
    ids=["blank", "damaged", "foreign", "card"],
)
def test_what_is_in_the_way_has_a_plain_name(obstructed: Obstructed, zh: str, en: str) -> None:
    kiosk = Kiosk()
    kiosk.press(acts.HOME)
    kiosk.press(acts.RETURN)
    kiosk.take(e.PadSeen(OnPad((), (obstructed,))))
    screen = view(kiosk.state, kiosk.moment, SETTINGS)
    (row,) = screen.rows
    assert row.detail == Text(zh, en)
    assert row.name == zh
    assert CARD not in repr(screen), "the number of a card is its owner's own"
