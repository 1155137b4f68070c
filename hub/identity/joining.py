"""Answering a node that joins or renews: who may have which certificate. Time is an argument."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from contracts.ids import NodeId
from contracts.joining import (
    JoinAnswer,
    JoinRequest,
    RenewAnswer,
    RenewRequest,
    Sealed,
    answer_mac,
    encode_joining,
    renewal_text,
    request_mac,
    same,
)
from hub.access import Who
from hub.audit import Entry, entry
from hub.identity.authority import Authority, Issued, read_csr
from hub.store.records import NodeCertificate, NodeCode, NodeIdentities

RENEW_AFTER_END: Final = timedelta(days=400)
"""An ended certificate still proves its node to the hub for so long: after a hub was away for a
quarter, nobody has to visit each node. The broker takes no ended one."""

_NO_KEY: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no certificate: an HTTP status, and a sentence for whoever stands there."""

    status: int
    sentence: str


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where nodes find the broker."""

    host: str
    port: int


UNKNOWN: Final = Refusal(
    403, "this hub knows no such code: it was mistyped, replaced by a newer one, or of another hub"
)


class Joining:
    """Answers requests; `changed()` is called when somebody new is in, before the answer.

    `pack_key()` is what kiosks are told of content packs, `update_key()` what all nodes are told of
    updates: public keys, PEM.
    """

    def __init__(
        self,
        identities: NodeIdentities,
        authority: Authority,
        broker: BrokerAddress,
        changed: Callable[[NodeId], None] = lambda _node: None,
        *,
        pack_key: Callable[[], str] = lambda: "",
        update_key: Callable[[], str] = lambda: "",
    ) -> None:
        self._identities = identities
        self._authority = authority
        self._broker = broker
        self._changed = changed
        self._pack_key = pack_key
        self._update_key = update_key

    def join(self, request: JoinRequest, now: datetime) -> Sealed | Refusal:
        """Give a node its certificate for a code; the same request gets the same answer again."""
        code = self._identities.code(request.code)
        # Work that takes the same time whether there is such a code or not.
        key = bytes.fromhex(code.key) if code is not None else _NO_KEY
        is_right = same(request_mac(key, request.code, request.csr), request.mac)
        if code is None or not is_right:
            return UNKNOWN
        if code.expires_ms <= _ms(now):
            return Refusal(
                410, f"this code was good until {_words(code.expires_ms)}: ask for a new one"
            )
        csr = read_csr(request.csr)
        if csr is None:
            return Refusal(422, "the signing request cannot be read, or its key is not of P-256")
        used_for = hashlib.sha256(request.csr.encode()).hexdigest()
        if code.used_for is not None and not hmac.compare_digest(code.used_for, used_for):
            return Refusal(409, f"this code was used already, for {code.venue}/{code.node}")
        if code.serial is not None:
            kept = self._identities.certificate(code.serial)
            if kept is None or kept.revoked_ms is not None:
                return Refusal(409, "what this code gave was revoked: ask for a new one")
            return self._sealed(code, request, kept.pem)
        node = NodeId(code.venue, code.node)
        issued = self._authority.issue_node(node, csr, now)
        told = _told(node, issued, "node.joined", now)
        if not self._identities.join(code, used_for, _certificate(node, issued, now), told):
            return Refusal(409, f"this code was used already, for {node}")
        self._changed(node)
        return self._sealed(code, request, issued.pem)

    def renew(self, request: RenewRequest, now: datetime) -> RenewAnswer | Refusal:
        """Give a node a further certificate, for a new key, against a proof of the old one."""
        csr = read_csr(request.csr)
        known = self._known(request.certificate)
        if csr is None or known is None:
            return Refusal(403, "this hub has issued no such certificate: join again with a code")
        certificate, old = known
        if not _proves(certificate, request):
            return Refusal(403, "the request is not signed with the certificate's key")
        if old.revoked_ms is not None:
            return Refusal(403, f"this certificate was revoked ({old.reason}): join again")
        if old.expires_ms + RENEW_AFTER_END / timedelta(milliseconds=1) < _ms(now):
            return Refusal(403, f"this certificate ended on {_words(old.expires_ms)}: join again")
        node = NodeId(old.venue, old.node)
        issued = self._authority.issue_node(node, csr, now)
        told = _told(node, issued, "node.renewed", now)
        self._identities.renew(_certificate(node, issued, now), told)
        return RenewAnswer(issued.pem)

    def _known(self, pem: str) -> tuple[x509.Certificate, NodeCertificate] | None:
        try:
            certificate = x509.load_pem_x509_certificate(pem.encode("ascii"))
        except ValueError:
            return None
        if not self._authority.has_issued(certificate):
            return None
        kept = self._identities.certificate(f"{certificate.serial_number:x}")
        return None if kept is None else (certificate, kept)

    def _sealed(self, code: NodeCode, request: JoinRequest, certificate: str) -> Sealed:
        answer = encode_joining(
            JoinAnswer(
                venue=code.venue,
                node=code.node,
                certificate=certificate,
                authority=self._authority.certificate_pem,
                broker_host=self._broker.host,
                broker_port=self._broker.port,
                pack_key=self._pack_key() if code.is_kiosk else "",
                update_key=self._update_key(),
            )
        ).decode()
        return Sealed(answer, answer_mac(bytes.fromhex(code.key), request.csr, answer))


def _proves(certificate: x509.Certificate, request: RenewRequest) -> bool:
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return False
    try:
        key.verify(
            bytes.fromhex(request.signature),
            renewal_text(request.csr),
            ec.ECDSA(hashes.SHA256()),
        )
    except (InvalidSignature, ValueError):
        return False
    return True


def _certificate(node: NodeId, issued: Issued, now: datetime) -> NodeCertificate:
    return NodeCertificate(
        issued.serial, node.venue, node.node, _ms(now), issued.expires_ms, issued.pem
    )


def _told(node: NodeId, issued: Issued, action: str, now: datetime) -> Entry:
    """Return what the audit log says; a node acts in its own name."""
    facts = {"serial": issued.serial, "expires_ms": issued.expires_ms}
    return entry(Who(str(node), "code"), _ms(now), action, str(node), None, facts)


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _words(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"
