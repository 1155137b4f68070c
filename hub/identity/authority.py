"""The district's own certificate authority: one key in the data folder, three kinds of certificate.

Whatever it issues is valid from 1970 on: a machine without a battery clock lives in the past until
it finds a time server, and a certificate "not yet valid" would keep it away. Only ends count
(docs/adr, "certificates begin in 1970").
"""

import ipaddress
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from contracts.ids import NodeId
from contracts.joining import MOST_NAME, NODE_DAYS
from hub.errors import ConfigError
from hub.identity.acl import HUB_NAME

AUTHORITY_LIFE: Final = timedelta(days=3653)
SERVER_LIFE: Final = timedelta(days=825)
NODE_LIFE: Final = timedelta(days=NODE_DAYS)

_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PEM: Final = serialization.Encoding.PEM


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate that was issued."""

    serial: str
    """Hexadecimal, as `openssl x509 -serial` tells it in small letters."""
    expires_ms: int
    pem: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """A key that was made here, and its certificate."""

    key_pem: bytes
    certificate_pem: bytes

    @property
    def both(self) -> bytes:
        """Return both in one piece: one file is replaced in one step."""
        return self.key_pem + self.certificate_pem


class Authority:
    """Issues certificates and the list of revoked ones. `open_authority` makes or reads one."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self._key = key
        self._certificate = certificate

    @property
    def certificate_pem(self) -> str:
        """Return the certificate that everybody trusts."""
        return self._certificate.public_bytes(_PEM).decode()

    @property
    def fingerprint(self) -> bytes:
        """Return the SHA-256 of the certificate."""
        return self._certificate.fingerprint(hashes.SHA256())

    @property
    def expires_at(self) -> datetime:
        """Return until when it may sign."""
        return self._certificate.not_valid_after_utc

    @property
    def made_at(self) -> datetime:
        """Return when it was made: no clock of this hub may be before it."""
        return self.expires_at - AUTHORITY_LIFE

    @classmethod
    def make(cls, name: str, now: datetime) -> Self:
        """Make an authority with a key of its own."""
        key = ec.generate_private_key(ec.SECP256R1())
        # Another one of the same name would be taken for this one until its signature fails.
        subject = _subject(f"Kaiguan {name}"[: MOST_NAME - 9] + f" {secrets.token_hex(4)}")
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(_BEGINNING)
            .not_valid_after(now + AUTHORITY_LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .add_extension(_identifier(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        return cls(key, certificate)

    def issue_node(
        self, node: NodeId, csr: x509.CertificateSigningRequest, now: datetime
    ) -> Issued:
        """Issue a node's certificate for the key of a signing request; its wishes are not read.

        Raises ConfigError when the hub's clock cannot be right or the name is too long.
        """
        public = csr.public_key()
        assert isinstance(public, ec.EllipticCurvePublicKey)  # noqa: S101  read_csr lets no other in
        certificate = self._issue(node_name(node), public, now, NODE_LIFE, is_server=False)
        return _issued(certificate)

    def issue_hub(self, now: datetime) -> Credentials:
        """Issue the hub's own identity at the broker."""
        key = ec.generate_private_key(ec.SECP256R1())
        public = key.public_key()
        certificate = self._issue(HUB_NAME, public, now, SERVER_LIFE, is_server=False)
        return Credentials(_private(key), certificate.public_bytes(_PEM))

    def issue_server(self, hosts: Sequence[str], now: datetime) -> Credentials:
        """Issue a server's certificate for all names and addresses by which it is reached."""
        key = ec.generate_private_key(ec.SECP256R1())
        public = key.public_key()
        names = x509.SubjectAlternativeName(alternative_names(hosts))
        certificate = self._issue(
            hosts[0][:MOST_NAME], public, now, SERVER_LIFE, is_server=True, names=names
        )
        return Credentials(_private(key), certificate.public_bytes(_PEM))

    def revocations(self, serials: Iterable[str], number: int) -> bytes:
        """Return the list of revoked certificates, PEM; a later one has a larger number.

        A list that is out of date shuts everybody out: it lives as long as the authority. Of two
        lists OpenSSL takes the one that was made later, by the second: the number stands in for the
        time, so that two within a second differ and no clock that is behind finds one of tomorrow.
        """
        made = _BEGINNING + timedelta(seconds=number)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._certificate.subject)
            .last_update(made)
            .next_update(self.expires_at)
            .add_extension(x509.CRLNumber(number), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
        )
        for serial in serials:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(int(serial, 16))
                .revocation_date(made)
                .build()
            )
        return builder.sign(self._key, hashes.SHA256()).public_bytes(_PEM)

    def has_issued(self, certificate: x509.Certificate) -> bool:
        """Tell whether a certificate bears this authority's signature."""
        try:
            certificate.verify_directly_issued_by(self._certificate)
        except (ValueError, TypeError, InvalidSignature):
            return False
        return True

    def has_signed(self, revoked: x509.CertificateRevocationList) -> bool:
        """Tell whether a list of revoked certificates bears this authority's signature."""
        return revoked.is_signature_valid(self._key.public_key())

    def private_pem(self) -> bytes:
        """Return the key, for its file."""
        return _private(self._key)

    def _issue(
        self,
        name: str,
        public: ec.EllipticCurvePublicKey,
        now: datetime,
        life: timedelta,
        *,
        is_server: bool,
        names: x509.SubjectAlternativeName | None = None,
    ) -> x509.Certificate:
        if now < self.made_at - timedelta(days=1):
            raise ConfigError(
                f"this machine's clock says {now:%Y-%m-%d}, which is before the authority was made"
                f" ({self.made_at:%Y-%m-%d}): set the clock, then issue certificates"
            )
        use = ExtendedKeyUsageOID.SERVER_AUTH if is_server else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = (
            x509.CertificateBuilder()
            .subject_name(_subject(name))
            .issuer_name(self._certificate.subject)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(_BEGINNING)
            .not_valid_after(min(now + life, self.expires_at))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
            .add_extension(_identifier(public), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
        )
        if names is not None:
            builder = builder.add_extension(names, critical=False)
        return builder.sign(self._key, hashes.SHA256())


def node_name(node: NodeId) -> str:
    """Return the name in a node's certificate, which is its user name at the broker.

    Raises ConfigError: X.509 gives a common name 64 characters (RFC 5280, ub-common-name).
    """
    name = str(node)
    if len(name) > MOST_NAME:
        raise ConfigError(
            f"{name}: venue and node have {len(name)} characters together, and a certificate's name"
            f" has room for {MOST_NAME}: give the node a shorter name"
        )
    return name


def read_csr(pem: str) -> x509.CertificateSigningRequest | None:
    """Read a signing request; None when it is none, or is not signed by its own P-256 key."""
    try:
        csr = x509.load_pem_x509_csr(pem.encode("ascii"))
        key = csr.public_key()
        sound = csr.is_signature_valid
    except (ValueError, UnsupportedAlgorithm, InvalidSignature):
        return None
    if not sound or not isinstance(key, ec.EllipticCurvePublicKey):
        return None
    return csr if isinstance(key.curve, ec.SECP256R1) else None


def alternative_names(hosts: Sequence[str]) -> list[x509.GeneralName]:
    """Return names and addresses as a certificate has them. Raises ConfigError."""
    if not hosts:
        raise ConfigError("a server's certificate needs at least one name or address")
    return [_general_name(host) for host in hosts]


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        ascii_ = host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise ConfigError(f"{host!r} is no name of a host") from error
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", ascii_):
        raise ConfigError(f"{host!r} is no name of a host: without port, path and spaces")
    return x509.DNSName(ascii_)


def _issued(certificate: x509.Certificate) -> Issued:
    return Issued(
        f"{certificate.serial_number:x}",
        int(certificate.not_valid_after_utc.timestamp() * 1000),
        certificate.public_bytes(_PEM).decode(),
    )


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _identifier(key: ec.EllipticCurvePublicKey) -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier.from_public_key(key)


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
