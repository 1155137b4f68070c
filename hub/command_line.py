"""What all verbs of `python -m hub` share: the configuration, who asks, how failures are told."""

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from hub.access import Who, at_console
from hub.errors import ConfigError, HubError
from link.errors import LinkError

ConfigFile = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="TOML; without it the defaults")
]


def who_runs_this() -> Who:
    """Return who runs this command, for the audit log."""
    return at_console(getpass.getuser())


@contextmanager
def told_plainly() -> Iterator[None]:
    """Tell an expected failure in one sentence: 2 for what the user can mend by configuration."""
    try:
        yield
    except ConfigError as error:
        print(error, file=sys.stderr)  # noqa: T201  a command line
        raise typer.Exit(2) from None
    except (HubError, LinkError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        raise typer.Exit(1) from None
