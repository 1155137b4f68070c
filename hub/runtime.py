"""The running hub: store, records, accounts, live board, intake, session; closed in reverse order.

MQTT thread ── data ──► intake thread ── commit, ack ──► collector ──► live worker ──► event loop
           └── status ─────────────────────────────────────┘
"""

import asyncio
import fcntl
import math
import os
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
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
from contracts.topics import Channel, every_node, hub_status_topic, node_topic, parse_node_topic
from hub.accounts.office import Office
from hub.config import HubConfig
from hub.district import read_district
from hub.errors import StoreError
from hub.headcount import HeadCountDesk
from hub.history import History, RangeName, StepName, period, read_history
from hub.history.calendar import midnight, today
from hub.history.decimation import MOST_COLUMNS
from hub.history.read import LOOKBACK_DAYS
from hub.homeassistant import Bridge
from hub.identity import Enrolment, Gate, IdentityFolder
from hub.identity.acl import BROKER_LOG
from hub.identity.gate import read_connected
from hub.keeping import Keeper
from hub.live import LiveBoard
from hub.live.attention import Trouble
from hub.live.board import wall_ms
from hub.occupancy import Tolerances
from hub.release import release
from hub.store.commits import TimedCommits
from hub.store.records import Records
from hub.store.sqlite import SqliteStore
from hub.venues import Venue
from link.intake import Intake, start
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
        self.store: SqliteStore
        self.records: Records
        self.commits: TimedCommits
        self.office: Office
        self.intake: Intake
        self.live: LiveBoard
        self.heads: HeadCountDesk
        self.session: Session | None = None
        self.home: Bridge | None = None
        self.gate: Gate | None = None
        """Who of the nodes may come in; None where no identities are kept."""

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
            if self.home is not None:
                tasks.create_task(self.home.run(), name="home assistant")

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
            if channel is Channel.DATA:
                self.intake.receive(node, topic, payload)
            elif channel is Channel.STATUS and payload:
                status = decode_status(payload)
                self.live.collector.told(node, status, self._clock_ms())
                if self.gate is not None:
                    self.gate.clients.note(node, client_id(node, status.boot))
        except DecodeError as error:
            self.refusals[error.code] += 1
            shown = topic[:200]
            if self._sparing.may_say(shown, time.monotonic()):
                log.warning("message_refused", topic=shown, reason=error.reason[:200])

    def _open(self) -> None:
        config = self.config
        self._closers.enter_context(exclusive(config.data_dir))
        self.store = self._closers.enter_context(
            SqliteStore(
                config.series_path,
                quarantine_bytes=config.keeping.quarantine_mib * 1024 * 1024,
            )
        )
        self._read_again()
        self.records = self._closers.enter_context(Records(config.records_path))
        self.records.set_metadata("series_store_id", self.store.store_id)
        self.office = Office(self.records, config.access, self._clock_ms)
        self._closers.callback(self.office.close)
        if config.district is not None:
            report = self.records.load(read_district(config.district))
            log.info("district_loaded", added=len(report.added), changed=len(report.changed))
        self.live = LiveBoard(
            self.store,
            self.records,
            config.live,
            publish=self._publish,
            troubles=self.troubles,
            streams=config.http.max_streams,
            clock_ms=self._clock_ms,
        )
        self._closers.callback(self.live.close)
        self.heads = HeadCountDesk(self.records, self.live.collector.recounted, self._clock_ms)
        self.commits = TimedCommits(self.store)
        self.intake = Intake(
            self.commits, self._acknowledge, self.live.collector.stored, wall_ms=self._clock_ms
        )
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
        self._closers.callback(self._tell_unsaid, math.inf)
        if config.broker.enabled:
            self.session = Session(
                broker_config(config),
                # Two hubs must not push each other off the broker without end.
                f"hub-{secrets.token_hex(6)}",
                subscriptions=(
                    every_node(Channel.DATA),
                    every_node(Channel.STATUS),
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

    def _acknowledge(self, node: NodeId, ack: Ack) -> None:
        if self.session is not None:
            self.session.publish(node_topic(node, Channel.ACK), encode(ack))


def make_folder(folder: Path) -> None:
    """Make a data folder where there is none. Raises StoreError when that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder}: cannot be used: {error.strerror}") from error


class exclusive:  # noqa: N801  reads as a verb: with exclusive(folder)
    """Hold a data folder for one process. Raises StoreError while another one holds it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = -1

    def __enter__(self) -> None:
        make_folder(self._folder)
        try:
            self._file = os.open(self._folder / "hub.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StoreError(f"{self._folder}: cannot be used: {error.strerror}") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise StoreError(f"{self._folder}: another hub uses it") from error

    def __exit__(self, *_exc: object) -> None:
        os.close(self._file)


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
