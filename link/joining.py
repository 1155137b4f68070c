"""A node's half of joining: a code in, key and certificate out; and their renewal.

The line may be plain HTTP: what goes over it is authenticated with the code's secret, which does
not go over it (`contracts.joining`).
"""

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from cryptography import x509

from contracts.errors import DecodeError
from contracts.ids import NodeId, is_name
from contracts.joining import (
    JOIN_PATH,
    MOST_ANSWER_BYTES,
    RENEW_PATH,
    Code,
    CodeMistyped,
    JoinAnswer,
    JoinRequest,
    RenewAnswer,
    RenewRequest,
    Sealed,
    answer_mac,
    decode_joining,
    encode_joining,
    key_of,
    read_code,
    request_mac,
    same,
)
from link.credentials import (
    AUTHORITY_FILE,
    NODE_FILE,
    PACKS_FILE,
    UPDATES_FILE,
    Credential,
    check_issued,
    fingerprint,
    key_pem,
    make_csr,
    make_key,
    parse_certificate,
    read_certificate,
    read_key,
    write_private,
    write_public,
)
from link.errors import ConfigError, JoinError
from link.packs.signing import parse_public_key

T = TypeVar("T", bound=msgspec.Struct)
ANSWER_SECONDS: Final = 20.0
_NOT_PROVEN: Final = (
    "the answer does not prove that it comes from the hub that made the code: something between"
    " changed it, or it is another hub; nothing was changed"
)


@dataclass(frozen=True, slots=True)
class Joined:
    """Who we are now, and where the broker is."""

    node: NodeId
    broker_host: str
    broker_port: int
    authority_sha256: str


def join(url: str, text: str, folder: Path, *, again: bool = False) -> Joined:
    """Fetch a certificate with a code and keep it in `folder`.

    A key that is there is only replaced `again`. What was begun and not answered is gone on with,
    so that a lost answer costs no new code. Raises JoinError.
    """
    try:
        code = read_code(text)
    except CodeMistyped as error:
        raise JoinError(str(error)) from error
    kept = folder / NODE_FILE
    if kept.exists() and not again:
        raise JoinError(
            f"{kept} is there already: this device has joined; with --again it joins anew, and what"
            " it had is replaced"
        )
    waiting, request_file = folder / f"{NODE_FILE}.new", folder / f"{NODE_FILE}.request"
    key, csr = _begun(waiting, request_file, code)
    secret = key_of(code.secret)
    request = JoinRequest(code.id, csr, request_mac(secret, code.id, csr))
    sealed = _ask(url, JOIN_PATH, request, Sealed)
    if not same(answer_mac(secret, csr, sealed.answer), sealed.mac):
        raise JoinError(_NOT_PROVEN)
    answer = _read(sealed.answer.encode(), JoinAnswer)
    authority = parse_certificate(answer.authority)
    if code.fingerprint is not None and fingerprint(authority) != code.fingerprint:
        raise JoinError(_NOT_PROVEN)
    if not (is_name(answer.venue) and is_name(answer.node)):
        raise JoinError("the hub's answer names no node that can be: nothing was changed")
    node = NodeId(answer.venue, answer.node)
    check_issued(answer.certificate, key, str(node), authority)
    _check_key(answer.pack_key)
    _check_key(answer.update_key)
    write_public(folder / AUTHORITY_FILE, answer.authority.encode())
    _keep_key(folder / PACKS_FILE, answer.pack_key)
    _keep_key(folder / UPDATES_FILE, answer.update_key)
    write_private(kept, key_pem(key) + answer.certificate.encode())
    for done in (waiting, request_file):
        done.unlink(missing_ok=True)
    return Joined(node, answer.broker_host, answer.broker_port, fingerprint(authority).hex())


def renew(url: str, credential: Credential, path: Path, authority_path: Path) -> None:
    """Replace key and certificate in `path` by new ones of the same node. Raises JoinError."""
    key = make_key()
    csr = make_csr(key)
    request = RenewRequest(credential.certificate_pem, csr, credential.prove(csr))
    answer = _ask(url, RENEW_PATH, request, RenewAnswer)
    check_issued(answer.certificate, key, credential.name, read_certificate(authority_path))
    write_private(path, key_pem(key) + answer.certificate.encode())


def _check_key(pem: str) -> None:
    if not pem:
        return
    try:
        parse_public_key(pem.encode(), "the hub's answer")
    except ConfigError as error:
        raise JoinError(f"{error}: nothing was changed") from error


def _keep_key(path: Path, pem: str) -> None:
    """Keep a key of the district's; that of a district that was left is no key here."""
    if pem:
        write_public(path, pem.encode())
    else:
        path.unlink(missing_ok=True)


def _begun(waiting: Path, request_file: Path, code: Code) -> tuple[Any, str]:
    """Return key and request: those that wait for the answer to this code, else new ones."""
    try:
        begun = json.loads(request_file.read_text("utf-8"))
        key = read_key(waiting)
        csr = x509.load_pem_x509_csr(begun["csr"].encode("ascii"))
        if begun["code"] == code.id and csr.public_key() == key.public_key():
            return key, begun["csr"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, JoinError):
        pass
    key = make_key()
    csr_pem = make_csr(key)
    write_private(waiting, key_pem(key))
    write_private(request_file, json.dumps({"code": code.id, "csr": csr_pem}).encode())
    return key, csr_pem


def _ask(url: str, path: str, request: msgspec.Struct, shape: type[T]) -> T:
    """Post a request and read the answer. Raises JoinError: one sentence."""
    address = _address(url) + path
    asked = urllib.request.Request(  # noqa: S310  the scheme was looked at
        address, encode_joining(request), {"Content-Type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(asked, timeout=ANSWER_SECONDS) as answer:  # noqa: S310
            return _read(answer.read(MOST_ANSWER_BYTES + 4096), shape)
    except urllib.error.HTTPError as error:
        with error:
            raise JoinError(_refusal(url, error.code, error.read(4096))) from error
    except urllib.error.URLError as error:
        raise JoinError(f"the hub at {url} cannot be reached: {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise JoinError(f"the hub at {url} cannot be reached: {error}") from error


def _refusal(url: str, status: int, body: bytes) -> str:
    try:
        detail = json.loads(body)["detail"]
    except (ValueError, KeyError, TypeError):
        return f"{url} answers with {status}: is that the address of a hub?"
    # It comes over a line that nobody vouches for: text only, and not too much of it.
    plain = "".join(letter for letter in str(detail)[:300] if letter.isprintable())
    return f"the hub refuses: {plain}"


def _read(payload: bytes, shape: type[T]) -> T:
    try:
        return decode_joining(payload, shape)
    except DecodeError as error:
        raise JoinError(f"the answer is not a hub's: {error.reason}") from error


def _address(url: str) -> str:
    """Return scheme, host and port of a hub, and the path before its own. Raises JoinError."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
        raise JoinError(f"{url!r} is no address of a hub: write it as http://HOST:PORT")
    return url.rstrip("/")
