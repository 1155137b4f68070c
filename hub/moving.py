"""`python -m hub store move`: the buckets of series into InfluxDB, or out of it."""

import time
from collections.abc import Callable

from hub.config import HubConfig
from hub.data_folder import exclusive
from hub.errors import ConfigError, StoreError
from hub.store.records import Records
from hub.store.sqlite.ledger import SeriesPlace


def move(config: HubConfig, to: SeriesPlace, progress: Callable[[int, int], None]) -> str:
    """Move all buckets, while no hub runs; return what was done, in one sentence.

    `progress(done, total)` is told of rows. Raises ConfigError, StoreError.
    """
    section = config.store
    if not section.url:
        raise ConfigError("store.url does not say where InfluxDB is")
    if not config.series_path.exists():
        raise StoreError(f"{config.series_path}: there is no such store")
    # Loaded by who moves only.
    from hub.store.influx import Server  # noqa: PLC0415
    from hub.store.influx.moving import (  # noqa: PLC0415
        PATIENCE_SECONDS,
        move_into_influx,
        move_into_sqlite,
    )

    with exclusive(config.data_dir):
        server = Server(section, patience_seconds=PATIENCE_SECONDS)
        try:
            moved = (
                move_into_influx(config.series_path, server, int(time.time()), progress)
                if to == "influxdb"
                else move_into_sqlite(config.series_path, server, progress)
            )
        finally:
            server.close()
        if config.records_path.exists():
            with Records(config.records_path) as records:
                records.set_metadata("series_store_id", moved.store_id)
    done = f"moved {moved.rows:,} rows, counts and sums compared: store {moved.store_id}"
    return f'{done}; set store.kind = "{to}"' if section.kind != to else done
