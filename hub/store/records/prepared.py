"""Statements that run for every message: built once, given to the driver as text.

    statement ──compiled once for a dialect──► text, order of parameters, conversions ──► rows

Around one row SQLAlchemy does four times the work of SQLite itself: it looks its compiled form up,
names parameters and columns, and wraps the result. What is left here is what a driver needs. A
failure is raised as SQLAlchemy raises it, without the parameters, which may name patrons.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Delete,
    Dialect,
    Insert,
    Select,
    Table,
    Update,
    bindparam,
    insert,
)
from sqlalchemy.exc import DBAPIError

Row = tuple[Any, ...]
Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Form:
    """A statement for one dialect."""

    sql: str
    order: tuple[str, ...] | None
    """The parameters in their order; None: the driver takes them by name."""
    fixed: Mapping[str, Any]
    """What stands in the statement itself."""
    given: Mapping[str, Convert]
    """Parameters that the driver takes in another form."""
    told: tuple[tuple[int, Convert], ...]
    """Columns that the driver gives in another form."""

    def parameters(self, values: Mapping[str, Any]) -> Any:
        """Return what the driver takes."""
        known = {**self.fixed, **values}
        for name, convert in self.given.items():
            known[name] = convert(known[name])
        return known if self.order is None else [known[name] for name in self.order]

    def read(self, rows: list[Row]) -> list[Row]:
        """Return rows with the types of their columns."""
        if not self.told or not rows:
            return rows
        read = []
        for row in rows:
            values = list(row)
            for place, convert in self.told:
                values[place] = convert(values[place])
            read.append(tuple(values))
        return read


class Prepared:
    """One statement; any thread may run it, on any connection. No parameter may be a list.

    Runs within the transaction of its connection. Raises SQLAlchemyError.
    """

    def __init__(self, statement: Select[Any] | Insert | Update | Delete) -> None:
        self._statement: Final = statement
        self._forms: dict[str, Form] = {}

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[Row]:
        """Return the rows, with their columns as they were selected."""
        form = self._form(connection.dialect)
        return form.read(self._run(connection, form, form.parameters(values)))

    def first(self, connection: Connection, values: Mapping[str, Any]) -> Row | None:
        """Return the first row, None where there is none."""
        found = self.rows(connection, values)
        return found[0] if found else None

    def run(self, connection: Connection, values: Mapping[str, Any]) -> None:
        """Change what it changes."""
        form = self._form(connection.dialect)
        self._run(connection, form, form.parameters(values), returns=False)

    def run_many(self, connection: Connection, many: Iterable[Mapping[str, Any]]) -> None:
        """Change what it changes, once for each set of parameters."""
        form = self._form(connection.dialect)
        parameters = [form.parameters(values) for values in many]
        self._run(connection, form, parameters, returns=False, is_many=True)

    def _run(
        self,
        connection: Connection,
        form: Form,
        parameters: Any,
        *,
        returns: bool = True,
        is_many: bool = False,
    ) -> list[Row]:
        driver = connection.dialect.loaded_dbapi
        cursor = connection.connection.cursor()
        try:
            if is_many:
                cursor.executemany(form.sql, parameters)
            else:
                cursor.execute(form.sql, parameters)
            return cast("list[Row]", cursor.fetchall()) if returns else []
        except driver.Error as error:
            raise DBAPIError.instance(
                form.sql,
                None,
                error,
                driver.Error,
                hide_parameters=True,
                dialect=connection.dialect,
            ) from error
        finally:
            cursor.close()

    def _form(self, dialect: Dialect) -> Form:
        form = self._forms.get(dialect.name)
        if form is None:
            form = self._forms[dialect.name] = self.compile(dialect)
        return form

    def compile(self, dialect: Dialect) -> Form:
        """Return its text for a dialect, with what surrounds it."""
        compiled = self._statement.compile(dialect=dialect)
        given = {
            name: convert
            for name, bind in compiled.binds.items()
            if (convert := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
        }
        told = tuple(
            (place, convert)
            for place, column in enumerate(self._statement.exported_columns)
            if (convert := column.type.dialect_impl(dialect).result_processor(dialect, None))
            is not None
        )
        fixed = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        order = None if compiled.positiontup is None else tuple(compiled.positiontup)
        return Form(compiled.string, order, fixed, given, told)


def insert_all(table: Table, *, without: str = "") -> Insert:
    """Return the statement that writes a whole row, each parameter named as its column."""
    names = [column.name for column in table.c if column.name != without]
    return insert(table).values({name: bindparam(name) for name in names})


def columns_of(
    table: Table, names: Iterable[str], **others: ColumnElement[Any]
) -> list[Column[Any] | ColumnElement[Any]]:
    """Return columns by their names, in their order; `others` are not the table's."""
    return [others[name] if name in others else table.c[name] for name in names]
