"""The running hub: store, records, accounts, live board, intake, session; closed in reverse order.

MQTT thread ── data ──► intake thread ── commit, ack ──► collector ──► live worker ──► event loop
           └── status ─────────────────────────────────────┘
"""

import asyncio
import math
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

import structlog

from contracts.errors import DecodeError
from contracts.ids import NodeId, client_id
from contracts.messages import (
    Ack,
    HubStatus,
    Status,
    decode_hub_status,
    decode_status,
    encode,
)
from contracts.room import decode_room_reply, is_for_room
from contracts.topics import Channel, every_node, hub_status_topic, node_topic, parse_node_topic
from hub.accounts.office import Office
from hub.alerts import AlertDesk
from hub.alerts.file import AlertsFile
from hub.config import HubConfig
from hub.data_folder import exclusive
from hub.delivery.desk import DeliveryDesk
from hub.demand.desk import DemandDesk
from hub.district import read_district
from hub.duties import Duties
from hub.feedback import FeedbackDesk
from hub.headcount import HeadCountDesk
from hub.history import History, RangeName, StepName, period, read_history
from hub.history.calendar import midnight, today
from hub.history.decimation import MOST_COLUMNS
from hub.history.read import LOOKBACK_DAYS
from hub.homeassistant import Bridge
from hub.hourmaking import HourMaker
from hub.identity import Enrolment, Gate, IdentityFolder
from hub.identity.acl import BROKER_LOG
from hub.identity.gate import read_connected
from hub.keeping import Keeper
from hub.lawbook import read_law
from hub.library.server import LibraryServer
from hub.library.settings import library_settings
from hub.live import LiveBoard
from hub.live.attention import Trouble
from hub.live.board import wall_ms
from hub.occupancy import Tolerances
from hub.packs import PackDesk, PackFolder
from hub.release import release
from hub.remote import RemoteDesk
from hub.rooms.desk import RoomDesk
from hub.schedules import ScheduleDesk, Schedules
from hub.store.commits import TimedCommits
from hub.store.opening import open_store
from hub.store.records import Records
from hub.store.sqlite import Ledger
from hub.updates import Night, UpdateDesk
from hub.venues import Venue
from link.intake import Group, Intake, start
from link.session import BrokerConfig, Session, Will, take_over
from link.sparing import Sparing

log = structlog.get_logger(__name__)

BROKER_GRACE_MS = 3_000
"""A connection that is only being made is no trouble yet."""


@dataclass(slots=True)
class _Since:
    """Since when each trouble lasts, Unix ms."""

    at: dict[str, int] = field(default_factory=dict)

    def note(self, code: str, *, is_wrong: bool, now_ms: int) -> int | None:
        """Return since when it is wrong, None while it is right."""
        if not is_wrong:
            self.at.pop(code, None)
            return None
        return self.at.setdefault(code, now_ms)


