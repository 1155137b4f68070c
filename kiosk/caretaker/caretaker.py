"""Looks after one room: holds its state, gives it what happens, carries out what it asks for."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

import structlog

from contracts.errors import DecodeError
from contracts.events import DOOR_SUFFIX, EventName
from contracts.room import (
    MOST_AGE_MS,
    RoomCommand,
    RoomReply,
    RoomStatus,
    decode_room_command,
    encode_room,
    is_for_room,
)
from contracts.venue_facts import VenueFacts
from firmware_bridge.sensors.readings import (
    AlarmReading,
    ClimateReading,
    ContactReading,
    DoorState,
    Reading,
)
from kiosk.caretaker.checking import CardCheck
from kiosk.caretaker.contacts import event_of
from kiosk.caretaker.keeping import write_room
from kiosk.caretaker.relays import Relays
from kiosk.caretaker.saying import Loudspeaker
from kiosk.errands.staff_cards import StaffCards
from kiosk.errors import KioskError
from kiosk.room.effects import (
    Announce,
    CheckCard,
    CheckStaffCard,
    Effect,
    Keep,
    Note,
    Place,
    Reply,
    Switch,
)
from kiosk.room.events import (
    CardBad,
    CardShown,
    Checked,
    ClockNow,
    Commanded,
    Contact,
    Event,
    InputsLost,
    Kept,
    LibraryNow,
    PeopleNow,
    SessionNow,
    StaffChecked,
    Ticked,
    TimetableNow,
)
from kiosk.room.machine import begin, step
from kiosk.room.rules import EntryRefusal, OrderRefusal
from kiosk.room.settings import RoomSettings, Verb
from kiosk.room.state import Mode, RoomState, admits
from kiosk.room.view import DoorScreen, door_screen, notices, room_status, staff_rows
from kiosk.room.words import ORDER_REFUSED
from kiosk.session.events import CardSeen, CardTrouble, RoomNow
from kiosk.session.moment import Moment
from kiosk.session.patron import IdentifyRefusal
from link.clock import monotonic_ms
from link.recorder import Recorder

log = structlog.get_logger(__name__)

TICK_SECONDS: Final = 0.5
ENTRY: Final = "entry"
"""The room's own evidence of hours: unlocked while it lets visitors in; its leaf has the suffix."""
ROOM: Final = "room"
AIR: Final = "room-air"
_SOURCES: Final = {
    EventName.FIRE_ALARM: Contact.FIRE.value,
    EventName.GATE_ALARM: Contact.GATE.value,
    EventName.TAMPER: Contact.TAMPER.value,
}
_MOST_IDS: Final = 64
OLDEST_MS: Final = 180_000
"""A number of people that is older says nothing of now; the hub tells twice a minute."""


