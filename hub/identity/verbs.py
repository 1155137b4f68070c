"""What `enrol`, `nodes`, `revoke` and `identity` of the command line do; each returns its words."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from contracts.errors import DecodeError
from contracts.ids import NodeId, parse_node_id
from hub.access import Who
from hub.config import HubConfig
from hub.district import read_district
from hub.errors import ConfigError
from hub.identity.enrolment import Enrolment
from hub.identity.files import ends_in, read_certificate
from hub.store.records import Records


def enrol(
    config: HubConfig, by: Who, venue: str, node: str, *, is_kiosk: bool, now: datetime
) -> str:
    """Make a one-time code and say what to do with it."""
    id_ = _node_id(venue, node)
    with _enrolment(config) as enrolment:
        if config.district is not None:
            # As a hub does when it starts: it may never have run yet.
            enrolment.records.load(read_district(config.district))
        code = enrolment.enrol(by, id_, is_kiosk=is_kiosk, now=now)
        enrolment.keep_up(now)
    until = (now + timedelta(hours=config.identity.code_hours)).astimezone()
    hub = f"http://{config.identity.broker_hosts[0]}:{config.http.port}"
    package = "kiosk" if is_kiosk else "edge"
    return (
        f"A code for {id_}, good once, until {until:%Y-%m-%d %H:%M %Z}. On the device:\n\n"
        f"    python -m {package} join {hub} {code.long}\n\n"
        "Where it has to be typed, its first five groups are enough:\n\n"
        f"    python -m {package} join {hub} {code.short}\n\n"
        f"{hub} stands for this hub as the device reaches it. Whoever has the code can be"
        f" {id_}: give it to nobody else."
    )


def nodes(config: HubConfig, now: datetime) -> str:
    """Return a line for each node that joined, and for each open code."""
    with _enrolment(config) as enrolment:
        newest = enrolment.identities.newest_certificates()
        known = enrolment.identities.nodes()
        codes = enrolment.identities.open_codes(_ms(now))
    lines = []
    for node in known:
        kind = "kiosk" if node.is_kiosk else "edge"
        if node.revoked_ms is not None:
            state = f"revoked {_day(node.revoked_ms)}: {node.reason}"
        elif node.id not in newest:
            state = "has no certificate"
        elif newest[node.id].expires_ms < _ms(now):
            state = f"certificate ended {_day(newest[node.id].expires_ms)}"
        else:
            state = f"certificate until {_day(newest[node.id].expires_ms)}"
        lines.append(f"{node.id!s:<40} {kind:<6} joined {_day(node.joined_ms)}  {state}")
    lines += [
        f"{f'{code.venue}/{code.node}':<40} {'kiosk' if code.is_kiosk else 'edge':<6}"
        f" code {code.id} until {_day(code.expires_ms)}, not used yet"
        for code in codes
    ]
    return "\n".join(lines) or "no node has joined, and no code is open: `hub enrol VENUE NODE`"


def revoke(config: HubConfig, by: Who, venue: str, node: str, *, reason: str, now: datetime) -> str:
    """Keep a node out and say what happens now."""
    id_ = _node_id(venue, node)
    with _enrolment(config) as enrolment:
        enrolment.revoke(by, id_, reason, now)
        told = enrolment.tell_broker()
    where = enrolment.broker.path
    broker = (
        f"the broker was told ({told})"
        if told
        else f"whoever watches {where} has the broker read it again"
    )
    return (
        f"{id_} is out: {reason}. A running hub refuses what it sends within seconds and cuts its"
        f" connection; {broker}. `hub enrol {venue} {node}` lets a new device in under this name."
    )


def broker_certificate(config: HubConfig, hosts: tuple[str, ...], now: datetime) -> str:
    """Write the broker's key and certificate, for the names given or for those configured."""
    hosts = hosts or config.identity.broker_hosts
    if not hosts:
        raise ConfigError("name the broker as nodes reach it, or set identity.broker_hosts")
    with _enrolment(config) as enrolment:
        authority = enrolment.authority(now)
        enrolment.broker.write_server(authority, authority.issue_server(hosts, now))
        enrolment.folder.keep_hub(authority, now)
        enrolment.write_lists(now)
        written = read_certificate(enrolment.broker.certificate_path)
    days = ends_in(written, now).days if written is not None else 0
    return (
        f"{enrolment.broker.path}: key and certificate for {', '.join(hosts)}, for {days} days,"
        " with the authority, the list of revoked certificates and the access list"
    )


def _node_id(venue: str, node: str) -> NodeId:
    try:
        return parse_node_id(f"{venue}/{node}")
    except DecodeError as error:
        raise ConfigError(error.reason) from error


@contextmanager
def _enrolment(config: HubConfig) -> Iterator[Enrolment]:
    config.data_dir.mkdir(parents=True, exist_ok=True)
    with Records(config.records_path) as records:
        yield Enrolment(config, records)


def _day(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d}"


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
