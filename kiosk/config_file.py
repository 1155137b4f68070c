"""Reading a kiosk's configuration file, with its relative paths and its secrets."""

import os
import stat
from pathlib import Path
from typing import Any

from kiosk.config import KioskConfig
from kiosk.remote_settings import SETTABLE
from link import config_file
from link.errors import ConfigError
from link.node_config import Section
from link.remote.starting import Reading, in_force

_PATHS = (
    ("library", ("password_file", "tls_ca")),
    ("lending", ("journal", "card_list")),
    ("hub", ("facts", "token_file")),
    ("mail", ("password_file",)),
    ("staff", ("cards",)),
    ("ar", ("file", "camera", "packs", "pack_keys")),
    ("room", ("card_list", "pins", "kept")),
)


def load(path: Path) -> KioskConfig:
    """Read a configuration file, with the settings from afar that are in force over it.

    Relative paths in it start from its folder. Raises ConfigError: file, key and reason in one
    sentence.
    """
    return in_force(reading(path))


def reading(path: Path) -> Reading[KioskConfig]:
    """Return how a configuration file is read, with settings from afar or without."""
    return Reading(path, SETTABLE, checked)


def checked(path: Path, content: dict[str, Any]) -> KioskConfig:
    """Turn what a file holds into a configuration; `path` is where it stands.

    Raises ConfigError.
    """
    _refuse_secrets(path, content)
    config = config_file.checked(path, content, KioskConfig)
    return config.model_copy(
        update={
            name: _beside(path.parent, section, keys)
            for name, keys in _PATHS
            if (section := getattr(config, name)) is not None
        }
    )


def secret(variable: str, file: Path | None) -> str:
    """Return a password, of its file if there is one, else of the environment; empty without both.

    Raises ConfigError for a file that others may read, or that cannot be read.
    """
    if file is None:
        return os.environ.get(variable, "")
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
        if mode & 0o077:
            raise ConfigError(f"{file}: others may read it; say chmod 600 {file}")
        return file.read_text("utf-8").strip("\r\n")
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: is not UTF-8: {error.reason}") from error


def _beside(folder: Path, section: Section, keys: tuple[str, ...]) -> Section:
    found: dict[str, Path | tuple[Path, ...]] = {}
    for key in keys:
        match getattr(section, key):
            case Path() as path:
                found[key] = folder / path
            case tuple() as paths:
                found[key] = tuple(folder / path for path in paths)
    return section.model_copy(update=found)


def _refuse_secrets(path: Path, content: dict[str, Any]) -> None:
    for name in ("library", "mail"):
        section = content.get(name)
        if isinstance(section, dict) and "password" in section:
            raise ConfigError(
                f"{path}: {name}.password: a secret does not belong in this file; set"
                f" KAIGUAN_{name.upper()}_PASSWORD, or {name}.password_file"
            )
