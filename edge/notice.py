"""The notice that a venue hangs beside its cameras: what is counted, and what is not done.

Its basis is article 26 of the Personal Information Protection Law of the People's Republic of China
(2021): who installs image collection equipment in a public place sets up prominent signs. Whether
and how the article applies to a camera that keeps no picture is for the venue to judge; the notice
does not claim that it settles it.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from edge.config import EdgeConfig
from edge.config_file import load
from edge.errors import ConfigError, EdgeError
from edge.pages import render


@dataclass(frozen=True, slots=True)
class Responsible:
    """Who answers for the cameras; what is None is a line to be filled in by hand."""

    name_zh: str | None = None
    name_en: str | None = None
    contact: str | None = None


def notice_page(
    config: EdgeConfig, responsible: Responsible, *, keep_years: int | None, today: date
) -> str:
    """Return the notice as a page of one A4 sheet, Chinese and English.

    `keep_years` is how long counts are kept; None: without end. Raises ConfigError when the file
    has no camera.
    """
    if not config.cameras:
        raise ConfigError("there is no camera in this configuration, so there is nothing to notify")
    return render(
        "notice.html",
        responsible=responsible,
        venue=config.node.venue,
        node=config.node.node,
        cameras=len(config.cameras),
        has_zones=any(camera.zones for camera in config.cameras),
        keep_years=keep_years,
        today=today.isoformat(),
    )


def write_notice(
    path: Path, output: Path, responsible: Responsible, keep_years: int | None
) -> None:
    """Write the notice of a configuration file. Raises ConfigError, EdgeError."""
    today = date.today()  # noqa: DTZ011  the day on the wall of whoever prints it
    page = notice_page(load(path), responsible, keep_years=keep_years, today=today)
    try:
        output.write_text(page, "utf-8")
    except OSError as error:
        raise EdgeError(f"{output}: cannot be written: {error.strerror}") from error
