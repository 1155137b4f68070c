"""The kiosk's composition root: a node that owns one session, its desk, its devices and its feeds.

devices → events → session → effects → errands → desk, printer, mail, recorder → events → …
"""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import structlog

from contracts.blocked_cards import BlockedCards, decode_blocked_cards, encode_blocked_cards
from contracts.room import UnfinishedCase
from contracts.topics import live_topic, packs_topic
from firmware_bridge.registry import (
    open_card_reader,
    open_code_reader,
    open_printer,
    open_reader,
)
from kiosk.caretaker.building import RoomBuilding
from kiosk.config import (
    HUB_TOKEN,
    KioskConfig,
    LibrarySection,
    PadSection,
)
from kiosk.config_file import secret
from kiosk.desk.announcer import Announcer
from kiosk.desk.desk import Desk
from kiosk.desk.field import Pad
from kiosk.desk.ils import Sip2Ils
from kiosk.desk.items import Items
from kiosk.desk.journal import Journal, open_journal
from kiosk.desk.listening import TOGETHER_SECONDS, CardWatch, listen
from kiosk.desk.pad_watch import PadWatch
from kiosk.desk.patron import Patrons
from kiosk.desk.running import RunningDesk
from kiosk.desk.sip2_client import Sip2Client
from kiosk.errands.card_feed import CardFeed
from kiosk.errands.errands import Errands
from kiosk.errands.facts_feed import FactsFeed
from kiosk.errands.lending import LendingErrands
from kiosk.errands.out_of_use import OutOfUseMark
from kiosk.errands.printing import SlipPrinter
from kiosk.errands.staff_cards import StaffCards
from kiosk.errors import KioskError
from kiosk.health import Health, Kind
from kiosk.host import SessionHost
from kiosk.lending.card_numbers import CardRule
from kiosk.lending.services import Mode, Services, services
from kiosk.lending.unfinished import told_to_hub
from kiosk.opening import check_options, library_account, mailbox
from kiosk.packs import PackFeed
from kiosk.packs.keys import open_shelf
from kiosk.room.settings import Verb
from kiosk.room_config import RoomSection
from kiosk.session.events import (
    CardSeen,
    CardTrouble,
    Event,
    FactsNow,
    ServicesNow,
    SlipWay,
    Ticked,
)
from kiosk.session.moment import Moment
from kiosk.session.screen import ScreenName
from link.blocked_cards import fetch_blocked_cards
from link.clock import Clock
from link.node import Jobs, Node, open_node, software_named

log = structlog.get_logger(__name__)

TICK_SECONDS: Final = 1.0
COUNTDOWN_TICK_SECONDS: Final = 0.05
"""While an end by silence is counted down: the wipe comes when it says."""
LOOK_SECONDS: Final = 0.5
"""How often is looked at what can be done now."""
STAFF_LIST_SECONDS: Final = 2.0
FIRST_ANSWER_SECONDS: Final = 3.0
"""After a start the library's system has so long before its silence is an outage."""

Face = Callable[[SessionHost], Coroutine[Any, Any, None]]


@contextlib.asynccontextmanager
async def open_kiosk(config: KioskConfig, *, clock: Clock | None = None) -> AsyncIterator["Kiosk"]:
    """Open spool and journal, and close them.

    Raises ConfigError, SpoolError, and JournalError when no journal can be opened.
    """
    async with open_node(config, software_named("kaiguan-kiosk"), clock) as node:
        kiosk = Kiosk(config, node)
        try:
            yield kiosk
        finally:
            await kiosk.close()


