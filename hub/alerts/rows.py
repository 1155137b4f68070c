"""An alert and its changes as rows of the records, and back. Pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from hub.alerts.alert import Alert, Change
from hub.alerts.book import Scope
from hub.alerts.condition import AlertKind

Row = Mapping[str, Any]


def row_of(alert: Alert, scopes: Iterable[Scope]) -> Row:
    """Return an alert as its table has it, with those who hold it."""
    row = asdict(alert)
    row["kind"] = alert.kind.value
    return {**row, "is_open": alert.is_open, "scopes": json.dumps([*scopes])}


def alert_of(row: Row) -> Alert:
    """Return the alert that a row tells of."""
    values = {key: value for key, value in row.items() if key not in {"is_open", "scopes"}}
    return Alert(**{**values, "kind": AlertKind(row["kind"])})


def scopes_of(row: Row) -> list[Scope]:
    """Return who held an alert when its row was written."""
    return [(venue, family) for venue, family in json.loads(row["scopes"])]


def row_of_change(change: Change) -> Row:
    """Return a change as its table has it."""
    facts = json.dumps(dict(change.facts), ensure_ascii=False)
    return {**asdict(change), "facts": facts}


def change_of(row: Row) -> Change:
    """Return the change that a row tells of."""
    facts = json.loads(row["facts"])
    if "kind" in facts:
        facts["kind"] = AlertKind(facts["kind"])
    values = {key: value for key, value in row.items() if key not in {"id", "facts"}}
    return Change(**values, facts=facts)
