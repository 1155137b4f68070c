"""Backups of a hub, running or not, and bringing one back as a store of its own."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from hub.config import HubConfig
from hub.data_folder import exclusive
from hub.errors import StoreError
from hub.store.records import Records, SessionRecords
from hub.store.sqlite.database import back_up as back_up_series
from hub.store.sqlite.database import begin_descendant

_SERIES: Final = "series.db"
_RECORDS: Final = "records.db"
_ABOUT: Final = "about.json"
_PACKS: Final = "packs"
_UPDATES: Final = "updates"


def back_up(config: HubConfig, target: Path, now: datetime) -> Path:
    """Copy series, records, packs and updates into the new folder `target`, while a hub runs.

    Each file is copied as of one instant. Raises StoreError; a folder that could not be filled is
    taken away again.
    """
    if target.exists():
        raise StoreError(f"{target}: exists already; a backup never writes over anything")
    for path in (config.series_path, config.records_path):
        if not path.is_file():
            raise StoreError(f"{path}: there is no such store")
    partial = target.with_name(target.name + ".partial")
    try:
        partial.mkdir(parents=True)
        with Records(config.records_path) as records:
            # Records first: a venue that is new in between is missing, a line without one never.
            records.backup_to(partial / _RECORDS)
            store_id = back_up_series(config.series_path, partial / _SERIES)
            _copy_zips(config.packs_path, partial / _PACKS)
            _copy_zips(config.updates_path, partial / _UPDATES)
            about = {"store_id": store_id, "at": now.astimezone(UTC).isoformat()}
        (partial / _ABOUT).write_text(json.dumps(about) + "\n", "utf-8")
        partial.rename(target)
    except OSError as error:
        raise StoreError(f"{target}: cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


def restore(config: HubConfig, source: Path) -> str:
    """Bring a backup into the data folder as a store with an id of its own; return that id.

    The new store names its ancestor, so that nodes follow it and send what it lacks. Raises
    StoreError when the folder holds a store already, is in use, or the backup is not sound.
    """
    for name in (_SERIES, _RECORDS):
        if not (source / name).is_file():
            raise StoreError(f"{source / name}: there is no such file; is it a backup of a hub?")
    with exclusive(config.data_dir):
        for path in (config.series_path, config.records_path):
            if path.exists():
                raise StoreError(f"{path}: exists already; move it away first")
        # Prepared beside its place: what goes wrong half-way leaves no half of a store.
        series = config.data_dir / "series.restoring"
        records = config.data_dir / "records.restoring"
        try:
            shutil.copyfile(source / _SERIES, series)
            shutil.copyfile(source / _RECORDS, records)
            store_id = begin_descendant(series)
            with Records(records) as opened:
                opened.set_metadata("series_store_id", store_id)
                # A backup may have been in other hands: who was signed in then is not now.
                SessionRecords(opened).clear()
            _copy_zips(source / _PACKS, config.packs_path)
            _copy_zips(source / _UPDATES, config.updates_path)
            records.rename(config.records_path)
            series.rename(config.series_path)
        except OSError as error:
            raise StoreError(f"{config.data_dir}: cannot be written: {error.strerror}") from error
        finally:
            for left in config.data_dir.glob("*.restoring*"):
                left.unlink()
    return store_id


def _copy_zips(source: Path, target: Path) -> None:
    """Copy zips that lie there; each is whole from its first instant under its name."""
    if not source.is_dir():
        return
    target.mkdir(parents=True, exist_ok=True)
    for path in source.glob("*.zip"):
        shutil.copyfile(path, target / path.name)
