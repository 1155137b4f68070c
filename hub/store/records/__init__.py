"""Records: venues, devices, accounts, the audit log, the store's own data; through SQLAlchemy."""

from hub.store.records.accounts import AccountRecords
from hub.store.records.audit import AuditLog, Wanted, append
from hub.store.records.records import LoadReport, Records
from hub.store.records.schema import NEWEST, migrate
from hub.store.records.sessions import SessionRecords, TokenRecords

__all__ = [
    "NEWEST",
    "AccountRecords",
    "AuditLog",
    "LoadReport",
    "Records",
    "SessionRecords",
    "TokenRecords",
    "Wanted",
    "append",
    "migrate",
]
