"""Visits of every kind against the reducer alone: nobody is stuck, and nobody is remembered."""

import dataclasses
from collections import Counter
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from contracts.events import EventName
from kiosk.lending.effects import Notice
from kiosk.lending.services import Mode, Services
from kiosk.lending.slip import Ending, SlipRow
from kiosk.lending.stack import Obstacle, Obstructed, OnPad, PadItem
from kiosk.lending.transaction import Action
from kiosk.session import acts
from kiosk.session import effects as x
from kiosk.session import events as e
from kiosk.session.moment import Moment
from kiosk.session.patron import Account, Fee, HoldShown, IdentifyRefusal, ItemSaid, Loan, Patron
from kiosk.session.reducer import begin, step
from kiosk.session.screen import Screen, ScreenName
from kiosk.session.settings import SessionSettings
from kiosk.session.view import view
from tests.flows.looking import GATE

SETTINGS = SessionSettings()
CARD, PIN, ADDRESS, WISH = "21101080009999", "7391", "who@example.org", "一只会说话的猫"
STAFF_CARD = "90000001"
NAME, LOAN_TITLE = "王*", "只有读者知道的书"
SECRETS = (CARD, STAFF_CARD, PIN, ADDRESS, WISH, NAME, LOAN_TITLE)
ITEMS = tuple(PadItem(f"3100{n}", "CN", f"书{n}", (f"E00{n}",)) for n in range(4))
ONLINE = Services(Mode.ONLINE, may_borrow=True, may_return=True, may_renew=True)
OFFLINE = Services(Mode.OFFLINE, may_borrow=True, may_return=True, may_renew=False)
CLOSED = Services(Mode.CLOSED, may_borrow=False, may_return=False, may_renew=False)
ALL_WAYS = frozenset(e.SlipWay)


def walk(thing: Any) -> Iterator[str]:
    """Yield every text that is reachable from a value."""
    if isinstance(thing, str):
        yield thing
    elif dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        for part in dataclasses.fields(thing):
            yield from walk(getattr(thing, part.name))
    elif isinstance(thing, dict):
        for key, value in thing.items():
            yield from walk(key)
            yield from walk(value)
    elif isinstance(thing, list | tuple | set | frozenset):
        for part in thing:
            yield from walk(part)


def secrets_in(thing: Any) -> list[str]:
    return [secret for text in walk(thing) for secret in SECRETS if secret in text]


def buttons(screen: Screen) -> list[Any]:
    rows = [*screen.rows, *(row for section in screen.sections for row in section.rows)]
    more = [screen.countdown.more] if screen.countdown else []
    return [*screen.buttons, *screen.foot, *(b for row in rows for b in row.buttons), *more]


