"""Records: venues, devices, accounts, identities, the audit log; through SQLAlchemy."""

from hub.store.records.accounts import AccountRecords
from hub.store.records.audit import AuditLog, Wanted, append
from hub.store.records.identity import (
    NodeCertificate,
    NodeCode,
    NodeIdentities,
    NodeIdentity,
)
from hub.store.records.lending import LendingRecords
from hub.store.records.records import LoadReport, Records
from hub.store.records.schema import NEWEST, migrate
from hub.store.records.sessions import SessionRecords, TokenRecords
from hub.store.records.shared import SharedTransactions
from hub.store.records.terminals import TerminalRecords

__all__ = [
    "NEWEST",
    "AccountRecords",
    "AuditLog",
    "LendingRecords",
    "LoadReport",
    "NodeCertificate",
    "NodeCode",
    "NodeIdentities",
    "NodeIdentity",
    "Records",
    "SessionRecords",
    "SharedTransactions",
    "TerminalRecords",
    "TokenRecords",
    "Wanted",
    "append",
    "migrate",
]
