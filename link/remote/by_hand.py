"""What `config` does on a node's own machine: shows, checks and compares settings, takes back."""

import time
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from contracts.remote import Setting
from link.errors import ConfigError
from link.node import is_running
from link.node_config import NodeConfig, RemoteSection
from link.remote.settable import changed
from link.remote.shelf import Shelf
from link.remote.starting import Reading
from link.remote.state import Kept, taken_back

C = TypeVar("C", bound=NodeConfig)


def shown(reading: Reading[C]) -> list[str]:
    """Return the settings that may be set from afar, as they are in force. Raises ConfigError."""
    kept, text = _in_force(reading)
    lines = [_line(one) for one in reading.listed(text)]
    lines.append("")
    if kept.current:
        lines.append(f"* from afar, {kept.current[:12]}{', on trial' if kept.trial else ''}")
    else:
        lines.append("nothing is set from afar")
    if kept.trouble:
        lines.append(f"not in force: {kept.trouble}")
    return lines


def differing(reading: Reading[C], file: Path) -> list[str]:
    """Return what a file of settings would change. Raises ConfigError: it cannot be taken."""
    _, text = _in_force(reading)
    changes = changed(reading.listed(text), reading.listed(_text(reading, file)))
    return [f"{one.key}: {one.before} → {one.after}" for one in changes] or ["nothing changes"]


def checked(reading: Reading[C], file: Path) -> None:
    """Look whether a file of settings can be taken here. Raises ConfigError."""
    _text(reading, file)


def taken_back_by_hand(reading: Reading[C]) -> str:
    """Put the settings before into force, and say so. Raises ConfigError, SettingsNotKept."""
    section = _section(reading)
    if is_running(reading.with_settings("").spool.path):
        raise ConfigError(f"{reading.path}: the node runs: stop it first, then take them back")
    shelf = Shelf(section.folder)
    kept = shelf.kept()
    if kept.trial is not None:
        kept = taken_back(kept, "by hand", time.time_ns() // 1_000_000)
    elif kept.previous is not None:
        kept = replace(kept, current=kept.previous, previous=None, trouble="")
    elif kept.current:
        kept = replace(kept, current="", trouble="")
    else:
        raise ConfigError(f"{reading.path}: nothing is set from afar")
    shelf.keep(kept)
    return f"in force at the next start: {kept.current[:12] or 'nothing from afar'}"


def _in_force(reading: Reading[C]) -> tuple[Kept, str]:
    section = reading.with_settings("").remote
    if section is None:
        return Kept(), ""
    shelf = Shelf(section.folder)
    kept = shelf.kept()
    text = shelf.text(kept.current) or ""
    return kept, "" if reading.why_not(text) else text


def _section(reading: Reading[C]) -> RemoteSection:
    section = reading.with_settings("").remote
    if section is None:
        raise ConfigError(f"{reading.path}: remote: without this section nothing is set from afar")
    return section


def _text(reading: Reading[C], file: Path) -> str:
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}") from error
    why = reading.why_not(text)
    if why:
        raise ConfigError(f"{file}: {why}")
    return text


def _line(one: Setting) -> str:
    return f"{'*' if one.is_remote else ' '} {one.key} = {one.value}"
