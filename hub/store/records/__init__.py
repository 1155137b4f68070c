"""Records: venues, zones, lines, sensors, devices and the store's own data, through SQLAlchemy."""

from hub.store.records.records import LoadReport, Records
from hub.store.records.schema import NEWEST, migrate

__all__ = ["NEWEST", "LoadReport", "Records", "migrate"]
