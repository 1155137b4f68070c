"""Reading and writing nodes' identities: the only SQL about codes and certificates."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, update

from contracts.ids import NodeId
from hub.audit import Entry
from hub.store.records.audit import append
from hub.store.records.identity_tables import NODE_CERTIFICATES, NODE_CODES, NODE_IDENTITIES
from hub.store.records.records import Records, set_entry

_CODES, _CERTIFICATES, _NODES = NODE_CODES.c, NODE_CERTIFICATES.c, NODE_IDENTITIES.c
_REVISION: Final = "identities_revision"
SUPERSEDED: Final = "superseded: the node joined anew"


@dataclass(frozen=True, slots=True)
class NodeCode:
    """A one-time code as the hub keeps it."""

    id: str
    venue: str
    node: str
    is_kiosk: bool
    key: str
    made_by: str
    made_ms: int
    expires_ms: int
    used_for: str | None = None
    serial: str | None = None


@dataclass(frozen=True, slots=True)
class NodeCertificate:
    """A certificate that a node was given."""

    serial: str
    venue: str
    node: str
    issued_ms: int
    expires_ms: int
    pem: str
    revoked_ms: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NodeIdentity:
    """A node that has joined: `revoked_ms` since when it is kept out."""

    venue: str
    node: str
    is_kiosk: bool
    joined_ms: int
    revoked_ms: int | None = None
    reason: str = ""

    @property
    def id(self) -> NodeId:
        """Return its identity on the wire."""
        return NodeId(self.venue, self.node)


class _OfNode(Protocol):
    @property
    def venue(self) -> str: ...

    @property
    def node(self) -> str: ...


class NodeIdentities:
    """Codes, certificates and kept-out nodes in a hub's records; any thread may use it."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def revision(self) -> int:
        """Return how often somebody came in or was put out, so that a running hub notices."""
        return int(self._records.metadata(_REVISION) or 0)

    def add_code(self, code: NodeCode, told: Entry) -> bool:
        """Add a code; it takes the place of an unused one of its node. False when its id is taken.

        Codes that have ended are forgotten, with their keys.
        """
        with self._records.writing() as connection:
            ended = _CODES.expires_ms < code.made_ms
            same = and_(_is(_CODES, code), _CODES.used_for.is_(None))
            connection.execute(delete(NODE_CODES).where(ended | same))
            taken = connection.execute(select(_CODES.id).where(_CODES.id == code.id)).first()
            if taken is None:
                connection.execute(insert(NODE_CODES).values(asdict(code)))
                append(connection, told)
        return taken is None

    def code(self, id_: str) -> NodeCode | None:
        """Return a code by its id."""
        with self._records.reading() as connection:
            rows = connection.execute(select(NODE_CODES).where(_CODES.id == id_))
            return next((NodeCode(**row) for row in rows.mappings()), None)

    def open_codes(self, now_ms: int) -> list[NodeCode]:
        """Return the codes that may still be used, the oldest first."""
        is_open = and_(_CODES.used_for.is_(None), _CODES.expires_ms > now_ms)
        with self._records.reading() as connection:
            rows = connection.execute(
                select(NODE_CODES).where(is_open).order_by(_CODES.made_ms, _CODES.id)
            )
            return [NodeCode(**row) for row in rows.mappings()]

    def join(
        self, code: NodeCode, used_for: str, certificate: NodeCertificate, told: Entry
    ) -> bool:
        """Use a code up: the node gets its certificate, those that it had are revoked.

        False, with nothing changed, when somebody else was faster.
        """
        with self._records.writing() as connection:
            used = connection.execute(
                update(NODE_CODES)
                .where(_CODES.id == code.id, _CODES.used_for.is_(None))
                .values(used_for=used_for, serial=certificate.serial)
            )
            if used.rowcount != 1:
                return False
            _revoke_certificates(connection, certificate, certificate.issued_ms, SUPERSEDED)
            connection.execute(insert(NODE_CERTIFICATES).values(asdict(certificate)))
            connection.execute(delete(NODE_IDENTITIES).where(_is(_NODES, certificate)))
            node = NodeIdentity(code.venue, code.node, code.is_kiosk, certificate.issued_ms)
            connection.execute(insert(NODE_IDENTITIES).values(asdict(node)))
            append(connection, told)
            self._touch(connection)
        return True

    def renew(self, certificate: NodeCertificate, told: Entry) -> None:
        """Note a further certificate; the one before stays good until its own end."""
        with self._records.writing() as connection:
            connection.execute(insert(NODE_CERTIFICATES).values(asdict(certificate)))
            append(connection, told)

    def revoke(self, node: NodeId, reason: str, now_ms: int, told: Entry) -> bool:
        """Keep a node out: its certificates and its unused code. False when it never joined."""
        with self._records.writing() as connection:
            out = connection.execute(
                update(NODE_IDENTITIES)
                .where(_is(_NODES, node))
                .values(revoked_ms=now_ms, reason=reason)
            )
            unused = and_(_is(_CODES, node), _CODES.used_for.is_(None))
            gone = connection.execute(delete(NODE_CODES).where(unused))
            _revoke_certificates(connection, node, now_ms, reason)
            is_known = out.rowcount + gone.rowcount > 0
            if is_known:
                append(connection, told)
                self._touch(connection)
        return is_known

    def nodes(self) -> list[NodeIdentity]:
        """Return every node that ever joined, by name."""
        with self._records.reading() as connection:
            rows = connection.execute(select(NODE_IDENTITIES).order_by(_NODES.venue, _NODES.node))
            return [NodeIdentity(**row) for row in rows.mappings()]

    def certificate(self, serial: str) -> NodeCertificate | None:
        """Return a certificate by its serial number."""
        with self._records.reading() as connection:
            rows = connection.execute(
                select(NODE_CERTIFICATES).where(_CERTIFICATES.serial == serial)
            )
            return next((NodeCertificate(**row) for row in rows.mappings()), None)

    def newest_certificates(self) -> dict[NodeId, NodeCertificate]:
        """Return of every node the certificate that ends last."""
        with self._records.reading() as connection:
            rows = connection.execute(
                select(NODE_CERTIFICATES).order_by(_CERTIFICATES.expires_ms)
            ).mappings()
            return {NodeId(row["venue"], row["node"]): NodeCertificate(**row) for row in rows}

    def revoked_serials(self, now_ms: int) -> list[str]:
        """Return the revoked certificates that have not ended by themselves."""
        revoked = and_(_CERTIFICATES.revoked_ms.is_not(None), _CERTIFICATES.expires_ms > now_ms)
        with self._records.reading() as connection:
            found: Iterable[str] = connection.execute(
                select(_CERTIFICATES.serial).where(revoked).order_by(_CERTIFICATES.serial)
            ).scalars()
            return list(found)

    def _touch(self, connection: Connection) -> None:
        set_entry(connection, _REVISION, str(self.revision() + 1))


def _revoke_certificates(connection: Connection, of: _OfNode, at_ms: int, why: str) -> None:
    connection.execute(
        update(NODE_CERTIFICATES)
        .where(_is(_CERTIFICATES, of), _CERTIFICATES.revoked_ms.is_(None))
        .values(revoked_ms=at_ms, reason=why)
    )


def _is(columns: Any, of: _OfNode) -> ColumnElement[bool]:
    return and_(columns.venue == of.venue, columns.node == of.node)
