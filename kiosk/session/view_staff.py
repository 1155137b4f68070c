"""The screens of the staff: the room, what is unfinished, the devices. Pure."""

from typing import Final

from kiosk.session import acts, words
from kiosk.session.moment import Moment
from kiosk.session.offers import clock, put
from kiosk.session.parts import Shown, button
from kiosk.session.screen import Field, Row
from kiosk.session.settings import SessionSettings
from kiosk.session.state import State
from kiosk.session.view_lending import CARD_CHARACTERS, PIN_CHARACTERS

BACK = (acts.BACK, acts.HOME)


def staff(state: State, _moment: Moment, _settings: SessionSettings) -> Shown:
    """Ask for card and PIN, then show what the staff can do here."""
    visit = state.visit
    if not visit.staff:
        if visit.card:
            field = Field(acts.STAFF_PIN, words.STAFF_PIN, "pin", PIN_CHARACTERS, words.NEXT)
            return Shown(words.STAFF_PIN, says=(words.PIN_SAYS,), field=field, is_private=True)
        most = CARD_CHARACTERS
        field = Field(acts.CARD_NUMBER, words.CARD_NUMBER, "digits", most, words.NEXT)
        return Shown(words.STAFF_CARD, field=field, picture="card", is_private=True)
    is_out = state.around.out.is_out
    return Shown(
        put(words.STAFF_TITLE, who=visit.staff),
        says=(words.STAFF_SAYS,),
        buttons=(
            button(acts.OPEN_ROOM, weight="main"),
            button(acts.CLOSE_ROOM, weight="main"),
            button(acts.UNFINISHED),
            button(acts.DEVICES),
            *(() if state.around.room is None else (button(acts.ROOM),)),
            button(acts.SET_IN) if is_out else button(acts.SET_OUT, weight="danger"),
        ),
        is_private=True,
    )


def unfinished(state: State, _moment: Moment, settings: SessionSettings) -> Shown:
    """Show what waits for somebody, gravest first."""
    rows = tuple(
        Row(
            one.transaction.id,
            one.transaction.title or one.transaction.item_id,
            put(words.SINCE, at=clock(one.since_ms // 1000, settings)),
            "warning",
            words.CASES[one.case.value],
            (button(acts.CLOSE_CASE, choice=one.transaction.id),),
        )
        for one in state.around.unfinished.rows
    )
    says = () if rows else (words.NO_UNFINISHED,)
    return Shown(
        words.LABELS[acts.UNFINISHED], says=says, rows=rows, is_private=True, way_back=BACK
    )


def devices(state: State, _moment: Moment, settings: SessionSettings) -> Shown:
    """Show how the devices are."""
    rows = tuple(
        Row(
            one.name,
            words.DEVICE_KINDS[one.kind].zh,
            words.DEVICE_KINDS[one.kind],
            "good" if one.is_well else "bad",
            words.WELL if one.is_well else put(words.NOT_WELL, at=clock(one.since_s, settings)),
        )
        for one in state.around.devices.devices
    )
    return Shown(words.LABELS[acts.DEVICES], rows=rows, is_private=True, way_back=BACK)


def room(state: State, _moment: Moment, _settings: SessionSettings) -> Shown:
    """Show how the unstaffed room is, and what can be ordered of it."""
    known = state.around.room
    return Shown(
        words.ROOM_TITLE,
        says=(words.ROOM_SAYS,),
        rows=() if known is None else known.rows,
        buttons=tuple(
            button(
                acts.ROOM_ORDER, choice=choice, label=label, weight=_WEIGHTS.get(choice, "plain")
            )
            for choice, label in words.ROOM_ORDERS.items()
        ),
        is_private=True,
        way_back=BACK,
    )


_WEIGHTS: Final = {"unlock": "main", "reset": "danger"}
