"""A caretaker out of the configuration, with everything that its room is wired to."""

import inspect
import random
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from contracts.door_cards import decode_door_cards, encode_door_cards
from contracts.hours import Text
from contracts.sip2.fields import Field
from contracts.topics import Channel, node_topic
from firmware_bridge.modbus.book import LineBook, LineSettings
from firmware_bridge.registry import (
    load_driver,
    open_actuator,
    open_card_reader,
    open_code_reader,
    open_sensor,
)
from kiosk.caretaker.caretaker import Caretaker
from kiosk.caretaker.checking import CardCheck
from kiosk.caretaker.contacts import watch
from kiosk.caretaker.keeping import read_room
from kiosk.caretaker.pins import RememberedPins
from kiosk.caretaker.relays import Relays
from kiosk.caretaker.saying import Loudspeaker
from kiosk.config import HUB_TOKEN, KioskConfig
from kiosk.config_file import secret
from kiosk.desk.listening import TOGETHER_SECONDS, CardWatch, listen
from kiosk.desk.sip2_account import Account
from kiosk.desk.sip2_client import Sip2Client
from kiosk.errands.card_feed import CardFeed
from kiosk.errands.staff_cards import StaffCards
from kiosk.health import Kind
from kiosk.host import SessionHost
from kiosk.lending.card_numbers import CardRule
from kiosk.room import words
from kiosk.room.events import PinTyped
from kiosk.room_config import AirSection, InputsSection, OutputsSection, RoomSection
from kiosk.session.events import CardSeen, CardTrouble
from kiosk.session.moment import Moment
from kiosk.speech import Speaker
from link.blocked_cards import fetch_door_cards
from link.node import Node

POLL_SECONDS = 0.1
"""How often contacts are looked at: two looks agree within a quarter of a second."""
_PIN_PATTERN = r"[0-9]{1,12}"

Jobs = dict[str, Callable[[], Coroutine[Any, Any, None]]]


