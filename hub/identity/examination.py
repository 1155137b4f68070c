"""What the doctor says of authority and certificates; changes nothing."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509

from hub.config import HubConfig
from hub.errors import HubError
from hub.finding import Finding
from hub.identity.authority import Authority, alternative_names
from hub.identity.files import BrokerFolder, IdentityFolder, ends_in, names_of, read_certificate

SOON: Final = timedelta(days=60)
"""A certificate of a server that ends so soon was not renewed when it should have been."""
AUTHORITY_SOON: Final = timedelta(days=366)


def examine_identity(config: HubConfig, now: datetime) -> Iterator[Finding]:
    """Look at authority, the broker's certificate and lists, and the hub's own certificate."""
    folder, broker = IdentityFolder(config.identity_path), BrokerFolder(config.broker_path)
    if not folder.has_authority:
        yield Finding(True, f"authority: none at {folder.path} yet; `serve` or `enrol` makes one")
        return
    try:
        authority = folder.authority()
    except HubError as error:
        yield Finding(False, f"authority: {error}")
        return
    yield _authority(authority, folder.path, now)
    yield _hosts(config, authority, broker, now)
    for path, what in ((broker.revoked_path, "revoked certificates"), (broker.acl_path, "rights")):
        if not path.exists():
            yield Finding(
                False, f"broker: the list of {what} is missing at {path}; `serve` writes it"
            )
    yield _certificate("hub", folder.hub_path, authority, now)


def _authority(authority: Authority, path: Path, now: datetime) -> Finding:
    until = f"{authority.expires_at:%Y-%m-%d}"
    if authority.made_at > now + timedelta(days=1):
        return Finding(
            False,
            f"authority: it was made on {authority.made_at:%Y-%m-%d}, and this machine's clock says"
            f" {now:%Y-%m-%d}: set the clock",
        )
    if authority.expires_at - now < AUTHORITY_SOON:
        return Finding(
            False,
            f"authority: {path} ends on {until}: make a new one, and let all nodes join again",
        )
    begins = authority.fingerprint.hex()[:16]
    return Finding(True, f"authority: until {until}, its SHA-256 begins with {begins}")


def _hosts(config: HubConfig, authority: Authority, broker: BrokerFolder, now: datetime) -> Finding:
    path = broker.certificate_path
    finding = _certificate("broker", path, authority, now)
    certificate = read_certificate(path)
    if not finding.is_fine or certificate is None:
        return finding
    lacking = [
        host
        for host in (*config.identity.broker_hosts, config.broker.host)
        if not _has(certificate, host)
    ]
    if lacking:
        return Finding(
            False,
            f"certificate of the broker: {path} does not name {', '.join(lacking)}: put it into"
            " identity.broker_hosts and start the hub again",
        )
    return finding


def _has(certificate: x509.Certificate, host: str) -> bool:
    return set(alternative_names([host])) <= set(names_of(certificate))


def _certificate(what: str, path: Path, authority: Authority, now: datetime) -> Finding:
    certificate = read_certificate(path)
    told = f"certificate of the {what}"
    if certificate is None:
        return Finding(False, f"{told}: none at {path} that can be read; `serve` makes one")
    until = f"{certificate.not_valid_after_utc:%Y-%m-%d}"
    if not authority.has_issued(certificate):
        return Finding(
            False, f"{told}: {path} is of another authority; delete it, and `serve` makes one"
        )
    left = ends_in(certificate, now)
    if left <= timedelta(0):
        return Finding(False, f"{told}: {path} ended on {until}; `serve` makes a new one")
    if left < SOON:
        return Finding(False, f"{told}: {path} ends on {until}, and was not renewed")
    return Finding(True, f"{told}: until {until}")
