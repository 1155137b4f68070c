"""`python -m edge config`: the settings that may come from afar, on this machine."""

from pathlib import Path
from typing import TYPE_CHECKING

from link.remote.command_line import verbs

if TYPE_CHECKING:
    from edge.config import EdgeConfig
    from link.remote.starting import Reading


def _reading(config: Path) -> "Reading[EdgeConfig]":
    from edge.config_file import reading  # noqa: PLC0415

    return reading(config)


app = verbs(_reading, Path("edge.toml"), "docs/edge.md")
