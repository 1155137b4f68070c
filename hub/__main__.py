"""The hub's command line: `python -m hub`, then serve, admin, enrol, console and others."""

import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Literal

import structlog
import typer

from hub.admin import COMMANDS
from hub.backup import back_up, restore
from hub.command_line import ConfigFile, told_plainly, who_runs_this
from hub.config import HubConfig, load_config
from hub.data_folder import make_folder
from hub.district import read_district
from hub.doctor import examine
from hub.hours.verbs import hours
from hub.identity import verbs
from hub.library.verbs import circulation
from hub.moving import move
from hub.packs import verbs as pack_verbs
from hub.runtime import Hub
from hub.serve import serve
from hub.store.records import Records
from hub.updates import verbs as update_verbs

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
pack = typer.Typer(help="Content packs of kiosks: announce, list, withdraw.", no_args_is_help=True)
app.add_typer(pack, name="pack")
update = typer.Typer(help="Releases for edges and kiosks.", no_args_is_help=True)
app.add_typer(update, name="update")
store = typer.Typer(help="Where the series of a hub lie.", no_args_is_help=True)
app.add_typer(store, name="store")
app.add_typer(hours, name="hours")
app.add_typer(circulation, name="circulation")


@app.command("serve")
def serve_command(config: ConfigFile = None) -> None:
    """Run intake, API and pages in one process, until SIGTERM."""
    with told_plainly():
        chosen = load_config(config)
        _configure_logging()
        serve(chosen, ready=_tell_ready)


@admin.command("load")
def load_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="folder of venue files")],
    config: ConfigFile = None,
) -> None:
    """Load venue files; a second time changes nothing. A running hub shows it by itself."""
    with told_plainly():
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
        with told_plainly():
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
    with told_plainly():
        chosen, now = load_config(config), datetime.now(UTC)
        print(verbs.enrol(chosen, who_runs_this(), venue, node, is_kiosk=kiosk, now=now))


@app.command("nodes")
def nodes_command(config: ConfigFile = None) -> None:
    """List nodes that joined, how long their certificates last, and open codes."""
    with told_plainly():
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
    with told_plainly():
        chosen, now = load_config(config), datetime.now(UTC)
        print(verbs.revoke(chosen, who_runs_this(), venue, node, reason=reason, now=now))


