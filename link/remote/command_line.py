"""The verbs of `config` on a node's own machine, the same for each kind of node."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from link.errors import ConfigError, LinkError

if TYPE_CHECKING:
    from link.node_config import NodeConfig
    from link.remote.starting import Reading

C = TypeVar("C", bound="NodeConfig")

Settings = Annotated[Path, typer.Argument(metavar="FILE", help="a text of settings, TOML")]


def verbs(reading: Callable[[Path], "Reading[C]"], here: Path, document: str) -> typer.Typer:
    """Return the verbs of a node whose file is read by `reading` and stands, untold, at `here`.

    `document` is where the file is described. What the verbs need is imported when one is used.
    """
    app = typer.Typer(
        no_args_is_help=True, help="Settings that may come from afar: docs/remote.md."
    )
    option = typer.Option("--config", help=f"TOML file; see {document}")

    @app.command()
    def show(config: Annotated[Path, option] = here) -> None:
        """Print the settings that may come from afar, as they are in force."""
        with _sentences():
            from link.remote.by_hand import shown  # noqa: PLC0415

            typer.echo("\n".join(shown(reading(config))))

    @app.command()
    def check(settings: Settings, config: Annotated[Path, option] = here) -> None:
        """Say whether a text of settings could be taken here; exit 2 when not."""
        with _sentences():
            from link.remote.by_hand import checked  # noqa: PLC0415

            checked(reading(config), settings)
        typer.echo(f"ok    {settings}")

    @app.command()
    def diff(settings: Settings, config: Annotated[Path, option] = here) -> None:
        """Print what a text of settings would change."""
        with _sentences():
            from link.remote.by_hand import differing  # noqa: PLC0415

            typer.echo("\n".join(differing(reading(config), settings)))

    @app.command()
    def rollback(config: Annotated[Path, option] = here) -> None:
        """Take the last settings from afar back, while the node is stopped."""
        with _sentences():
            from link.remote.by_hand import taken_back_by_hand  # noqa: PLC0415

            typer.echo(taken_back_by_hand(reading(config)))

    return app


@contextmanager
def _sentences() -> Iterator[None]:
    try:
        yield
    except ConfigError as error:
        typer.echo(error, err=True)
        raise typer.Exit(2) from error
    except LinkError as error:
        typer.echo(error, err=True)
        raise typer.Exit(1) from error
