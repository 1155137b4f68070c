"""Records: venues, devices, accounts, identities, the audit log; through SQLAlchemy."""

from hub.store.records.accounts import AccountRecords
from hub.store.records.audit import AuditLog, Wanted, append
from hub.store.records.identity import (
    NodeCertificate,
    NodeCode,
    NodeIdentities,
    NodeIdentity,
)
from hub.store.records.records import LoadReport, Records
from hub.store.records.schema import NEWEST, migrate
from hub.store.records.sessions import SessionRecords, TokenRecords

__all__ = [
    "NEWEST",
    "AccountRecords",
    "AuditLog",
    "LoadReport",
    "NodeCertificate",
    "NodeCode",
    "NodeIdentities",
    "NodeIdentity",
    "Records",
    "SessionRecords",
    "TokenRecords",
    "Wanted",
    "append",
    "migrate",
]
