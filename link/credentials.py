"""A node's key and certificate: made, kept in files, and looked at.

FOLDER/node.pem       0600  key and certificate in one file: a renewal replaces both in one step
FOLDER/authority.pem        the district's authority, which vouches for broker and nodes
FOLDER/node.pem.new   0600  the key of a request that was not answered yet
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from contracts.joining import RENEW_DAYS, renewal_text
from link.errors import JoinError
from link.placing import place

NODE_FILE: Final = "node.pem"
AUTHORITY_FILE: Final = "authority.pem"
PACKS_FILE: Final = "packs.pem"
"""The public key of the district's content packs, where this node shows such."""
UPDATES_FILE: Final = "updates.pem"
"""The public key of the district's releases."""
_PEM: Final = serialization.Encoding.PEM


@dataclass(frozen=True, slots=True)
class Credential:
    """What one file of key and certificate says."""

    name: str
    """Whose certificate it is: venue/node."""
    expires_at: datetime
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def certificate_pem(self) -> str:
        """Return the certificate without the key."""
        return self.certificate.public_bytes(_PEM).decode()

    def is_due(self, now: datetime) -> bool:
        """Tell whether two thirds of its life are over."""
        return self.expires_at - now < timedelta(days=RENEW_DAYS)

    def is_of(self, authority: x509.Certificate) -> bool:
        """Tell whether this authority issued it."""
        try:
            self.certificate.verify_directly_issued_by(authority)
        except (ValueError, TypeError, InvalidSignature):
            return False
        return True

    def prove(self, csr: str) -> str:
        """Sign the wish for a further certificate, hexadecimal."""
        return self.key.sign(renewal_text(csr), ec.ECDSA(hashes.SHA256())).hex()


def make_key() -> ec.EllipticCurvePrivateKey:
    """Make a key; it never leaves this machine."""
    return ec.generate_private_key(ec.SECP256R1())


def make_csr(key: ec.EllipticCurvePrivateKey) -> str:
    """Return a signing request without a name: the hub knows whose it is by the code."""
    csr = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return csr.sign(key, hashes.SHA256()).public_bytes(_PEM).decode()


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a key as its file holds it."""
    return key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Read a key. Raises JoinError."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise JoinError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, TypeError) as error:
        raise JoinError(f"{path}: holds no key that can be used") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise JoinError(f"{path}: holds a key of another kind")
    return key


def read_credential(path: Path, key_path: Path | None = None) -> Credential:
    """Read key and certificate, from one file or two. Raises JoinError."""
    certificate = read_certificate(path)
    key = read_key(key_path or path)
    if key.public_key() != certificate.public_key():
        raise JoinError(f"{path}: key and certificate do not belong together: join again")
    return Credential(name_of(certificate), certificate.not_valid_after_utc, key, certificate)


def read_certificate(path: Path) -> x509.Certificate:
    """Read a certificate. Raises JoinError."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except OSError as error:
        raise JoinError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise JoinError(f"{path}: holds no certificate") from error


def parse_certificate(pem: str) -> x509.Certificate:
    """Read a certificate that came over the line. Raises JoinError."""
    try:
        return x509.load_pem_x509_certificate(pem.encode("ascii"))
    except ValueError as error:
        raise JoinError("the hub's answer holds no certificate") from error


def fingerprint(certificate: x509.Certificate) -> bytes:
    """Return the SHA-256 of a certificate."""
    return certificate.fingerprint(hashes.SHA256())


def name_of(certificate: x509.Certificate) -> str:
    """Return whose certificate it is."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""


def check_issued(
    pem: str, key: ec.EllipticCurvePrivateKey, name: str, authority: x509.Certificate
) -> None:
    """Look at a certificate that was given. Raises JoinError when it is not what was asked for."""
    certificate = parse_certificate(pem)
    given = Credential(name_of(certificate), certificate.not_valid_after_utc, key, certificate)
    if certificate.public_key() != key.public_key() or given.name != name:
        raise JoinError(
            "the hub's answer holds a certificate of somebody else: nothing was changed"
        )
    if not given.is_of(authority):
        raise JoinError("the certificate was issued by another authority: nothing was changed")


def write_private(path: Path, content: bytes) -> None:
    """Put a file in place in one step, on the disk, for this user's eyes only. Raises JoinError."""
    _write(path, content, 0o600)


def write_public(path: Path, content: bytes) -> None:
    """Put a file in place in one step, on the disk. Raises JoinError."""
    _write(path, content, 0o644)


def judge(
    node: str, path: Path, key_path: Path | None, authority_path: Path | None, now: datetime
) -> tuple[bool, str]:
    """Tell whether a node's certificate can be used now, and what is wrong in one sentence."""
    try:
        credential = read_credential(path, key_path)
        authority = None if authority_path is None else read_certificate(authority_path)
    except JoinError as error:
        return False, str(error)
    secret = key_path or path
    until = f"{credential.expires_at:%Y-%m-%d}"
    if authority is not None and not credential.is_of(authority):
        return False, f"{path} is not of the authority in {authority_path}: join again"
    if credential.name != node:
        return False, f"{path} is of {credential.name!r}, and this node is {node!r}: join again"
    if credential.expires_at <= now:
        return False, f"{path} ended on {until}: the agent renews it when it reaches the hub"
    if secret.stat().st_mode & 0o077:
        return False, f"{secret} can be read by other users: chmod 600 {secret}"
    if credential.is_due(now):
        return False, f"of {node}, until {until}: it should have been renewed by now"
    return True, f"of {node}, until {until}"


def _write(path: Path, content: bytes, mode: int) -> None:
    try:
        place(path, content, mode)
    except OSError as error:
        raise JoinError(f"{path}: cannot be written: {error.strerror}") from error
