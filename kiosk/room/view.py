"""What is shown of a room: at its door, on the kiosk's screens, to the staff, on the wire. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from contracts.hours import Text, hours_now, hours_sentence
from contracts.room import OutputStatus, RoomStatus
from kiosk.room import words
from kiosk.room.events import Contact
from kiosk.room.settings import Output, RoomSettings
from kiosk.room.state import (
    Mode,
    RoomState,
    Wire,
    admits,
    is_list_fresh,
    limit_of,
    people_known,
)
from kiosk.session.moment import Moment
from kiosk.session.screen import Mark, Row


@dataclass(frozen=True, slots=True)
class DoorScreen:
    """What stands at the door; `asks_pin`: digits are waited for."""

    title: Text
    says: tuple[Text, ...]
    mark: Mark
    asks_pin: bool = False
    is_busy: bool = False
    status: tuple[tuple[Mark, Text], ...] = ()


def door_screen(state: RoomState, moment: Moment, settings: RoomSettings) -> DoorScreen:
    """Return what the door shows."""
    status = _door_status(state, moment, settings)
    if state.mode is Mode.FIRE:
        return DoorScreen(words.MODES[Mode.FIRE], (words.FIRE_SAYS,), "bad", status=status)
    attempt, unlocking, told = state.attempt, state.unlocking, state.told
    if attempt is not None and attempt.phase == "pin":
        return DoorScreen(words.PIN_PLEASE, (), "waiting", asks_pin=True, status=status)
    if attempt is not None:
        return DoorScreen(words.CHECKING, (), "waiting", is_busy=True, status=status)
    if unlocking is not None and not unlocking.is_told:
        return DoorScreen(words.OPENING, (), "waiting", is_busy=True, status=status)
    if told is not None:
        mark: Mark = "good" if told.refusal is None else "bad"
        return DoorScreen(words.door_says(told), (words.FREE_OUT,), mark, status=status)
    if state.mode is Mode.OPEN:
        return DoorScreen(words.CARD_PLEASE, (words.FREE_OUT,), "none", status=status)
    return DoorScreen(words.MODES[state.mode], (words.FREE_OUT,), "warning", status=status)


def notices(
    state: RoomState, moment: Moment, settings: RoomSettings
) -> tuple[tuple[Mark, Text], ...]:
    """Return what stands on every screen of the kiosk because of the room."""
    if state.mode is Mode.FIRE:
        return (("bad", words.FIRE_SAYS),)
    said: list[tuple[Mark, Text]] = []
    people = people_known(state)
    if state.mode in {Mode.CLOSED, Mode.CLEANING, Mode.SHUT}:
        text = words.INSIDE_SAYS if people else words.CLOSED_SAYS
        said.append(("warning", text))
    closes_s, most = state.closes_s, max(settings.closing_minutes, default=0)
    if closes_s is not None and 0 < closes_s - moment.wall_s <= most * 60:
        said.append(("warning", words.closing(-(-(closes_s - moment.wall_s) // 60))))
    if state.air.is_stale_air:
        said.append(("none", words.VENTILATE))
    return tuple(said)


def staff_rows(state: RoomState, settings: RoomSettings) -> tuple[Row, ...]:
    """Return how the room is, for the staff."""
    rows = [_row("room", words.ROOM, _mode_mark(state.mode), words.MODES[state.mode])]
    people, limit = state.people.people, limit_of(state, settings)
    if people_known(state) is not None and people is not None:
        rows.append(_row("people", words.PEOPLE, "good", _count(people, limit)))
    else:
        rows.append(_row("people", words.PEOPLE, "unknown", words.PEOPLE_UNSURE))
    leaf = state.contact(Contact.LEAF)
    leaf_text = words.NOT_KNOWN if leaf is None else words.LEAF_OPEN if leaf else words.LEAF_CLOSED
    rows.append(_row("leaf", words.DOOR, "unknown" if leaf is None else "good", leaf_text))
    for output in Output:
        if output in settings.outputs:
            mark, text = _wire(output, state.wire(output))
            rows.append(_row(output.value, words.OUTPUTS[output], mark, text))
    if state.kept.fire_since_s is not None:
        rows.append(_row("fire", words.MODES[Mode.FIRE], "bad", words.FIRE_LATCHED))
    if state.kept.tamper_since_s is not None:
        rows.append(_row("tamper", words.TAMPERED, "bad", words.TAMPERED))
    rows += _air_rows(state)
    return tuple(rows)


def room_status(state: RoomState, moment: Moment, settings: RoomSettings) -> RoomStatus:
    """Return what the hub is told of the room as it is now."""
    strike, leaf = state.wire(Output.STRIKE).known, state.contact(Contact.LEAF)
    kept = state.kept
    contacts = [contact.value for contact in Contact if contact is not Contact.LEAF]
    sounding = [name for name in contacts if state.contact(Contact(name))]
    latched = [
        name
        for name, since in (("fire", kept.fire_since_s), ("tamper", kept.tamper_since_s))
        if since is not None
    ]
    advice = [
        name
        for name, holds in (
            ("ventilate", state.air.is_stale_air),
            ("too_warm", state.air.is_too_warm),
            ("too_cold", state.air.is_too_cold),
        )
        if holds
    ]
    cards: Literal["library", "list", "none"] = "none"
    if state.library.is_there:
        cards = "library"
    elif is_list_fresh(state, moment, settings):
        cards = "list"
    return RoomStatus(
        mode=state.mode.value,
        since_ms=max(0, state.mode_since_s) * 1000,
        admits=admits(state, moment, settings),
        door=None if leaf is None else "open" if leaf else "closed",
        lock=None if strike is None else "free" if strike else "held",
        people=people_known(state),
        people_limit=limit_of(state, settings),
        closes_ms=0 if state.closes_s is None else max(0, state.closes_s) * 1000,
        cards=cards,
        list_ms=max(0, state.library.list_at_s or 0) * 1000,
        outputs=tuple(
            OutputStatus(output.value, wire.known, wire.is_failed)
            for output in Output
            if output in settings.outputs
            for wire in (state.wire(output),)
        ),
        alarms=tuple(dict.fromkeys((*sounding, *latched))),
        latched=tuple(latched),
        advice=tuple(advice),
        commands=tuple(sorted(verb.value for verb in settings.commands)),
    )


def _door_status(
    state: RoomState, moment: Moment, settings: RoomSettings
) -> tuple[tuple[Mark, Text], ...]:
    said: list[tuple[Mark, Text]] = []
    hours = state.timetable.hours
    if hours is not None and state.is_clock_set:
        said.append((_mode_mark(state.mode), hours_sentence(hours, moment.wall_s)))
    ends_s = None if hours is None else hours_now(hours, moment.wall_s).changes_s
    if state.mode is Mode.OPEN and state.closes_s is not None and state.closes_s != ends_s:
        at = datetime.fromtimestamp(state.closes_s, ZoneInfo(settings.zone)).strftime("%H:%M")
        said.append(("none", _put(words.CLEANED_AT, at=at)))
    people = people_known(state)
    if people is not None:
        said.append(("none", _count(people, limit_of(state, settings))))
    return tuple(said)


def _count(people: int, limit: int | None) -> Text:
    if limit is None:
        return _put(words.INSIDE_NOW, n=people)
    return _put(words.INSIDE_OF, n=people, most=limit)


def _mode_mark(mode: Mode) -> Mark:
    if mode is Mode.OPEN:
        return "good"
    return "bad" if mode is Mode.FIRE else "unknown" if mode is Mode.UNKNOWN else "warning"


def _wire(output: Output, wire: Wire) -> tuple[Mark, Text]:
    if wire.is_failed:
        return "bad", words.FAILED
    if wire.known is None:
        return "unknown", words.NOT_KNOWN
    if output is Output.STRIKE:
        return "good", words.FREE if wire.known else words.HELD
    return "good", words.ON if wire.known else words.OFF


def _air_rows(state: RoomState) -> list[Row]:
    air = state.air
    if air.celsius is None and air.co2_ppm is None:
        return []
    advice = [
        text
        for text, holds in (
            (words.VENTILATE, air.is_stale_air),
            (words.TOO_WARM, air.is_too_warm),
            (words.TOO_COLD, air.is_too_cold),
        )
        if holds
    ]
    celsius = "–" if air.celsius is None else f"{air.celsius:.1f}"
    co2 = "–" if air.co2_ppm is None else str(air.co2_ppm)
    text = _put(words.AIR_SAYS, celsius=celsius, co2=co2)
    zh, en = (
        "；".join([text.zh, *(t.zh for t in advice)]),
        "; ".join([text.en, *(t.en for t in advice)]),
    )
    return [_row("air", words.AIR, "warning" if advice else "good", Text(zh, en))]


def _row(key: str, name: Text, mark: Mark, note: Text) -> Row:
    return Row(key, name.zh, name, mark, note)


def _put(text: Text, **what: object) -> Text:
    return Text(text.zh.format(**what), text.en.format(**what))