class Visits(RuleBasedStateMachine):
    """Visitors who press anything, and a desk that answers late, in any order, or never."""

    @initialize(lending=st.sampled_from([ONLINE, OFFLINE, CLOSED]))
    def start(self, lending: Services) -> None:
        self.now = 1000.0
        self.state = begin(SETTINGS, self.moment)
        self.asked: list[x.Effect] = []
        self.told: Counter[tuple[EventName, int]] = Counter()
        self.of_staff: set[int] = set()
        self.take(e.ServicesNow(lending, 1_795_000_000, ALL_WAYS))

    @property
    def moment(self) -> Moment:
        return Moment(self.now, 1_795_000_000 + int(self.now))

    @property
    def screen(self) -> Screen:
        return view(self.state, self.moment, SETTINGS)

    def take(self, event: e.Event) -> None:
        number, prefs = self.state.visit.number, self.state.visit.prefs
        self.state, effects = step(self.state, event, self.moment, SETTINGS)
        if self.state.visit.number != number:
            assert effects[-1] == x.Wipe(number)
            self.asked.clear()
            assert not secrets_in(self.state), "nothing of a visitor outlives the visit"
            assert not secrets_in(self.screen)
            is_staff = bool(self.state.visit.staff)
            assert self.screen.prefs == (prefs if is_staff else SETTINGS.prefs)
        self.asked += [one for one in effects if not isinstance(one, x.Wipe)]
        self.told.update((one.name, one.visit) for one in effects if isinstance(one, x.Report))
        if self.state.visit.staff:
            self.of_staff.add(self.state.visit.number)

    @rule(pick=st.integers(0, 200))
    def press(self, pick: int) -> None:
        shown = buttons(self.screen)
        if shown:
            one = shown[pick % len(shown)]
            self.take(e.Pressed(one.act, self.screen.serial, one.choice))

    @rule(pick=st.integers(0, 200))
    def press_twice(self, pick: int) -> None:
        shown = buttons(self.screen)
        if not shown:
            return
        one = shown[pick % len(shown)]
        press = e.Pressed(one.act, self.screen.serial, one.choice)
        self.take(press)
        once, asked = self.state, len(self.asked)
        if once.visit.serial == press.serial:
            return
        self.take(press)
        assert self.state == once
        assert len(self.asked) == asked

    @rule(is_empty=st.booleans())
    def type(self, is_empty: bool) -> None:
        field = self.screen.field
        if field is not None:
            typed = {"pin": PIN, "email": ADDRESS, "text": WISH, "digits": CARD}[field.kind]
            self.take(e.Entered(field.name, " " if is_empty else typed, self.screen.serial))

    @rule()
    def card(self) -> None:
        self.take(e.CardSeen(CARD))

    @rule()
    def card_of_the_staff(self) -> None:
        self.take(e.CardSeen(STAFF_CARD, is_staff=True))

    @rule(refusal=st.sampled_from([IdentifyRefusal.TWO_CARDS, IdentifyRefusal.UNREADABLE]))
    def bad_card(self, refusal: IdentifyRefusal) -> None:
        self.take(e.CardTrouble(refusal))

    @rule(count=st.integers(0, 4), bad=st.booleans())
    def lay(self, count: int, bad: bool) -> None:
        obstructed = (Obstructed(("E1",), Obstacle.INCOMPLETE, "3199", (2, 3)),) if bad else ()
        said = {ITEMS[0].item_id: ItemSaid("红楼梦")}
        self.take(e.PadSeen(OnPad(ITEMS[:count], obstructed), said))

    @rule(seconds=st.sampled_from([0.5, 5.0, 31.0, 55.0, 100.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.take(e.Ticked())

    @rule()
    def tap(self) -> None:
        self.take(e.Touched())

    @rule(lending=st.sampled_from([ONLINE, OFFLINE, CLOSED]))
    def services(self, lending: Services) -> None:
        self.take(e.ServicesNow(lending, 1_795_000_000, ALL_WAYS))

    @rule(key=st.sampled_from([None, "pack/gate", "pack/bridge"]), trouble=st.booleans())
    def see(self, key: str | None, trouble: bool) -> None:
        self.take(e.ArNow(is_offered=True, trouble="no picture" if trouble else ""))
        if key is not None:
            self.take(e.ExhibitSeen(dataclasses.replace(GATE, key=key)))
            self.take(e.ExhibitLeft(key, 3.0))

    @rule(is_out=st.booleans())
    def out(self, is_out: bool) -> None:
        self.take(e.OutOfUse(is_out, "pad"))

    @rule(pick=st.integers(0, 50), how=st.integers(0, 5))
    def answer(self, pick: int, how: int) -> None:
        if self.asked:
            effect = self.asked.pop(pick % len(self.asked))
            for event in answers_to(effect, how):
                self.take(event)

    @rule(how=st.integers(0, 5), number=st.integers(1, 6))
    def answer_late(self, how: int, number: int) -> None:
        for effect in some_effects(self.state.visit.number)[number : number + 1]:
            for event in answers_to(effect, how):
                self.take(event)

    @invariant()
    def the_screen_is_whole(self) -> None:
        screen = self.screen
        assert screen.title.zh
        assert screen.title.en
        texts = [*screen.says, *(b.label for b in buttons(screen))]
        texts += [told for _, told in screen.status] + ([screen.alert] if screen.alert else [])
        assert all(t.zh and t.en and "{" not in t.zh + t.en for t in texts), texts
        pairs = [(b.act, b.choice) for b in buttons(screen)]
        assert len(pairs) == len(set(pairs)), pairs
        keys = [row.key for row in screen.rows]
        assert len(keys) == len(set(keys)), keys

    @invariant()
    def nothing_typed_stays(self) -> None:
        kept = list(walk(self.state))
        assert not [text for text in kept if PIN in text or ADDRESS in text or WISH in text]
        assert PIN not in repr(self.state) + repr(self.asked)
        assert CARD not in repr(self.asked)

    @invariant()
    def staff_and_visitors_never_meet(self) -> None:
        visit = self.state.visit
        if visit.staff:
            theirs = (visit.patron, visit.account, visit.handled, visit.slip, visit.card)
            assert not any(theirs), theirs

    @invariant()
    def every_visit_is_told_of_once(self) -> None:
        for visit in range(self.state.visit.number + 1):
            began = self.told[EventName.SESSION, visit]
            ended = self.told[EventName.KIOSK_USE, visit]
            assert ended <= began <= (visit not in self.of_staff), visit
            if visit < self.state.visit.number:
                assert began == ended, visit

    @invariant()
    def there_is_a_way_home(self) -> None:
        state, screen = self.state, self.screen
        if state.visit.is_hidden:
            return
        if state.visit.waiting is None and state.visit.name is not ScreenName.ATTRACT:
            acts_there = {b.act for b in buttons(screen)}
            assert acts_there & {acts.HOME, acts.FINISH}, screen.name
        # Silence ends everything, as soon as the desk has done what it had begun.
        moment = Moment(self.now + 500, self.moment.wall_s + 500)
        after, _ = step(state, e.Ticked(), moment, SETTINGS)
        if after.visit.is_hidden:
            after, _ = step(after, e.HandlingEnded(), moment, SETTINGS)
        assert after.visit.name is ScreenName.ATTRACT


def some_effects(visit: int) -> list[x.Effect]:
    return [
        x.Identify(visit, CARD, PIN),
        x.ReadAccount(visit),
        x.Handle(visit, Action.BORROW, tuple(item.item_id for item in ITEMS)),
        x.EndSession(visit),
        x.GiveSlip(visit, e.SlipWay.PRINT, ()),
        x.Report(visit, EventName.RATING, {}),
        x.CheckStaff(visit, CARD, PIN),
    ]


def answers_to(effect: x.Effect, how: int) -> list[e.Event]:  # noqa: C901  a case a line
    """What the desk may say to an effect."""
    match effect:
        case x.Identify():
            refusals = list(IdentifyRefusal)
            if how < 3:
                return [e.Identified(Patron(CARD, NAME, may_borrow=how > 0, why_not="欠费"))]
            return [e.NotIdentified(refusals[how % len(refusals)], "said")]
        case x.ReadAccount():
            loans = (Loan("3100", LOAN_TITLE, "2026-12-20"), Loan("31009", LOAN_TITLE))
            account = Account(loans, (HoldShown(LOAN_TITLE, True),), (Fee("逾期", "2.00"),), "2.00")
            return [e.AccountRead(account if how else None)]
        case x.Handle(_, action, item_ids):
            ended: list[e.Event] = []
            for item_id in item_ids:
                row = SlipRow(action, item_id, LOAN_TITLE, "2026-12-20", list(Ending)[how % 3])
                if how == 4:
                    ended.append(e.Told(item_id, Notice.PUT_BACK))
                ended.append(e.ItemEnded(item_id, row, "t" + item_id, fee="1.00" if how else ""))
            return [*ended, e.HandlingEnded("full" if how == 5 else "")]
        case x.EndSession():
            rows = (SlipRow(Action.BORROW, "1", LOAN_TITLE, "", Ending.DONE),) if how else ()
            return [e.SlipReady(rows)]
        case x.GiveSlip(_, way):
            return [e.SlipGiven(way, how > 2, "" if how > 2 else "no_paper")]
        case x.Report():
            return [e.Reported(how > 0)]
        case x.CheckStaff():
            return [e.StaffKnown("staff 1") if how > 2 else e.StaffUnknown(how == 1)]
        case x.TakeOutOfUse(is_out):
            return [e.OutOfUse(is_out, "staff")]
        case _:
            return []


TestVisits = Visits.TestCase
TestVisits.settings = settings(
    max_examples=60,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
