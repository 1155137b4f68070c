"""The rows of items: what lies on the pad, and how each item ended. Pure."""

from typing import Final

from contracts.hours import Text
from kiosk.lending.effects import Notice
from kiosk.lending.slip import Ending, SlipRow
from kiosk.lending.stack import Obstacle, Obstructed, PadItem
from kiosk.session import acts, offers
from kiosk.session import words_lending as said
from kiosk.session.aside import aside_text
from kiosk.session.screen import Button, Mark, Row
from kiosk.session.settings import SessionSettings
from kiosk.session.state import Around, Handled, State, Visit

_MARKS: Final[dict[Ending, Mark]] = {
    Ending.DONE: "good",
    Ending.REFUSED: "bad",
    Ending.SEE_STAFF: "warning",
}


def item_row(state: State, item: PadItem) -> Row:
    """Return the row of an item that lies there, and is asked for or not yet."""
    is_asked = item.item_id in state.visit.asked
    notice = state.visit.told.get(item.item_id)
    mark: Mark = "waiting" if is_asked else "none"
    note = said.UNDER_WAY if is_asked else said.READY
    if notice is not None:
        mark, note = "warning", said.NOTICES[notice]
    return Row(item.item_id, title_of(state, item.item_id, item.title), mark=mark, note=note)


def again_row(state: State, item: PadItem) -> Row:
    """Return the row of an item that was done with, and that something else is wanted with."""
    name = title_of(state, item.item_id, item.title)
    return Row(f"{item.item_id} again", name, mark="none", note=said.READY)


def done_row(state: State, key: str, one: Handled, settings: SessionSettings) -> Row:
    """Return the row of an item that was done with; of one that costs something, how to go on."""
    row, visit = one.row, state.visit
    notice = visit.told.get(key)
    if notice is not None:
        return Row(key, row.title or key, mark="warning", note=said.NOTICES[notice])
    buttons: tuple[Button, ...] = ()
    if one.fee and visit.waiting is None:
        label = offers.put(said.ACCEPT_FEE, fee=one.fee)
        reason = offers.why_not(state, acts.ACCEPT_FEE, settings, 0.0, key)
        buttons = (Button(acts.ACCEPT_FEE, label, choice=key, why_not=reason),)
    return Row(
        key,
        row.title or key,
        detail=_messages(one),
        mark=_mark(row),
        note=_ended(one, state.around),
        buttons=buttons,
    )


def slip_row(number: int, row: SlipRow, around: Around) -> Row:
    """Return a row of the slip."""
    name = row.title or row.item_id
    return Row(str(number), name, mark=_mark(row), note=_ended(Handled(row), around))


def obstructed_row(one: Obstructed) -> Row:
    """Return the row of something for which nothing is sent: what it is, and what to do with it."""
    note = said.OBSTACLES[one.obstacle]
    if one.obstacle is Obstacle.INCOMPLETE:
        numbers = [str(number) for number in one.missing]
        note = offers.put(note, parts=Text("、".join(numbers), ", ".join(numbers)))
    key = "tag " + " ".join(one.uids)
    # The number of a card is its owner's own.
    if one.item_id and one.obstacle is not Obstacle.PATRON_CARD:
        return Row(key, one.item_id, mark="bad", note=note)
    name = said.UNTITLED.get(one.obstacle, said.NO_TITLE)
    return Row(key, name.zh, name, mark="bad", note=note)


def title_of(state: State, item_id: str, on_tag: str) -> str:
    """Return what an item is called: by the library's system, by its tag, else by its number."""
    told = state.around.pad.said.get(item_id)
    title = told.title if told and told.title else on_tag or state.visit.titles.get(item_id, "")
    return title or item_id


def sound_of(visit: Visit) -> str:
    """Return the sound of how items stand: something is to be done, or all is well."""
    if visit.told:
        return "attention"
    if visit.waiting is None and visit.handled:
        is_good = all(_mark(one.row) == "good" for one in visit.handled.values())
        return "done" if is_good else "attention"
    return ""


def _mark(row: SlipRow) -> Mark:
    return "warning" if row.aside is not None else _MARKS[row.ending]


def _ended(one: Handled, around: Around) -> Text:
    row = one.row
    match row.ending:
        case Ending.DONE if row.aside is not None:
            return offers.put(said.RETURNED_ASIDE, aside=aside_text(row.aside, around))
        case Ending.DONE if row.due:
            return offers.put(said.DONE[row.action], due=row.due)
        case Ending.DONE:
            return said.DONE_NO_DUE[row.action]
        case Ending.REFUSED if one.fee:
            return offers.put(said.FEE, fee=one.fee)
        case Ending.REFUSED if row.reason:
            return offers.put(said.REFUSED, why=row.reason)
        case Ending.REFUSED:
            return said.REFUSED_ASK
        case _:
            return said.NOTICES[Notice.SEE_STAFF]


def _messages(one: Handled) -> Text | None:
    text = "；".join(one.messages)
    return Text(text, text) if text and one.row.ending is not Ending.REFUSED else None