class RoomBuilding:
    """The caretaker and its jobs. `note` tells how a device is, `seen` marks cards of the staff."""

    def __init__(
        self,
        config: KioskConfig,
        section: RoomSection,
        node: Node,
        staff: StaffCards,
        host: SessionHost,
        *,
        account: Account | None,
        note: Callable[[Kind, str], None],
        seen: Callable[[CardSeen | CardTrouble], CardSeen | CardTrouble],
        moment: Callable[[], Moment],
        now_s: Callable[[], int],
        rng: random.Random,
    ) -> None:
        self._section = section
        self._note = note
        self._rng = rng
        self._lines = LineBook()
        self._client = None if account is None else Sip2Client(account, rng=rng)
        self.jobs: Jobs = {}
        pins = None
        if section.offline_pin == "remembered":
            pins = RememberedPins(section.pins, section.pin_days, now_s)
        agreement = Field(section.agreement_field, "agreement")
        check = CardCheck(self._client, pins, agreement, config.zone, now_s)
        self.caretaker = Caretaker(
            section.settings(config.zone),
            node.recorder,
            staff,
            check,
            kept=section.kept,
            remembered=read_room(section.kept),
            moment=moment,
            show=host.post,
            tell=node.uplink.tell_status,
            reply=node.uplink.reply,
        )
        self.jobs["room"] = self.caretaker.run
        if self._client is not None:
            self.jobs["room-library"] = self._client.run
        self._build_outputs(section.outputs)
        if section.inputs is not None:
            self._build_inputs(section.inputs)
        for number, air in enumerate(section.air):
            self._build_air(number, air)
        self._build_door(section, seen)
        self._build_voices(section)
        self._build_list(config, check)
        node.uplink.room = self.caretaker.status
        node.uplink.listen(node_topic(config.node.id, Channel.COMMAND), self.caretaker.command)

    async def close(self) -> None:
        """End what is under way, and the door's line to the library."""
        await self.caretaker.finish()
        if self._client is not None:
            await self._client.close()

    def _build_outputs(self, section: OutputsSection) -> None:
        channels = section.channels()
        build = partial(
            open_actuator,
            "modbus-relay",
            section.port,
            unit=section.unit,
            channels=max(channels.values()) + 1,
            settings=section.settings,
            lines=self._lines,
        )
        relays = Relays(
            build,
            channels,
            self.caretaker.post,
            partial(self._note, "room_outputs"),
            rng=self._rng,
            may_lock=self.caretaker.may_lock,
        )
        self.caretaker.relays = relays
        self.jobs["room-outputs"] = relays.run

    def _build_inputs(self, section: InputsSection) -> None:
        build = partial(
            open_sensor,
            "di-module",
            section.port,
            unit=section.unit,
            settings=section.settings,
            lines=self._lines,
            wiring=section.wiring,
            function=section.function,
            first=section.first_input,
            poll_seconds=POLL_SECONDS,
            silence_seconds=2.0,
        )

        def trouble(why: str) -> None:
            self._note("room_inputs", why)
            if why:
                self.caretaker.inputs_lost(why)

        self.jobs["room-inputs"] = partial(watch, build, self.caretaker.reading, trouble, self._rng)

    def _build_air(self, number: int, section: AirSection) -> None:
        options: dict[str, Any] = dict(section.options)
        # Sensors on a Modbus line share it with whatever hangs there.
        if "lines" in inspect.signature(load_driver(section.driver)).parameters:
            options["lines"] = self._lines
            speed, parity = options.pop("baudrate", 9600), options.pop("parity", "N")
            options["settings"] = LineSettings(int(speed), str(parity))
        build = partial(open_sensor, section.driver, section.port, **options)
        self.jobs[f"room-air-{number}"] = partial(
            watch, build, self.caretaker.reading, partial(self._note, "room_air"), self._rng
        )

    def _build_door(
        self, section: RoomSection, seen: Callable[[CardSeen | CardTrouble], CardSeen | CardTrouble]
    ) -> None:
        cards, pad = section.card_reader, section.pin_pad
        if cards is not None:
            rule = CardRule(cards.number, cards.pattern)
            self.jobs["door-reader"] = partial(
                listen,
                partial(open_card_reader, cards.driver, cards.port, **cards.options),
                CardWatch(lambda event: self.caretaker.card(seen(event)), rule, TOGETHER_SECONDS),
                partial(self._note, "door_reader"),
                self._rng,
            )
        if pad is not None:
            self.jobs["pin-pad"] = partial(
                listen,
                partial(open_code_reader, pad.driver, pad.port, **pad.options),
                CardWatch(self._typed, CardRule("as_read", _PIN_PATTERN), 0.0),
                partial(self._note, "pin_pad"),
                self._rng,
            )

    def _typed(self, event: CardSeen | CardTrouble) -> None:
        """Take what was typed at the door; what is no PIN is not one that is wrong."""
        if isinstance(event, CardSeen):
            self.caretaker.post(PinTyped(event.number))

    def _build_voices(self, section: RoomSection) -> None:
        settings = self.caretaker.settings
        if section.player:
            voice = Loudspeaker(Speaker(), section.player, partial(self._note, "room_voice"))
            known = (
                words.FIRE_SAYS,
                *(words.closing(minutes) for minutes in settings.closing_minutes),
                words.CLOSED_SAYS,
            )
            self.caretaker.room_voice = voice
            self.jobs["room-voice"] = partial(_spoken, voice, known)
        if section.door_player:
            door = Loudspeaker(Speaker(), section.door_player)
            self.caretaker.door_voice = door
            self.jobs["door-voice"] = partial(_spoken, door, tuple(words.REFUSED.values())[:8])

    def _build_list(self, config: KioskConfig, check: CardCheck) -> None:
        section, url = self._section, config.hub_url
        if not section.offline:
            return
        token = secret(HUB_TOKEN, config.hub.token_file)
        fetch = None
        if url is not None and token:
            fetch = partial(
                fetch_door_cards,
                url,
                token,
                min_age=section.min_age,
                classes=section.classes,
                agreed=section.needs_agreement,
            )
        feed = CardFeed(
            section.card_list,
            fetch,
            partial(setattr, check, "cards"),
            encode=encode_door_cards,
            decode=decode_door_cards,
            rng=self._rng,
        )
        self.jobs["door-list"] = feed.run


async def _spoken(voice: Loudspeaker, known: tuple[Text, ...]) -> None:
    await voice.run(known)