class Hub:
    """Everything that a hub process holds. `with Hub(config) as hub:` opens and closes it."""

    def __init__(self, config: HubConfig, *, clock_ms: Callable[[], int] = wall_ms) -> None:
        self.config = config
        self.refusals: Counter[str] = Counter()
        """Messages that never reached the intake, by code."""
        self.started_ms = clock_ms()
        self._clock_ms = clock_ms
        self._closers = ExitStack()
        self._is_leaving = False
        self._since = _Since()
        # Of the network's thread only.
        self._sparing = Sparing()
        self.store: Ledger
        self.records: Records
        self.commits: TimedCommits
        self.office: Office
        self.intake: Intake
        self.live: LiveBoard
        self.heads: HeadCountDesk
        self.feedback: FeedbackDesk
        self.schedules: Schedules
        self.duties: Duties
        self.schedule_desk: ScheduleDesk
        self.packs: PackDesk
        self.updates: UpdateDesk
        self.rooms: RoomDesk
        self.remote: RemoteDesk
        self.session: Session | None = None
        self.home: Bridge | None = None
        self.gate: Gate | None = None
        """Who of the nodes may come in; None where no identities are kept."""
        self.library: LibraryServer | None = None
        """The embedded library system; None where it is switched off."""

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self._closers.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closers.close()
        log.info("hub_closed")

    async def run(self) -> None:
        """Keep the live board, and who is told of it, up to date until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.live.run(), name="live board")
            keeper = Keeper(self.store, self.config.keeping, self._clock_ms)
            tasks.create_task(keeper.run(), name="keeping")
            tasks.create_task(HourMaker(self.store).run(), name="hours")
            tasks.create_task(self.duties.run(), name="duties")
            tasks.create_task(self.packs.run(), name="packs")
            tasks.create_task(self.updates.run(), name="updates")
            tasks.create_task(self.rooms.run(), name="rooms")
            tasks.create_task(self.remote.run(), name="remote")
            if self.home is not None:
                tasks.create_task(self.home.run(), name="home assistant")

    @property
    def alerts(self) -> AlertDesk:
        """Return the alert desk."""
        return self.duties.alerts

    @property
    def alerts_file(self) -> AlertsFile:
        """Return the file of rules, routes and channels."""
        return self.duties.alerts_file

    @property
    def demand(self) -> DemandDesk:
        """Return the desk of demand."""
        return self.duties.demand

    @property
    def delivery(self) -> DeliveryDesk:
        """Return the desk of deliveries: how alerts reach people."""
        return self.duties.delivery

    @property
    def broker_connected(self) -> bool:
        """Tell whether the broker has accepted us and the line still stands."""
        return self.session is not None and self.session.connected

    def troubles(self) -> tuple[Trouble, ...]:
        """Return what is wrong with store, broker and identities now."""
        now_ms, found = self._clock_ms(), []
        reason = self.intake.trouble
        since = self._since.note("store", is_wrong=reason is not None, now_ms=now_ms)
        if since is not None:
            found.append(Trouble("store", reason or "", since))
        lost = self.config.broker.enabled and not self.broker_connected
        since = self._since.note("broker", is_wrong=lost, now_ms=now_ms)
        if since is not None and now_ms - since >= BROKER_GRACE_MS:
            refused = self.session.refused if self.session else None
            where = f"{self.config.broker.host}:{self.config.broker.port}"
            found.append(Trouble("broker", refused or where, since))
        reason = self.gate.trouble if self.gate is not None else None
        since = self._since.note("identity", is_wrong=reason is not None, now_ms=now_ms)
        if since is not None:
            found.append(Trouble("identity", reason or "", since))
        return tuple(found)

    def history(
        self,
        venue: Venue,
        name: RangeName,
        to: date | None = None,
        *,
        step: StepName | None = None,
        columns: int = MOST_COLUMNS,
    ) -> History:
        """Return a venue's range that ends with the local day `to`, or with today.

        Raises StoreError.
        """
        now_s = self._clock_ms() // 1000
        zone = ZoneInfo(venue.timezone)
        told = period(name, to or today(zone, now_s))
        first_ms = midnight(zone, told.first - timedelta(days=LOOKBACK_DAYS)) * 1000
        return read_history(
            self.store,
            venue,
            told,
            now_s,
            step=step,
            columns=columns,
            tolerances=Tolerances(stale_ms=self.config.live.stale_seconds * 1000),
            head_counts=self.heads.holding(venue.id, first_ms, self._clock_ms() + 1),
            dated=self.schedules.dated(venue),
        )

    def receive(self, topic: str, payload: bytes) -> None:
        """Take one message; whatever is wrong with it is counted and stops nothing."""
        self._tell_unsaid(time.monotonic())
        if self.home is not None and self.home.heard(topic, payload):
            return
        if topic == BROKER_LOG:
            self._note_client(payload)
            return
        try:
            if topic == hub_status_topic():
                self._told_of_us(payload)
                return
            node, channel = parse_node_topic(topic)
            if self.gate is not None and self.gate.refuses(node):
                self.refusals["revoked"] += 1
                return
            self._receive_of(node, channel, topic, payload)
        except DecodeError as error:
            self.refusals[error.code] += 1
            shown = topic[:200]
            if self._sparing.may_say(shown, time.monotonic()):
                log.warning("message_refused", topic=shown, reason=error.reason[:200])

    def _receive_of(self, node: NodeId, channel: Channel, topic: str, payload: bytes) -> None:
        """Take what a node sent on one of its topics. Raises DecodeError."""
        if channel is Channel.DATA:
            self.intake.receive(node, topic, payload)
        elif channel is Channel.STATUS and payload:
            status = decode_status(payload)
            self.live.collector.told(node, status, self._clock_ms())
            if self.gate is not None:
                self.gate.clients.note(node, client_id(node, status.boot))
        elif channel is Channel.REPLY and is_for_room(payload):
            self.rooms.heard(node, decode_room_reply(payload))
        elif channel is Channel.REPLY:
            self.remote.heard(node, payload)

    def _open(self) -> None:
        config = self.config
        self._closers.enter_context(exclusive(config.data_dir))
        self.store = self._closers.enter_context(open_store(config))
        self._read_again()
        self.records = self._closers.enter_context(Records(config.records_path))
        self._closers.enter_context(self.records.kept_open())
        self.records.set_metadata("series_store_id", self.store.store_id)
        self.office = Office(self.records, config.access, self._clock_ms)
        self._closers.callback(self.office.close)
        if config.district is not None:
            report = self.records.load(read_district(config.district))
            log.info("district_loaded", added=len(report.added), changed=len(report.changed))
        law = read_law()
        self.schedules = Schedules(self.records, law.calendar)
        self.schedules.take_over(self.records.venues().values(), self._clock_ms())
        self.schedule_desk = ScheduleDesk(self.records, self.schedules, self._clock_ms, law.rules)
        self.live = LiveBoard(
            self.store,
            self.records,
            config.live,
            schedules=self.schedules,
            publish=self._publish,
            troubles=self.troubles,
            streams=config.http.max_streams,
            clock_ms=self._clock_ms,
        )
        self._closers.callback(self.live.close)
        self.heads = HeadCountDesk(self.records, self.live.collector.recounted, self._clock_ms)
        self.feedback = FeedbackDesk(self.records, self.store, self._clock_ms)
        self.duties = self._closers.enter_context(
            Duties(config, law, self.store, self.records, self.schedules, self.live, self._clock_ms)
        )
        identity = IdentityFolder(config.identity_path)
        self.packs = PackDesk(
            self.records,
            PackFolder(config.packs_path),
            lambda: (identity.pack_key().public_key(),),
            self._clock_ms,
            lambda topic, payload: self._publish_retained(topic, payload, qos=1),
        )
        self.updates = UpdateDesk(
            self.records,
            PackFolder(config.updates_path, "update"),
            lambda: (identity.update_key().public_key(),),
            self._clock_ms,
            live=self.live,
            night=Night(config.updates.night_begins, config.updates.night_ends),
            publish=lambda topic, payload: self._publish_retained(topic, payload, qos=1),
        )
        self.rooms = RoomDesk(
            self.records, self.store, self.live, self.alerts, self._clock_ms, self._order
        )
        self.remote = RemoteDesk(self.records, self.live, self._order, self._clock_ms)
        self.commits = TimedCommits(self.store)
        self.intake = Intake(self.commits, self._acknowledge, self._stored, wall_ms=self._clock_ms)
        began = time.monotonic()
        self.live.rebuild()
        log.info(
            "hub_open",
            store=self.store.store_id,
            venues=len(self.live.venues),
            rebuilt_seconds=round(time.monotonic() - began, 3),
        )
        thread = start(self.intake)
        self._closers.callback(self._end_intake, thread)
        if config.homeassistant.enabled:
            self.home = Bridge(
                config.homeassistant,
                lambda: self.live.declared,
                lambda topic, payload: self._publish_retained(topic, payload, qos=1),
                restarted=self.live.tell_again,
                software=release(),
            )
        if config.identity.is_used:
            self.gate = Gate(Enrolment(config, self.records), self._cut, self._gone)
            self.gate.open()
            self._closers.callback(self.gate.close)
        if config.sip2.enabled:
            self.library = self._closers.enter_context(
                LibraryServer(
                    config.sip2,
                    config.circulation,
                    self.records,
                    library_settings(config, self.records.venues(), self.schedules),
                    self._clock_ms,
                )
            )
        self._closers.callback(self._tell_unsaid, math.inf)
        if config.broker.enabled:
            self.session = Session(
                broker_config(config),
                # Two hubs must not push each other off the broker without end.
                f"hub-{secrets.token_hex(6)}",
                subscriptions=(
                    every_node(Channel.DATA),
                    every_node(Channel.STATUS),
                    every_node(Channel.REPLY),
                    hub_status_topic(),
                    *([BROKER_LOG] if self.gate else ()),
                    *(self.home.subscriptions if self.home else ()),
                ),
                on_message=self.receive,
                on_connected=self._met_broker,
                will=Will(hub_status_topic(), encode(HubStatus(online=False))),
            )
            self.session.open()
            self._closers.callback(self.session.close)
            self._closers.callback(self._say_goodbye)

    def _stored(self, group: Group) -> None:
        """Tell the rest of the hub what a commit made durable; on the intake's thread."""
        self.live.collector.stored(group)
        self.duties.stored(group)

    def _read_again(self) -> None:
        """Take what was put aside and can be read by now; whatever is wrong, the hub opens."""
        try:
            rows = self.store.read_again()
        except Exception:
            log.exception("quarantine_not_read")
        else:
            if rows:
                log.info("quarantine_read_again", rows=rows)

    def _tell_unsaid(self, now: float) -> None:
        for topic, count in self._sparing.unsaid(now):
            log.warning("more_messages_refused", topic=topic, count=count)

    def _note_client(self, payload: bytes) -> None:
        """Remember under which client id a node came in: a revoked one's line can be cut by it."""
        came = read_connected(payload.decode("utf-8", "replace"))
        if came is not None and self.gate is not None:
            self.gate.clients.note(*came)

    def _cut(self, client: str) -> None:
        if self.config.broker.enabled:
            take_over(broker_config(self.config), client)

    def _gone(self, node: NodeId) -> None:
        """Show a revoked node as away: its last will is denied with everything else of it."""
        now_ms = self._clock_ms()
        self.live.collector.told(node, Status(boot="00000000", online=False), now_ms)

    def _end_intake(self, thread: threading.Thread) -> None:
        self.intake.close()
        thread.join()

    def _met_broker(self) -> None:
        """Say again what the broker may have forgotten; on the network's thread."""
        self._tell_status(online=True)
        self.intake.announce()
        self.live.tell_again()
        self.packs.again()
        self.updates.again()
        if self.home is not None:
            self.home.again()

    def _told_of_us(self, payload: bytes) -> None:
        # A last will of ours, or of the hub that was here before, can land late.
        if payload and not decode_hub_status(payload).online and not self._is_leaving:
            self._tell_status(online=True)

    def _say_goodbye(self) -> None:
        self._is_leaving = True
        self._tell_status(online=False)

    def _tell_status(self, *, online: bool) -> None:
        status = HubStatus(
            online, self._clock_ms(), f"kaiguan-hub {release()}", self.store.store_id
        )
        self._publish_retained(hub_status_topic(), encode(status), qos=1)

    def _publish(self, topic: str, payload: bytes) -> bool:
        # QoS 0: the topic is retained and told again; a lost one is made good by the next.
        return self._publish_retained(topic, payload, qos=0)

    def _publish_retained(self, topic: str, payload: bytes, *, qos: int) -> bool:
        return self.session is not None and self.session.publish(
            topic, payload, retain=True, qos=qos
        )

    def _order(self, topic: str, payload: bytes) -> bool:
        """Send an order: it is of its moment, and no broker keeps it."""
        return self.session is not None and self.session.publish(topic, payload)

    def _acknowledge(self, node: NodeId, ack: Ack) -> None:
        if self.session is not None:
            self.session.publish(node_topic(node, Channel.ACK), encode(ack))


def broker_config(config: HubConfig) -> BrokerConfig:
    """Return what the session is told of the broker.

    With TLS and without files of its own it goes by the identity that the hub keeps for itself.
    """
    section = config.broker
    ca, certificate = section.tls_ca, section.tls_certificate
    if section.tls and config.identity.is_used:
        kept = IdentityFolder(config.identity_path)
        ca, certificate = ca or kept.authority_path, certificate or kept.hub_path
    return BrokerConfig(
        host=section.host,
        port=section.port,
        username=section.username,
        password=section.password.get_secret_value() if section.password else None,
        tls=section.tls,
        tls_ca=ca,
        tls_certificate=certificate,
        tls_key=section.tls_key,
    )
