"""Writing what waits for upload into a file for Koha's staff."""

import asyncio
import os
from datetime import tzinfo
from pathlib import Path
from typing import Final

from kiosk.desk.desk import Desk
from kiosk.errors import JournalError
from kiosk.lending.koc import KocFile, koc_file

VERSION: Final = "1"


async def export_koc(desk: Desk, folder: Path, zone: tzinfo, *, now_ms: int) -> KocFile | None:
    """Write a file into `folder` and mark its rows; None when nothing waits.

    The file is on the disk before its rows are marked: one that a power cut left unmarked is
    written again under the same name. Raises JournalError when the disk refuses.
    """
    async with desk.turn:
        file = koc_file(desk.journal, zone, VERSION)
        if not file.rows:
            return None
        await asyncio.to_thread(_write, folder, file)
        await asyncio.to_thread(desk.journal.exported, file.digest, file.name, file.rows, now_ms)
    return file


def _write(folder: Path, file: KocFile) -> None:
    path = folder / file.name
    fresh = path.with_suffix(".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        # It holds cards' numbers.
        descriptor = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(file.content)
            out.flush()
            os.fsync(out.fileno())
        fresh.rename(path)
    except OSError as error:
        raise JournalError(f"cannot write {path}: {error.strerror or error}") from error
