"""The updater's own configuration: one TOML file that root wrote, read with the standard library.

It names the keys whose updates are installed: whoever may write it decides what runs here.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from contracts.update import KINDS
from updater.errors import SettingsError
from updater.state import Patience

HELP: Final[Mapping[str, str]] = {
    "kind": "what this node is: edge or kiosk",
    "config": "the agent's configuration: a release that cannot read it is not tried",
    "notes": "folder in which the agent leaves what its hub asks for, and how it is",
    "releases": "folder of the releases, with the links current and previous",
    "state": "folder of the updater's own state and of what is being fetched",
    "keys": "public keys, PEM, whose updates are taken",
    "unit": "the agent's unit of systemd",
    "least_free_mib": "so much has to stay free on the disk of the releases",
    "steady_seconds": "a release is confirmed when all was well for so long",
    "ack_seconds": "when nothing was acknowledged, a connection has to do after so long",
    "try_seconds": "after so long a release that is not well is rolled back",
}
"""Each key of the file."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the file says; paths are absolute, or relative to the file."""

    kind: str
    config: Path
    unit: str
    notes: Path = Path("/run/kaiguan-updates")
    releases: Path = Path("/opt/kaiguan")
    state: Path = Path("/var/lib/kaiguan-updater")
    keys: tuple[Path, ...] = (Path("/etc/kaiguan/updates.pem"),)
    least_free_mib: int = 300
    steady_seconds: int = 90
    ack_seconds: int = 300
    try_seconds: int = 900

    @property
    def patience(self) -> Patience:
        """Return how long is waited."""
        return Patience(self.steady_seconds, self.ack_seconds, self.try_seconds)


def load(path: Path) -> Settings:
    """Read a configuration file. Raises SettingsError: file, key and reason."""
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(f"{path}: is not TOML: {error}") from error
    unknown = sorted(set(content) - set(HELP))
    if unknown:
        raise SettingsError(f"{path}: {unknown[0]}: there is no such key")
    values: dict[str, Any] = {}
    for field in fields(Settings):
        if field.name in content:
            try:
                values[field.name] = _value(path.parent, field.name, content[field.name])
            except ValueError as error:
                raise SettingsError(f"{path}: {field.name}: {error}") from error
    for key in ("kind", "config", "unit"):
        if key not in values:
            raise SettingsError(f"{path}: {key}: is missing: {HELP[key]}")
    settings = Settings(**values)
    if not settings.steady_seconds <= settings.ack_seconds <= settings.try_seconds:
        raise SettingsError(f"{path}: steady_seconds, ack_seconds, try_seconds: each at least the"
                            " one before it")  # fmt: skip
    return settings


def _value(folder: Path, key: str, value: object) -> object:
    if key == "keys":
        if not isinstance(value, list) or not value:
            raise ValueError("a list of paths is needed")
        return tuple(folder / _text(one) for one in value)
    if key in {"config", "notes", "releases", "state"}:
        return folder / _text(value)
    if key.endswith(("_mib", "_seconds")):
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 86_400:
            raise ValueError("a whole number from 0 to 86400 is needed")
        return value
    text = _text(value)
    if key == "kind" and text not in KINDS:
        raise ValueError(f"{text[:40]!r} is none of {', '.join(KINDS)}")
    if key == "unit" and not (text.endswith(".service") and "/" not in text and text[0] != "-"):
        raise ValueError(f"{text[:80]!r} is no name of a unit: it ends in .service")
    return text


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("a text is needed")
    return value
