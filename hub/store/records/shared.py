"""One connection that stays open, for transactions that several messages share.

with transactions.writing() as connection:      one commit for all
    with connection.begin_nested():             what one of them does, undone alone
        ...
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from hub.store.records.records import Records
from link.errors import StoreUnavailable


class SharedTransactions:
    """Transactions of one thread on one connection, which is opened with the first."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._connection: Connection | None = None

    def close(self) -> None:
        """Let go of the connection; by the thread that used it."""
        if self._connection is not None:
            with suppress(SQLAlchemyError):
                self._connection.close()
            self._connection = None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Lend the connection; committed at the end, undone when the block raises.

        Raises StoreUnavailable with nothing stored.
        """
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Lend the connection for reading, as of one instant. Raises StoreUnavailable."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Connection]:
        connection = self._connection or self._records.connect()
        self._connection = connection
        try:
            with connection.begin():
                if connection.dialect.name == "sqlite":
                    connection.exec_driver_sql(begin)
                yield connection
        except SQLAlchemyError as error:
            # The next one begins with a connection that has seen no failure.
            self.close()
            raise StoreUnavailable(f"the records cannot be written: {error}") from error
