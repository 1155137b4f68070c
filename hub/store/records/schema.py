"""Bringing the records' tables to the newest form, at every start."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from hub.errors import StoreError

NEWEST: Final = "0015"
"""The migration that this code reads and writes; a test pins it to the newest file."""

_MIGRATIONS: Final = Path(__file__).parent.parent / "migrations"


def migrate(engine: Engine) -> None:
    """Run the migrations that are missing, all of them or none, whatever ends the process.

    Raises StoreError when the file is no database of ours or a newer release wrote it.
    """
    try:
        with engine.begin() as connection:
            if MigrationContext.configure(connection).get_current_revision() == NEWEST:
                return
            if connection.dialect.name == "sqlite":
                # Its driver begins none for tables: half of a migration would stand for ever.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            command.upgrade(_config(connection), NEWEST)
    except CommandError as error:
        raise StoreError(
            f"{engine.url.database} was written by a newer release; this one knows schema "
            f"{NEWEST}: upgrade, or restore an older backup ({error})"
        ) from error
    except SQLAlchemyError as error:
        raise StoreError(f"{engine.url.database} cannot be used: {error}") from error


def scripts() -> ScriptDirectory:
    """Return the migrations that lie beside the code."""
    return ScriptDirectory.from_config(_config(None))


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
