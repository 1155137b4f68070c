"""Command line of the kiosk: `python -m kiosk VERB`."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False)


@app.callback()
def main() -> None:
    """Serve visitors at a screen; so far it joins its district."""


@app.command()
def join(
    url: Annotated[str, typer.Argument(metavar="URL", help="the hub, http://HOST:PORT")],
    code: Annotated[
        str, typer.Argument(metavar="CODE", help="from `hub enrol VENUE NODE --kiosk`")
    ],
    *,
    config: Annotated[Path, typer.Option(help="TOML file")] = Path("kiosk.toml"),
    again: Annotated[bool, typer.Option("--again", help="replace the key that is there")] = False,
) -> None:
    """Join a hub's district with a one-time code: key, certificate, broker, configuration."""
    from link.errors import LinkError  # noqa: PLC0415
    from link.settling import settle  # noqa: PLC0415

    try:
        joined = settle(url, code, config, again=again, fresh="")
    except LinkError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None
    print(
        f"joined as {joined.node}; the broker is {joined.broker_host}:{joined.broker_port}; all of"
        f" it is in {shlex.quote(str(config))}"
    )


if __name__ == "__main__":
    app()
