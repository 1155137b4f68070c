"""The files of identity: the authority's own, the hub's at the broker, and what the broker reads.

DATA/identity/authority.key  0600   signs everything; whoever has it can make any identity
DATA/identity/authority.pem         what everybody trusts
DATA/identity/hub.pem        0600   the hub's key and certificate at the broker
DATA/identity/packs.key      0600   signs content packs; whoever has it can put them on kiosks
DATA/identity/packs.pem             its public half, which kiosks are given when they join
DATA/identity/updates.key  0600   signs releases for nodes; whoever has it decides what runs there
DATA/identity/updates.pem           its public half, which nodes are given when they join
BROKER_DIR/authority.pem, broker.pem, broker.key (0640), revoked.pem, acl
"""

import os
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub.errors import StoreError
from hub.identity.authority import SERVER_LIFE, Authority, Credentials, alternative_names
from link.errors import ConfigError
from link.packs import make_key_pem, public_pem, read_private_key

RENEW_SERVERS_BEFORE: Final = SERVER_LIFE / 3
_KEY: Final = "authority.key"
_CERTIFICATE: Final = "authority.pem"
_HUB: Final = "hub.pem"
_PACK_KEY: Final = "packs.key"
_PACK_PUBLIC: Final = "packs.pem"
_UPDATE_KEY: Final = "updates.key"
_UPDATE_PUBLIC: Final = "updates.pem"


def write_file(path: Path, content: bytes, mode: int) -> None:
    """Put a file in place in one step, on the disk, with its rights from the first byte on.

    Raises StoreError.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            # The mask of this process may have taken rights away that the broker needs.
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise StoreError(f"{path}: cannot be written: {error.strerror}") from error


def make_folder(path: Path, mode: int) -> None:
    """Make a folder; one that is there keeps its rights. Raises StoreError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=mode, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path}: cannot be made: {error.strerror}") from error


