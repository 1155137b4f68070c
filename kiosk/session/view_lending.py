"""The screens of lending: who it is, the pad, the account, the receipt. Pure."""

from contracts.hours import Text
from kiosk.lending.effects import Notice
from kiosk.lending.stack import PadItem
from kiosk.lending.transaction import Action
from kiosk.session import acts, offers, words
from kiosk.session import words_lending as said
from kiosk.session.events import SlipWay
from kiosk.session.moment import Moment
from kiosk.session.parts import Shown, button
from kiosk.session.patron import HoldShown, Loan
from kiosk.session.screen import Button, Field, Mark, Row, Section
from kiosk.session.settings import SessionSettings
from kiosk.session.slip_text import slip_text
from kiosk.session.state import State, Visit, Waiting
from kiosk.session.view_items import (
    again_row,
    done_row,
    item_row,
    obstructed_row,
    slip_row,
    sound_of,
    title_of,
)

HELPED = (acts.HELP, acts.HOME)
CARD_CHARACTERS = 40
PIN_CHARACTERS = 20
EMAIL_CHARACTERS = 120


def identify(state: State, _moment: Moment, _settings: SessionSettings) -> Shown:
    """Ask for a card."""
    seen = len(state.around.pad.on_pad.items)
    stay = (offers.put(words.BOOKS_STAY, n=seen),) if seen > 1 else ()
    if seen == 1:
        stay = (words.BOOK_STAYS,)
    if state.visit.waiting is Waiting.IDENTIFY:
        return Shown(words.WAIT, says=stay, is_waiting=True, is_private=True)
    number = Field(acts.CARD_NUMBER, words.CARD_NUMBER, "digits", CARD_CHARACTERS, words.NEXT)
    return Shown(
        words.IDENTIFY,
        says=(words.IDENTIFY_SAYS, *stay),
        field=number,
        picture="card",
        is_private=True,
        way_back=HELPED,
    )


def pin(_state: State, _moment: Moment, _settings: SessionSettings) -> Shown:
    """Ask for the PIN."""
    return Shown(
        words.PIN_TITLE,
        says=(words.PIN_SAYS,),
        field=Field(acts.PIN, words.PIN, "pin", PIN_CHARACTERS, words.NEXT),
        is_private=True,
        way_back=(acts.BACK, *HELPED),
    )


def pad(state: State, _moment: Moment, settings: SessionSettings) -> Shown:
    """Show what lies on the pad, and what became of it."""
    visit, on_pad = state.visit, state.around.pad.on_pad
    wanted = visit.wanted or Action.RETURN
    items = offers.confirmable(state)
    rows = [done_row(state, key, one, settings) for key, one in visit.handled.items()]
    rows += [item_row(state, item) for item in items if item.item_id not in visit.handled]
    rows += [
        again_row(state, item)
        for item in items
        if item.item_id in visit.handled and visit.handled[item.item_id].row.action is not wanted
    ]
    rows += [obstructed_row(one) for one in on_pad.obstructed]
    is_busy = visit.waiting is Waiting.HANDLE
    return Shown(
        said.PAD_TITLES[wanted],
        says=_pad_says(visit, len(items), is_busy=is_busy),
        alert=_put_back(state),
        rows=tuple(rows),
        buttons=() if is_busy else _confirm(state, wanted, items, settings),
        is_private=bool(visit.handled) or visit.patron is not None,
        is_waiting=is_busy,
        picture="" if rows else "books",
        sound=sound_of(visit),
        way_back=HELPED,
    )


def _pad_says(visit: Visit, count: int, *, is_busy: bool) -> tuple[Text, ...]:
    if is_busy:
        return (said.WORKING,)
    if not count:
        return (said.MORE_BOOKS if visit.handled else said.LAY_DOWN,)
    seen = said.SEEN_ONE if count == 1 else offers.put(said.SEEN, n=count)
    return (seen, said.COUNT_THEM)


def _confirm(
    state: State, wanted: Action, items: tuple[PadItem, ...], settings: SessionSettings
) -> tuple[Button, ...]:
    reason = offers.why_not(state, wanted.value, settings, 0.0)
    if not items and state.visit.handled:
        return (button(acts.FINISH, weight="main", label=said.ALL_DONE),)
    if not items:
        return (button(wanted.value, weight="main", why_not=reason),) if reason else ()
    label = said.CONFIRM_ONE[wanted]
    if len(items) > 1:
        label = offers.put(said.CONFIRM[wanted], n=len(items))
    choice = ",".join(item.item_id for item in items)
    return (Button(acts.CONFIRM, label, weight="main", choice=choice, why_not=reason),)


def _put_back(state: State) -> Text | None:
    for item_id, notice in state.visit.told.items():
        if notice is Notice.PUT_BACK:
            handled = state.visit.handled.get(item_id)
            title = handled.row.title if handled else ""
            return offers.put(said.PUT_BACK, title=title or title_of(state, item_id, ""))
    return None