@identity.command("broker-certificate")
def broker_certificate_command(
    hosts: Annotated[
        list[str] | None, typer.Argument(metavar="HOST…", help="identity.broker_hosts without it")
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Write what the broker reads: its key and certificate, the authority, both lists."""
    with told_plainly():
        print(verbs.broker_certificate(load_config(config), tuple(hosts or ()), datetime.now(UTC)))


PackFile = Annotated[Path, typer.Argument(metavar="FILE", help="a pack's zip")]


@pack.command("add")
def pack_add_command(
    file: PackFile,
    *,
    venue: Annotated[list[str] | None, typer.Option(help="whose kiosks; without it: all")] = None,
    sign: Annotated[bool, typer.Option("--sign", help="sign it with the district's key")] = False,
    config: ConfigFile = None,
) -> None:
    """Announce a content pack to kiosks; it has to bear the district's signature."""
    with told_plainly():
        print(pack_verbs.add(load_config(config), who_runs_this(), file, venue or [], signs=sign))


@pack.command("list")
def pack_list_command(config: ConfigFile = None) -> None:
    """List the content packs that kiosks shall show."""
    with told_plainly():
        print(pack_verbs.listed(load_config(config)))


@pack.command("withdraw")
def pack_withdraw_command(
    name: Annotated[str, typer.Argument(metavar="PACK", help="its name")],
    config: ConfigFile = None,
) -> None:
    """Let kiosks take a content pack away."""
    with told_plainly():
        print(pack_verbs.withdraw(load_config(config), who_runs_this(), name))


@pack.command("sign")
def pack_sign_command(file: PackFile, config: ConfigFile = None) -> None:
    """Sign a content pack with the district's key, in its place."""
    with told_plainly():
        print(pack_verbs.sign(load_config(config), file))


@pack.command("key")
def pack_key_command(config: ConfigFile = None) -> None:
    """Print where the district's key of content packs lies, and its public half."""
    with told_plainly():
        print(pack_verbs.key(load_config(config)))


UpdateFile = Annotated[Path, typer.Argument(metavar="FILE", help="an update's zip")]


@update.command("build")
def update_build_command(
    folder: Annotated[Path, typer.Argument(metavar="WHEELS", help="folder of wheels")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="zip to write")],
    *,
    kind: Annotated[str, typer.Option(help="edge or kiosk")],
    python: Annotated[list[str] | None, typer.Option(help="3.11; without it: this one")] = None,
    machine: Annotated[list[str] | None, typer.Option(help="aarch64; without it: any")] = None,
    least_version: Annotated[str, typer.Option(help="what has to run before")] = "0.1.0",
    config_form: Annotated[
        int, typer.Option(min=0, help="form of configuration that it reads")
    ] = 1,
    sign: Annotated[bool, typer.Option("--sign", help="with the district's key")] = False,
    config: ConfigFile = None,
) -> None:
    """Make an update out of the wheels of a release and of all that it stands on."""
    with told_plainly():
        what = update_verbs.sketch(kind, python or [], machine or [], least_version, config_form)
        print(update_verbs.build(load_config(config), folder, output, what, signs=sign))


@update.command("sign")
def update_sign_command(file: UpdateFile, config: ConfigFile = None) -> None:
    """Sign an update with the district's key, in its place."""
    with told_plainly():
        print(update_verbs.sign(load_config(config), file))


@update.command("check")
def update_check_command(file: UpdateFile, config: ConfigFile = None) -> None:
    """Look an update through as hub and nodes do."""
    with told_plainly():
        print(update_verbs.check(load_config(config), file))


@update.command("add")
def update_add_command(file: UpdateFile, config: ConfigFile = None) -> None:
    """Hand an update in, so that it can be rolled out; it has to bear the district's signature."""
    with told_plainly():
        print(update_verbs.add(load_config(config), who_runs_this(), file))


@update.command("list")
def update_list_command(config: ConfigFile = None) -> None:
    """List the updates that can be rolled out."""
    with told_plainly():
        print(update_verbs.listed(load_config(config)))


@update.command("withdraw")
def update_withdraw_command(
    sha256: Annotated[str, typer.Argument(metavar="SHA256", help="of its zip, or its beginning")],
    config: ConfigFile = None,
) -> None:
    """Forget an update; nodes that run it go on running it."""
    with told_plainly():
        print(update_verbs.withdraw(load_config(config), who_runs_this(), sha256))


@update.command("key")
def update_key_command(config: ConfigFile = None) -> None:
    """Print where the district's key of updates lies, and its public half."""
    with told_plainly():
        print(update_verbs.key(load_config(config)))


@app.command("backup")
def backup_command(
    target: Annotated[Path, typer.Argument(metavar="DEST", help="new folder")],
    config: ConfigFile = None,
) -> None:
    """Copy series and records of a hub, also while it runs."""
    with told_plainly():
        print(f"backup: {back_up(load_config(config), target, datetime.now(UTC))}")


@app.command("restore")
def restore_command(
    source: Annotated[Path, typer.Argument(metavar="SRC", help="folder of a backup")],
    config: ConfigFile = None,
) -> None:
    """Bring a backup into an empty data folder, as a store with an id of its own."""
    with told_plainly():
        chosen = load_config(config)
        print(f"restored into {chosen.data_dir} as store {restore(chosen, source)}")


@store.command("move")
def store_move_command(
    to: Annotated[Literal["sqlite", "influxdb"], typer.Argument(metavar="sqlite|influxdb")],
    config: ConfigFile = None,
) -> None:
    """Move the series of a hub that does not run; goes on where it was stopped."""
    # What a hub that serves does not need.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    with told_plainly():
        chosen = load_config(config)
        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("rows", total=None)
            told = move(chosen, to, lambda done, of: bar.update(task, completed=done, total=of))
        print(told)


@app.command("doctor")
def doctor_command(config: ConfigFile = None) -> None:
    """Look at configuration, disk, store, records and broker; exit 1 when something is wrong."""
    # What is found is told in lines of its own.
    _configure_logging(logging.CRITICAL)
    with told_plainly():
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

    with told_plainly():
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
