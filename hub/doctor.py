"""What `python -m hub doctor` looks at: each finding is one sentence and whether it is fine."""

import os
import secrets
import shutil
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from hub.alerts.file import load_rules
from hub.config import HubConfig, StoreSection
from hub.delivery.examination import examine_delivery
from hub.district import read_district
from hub.errors import ConfigError, StoreError
from hub.finding import Finding
from hub.identity.examination import examine_identity
from hub.library.settings import load_loan_rules
from hub.runtime import broker_config
from hub.store.opening import open_store, told_of_server
from hub.store.records import AccountRecords, Records, TerminalRecords
from link.clock import SystemClock
from link.errors import BrokerUnavailable, StoreUnavailable
from link.session import Session

LEAST_FREE_BYTES: Final = 1_000_000_000
BROKER_SECONDS: Final = 8.0
EARLIEST_YEAR: Final = 2026
"""A clock of before this release was made is wrong."""


def examine(config: HubConfig) -> Iterator[Finding]:
    """Look at disk, store, records, district, clock, identities, broker; changes nothing."""
    yield from _disk(config)
    yield from _stores(config)
    if config.district is not None:
        try:
            yield Finding(True, f"district: {len(read_district(config.district))} venue files")
        except ConfigError as error:
            yield Finding(False, str(error))
    if config.alerts is not None:
        try:
            rules = load_rules(config.alerts)
        except ConfigError as error:
            yield Finding(False, str(error))
        else:
            yield Finding(True, f"alerts: {config.alerts} has {len(rules.rule)} rules of its own")
    yield from examine_delivery(config)
    yield from _clock()
    if config.identity.is_used:
        yield from examine_identity(config, datetime.now(UTC))
    yield from _broker(config)
    http = config.http
    where = f"http: {http.host}:{http.port}"
    if http.is_loopback:
        yield Finding(True, f"{where}, this machine only")
    elif http.tls_certificate:
        yield Finding(True, f"{where}, reached from other machines by TLS")
    else:
        yield Finding(True, f"{where}, for a proxy with TLS: let nobody else reach it")
    yield from _sip2(config)


def _sip2(config: HubConfig) -> Iterator[Finding]:
    sip2 = config.sip2
    if not sip2.enabled:
        return
    try:
        load_loan_rules(config.circulation.rules)
    except ConfigError as error:
        yield Finding(False, f"circulation: {error}")
    where = f"sip2: {sip2.host}:{sip2.port}"
    if config.records_path.exists():
        with Records(config.records_path) as records:
            good = [one for one in TerminalRecords(records).all() if one.revoked_ms is None]
        if not good:
            yield Finding(
                False, f"{where}, no terminal: `circulation terminal add NAME --branch VENUE`"
            )
            return
        where = f"{where}, {len(good)} terminals"
    if sip2.is_loopback:
        yield Finding(True, f"{where}, this machine only")
    elif sip2.tls_certificate:
        yield Finding(True, f"{where}, reached from other machines by TLS")
    else:
        yield Finding(True, f"{where}, for a tunnel with encryption: let nobody else reach it")


def _clock() -> Iterator[Finding]:
    at = datetime.now().astimezone()
    told = f"clock: {at:%Y-%m-%d %H:%M:%S %Z}"
    if SystemClock("auto").look().is_set:
        yield Finding(True, told)
    elif at.year < EARLIEST_YEAR:
        yield Finding(False, f"{told}, which cannot be: set it, or let it find a time server")
    else:
        yield Finding(True, f"{told}; the kernel does not know whether that is so: check it")


def _session(config: HubConfig, where: str) -> Finding:
    """Connect as the hub does, under a name of its own: a hub that runs keeps its line."""
    try:
        session = Session(broker_config(config), f"hub-doctor-{secrets.token_hex(4)}")
    except BrokerUnavailable as error:
        return Finding(False, f"broker: {error}")
    session.open()
    deadline = time.monotonic() + BROKER_SECONDS
    try:
        while not session.connected and session.refused is None and time.monotonic() < deadline:
            time.sleep(0.02)
        if session.connected:
            return Finding(True, f"broker: {where} takes the hub")
        return Finding(False, f"broker: {session.refused or f'{where} does not answer'}")
    finally:
        session.close()


def _disk(config: HubConfig) -> Iterator[Finding]:
    folder = config.data_dir
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK):
        yield Finding(False, f"disk: {folder} cannot be written by this user")
    free = shutil.disk_usage(folder).free
    yield Finding(free >= LEAST_FREE_BYTES, f"disk: {free / 1e9:.1f} GB free at {config.data_dir}")


def _stores(config: HubConfig) -> Iterator[Finding]:
    if config.store.kind == "influxdb":
        yield from _database(config.store)
    if not config.series_path.exists():
        yield Finding(True, f"store: none at {config.series_path} yet; `serve` makes one")
        return
    if not config.records_path.exists():
        # Opened, it would be made, and a lost file would look like an empty one.
        yield Finding(
            False, f"records: none at {config.records_path}, beside a store; restore both"
        )
        return
    try:
        with open_store(config, looks_only=True) as store, Records(config.records_path) as records:
            left = store.leftovers()
            yield Finding(
                True,
                f"store: {store.store_id}, {len(store.series())} series, {len(store.streams())}"
                f" streams; quarantined {left.quarantined}, refused {left.refused},"
                f" gaps {left.gaps}, forks {left.forks}",
            )
            venues = records.venues()
            yield Finding(
                bool(venues),
                f"records: {len(venues)} venues"
                + ("" if venues else "; load some with `admin load DIR`"),
            )
            if not AccountRecords(records).any():
                yield Finding(True, "accounts: none yet; open /setup or run `admin create NAME`")
            paired = records.metadata("series_store_id")
            if paired not in {None, store.store_id}:
                yield Finding(False, f"records belong to store {paired}, not to {store.store_id}")
    except (StoreError, StoreUnavailable) as error:
        yield Finding(False, str(error))


def _database(section: StoreSection) -> Iterator[Finding]:
    try:
        yield Finding(True, f"store: {told_of_server(section)}")
    except (StoreError, StoreUnavailable) as error:
        yield Finding(False, f"store: {error}")
    parts = urlsplit(section.url)
    if parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "::1", "localhost"}:
        yield Finding(
            False, f"store: {section.url} is another machine, and the line is not encrypted"
        )


def _broker(config: HubConfig) -> Iterator[Finding]:
    broker = config.broker
    if not broker.enabled:
        yield Finding(True, "broker: switched off by configuration")
        return
    where = f"{broker.host}:{broker.port}"
    if broker.tls:
        yield _session(config, where)
        return
    try:
        with socket.create_connection((broker.host, broker.port), timeout=3):
            yield Finding(True, f"broker: {where} answers")
    except OSError as error:
        yield Finding(False, f"broker: {where} does not answer: {error.strerror or error}")
    loopback = broker.host in {"127.0.0.1", "::1", "localhost"}
    if not loopback and not broker.tls:
        yield Finding(False, f"broker: {where} is another machine, and the line is not encrypted")
