"""What the verbs of `hours` share: their arguments, and one sentence for bad input."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from hub.errors import ConfigError

ScenarioFile = Annotated[Path, typer.Argument(metavar="SCENARIO.toml", help="see docs/hours.md")]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON object")]
CalendarFile = Annotated[Path, typer.Option("--calendar", help="another calendar file")]
CatalogueFile = Annotated[Path, typer.Option("--catalogue", help="another catalogue of duties")]


@contextmanager
def told_plainly() -> Iterator[None]:
    """Tell bad input in one sentence, and leave with exit code 2."""
    try:
        yield
    except (ConfigError, ValueError) as error:
        typer.echo(error, err=True)
        raise typer.Exit(2) from error