class IdentityFolder:
    """The folder of the authority and of the hub's own identity."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.authority_path = path / _CERTIFICATE
        self.hub_path = path / _HUB
        self.pack_key_path = path / _PACK_KEY
        self.pack_public_path = path / _PACK_PUBLIC
        self.update_key_path = path / _UPDATE_KEY
        self.update_public_path = path / _UPDATE_PUBLIC

    @property
    def has_authority(self) -> bool:
        """Tell whether an authority was made here."""
        return (self.path / _KEY).exists()

    def authority(self) -> Authority:
        """Read the authority. Raises StoreError."""
        try:
            key = serialization.load_pem_private_key((self.path / _KEY).read_bytes(), None)
            certificate = x509.load_pem_x509_certificate(self.authority_path.read_bytes())
        except OSError as error:
            raise StoreError(
                f"{self.path}: the authority cannot be read: {error.strerror}"
            ) from error
        except (ValueError, TypeError) as error:
            raise StoreError(f"{self.path}: the authority's files are damaged: {error}") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not _belong(key, certificate):
            raise StoreError(f"{self.path}: the authority's key and certificate do not belong")
        return Authority(key, certificate)

    def make_authority(self, name: str, now: datetime) -> Authority:
        """Make an authority, unless one is there, and return it. Raises StoreError."""
        if not self.has_authority:
            make_folder(self.path, 0o700)
            made = Authority.make(name, now)
            write_file(self.authority_path, made.certificate_pem.encode(), 0o644)
            # The key comes last: with it, the authority is there.
            write_file(self.path / _KEY, made.private_pem(), 0o600)
        return self.authority()

    def pack_key(self) -> Ed25519PrivateKey:
        """Return the key that signs content packs; the first time it is made.

        Raises StoreError: it cannot be written or read.
        """
        return self._signing_key(self.pack_key_path, self.pack_public_path)

    def update_key(self) -> Ed25519PrivateKey:
        """Return the key that signs updates of nodes; the first time it is made.

        Raises StoreError: it cannot be written or read.
        """
        return self._signing_key(self.update_key_path, self.update_public_path)

    def _signing_key(self, path: Path, public_path: Path) -> Ed25519PrivateKey:
        if not path.exists():
            make_folder(self.path, 0o700)
            write_file(path, make_key_pem(), 0o600)
        try:
            key = read_private_key(path)
        except ConfigError as error:
            raise StoreError(str(error)) from error
        public = public_pem(key).encode()
        if not public_path.exists() or public_path.read_bytes() != public:
            write_file(public_path, public, 0o644)
        return key

    def keep_hub(self, authority: Authority, now: datetime) -> None:
        """Make sure that the hub has an identity that lasts. Raises StoreError."""
        certificate = read_certificate(self.hub_path)
        if certificate is None or not _lasts(certificate, authority, now):
            write_file(self.hub_path, authority.issue_hub(now).both, 0o600)


class BrokerFolder:
    """The folder that the broker reads: everything in it is written here, and may be rewritten."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.certificate_path = path / "broker.pem"
        self.revoked_path = path / "revoked.pem"
        self.acl_path = path / "acl"

    def keep_server(self, authority: Authority, hosts: tuple[str, ...], now: datetime) -> bool:
        """Make sure that the broker has a certificate for these names that lasts.

        Tells whether a new one was written. Raises StoreError.
        """
        certificate = read_certificate(self.certificate_path)
        if (
            certificate is not None
            and _lasts(certificate, authority, now)
            and names_of(certificate) == alternative_names(hosts)
        ):
            return False
        self.write_server(authority, authority.issue_server(hosts, now))
        return True

    def write_server(self, authority: Authority, server: Credentials) -> None:
        """Put the broker's key and certificate in place. Raises StoreError."""
        make_folder(self.path, 0o750)
        write_file(self.path / "authority.pem", authority.certificate_pem.encode(), 0o644)
        write_file(self.path / "broker.key", server.key_pem, 0o640)
        write_file(self.certificate_path, server.certificate_pem, 0o644)

    def write_lists(self, authority: Authority, serials: Iterable[str], acl: str) -> bool:
        """Bring the lists of revoked certificates and of rights up to date.

        Tells whether one of them changed. Raises StoreError.
        """
        make_folder(self.path, 0o750)
        wanted = {int(serial, 16) for serial in serials}
        number, listed = self._revoked(authority)
        changed = False
        if wanted != listed:
            content = authority.revocations([f"{s:x}" for s in sorted(wanted)], number + 1)
            write_file(self.revoked_path, content, 0o644)
            changed = True
        if not self.acl_path.exists() or self.acl_path.read_text("utf-8") != acl:
            # mosquitto warns of a list that everybody may read.
            write_file(self.acl_path, acl.encode(), 0o640)
            changed = True
        return changed

    def _revoked(self, authority: Authority) -> tuple[int, set[int] | None]:
        """Return number and serials of the list that is there; (0, None) without a sound one."""
        try:
            revoked = x509.load_pem_x509_crl(self.revoked_path.read_bytes())
        except (OSError, ValueError):
            return 0, None
        number = revoked.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        if not authority.has_signed(revoked):
            return number, None
        return number, {entry.serial_number for entry in revoked}


def read_certificate(path: Path) -> x509.Certificate | None:
    """Read a certificate's file; None when there is none or it is damaged."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return None


def ends_in(certificate: x509.Certificate, now: datetime) -> timedelta:
    """Return how long a certificate still lasts; negative when it has ended."""
    return certificate.not_valid_after_utc - now.astimezone(UTC)


def _lasts(certificate: x509.Certificate, authority: Authority, now: datetime) -> bool:
    return authority.has_issued(certificate) and ends_in(certificate, now) > RENEW_SERVERS_BEFORE


def names_of(certificate: x509.Certificate) -> list[x509.GeneralName]:
    """Return the names and addresses that a server's certificate is for."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return list(found.value)


def _belong(key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> bool:
    return key.public_key() == certificate.public_key()