def account(state: State, moment: Moment, settings: SessionSettings) -> Shown:
    """Show loans, holds and fees."""
    visit, found = state.visit, state.visit.account
    who = visit.patron.shown if visit.patron else ""
    hello = (offers.put(words.HELLO, who=who),) if who else ()
    if found is None:
        says = (*hello, words.WAIT) if visit.waiting is Waiting.ACCOUNT else hello
        return Shown(words.ACCOUNT_TITLE, says=says, is_private=True)
    reason = offers.why_not(state, acts.RENEW, settings, moment.monotonic)
    loans = tuple(_loan_row(state, loan, reason, settings) for loan in found.loans)
    can_renew = any(loan.may_renew and loan.item_id not in visit.handled for loan in found.loans)
    fees = tuple(Row(f"fee {n}", fee.what, note=Text(fee.amount, fee.amount), mark="warning")
                 for n, fee in enumerate(found.fees))  # fmt: skip
    sections = (
        Section(words.LOANS, loans, words.NO_LOANS),
        Section(words.HOLDS, tuple(map(_hold_row, range(len(found.holds)), found.holds)),
                words.NO_HOLDS),
        Section(words.FEES, fees, words.NO_FEES),
    )  # fmt: skip
    owed = (offers.put(words.PAY_STAFF, owed=found.owed),) if found.owed else ()
    part = () if found.is_whole else (words.ACCOUNT_PART,)
    buttons = [button(acts.BORROW, weight="plain")]
    if can_renew:
        buttons.insert(0, button(acts.RENEW_ALL, weight="main", why_not=reason))
    return Shown(
        words.ACCOUNT_TITLE,
        says=(*hello, *owed, *part),
        sections=sections,
        buttons=() if visit.waiting else tuple(buttons),
        is_private=True,
        sound=sound_of(visit),
        way_back=HELPED,
    )


def _loan_row(state: State, loan: Loan, reason: Text | None, settings: SessionSettings) -> Row:
    visit = state.visit
    handled = visit.handled.get(loan.item_id)
    if handled is not None:
        return done_row(state, loan.item_id, handled, settings)
    due = offers.put(words.DUE, due=loan.due) if loan.due else None
    if loan.item_id in visit.asked:
        return Row(loan.item_id, loan.title or loan.item_id, due, "waiting", said.UNDER_WAY)
    renew: tuple[Button, ...] = ()
    if loan.may_renew and visit.waiting is None:
        renew = (button(acts.RENEW, choice=loan.item_id, why_not=reason),)
    mark: Mark = "warning" if loan.is_overdue else "none"
    note = words.OVERDUE if loan.is_overdue else None
    return Row(loan.item_id, loan.title or loan.item_id, due, mark, note, renew)


def _hold_row(number: int, hold: HoldShown) -> Row:
    where = offers.put(words.HOLD_AT, where=hold.pick_up) if hold.pick_up else None
    note = words.HOLD_WAITS
    if hold.is_ready:
        note = words.HOLD_READY
    elif hold.position is not None:
        note = offers.put(words.HOLD_QUEUE, n=hold.position)
    return Row(f"hold {number}", hold.title, where, "good" if hold.is_ready else "waiting", note)


def receipt(state: State, moment: Moment, settings: SessionSettings) -> Shown:
    """Show how it ended, and ask how the slip is wanted."""
    visit = state.visit
    if visit.waiting is Waiting.END:
        return Shown(words.WAIT, is_waiting=True, is_private=True, way_back=())
    rows = tuple(slip_row(n, row, state.around) for n, row in enumerate(visit.slip))
    if visit.is_qr:
        text = slip_text(visit.slip, moment.wall_s, settings, state.around, visit.prefs.lang)
        return Shown(
            words.SLIP_WAYS["qr"],
            says=(words.QR_SAYS,),
            qr=text,
            buttons=(_way(SlipWay.NONE, words.FAREWELL_DONE),),
            is_private=True,
            way_back=(acts.BACK,),
        )
    ways = state.around.services.ways
    order = (SlipWay.PRINT, SlipWay.EMAIL, SlipWay.QR, SlipWay.NONE)
    return Shown(
        words.RECEIPT,
        says=(words.RECEIPT_SAYS,),
        rows=rows,
        buttons=tuple(_way(way) for way in order if way in ways or way is SlipWay.NONE),
        is_private=True,
        way_back=(),
    )


def _way(way: SlipWay, label: Text | None = None) -> Button:
    weight = "main" if way is not SlipWay.NONE else "plain"
    return button(
        acts.SLIP,
        weight=weight,
        icon=f"slip-{way.value}",
        choice=way.value,
        label=label or words.SLIP_WAYS[way.value],
    )


def email(_state: State, _moment: Moment, _settings: SessionSettings) -> Shown:
    """Ask for an address."""
    return Shown(
        words.EMAIL_TITLE,
        says=(words.EMAIL_SAYS,),
        field=Field(acts.EMAIL, words.EMAIL, "email", EMAIL_CHARACTERS, words.SEND),
        is_private=True,
        way_back=(acts.BACK,),
    )
