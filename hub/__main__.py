"""The hub's command line: `python -m hub`, then serve, admin, enrol, console and others."""

import getpass
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Literal

import structlog
import typer

from hub.access import Who, at_console
from hub.admin import COMMANDS
from hub.backup import back_up, restore
from hub.config import HubConfig, load_config
from hub.district import read_district
from hub.doctor import examine
from hub.errors import ConfigError, HubError, StoreError
from hub.hours.verbs import hours
from hub.identity import verbs
from hub.runtime import Hub, make_folder
from hub.serve import serve
from hub.store.records import Records
from link.errors import LinkError

app = typer.Typer(
    help="The hub of a district's venues: takes readings, stores, shows live occupancy.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
admin = typer.Typer(help="Change the records of a hub, running or not.", no_args_is_help=True)
app.add_typer(admin, name="admin")
identity = typer.Typer(help="The authority of nodes, broker and hub.", no_args_is_help=True)
app.add_typer(identity, name="identity")
app.add_typer(hours, name="hours")

ConfigFile = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="TOML; without it the defaults")
]


@app.command("serve")
def serve_command(config: ConfigFile = None) -> None:
    """Run intake, API and pages in one process, until SIGTERM."""
    with _told_plainly():
        chosen = load_config(config)
        _configure_logging()
        serve(chosen, ready=_tell_ready)


@admin.command("load")
def load_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="folder of venue files")],
    config: ConfigFile = None,
) -> None:
    """Load venue files; a second time changes nothing. A running hub shows it by itself."""
    with _told_plainly():
        chosen = load_config(config)
        venues = read_district(folder)
        make_folder(chosen.data_dir)
        with Records(chosen.records_path) as records:
            report = records.load(venues)
        for word in ("added", "changed", "unchanged", "undeclared"):
            ids = getattr(report, word)
            if ids:
                print(f"{word}: {', '.join(ids)}")


def _tell_account(command: Callable[..., None]) -> Callable[..., None]:
    @wraps(command)
    def told(*args: Any, **options: Any) -> None:
        with _told_plainly():
            command(*args, **options)

    return told


for _name, _command in COMMANDS.items():
    admin.command(_name)(_tell_account(_command))


@app.command("enrol")
def enrol_command(
    venue: Annotated[str, typer.Argument(metavar="VENUE")],
    node: Annotated[str, typer.Argument(metavar="NODE", help="its name inside its venue")],
    *,
    kiosk: Annotated[bool, typer.Option("--kiosk", help="it reads its venue's live state")] = False,
    config: ConfigFile = None,
) -> None:
    """Print a one-time code with which a device joins as VENUE/NODE."""
    with _told_plainly():
        chosen, now = load_config(config), datetime.now(UTC)
        print(verbs.enrol(chosen, _by(), venue, node, is_kiosk=kiosk, now=now))


@app.command("nodes")
def nodes_command(config: ConfigFile = None) -> None:
    """List nodes that joined, how long their certificates last, and open codes."""
    with _told_plainly():
        print(verbs.nodes(load_config(config), datetime.now(UTC)))


@app.command("revoke")
def revoke_command(
    venue: Annotated[str, typer.Argument(metavar="VENUE")],
    node: Annotated[str, typer.Argument(metavar="NODE")],
    *,
    reason: Annotated[str, typer.Option(help="why: stolen, sold, replaced")],
    config: ConfigFile = None,
) -> None:
    """Keep a node out: its certificates, its connection, its batches."""
    with _told_plainly():
        chosen, now = load_config(config), datetime.now(UTC)
        print(verbs.revoke(chosen, _by(), venue, node, reason=reason, now=now))


@identity.command("broker-certificate")
def broker_certificate_command(
    hosts: Annotated[
        list[str] | None, typer.Argument(metavar="HOST…", help="identity.broker_hosts without it")
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Write what the broker reads: its key and certificate, the authority, both lists."""
    with _told_plainly():
        print(verbs.broker_certificate(load_config(config), tuple(hosts or ()), datetime.now(UTC)))


@app.command("backup")
def backup_command(
    target: Annotated[Path, typer.Argument(metavar="DEST", help="new folder")],
    config: ConfigFile = None,
) -> None:
    """Copy series and records of a hub, also while it runs."""
    with _told_plainly():
        print(f"backup: {back_up(load_config(config), target, datetime.now(UTC))}")


@app.command("restore")
def restore_command(
    source: Annotated[Path, typer.Argument(metavar="SRC", help="folder of a backup")],
    config: ConfigFile = None,
) -> None:
    """Bring a backup into an empty data folder, as a store with an id of its own."""
    with _told_plainly():
        chosen = load_config(config)
        print(f"restored into {chosen.data_dir} as store {restore(chosen, source)}")


@app.command("doctor")
def doctor_command(config: ConfigFile = None) -> None:
    """Look at configuration, disk, store, records and broker; exit 1 when something is wrong."""
    # What is found is told in lines of its own.
    _configure_logging(logging.CRITICAL)
    with _told_plainly():
        chosen: HubConfig = load_config(config)
        is_fine = True
        for finding in examine(chosen):
            print(f"{'ok  ' if finding.is_fine else 'BAD '} {finding.text}")
            is_fine = is_fine and finding.is_fine
    if not is_fine:
        raise typer.Exit(1)


@app.command("console")
def console_command(
    url: Annotated[str, typer.Option(help="address of the hub")] = "http://127.0.0.1:8080",
    token_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="holds an API token; else KAIGUAN_TOKEN")
    ] = None,
    lang: Annotated[Literal["zh", "en"], typer.Option(help="language to begin with")] = "zh",
) -> None:
    """Show venues, devices and what needs a person in this terminal; also over SSH."""
    # A hub that serves needs no terminal's library in its memory.
    from hub.console.run import run  # noqa: PLC0415

    with _told_plainly():
        run(url, token_file, lang)


def _tell_ready(url: str, hub: Hub) -> None:
    told = [f"hub ready: {url}/"]
    if hub.office.directory.is_empty:
        told.append(f"no account yet: open {url}/setup, or run `python -m hub admin create NAME`")
        if not hub.config.http.is_loopback:
            code = hub.office.set_up_code.code
            told.append(f"set-up code, asked for from other machines: {code}")
    # In one piece: who waits for the first line reads the others with it.
    print("\n".join([*told, ""]), end="", flush=True)


def _by() -> Who:
    """Return who runs this command, for the audit log."""
    return at_console(getpass.getuser())


@contextmanager
def _told_plainly() -> Iterator[None]:
    """Tell an expected failure in one sentence: 2 for what the user can mend by configuration."""
    try:
        yield
    except ConfigError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(2) from None
    except (StoreError, HubError, LinkError) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None


def _configure_logging(level: int = logging.INFO) -> None:
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    # Libraries speak through the standard library; only what is wrong there is of interest.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")


if __name__ == "__main__":
    app()
