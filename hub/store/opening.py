"""Opening the store that the configuration names."""

from contextlib import closing

from hub.config import HubConfig, StoreSection
from hub.store.sqlite import Ledger, SqliteStore

_MIB = 1024 * 1024


def open_store(config: HubConfig, *, looks_only: bool = False) -> Ledger:
    """Open or create the store; whoever opens it closes it.

    `looks_only`: to be read beside a hub that writes it.

    Raises StoreError when it cannot be used, or belongs to another place.
    """
    quarantine_bytes = config.keeping.quarantine_mib * _MIB
    if config.store.kind == "sqlite":
        return SqliteStore(config.series_path, quarantine_bytes=quarantine_bytes)
    # InfluxDB's client takes a second and its memory: nobody else pays for it.
    from hub.store.influx import InfluxStore, Server  # noqa: PLC0415

    return InfluxStore(
        config.series_path,
        Server(config.store),
        quarantine_bytes=quarantine_bytes,
        looks_only=looks_only,
    )


def told_of_server(section: StoreSection) -> str:
    """Return what the configured database says of itself; writes nothing.

    Raises StoreError, link.errors.StoreUnavailable.
    """
    from hub.store.influx import Server  # noqa: PLC0415

    with closing(Server(section)) as server:
        version = server.version()
        server.ask('SHOW TAG KEYS FROM "kaiguan_count"')
        return f"{server}, InfluxDB {version}"
