"""Which rule holds for a patron's class and an item's kind: data, as in `loan_rules.toml`."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, TypeVar

ANY: Final = "*"
MOST: Final = 1_000_000
"""No number of a rule is larger."""


@dataclass(frozen=True, slots=True)
class PatronRule:
    """What a patron of a class may have at once."""

    most_loans: int
    most_holds: int
    most_overdue: int
    """As many overdue, and nothing new is lent."""
    most_owed_fen: int
    """More than that owed, and nothing new is lent."""


@dataclass(frozen=True, slots=True)
class LoanRule:
    """How an item of a kind is lent to a patron of a class."""

    days: int
    renewals: int
    renewal_days: int
    fine_fen_a_day: int
    most_fine_fen: int
    charge_fen: int


@dataclass(frozen=True, slots=True)
class HoldRule:
    """How long holds last, in days."""

    shelf_days: int
    waiting_days: int


R = TypeVar("R", PatronRule, LoanRule, HoldRule)


@dataclass(frozen=True)
class LoanRules:
    """All rules; the most special one holds."""

    patrons: Mapping[str, PatronRule]
    loans: Mapping[tuple[str, str], LoanRule]
    holds: HoldRule

    def of_patron(self, category: str) -> PatronRule:
        """Return what a patron of a class may have."""
        return self.patrons.get(category) or self.patrons[ANY]

    def of_loan(self, category: str, kind: str) -> LoanRule:
        """Return how an item is lent to a patron."""
        for key in ((category, kind), (category, ANY), (ANY, kind)):
            if key in self.loans:
                return self.loans[key]
        return self.loans[ANY, ANY]


def read_loan_rules(content: Mapping[str, Any]) -> LoanRules:
    """Build the rules from what a TOML file holds.

    Raises ValueError: which table, which key, and what is wrong.
    """
    unknown = set(content) - {"patrons", "loans", "holds"}
    if unknown:
        raise ValueError(f"{min(unknown)}: there is no such table")
    patrons, loans = {}, {}
    for where, row in _rows(content, "patrons"):
        name = _name(where, row, "class")
        if name in patrons:
            raise ValueError(f"{where}: class {name!r} has a row already")
        patrons[name] = _numbers(where, row, PatronRule, "class")
    for where, row in _rows(content, "loans"):
        key = (_name(where, row, "class"), _name(where, row, "kind"))
        if key in loans:
            raise ValueError(f"{where}: class {key[0]!r} and kind {key[1]!r} have a row already")
        loans[key] = _numbers(where, row, LoanRule, "class", "kind")
    if ANY not in patrons or (ANY, ANY) not in loans:
        raise ValueError("patrons and loans each need a row for everything else, with *")
    holds = content.get("holds")
    if not isinstance(holds, Mapping):
        raise ValueError("holds: is missing")  # noqa: TRY004  of a file, not of our own code
    return LoanRules(patrons, loans, _numbers("holds", holds, HoldRule))


def _rows(content: Mapping[str, Any], table: str) -> list[tuple[str, Mapping[str, Any]]]:
    rows = content.get(table, [])
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise ValueError(f"{table}: is no list of tables: write [[{table}]]")
    return [(f"{table} row {number}", row) for number, row in enumerate(rows, 1)]


def _name(where: str, row: Mapping[str, Any], key: str) -> str:
    name = row.get(key)
    if not isinstance(name, str) or not name:
        raise ValueError(f"{where}: {key} is missing")
    return name


def _numbers(where: str, row: Mapping[str, Any], kind: type[R], *named: str) -> R:
    wanted: list[str] = [field.name for field in fields(kind)]
    unknown = set(row) - {*wanted, *named}
    if unknown:
        raise ValueError(f"{where}: {min(unknown)}: there is no such key")
    for key in wanted:
        number = row.get(key)
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= MOST:
            raise ValueError(f"{where}: {key} has to be a whole number from 0 to {MOST}")
    return kind(**{key: row[key] for key in wanted})
