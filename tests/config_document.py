"""The tables of a configuration's document, and what they have to say."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel

Row = tuple[str, ...]


def told(document: Path, name: str) -> list[Row]:
    """Return the rows of a section's table: key, default, meaning."""
    text = document.read_text("utf-8").replace("[[", "[").replace("]]", "]")
    part = text.partition(f"\n### `[{name}]`")
    return [
        tuple(cell.strip() for cell in line.strip("|").split(" | "))
        for line in part[2].partition("\n#")[0].splitlines()
        if line.startswith("| `")
    ]


def wanted(section: type[BaseModel], but: frozenset[str] = frozenset()) -> list[Row]:
    """Return the rows that a section's table has to have."""
    return [
        (f"`{field.alias or key}`", _default(section, key), str(field.description))
        for key, field in section.model_fields.items()
        if key not in but
    ]


def _default(section: type[BaseModel], key: str) -> str:
    field = section.model_fields[key]
    value: Any = field.get_default(call_default_factory=True, validated_data={})
    if field.is_required():
        return "required"
    if value is None or value == {}:
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple | frozenset):
        told = [f'"{one}"' if isinstance(one, Path) else repr(one) for one in value]
        return f"`[{', '.join(told)}]`"
    return f'`"{value}"`' if isinstance(value, str | Path) else f"`{value}`"