class Caretaker:
    """One room; on the event loop's thread only.

    `show` tells the kiosk's session how the room is, `tell` that its status has changed.
    """

    def __init__(
        self,
        settings: RoomSettings,
        recorder: Recorder,
        staff: StaffCards,
        check: CardCheck,
        *,
        kept: Path,
        remembered: Kept,
        moment: Callable[[], Moment],
        show: Callable[[RoomNow], object],
        tell: Callable[[], None],
        reply: Callable[[bytes], bool],
    ) -> None:
        self.settings = settings
        self._recorder = recorder
        self._staff = staff
        self._check = check
        self._kept = kept
        self._moment = moment
        self._show = show
        self._tell = tell
        self._reply = reply
        self.relays: Relays | None = None
        self.room_voice: Loudspeaker | None = None
        self.door_voice: Loudspeaker | None = None
        self.state: RoomState = begin(moment(), remembered)
        self._watchers: list[Callable[[], None]] = []
        self._shown: RoomNow | None = None
        self._told: RoomStatus | None = None
        self._answered: dict[str, RoomReply] = {}
        self._errands: set[asyncio.Task[None]] = set()
        self._proved: CheckCard | None = None
        self._writing: Kept | None = None
        self._waiting: list[Event] = []
        self._is_stepping = False

    @property
    def screen(self) -> DoorScreen:
        """Return what the door shows now."""
        return door_screen(self.state, self._moment(), self.settings)

    def status(self) -> RoomStatus:
        """Return what the hub is told."""
        return room_status(self.state, self._moment(), self.settings)

    def may_lock(self) -> bool:
        """Tell whether the door may be locked from outside when this ends."""
        return self.state.mode is not Mode.FIRE

    def watch(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Let `changed` be called when the door may show something else; return how to stop."""
        self._watchers.append(changed)

        def stop() -> None:
            if changed in self._watchers:
                self._watchers.remove(changed)

        return stop

    def post(self, event: Event) -> None:
        """Take an event, and begin what it asks for; one that comes meanwhile waits its turn."""
        self._waiting.append(event)
        if self._is_stepping:
            return
        self._is_stepping = True
        try:
            while self._waiting:
                self._step(self._waiting.pop(0))
        finally:
            self._is_stepping = False

    @property
    def is_letting_in(self) -> bool:
        """Tell whether a card is looked at, or the door can be opened from outside by one."""
        return self.state.attempt is not None or self.state.unlocking is not None

    # What comes from elsewhere in the kiosk.

    def card(self, event: CardSeen | CardTrouble) -> None:
        """Take what the reader at the door saw."""
        if isinstance(event, CardTrouble):
            two = event.refusal is IdentifyRefusal.TWO_CARDS
            self.post(CardBad(EntryRefusal.TWO_CARDS if two else EntryRefusal.UNREADABLE))
        else:
            self.post(CardShown(event.number, is_staff=event.is_staff))

    def facts(self, facts: VenueFacts | None, *, is_hub_there: bool) -> None:
        """Take what is known of the venue; a number that is not of now is not known."""
        if facts is None:
            return
        is_of_now = abs(_wall_ms() - facts.at_ms) <= OLDEST_MS
        if self.state.timetable.hours != facts.hours:
            self.post(TimetableNow(facts.hours))
        quality = facts.quality if is_hub_there and is_of_now else "unknown"
        self.post(PeopleNow(facts.occupancy, quality, facts.capacity, facts.at_ms))

    def session(self, is_used: bool) -> None:
        """Take whether somebody is at the kiosk."""
        if is_used is not self.state.is_session:
            self.post(SessionNow(is_used))

    def reading(self, reading: Reading) -> None:
        """Take what a sensor of the room says."""
        now_ms, recorder = monotonic_ms(), self._recorder
        match reading:
            case ContactReading(door=door) if door is not DoorState.UNKNOWN:
                recorder.state(ENTRY + DOOR_SUFFIX, door.value, now_ms)
            case AlarmReading(kind=kind, is_active=is_active):
                recorder.state(kind.value, "active" if is_active else "quiet", now_ms)
            case ClimateReading():
                for quantity in ("temperature_celsius", "humidity_percent", "co2_ppm"):
                    value = getattr(reading, quantity)
                    if value is not None:
                        recorder.measured(AIR, quantity, now_ms, float(value))
            case _:
                pass
        event = event_of(reading)
        if event is not None:
            self.post(event)

    def inputs_lost(self, why: str) -> None:
        """Take it that the contacts cannot be read; what they told before ends there."""
        for name in (ENTRY + DOOR_SUFFIX, *(c.value for c in Contact if c is not Contact.LEAF)):
            self._recorder.state_lost(name, "device_failed")
        self.post(InputsLost(why))

    def order(self, verb: Verb, by: str) -> None:
        """Take an order of the staff at the kiosk."""
        log.info("room_ordered", verb=verb.value, by=by)
        self.post(Commanded(verb, by))

    def command(self, payload: bytes) -> None:
        """Take an order of the hub; what is none of a room's is another's on the same topic."""
        try:
            if not is_for_room(payload):
                return
            order = decode_room_command(payload)
        except DecodeError as error:
            log.warning("room_command_refused", reason=error.reason)
            return
        before = self._answered.get(order.id)
        if before is not None:
            self._reply(encode_room(before))
            return
        age_ms = abs(_wall_ms() - order.at_ms)
        if age_ms > MOST_AGE_MS:
            log.warning("room_command_too_old", age_seconds=age_ms / 1000)
            self._answer(order.id, OrderRefusal.TOO_OLD)
            return
        log.info("room_commanded", verb=order.verb, by=order.by)
        self.post(_commanded(order))

    async def run(self) -> None:
        """Let time go on until cancelled."""
        while True:
            self._look()
            self.post(Ticked())
            await asyncio.sleep(TICK_SECONDS)

    async def finish(self) -> None:
        """End what is under way."""
        for task in tuple(self._errands):
            task.cancel()
        if self._errands:
            await asyncio.wait(set(self._errands))
        if self.relays is not None:
            await self.relays.finish()

    def _look(self) -> None:
        """See what has no news of its own: the clock, the library, whether the room lets in."""
        is_set = self._recorder.clock_is_set
        if is_set is not self.state.is_clock_set:
            self.post(ClockNow(is_set))
        cards = self._check.cards
        library = LibraryNow(self._check.is_there, None if cards is None else cards.at_ms // 1000)
        if library != self.state.library:
            self.post(library)
        lets_in = admits(self.state, self._moment(), self.settings)
        if lets_in is None:
            self._recorder.state_lost(ENTRY, "door_failed")
        else:
            self._recorder.state(ENTRY, "unlocked" if lets_in else "locked", monotonic_ms())

    def _step(self, event: Event) -> None:
        moment = self._moment()
        self.state, effects = step(self.state, event, moment, self.settings)
        if isinstance(event, Checked):
            self._prove(event)
        for effect in effects:
            self._carry_out(effect)
        shown = RoomNow(
            notices(self.state, moment, self.settings), staff_rows(self.state, self.settings)
        )
        if shown != self._shown:
            self._shown = shown
            self._show(shown)
        status = room_status(self.state, moment, self.settings)
        if status != self._told:
            self._told = status
            self._tell()
        for changed in tuple(self._watchers):
            changed()

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Switch() if self.relays is not None:
                self.relays.begin(effect)
            case CheckCard():
                self._proved = effect
                self._begin(self._check_card(effect))
            case CheckStaffCard():
                self._begin(self._check_staff(effect))
            case Announce(kind, text, place):
                voice = self.room_voice if place is Place.ROOM else self.door_voice
                if place is Place.ROOM:
                    self._note(EventName.ANNOUNCED, {"kind": kind})
                if voice is not None:
                    voice.say(text, at_once=kind == "fire")
            case Note(name, data):
                self._note(name, dict(data))
            case Keep(kept):
                self._write(kept)
            case Reply(id_, refusal):
                self._answer(id_, refusal)
            case _:
                pass

    def _note(self, name: EventName, data: dict[str, bool | int | float | str]) -> None:
        source = _SOURCES.get(name, ROOM)
        self._recorder.happened(source, name.value, monotonic_ms(), data)

    def _prove(self, event: Checked) -> None:
        """Remember the PIN of whoever the library let in just now."""
        asked, self._proved = self._proved, None
        unlocking = self.state.unlocking
        if asked is None or event.holder is None or event.ticket != asked.ticket:
            return
        if unlocking is not None and unlocking.via == "card" and self.state.attempt is None:
            self._begin(self._check.remember(asked))

    async def _check_card(self, asked: CheckCard) -> None:
        self.post(await self._check.check(asked))

    async def _check_staff(self, asked: CheckStaffCard) -> None:
        try:
            checked = await asyncio.to_thread(self._staff.check, asked.number, asked.pin)
        except KioskError as error:
            log.error("staff_cards_unusable", reason=str(error))
            self.post(StaffChecked(asked.ticket, is_staff=False))
            return
        self.post(StaffChecked(asked.ticket, bool(checked.name), checked.is_locked))

    def _write(self, kept: Kept) -> None:
        """Write the newest; one write after the other."""
        is_writing, self._writing = self._writing is not None, kept
        if not is_writing:
            self._begin(self._write_all())

    async def _write_all(self) -> None:
        while (kept := self._writing) is not None:
            try:
                await asyncio.to_thread(write_room, self._kept, kept)
            except KioskError as error:
                log.error("room_not_kept", reason=str(error))
            if self._writing is kept:
                self._writing = None

    def _answer(self, id_: str, refusal: OrderRefusal | None) -> None:
        why = "" if refusal is None else ORDER_REFUSED[refusal]
        reply = RoomReply(id_, refusal is None, max(0, _wall_ms()), why, refusal or "")
        self._answered[id_] = reply
        while len(self._answered) > _MOST_IDS:
            del self._answered[next(iter(self._answered))]
        self._reply(encode_room(reply))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="room-errand")
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)


def _commanded(order: RoomCommand) -> Commanded:
    return Commanded(Verb(order.verb), order.by, order.id, order.zh, order.en)


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000
