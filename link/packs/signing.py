"""Signatures of packs: Ed25519 (RFC 8032) over the manifest, which has the hash of all else.

Keys are PEM files, as `openssl genpkey -algorithm ed25519` makes them too.
"""

from collections.abc import Iterable
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from contracts.pack import signed_text
from link.errors import ConfigError

_MOST_KEY_BYTES = 16 * 1024


def make_key_pem() -> bytes:
    """Return a new private key, PEM."""
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def public_pem(key: Ed25519PrivateKey) -> str:
    """Return the public half, PEM: what kiosks are given."""
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def read_private_key(path: Path) -> Ed25519PrivateKey:
    """Read a key that signs. Raises ConfigError."""
    try:
        key = serialization.load_pem_private_key(_read(path), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigError(f"{path}: holds no private key in PEM without a password") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"{path}: packs are signed with Ed25519, and this key is another kind")
    return key


def read_public_keys(paths: Iterable[Path]) -> tuple[Ed25519PublicKey, ...]:
    """Read the keys whose packs are taken. Raises ConfigError."""
    return tuple(parse_public_key(_read(path), str(path)) for path in paths)


def parse_public_key(pem: bytes, where: str) -> Ed25519PublicKey:
    """Read one public key. Raises ConfigError."""
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigError(f"{where}: holds no public key in PEM") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigError(f"{where}: packs are signed with Ed25519, and this key is another kind")
    return key


def sign_pack(manifest: bytes, key: Ed25519PrivateKey) -> bytes:
    """Return the signature of a manifest: 64 bytes."""
    return key.sign(signed_text(manifest))


def is_signed(manifest: bytes, signature: bytes, keys: Iterable[Ed25519PublicKey]) -> bool:
    """Tell whether one of the keys made the signature."""
    for key in keys:
        try:
            key.verify(signature, signed_text(manifest))
        except InvalidSignature:
            continue
        return True
    return False


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MOST_KEY_BYTES)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from error