class Kiosk:
    """Everything of one kiosk; `host` is its session."""

    def __init__(self, config: KioskConfig, node: Node) -> None:
        """Build it; only the journal is opened. Raises ConfigError, JournalError."""
        self._config = config
        self.node = node
        self._began = time.monotonic()
        check_options(config)
        self._rng = random.Random()  # noqa: S311  jitter
        self.health = Health(_wall_ms, node.uplink.tell_status)
        node.sources = self.health.statuses
        self._jobs: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {}
        mark = OutOfUseMark(config.spool.path.parent)
        self._printer = self._build_printer()
        self._staff = StaffCards(
            config.staff.cards,
            time.monotonic,
            most_wrong=config.staff.wrong_pins,
            lock_seconds=config.staff.lock_seconds,
        )
        self.errands = Errands(
            node.recorder,
            self._staff,
            mark,
            printer=self._printer,
            mailbox=None if config.mail is None else mailbox(config.mail),
            now_s=_wall_s,
        )
        self.host = SessionHost(self.errands.carry_out, _moment, config.session_settings)
        self.errands.attach(self.host)
        self.journal: Journal | None = None
        self.desk: RunningDesk | None = None
        self._told_services: ServicesNow | None = None
        if config.library is not None and config.pad is not None:
            self._build_lending(config.library, config.pad)
        self._build_readers()
        self._build_facts()
        self._build_packs()
        if node.updates is not None:
            node.updates.in_use = self.is_in_use
        self.room: RoomBuilding | None = None
        if config.room is not None:
            self._build_room(config.room)
        self.host.post(mark.now())

    async def run(self, face: Face, more: Jobs = MappingProxyType({})) -> None:
        """Serve, and do some more, until cancelled, or until the face or anything else ends."""
        jobs: Jobs = {
            **self._jobs,
            **more,
            "ticking": self._tick,
            "looking": self._look,
            "face": partial(self._show, face),
        }
        with contextlib.suppress(_FaceEnded):
            try:
                await self.node.run(jobs)
            except* _FaceEnded as ended:
                raise _FaceEnded from ended
            finally:
                await self.errands.finish()

    async def close(self) -> None:
        """Close what was opened; what a visitor began is in the journal."""
        if self.room is not None:
            await self.room.close()
        if self.desk is not None:
            await self.desk.client.close()
        if self.journal is not None:
            self.journal.close()

    def is_in_use(self) -> bool:
        """Tell whether somebody is at the kiosk, or is let in at its door."""
        at_door = self.room is not None and self.room.caretaker.is_letting_in
        return at_door or self.host.state.visit.began_at is not None

    def services(self) -> Services:
        """Return what lending can do now."""
        if self.desk is None:
            return Services(Mode.CLOSED, may_borrow=False, may_return=False, may_renew=False)
        return services(
            self.desk.client.condition,
            offline_allowed=self._config.lending.offline,
            knows_cards=self.desk.desk.knows_cards(),
            can_read_tags=not self.desk.pad.trouble,
        )

    def _build_lending(self, library: LibrarySection, pad_section: PadSection) -> None:
        config, recorder = self._config, self.node.recorder
        self.health.expect("pad")
        self.health.expect("library")
        client = Sip2Client(
            library_account(library), rng=self._rng, on_status=lambda _: self._look_soon()
        )
        ils = Sip2Ils(client)
        items = Items(client, time.monotonic)
        watch = PadWatch(items, self._post, pad_section.rules())
        pad = Pad(
            partial(open_reader, pad_section.driver, pad_section.port, **pad_section.options),
            on_tag=watch.changed,
            on_trouble=lambda _: self._look_soon(),
        )
        announcer = Announcer(recorder)
        self.journal = open_journal(config.lending.journal)
        desk = Desk(
            self.journal,
            ils,
            pad,
            now_ms=_wall_ms,
            boot=recorder.os_boot,
            announce=announcer.announce,
            tell=lambda one, notice: lending.told(one, notice),  # noqa: PLW0108  made below
            policy=config.lending.policy(),
        )
        running = RunningDesk(
            desk,
            pad,
            client,
            ils,
            _wall_ms,
            boot=recorder.os_boot,
            announcer=announcer,
            store_id=lambda: recorder.spool.store_id,
        )
        lending = LendingErrands(
            running,
            Patrons(client, items),
            items,
            watch,
            self.errands.post,
            self._post,
            self.services,
            is_pin_asked=config.session.pin,
        )
        self.desk, self.errands.lending = running, lending
        if self._printer is not None:
            self._printer.paper = partial(_note_paper, client)
        feed = CardFeed(
            config.lending.card_list,
            _fetch_cards(config),
            partial(setattr, desk, "cards"),
            encode=encode_blocked_cards,
            decode=decode_blocked_cards,
            rng=self._rng,
        )
        self._jobs |= {
            "desk": running.run,
            "pad-watch": partial(watch.run, pad),
            "lending": lending.run,
            "card-list": feed.run,
        }

    def _build_printer(self) -> SlipPrinter | None:
        section = self._config.printer
        if section is None:
            return None
        self.health.expect("printer")
        printer = SlipPrinter(
            partial(open_printer, section.driver, section.port, **section.options),
            partial(self._note, "printer"),
            rng=self._rng,
        )
        self._jobs["printer"] = printer.run
        return printer

    def _build_readers(self) -> None:
        cards, codes = self._config.card_reader, self._config.code_reader
        if cards is not None:
            self.health.expect("card_reader")
            rule = CardRule(cards.number, cards.pattern)
            self._jobs["card-reader"] = partial(
                listen,
                partial(open_card_reader, cards.driver, cards.port, **cards.options),
                CardWatch(self._post_card, rule, TOGETHER_SECONDS),
                partial(self._note, "card_reader"),
                self._rng,
            )
        if codes is not None:
            self.health.expect("code_reader")
            rule = CardRule("as_read", codes.pattern)
            self._jobs["code-reader"] = partial(
                listen,
                partial(open_code_reader, codes.driver, codes.port, **codes.options),
                CardWatch(self._post_card, rule, 0.0),
                partial(self._note, "code_reader"),
                self._rng,
            )

    def _build_facts(self) -> None:
        config = self._config
        if config.hub_url is not None:
            self.health.expect("hub")
        feed = FactsFeed(
            config.hub_url,
            config.node.venue,
            config.hub.facts,
            self._tell_facts,
            partial(self._note, "hub"),
            _wall_s,
            rng=self._rng,
        )
        self._jobs["facts"] = feed.run
        self.node.uplink.listen(live_topic(config.node.venue), feed.take_live)

    def _build_packs(self) -> None:
        """Bring announced content packs onto the shelf from which the camera's screen shows."""
        config = self._config
        if config.ar is None or config.hub_url is None:
            return
        feed = PackFeed(
            open_shelf(config.ar),
            config.hub_url,
            trouble=partial(self._note, "packs"),
            rng=self._rng,
        )
        self.node.uplink.listen(packs_topic(config.node.venue), feed.take)
        self._jobs["packs"] = feed.run

    def _build_room(self, section: RoomSection) -> None:
        """Let a caretaker look after the room that this kiosk stands in."""
        config = self._config
        kinds: tuple[tuple[Kind, object], ...] = (
            ("room_outputs", section.outputs),
            ("room_inputs", section.inputs),
            ("door_reader", section.card_reader),
            ("pin_pad", section.pin_pad),
            ("room_air", section.air),
            ("room_voice", section.player),
        )
        for kind, there_is in kinds:
            if there_is:
                self.health.expect(kind)
        self.room = RoomBuilding(
            config,
            section,
            self.node,
            self._staff,
            self.host,
            account=None if config.library is None else library_account(config.library),
            note=self._note,
            seen=self._of_staff,
            moment=_moment,
            now_s=_wall_s,
            rng=self._rng,
        )
        caretaker = self.room.caretaker
        self._jobs |= self.room.jobs
        self.host.door = caretaker
        self.errands.order_room = lambda verb, by: caretaker.order(Verb(verb), by)
        self.host.watch(lambda: caretaker.session(self.host.state.visit.began_at is not None))

    def _post(self, event: Event) -> None:
        self.host.post(event)

    def _tell_facts(self, event: FactsNow) -> None:
        """Tell the session of the venue, and whoever looks after its room."""
        self._post(event)
        if self.room is not None:
            is_there = event.hub_away_since_s is None
            self.room.caretaker.facts(event.facts, is_hub_there=is_there)

    def _of_staff(self, event: CardSeen | CardTrouble) -> CardSeen | CardTrouble:
        """Say whether a card may be one of the staff's."""
        if isinstance(event, CardSeen):
            try:
                return replace(event, is_staff=self._staff.knows(event.number))
            except KioskError as error:
                log.error("staff_cards_unusable", reason=str(error))
        return event

    def _post_card(self, event: CardSeen | CardTrouble) -> None:
        """Tell the session of a card, or the door, where the reader is for both."""
        event = self._of_staff(event)
        room, section = self.room, self._config.room
        is_free = self.host.state.visit.name is ScreenName.ATTRACT
        if room is not None and section is not None and section.shares_reader and is_free:
            room.caretaker.card(event)
            return
        self._post(event)

    def _note(self, kind: Kind, trouble: str) -> None:
        self.health.note(kind, trouble)
        self._post(self.health.devices())

    async def _show(self, face: Face) -> None:
        await face(self.host)
        raise _FaceEnded

    async def _tick(self) -> None:
        while True:
            is_counting = self.host.screen.countdown is not None
            await asyncio.sleep(COUNTDOWN_TICK_SECONDS if is_counting else TICK_SECONDS)
            self._post(Ticked())

    async def _look(self) -> None:
        """Tell what can be done now, whenever that has changed."""
        listed_at = 0.0
        while True:
            self._look_once()
            if self.errands.lending is not None and time.monotonic() - listed_at > 0:
                listed_at = time.monotonic() + STAFF_LIST_SECONDS
                self.errands.lending.show_unfinished()
                self._tell_unfinished(told_to_hub(self.errands.lending.unfinished))
            await asyncio.sleep(LOOK_SECONDS)

    def _tell_unfinished(self, cases: tuple[UnfinishedCase, ...]) -> None:
        """Let the hub hear what waits for the staff, as soon as it changed."""
        uplink = self.node.uplink
        if uplink.unfinished() != cases:
            uplink.unfinished = lambda: cases
            uplink.tell_status()

    def _look_soon(self) -> None:
        """Look without waiting, but not from within what has just changed."""
        asyncio.get_running_loop().call_soon(self._look_once)

    def _look_once(self) -> None:
        before = self.health.devices()
        trouble = self.node.recorder.trouble
        self.health.note("disk", trouble or "")
        if self.desk is not None:
            # Not opened yet is no outage; that comes within the first second.
            if self.desk.pad.trouble != "not opened yet":
                self.health.note("pad", self.desk.pad.trouble)
            library = self._library_trouble(self.desk.client)
            if not library or time.monotonic() - self._began >= FIRST_ANSWER_SECONDS:
                self.health.note("library", library)
        if self.health.devices() != before:
            self._post(self.health.devices())
        ways = {SlipWay.NONE, SlipWay.QR}
        if self._printer is not None and self.health.is_well("printer"):
            ways.add(SlipWay.PRINT)
        if self._config.mail is not None and self.errands.is_mail_well:
            ways.add(SlipWay.EMAIL)
        now = ServicesNow(self.services(), self._ils_away_since_s(), frozenset(ways))
        if now != self._told_services:
            self._told_services = now
            self._post(now)

    def _library_trouble(self, client: Sip2Client) -> str:
        condition = client.condition
        if condition is None:
            where = f"{client.account.host}:{client.account.port}"
            return f"the library's system at {where} does not answer"
        return "" if condition.is_online else "the library's system says that it is off-line"

    def _ils_away_since_s(self) -> int | None:
        return None if self.desk is None else self.health.since_s("library")


class _FaceEnded(Exception):
    """Whoever stands at the terminal closed it."""


def _fetch_cards(config: KioskConfig) -> Callable[[], BlockedCards] | None:
    """Return what fetches the list of blocked cards; None where nobody may ask for it."""
    token = secret(HUB_TOKEN, config.hub.token_file)
    if config.hub_url is None or not token or not config.lending.offline:
        return None
    return partial(fetch_blocked_cards, config.hub_url, token)


def _note_paper(client: Sip2Client, there_is: bool) -> None:
    client.paper = "0" if there_is else "1"


def _moment() -> Moment:
    return Moment(time.monotonic(), _wall_s())


def _wall_s() -> int:
    return int(time.time())


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000
