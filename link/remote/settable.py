"""Which settings may come from afar, and what they make of a configuration. Pure.

A node's own file says who it is, whom it trusts and what hangs on it. Settings from afar are a text
of their own, laid over that file: nothing in the file is rewritten, and a key that is not listed
here cannot be in them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contracts.remote import MOST_LISTED, Change, Setting
from link.toml_text import shown

MOST_SHOWN: Final = 2000


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of a section that may be set; `needs_section`: only where the file has it."""

    names: frozenset[str]
    needs_section: bool = False


@dataclass(frozen=True, slots=True)
class Each:
    """The same for each of several sections, which are told apart by their `name`."""

    names: frozenset[str]


Settable = Mapping[str, Keys | Each]
"""What may be set, by sections of the configuration."""
Content = Mapping[str, Any]
"""What a TOML file holds."""


class NotSettable(ValueError):
    """A text of settings that names what may not be set, or what is not there."""


def laid_over(content: Content, settings: Content, settable: Settable) -> dict[str, Any]:
    """Return a configuration with settings laid over it. Raises NotSettable."""
    result = dict(content)
    for section, wanted in settings.items():
        keys = settable.get(section)
        if keys is None:
            raise NotSettable(f"{shown(section)}: is set at the node, not from afar")
        if isinstance(keys, Each):
            result[section] = _each(section, content.get(section, []), wanted, keys)
            continue
        before = content.get(section)
        if before is None and keys.needs_section:
            raise NotSettable(f"{section}: there is no such section at this node")
        result[section] = _section(section, before or {}, wanted, keys.names)
    return result


def listed(values: Content, settings: Content, settable: Settable) -> tuple[Setting, ...]:
    """Return the settings of a whole configuration that may be set; which of them are from afar.

    `values` are those in force, with defaults, as plain values of JSON.
    """
    found: list[Setting] = []
    for section, keys in settable.items():
        there, remote = values.get(section), settings.get(section)
        if isinstance(keys, Keys):
            if isinstance(there, Mapping):
                found += _listed(section, there, remote, keys.names)
            continue
        of_name = {one.get("name"): one for one in _tables(remote)}
        for one in _tables(there):
            name = one.get("name")
            found += _listed(f"{section}.{name}", one, of_name.get(name), keys.names)
    return tuple(found[:MOST_LISTED])


def changed(before: Sequence[Setting], after: Sequence[Setting]) -> tuple[Change, ...]:
    """Return what differs between two lists of settings, by key."""
    was = {one.key: one.value for one in before}
    will = {one.key: one.value for one in after}
    return tuple(
        Change(key, was.get(key, ""), will.get(key, ""))
        for key in sorted(was.keys() | will.keys())
        if was.get(key) != will.get(key)
    )


def _section(name: str, before: Any, wanted: Any, keys: frozenset[str]) -> dict[str, Any]:
    if not isinstance(wanted, Mapping) or not isinstance(before, Mapping):
        raise NotSettable(f"{name}: is a section")
    for key in wanted:
        if key not in keys:
            raise NotSettable(f"{name}.{shown(key)}: is set at the node, not from afar")
    return {**before, **wanted}


def _each(section: str, before: Any, wanted: Any, keys: Each) -> list[Any]:
    if not isinstance(wanted, list) or not isinstance(before, list):
        raise NotSettable(f"{section}: is a list of sections, each with its name")
    result = list(before)
    seen: set[str] = set()
    for one in wanted:
        name = one.get("name") if isinstance(one, Mapping) else None
        if not isinstance(name, str) or name in seen:
            raise NotSettable(f"{section}: each needs a name of its own")
        seen.add(name)
        places = [
            place
            for place, there in enumerate(result)
            if isinstance(there, Mapping) and there.get("name") == name
        ]
        if not places:
            raise NotSettable(f"{section}: there is no {shown(name)} at this node")
        result[places[0]] = _section(
            f"{section}.{name}", result[places[0]], one, keys.names | {"name"}
        )
    return result


def _listed(name: str, values: Content, remote: Any, keys: frozenset[str]) -> list[Setting]:
    from_afar = remote if isinstance(remote, Mapping) else {}
    return [
        Setting(f"{name}.{key}", _json(values[key]), key in from_afar)
        for key in sorted(keys)
        if key in values
    ]


def _tables(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)[:MOST_SHOWN]
