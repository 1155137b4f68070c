"""Changing sections of a TOML file that a person wrote, and nothing else of it. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from link.toml_text import NotToml, parsed

_HEADER = re.compile(r"^\s*\[\[?\s*([A-Za-z0-9_.\"' -]+?)\s*\]\]?\s*(#.*)?$")

Section = Mapping[str, str | int | bool]


class NotRewritable(ValueError):
    """A file in which a section cannot be replaced without touching anything else."""


def with_sections(text: str, sections: Mapping[str, Section]) -> str:
    """Return `text` with whole sections replaced, or put before everything else.

    Raises NotRewritable, and NotToml when `text` is none.
    """
    before = parsed(text)
    begin, rest = _without(text, sections)
    written = "\n".join(_written(name, section) for name, section in sections.items())
    parts = [part.strip("\n") for part in (begin, written, rest)]
    result = "\n\n".join(part for part in parts if part) + "\n"
    wanted: dict[str, Any] = {**before, **{name: dict(s) for name, s in sections.items()}}
    try:
        is_so = parsed(result) == wanted
    except NotToml:
        is_so = False
    if not is_so:
        raise NotRewritable(f"write these lines into it yourself:\n\n{written}")
    return result


def _without(text: str, sections: Mapping[str, Section]) -> tuple[str, str]:
    """Return the lines before the first header, and those after it that are of no such section."""
    begin: list[str] = []
    rest: list[str] = []
    target = begin
    for line in text.splitlines():
        header = _HEADER.match(line)
        if header is not None:
            target = [] if header[1].strip("\"' ") in sections else rest
        target.append(line)
    return "\n".join(begin), "\n".join(rest)


def _written(name: str, section: Section) -> str:
    lines = [f"[{name}]"]
    lines += [f"{key} = {_value(value)}" for key, value in section.items()]
    return "\n".join(lines) + "\n"


def _value(value: str | int | bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
