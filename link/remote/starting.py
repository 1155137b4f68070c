"""A node's configuration with the settings from afar over it: read, and counted when it starts."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import structlog
from msgspec.structs import replace

from contracts.remote import Setting
from link.clock import os_boot_id
from link.config_file import read
from link.errors import ConfigError, SettingsNotKept
from link.node_config import NodeConfig
from link.remote.settable import NotSettable, Settable, laid_over, listed
from link.remote.shelf import Shelf
from link.remote.state import Kept, started, taken_back
from link.toml_text import NotToml, parsed

log = structlog.get_logger(__name__)

C = TypeVar("C", bound=NodeConfig)
C_co = TypeVar("C_co", bound=NodeConfig, covariant=True)


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Reading(Generic[C_co]):
    """How a kind of node reads its configuration: `checked` turns a file's content into one."""

    path: Path
    settable: Settable
    checked: Callable[[Path, dict[str, Any]], C_co]

    def with_settings(self, text: str) -> C_co:
        """Return the configuration with a text of settings over it. Raises ConfigError."""
        content = read(self.path)
        try:
            return self.checked(self.path, laid_over(content, parsed(text), self.settable))
        except (NotSettable, NotToml) as error:
            raise ConfigError(f"{self.path}: from afar: {error}") from error

    def listed(self, text: str) -> tuple[Setting, ...]:
        """Return the settings that may be set, as they are with a text. Raises ConfigError."""
        config = self.with_settings(text)
        return listed(config.model_dump(mode="json"), parsed(text), self.settable)

    def why_not(self, text: str) -> str:
        """Return why a text cannot be taken, in a sentence without this machine's paths."""
        try:
            self.with_settings(text)
        except ConfigError as error:
            return str(error).removeprefix(f"{self.path}: ").removeprefix("from afar: ")
        return ""


def in_force(reading: Reading[C]) -> C:
    """Return the configuration that is in force; nothing is written. Raises ConfigError.

    Settings from afar that cannot be read are left out: the node's own file always stands.
    """
    local = reading.with_settings("")
    section = local.remote
    if section is None or not section.settings:
        return local
    shelf = Shelf(section.folder)
    return _with(reading, local, shelf, shelf.kept())[0]


@dataclass(frozen=True, slots=True)
class Begun(Generic[C_co]):
    """What a node starts with: its configuration, and what is kept of settings from afar.

    `shelf` is None where nothing may be ordered from afar.
    """

    config: C_co
    shelf: Shelf | None = None
    kept: Kept = field(default_factory=Kept)


def begin(reading: Reading[C], wall_ms: Callable[[], int] = _wall_ms) -> Begun[C]:
    """Return what a node starts with, and count the start. Raises ConfigError.

    Settings on trial with which it cannot start, or ended by itself, are taken back.
    """
    local = reading.with_settings("")
    if local.remote is None:
        return Begun(local)
    shelf = Shelf(local.remote.folder)
    before = shelf.kept()
    kept = started(before, os_boot_id(), wall_ms())
    config, why = _with(reading, local, shelf, kept)
    if why and kept.trial is not None:
        kept = taken_back(kept, why, wall_ms())
        config, why = _with(reading, local, shelf, kept)
    kept = replace(kept, trouble=why[:400])
    if kept == before:
        return Begun(config, shelf, kept)
    try:
        shelf.keep(kept)
    except SettingsNotKept as error:
        log.error("remote_state_not_kept", reason=str(error))
        if kept.trial is not None:
            # Starts that cannot be counted would go on for ever.
            kept = taken_back(kept, str(error), wall_ms())
            config, why = _with(reading, local, shelf, kept)
    return Begun(config, shelf, kept)


def _with(reading: Reading[C], local: C, shelf: Shelf, kept: Kept) -> tuple[C, str]:
    """Return the configuration with what is kept, or the node's own and why it is not."""
    if not kept.current or local.remote is None or not local.remote.settings:
        return local, ""
    text = shelf.text(kept.current)
    why = "their text is not there any more" if text is None else reading.why_not(text)
    if text is None or why:
        log.warning("remote_settings_left_out", reason=why)
        return local, why
    return reading.with_settings(text), ""
