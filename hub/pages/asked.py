"""What a page's filter was asked for, from the parameters of an address and back. Pure."""

from dataclasses import fields
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def day_of(text: str) -> date | None:
    """Return the day that a form's field says (ISO 8601); what is none is no day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def query_of(asked: "DataclassInstance") -> dict[str, str]:
    """Return a filter's fields (text, days) as the query of an address, without the empty ones."""
    said = {field.name: getattr(asked, field.name) for field in fields(asked)}
    return {name: str(value) for name, value in said.items() if value}
