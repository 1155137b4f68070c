"""A SQLite file that is used no more makes room for a new one, and is kept for whoever looks."""

import contextlib
import secrets
from pathlib import Path


def set_aside(path: Path, why: str = "damaged") -> Path:
    """Rename a database and the files that SQLite keeps beside it; return the new path.

    Raises OSError when the disk refuses.
    """
    aside = path.with_name(f"{path.name}.{why}-{secrets.token_hex(4)}")
    for suffix in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
    return aside
