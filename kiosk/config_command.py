"""`python -m kiosk config`: the settings that may come from afar, on this machine."""

from pathlib import Path
from typing import TYPE_CHECKING

from link.remote.command_line import verbs

if TYPE_CHECKING:
    from kiosk.config import KioskConfig
    from link.remote.starting import Reading


def _reading(config: Path) -> "Reading[KioskConfig]":
    from kiosk.config_file import reading  # noqa: PLC0415

    return reading(config)


app = verbs(_reading, Path("kiosk.toml"), "docs/kiosk.md")
