"""`python -m hub circulation`: lists in and out, and accounts of terminals."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from contracts.sip2.line import Encoding
from hub.audit import entry
from hub.command_line import ConfigFile, who_runs_this
from hub.errors import ConfigError
from hub.library.files import Kind, Office, count_lines
from hub.library.office import now_ms, opened
from hub.library.patron_verbs import patron
from hub.library.pins import pin_hasher
from hub.library.terminals import TerminalDesk
from hub.store.records.stock import StockRecords

MOST_TOLD: Final = 20
"""Bad rows that are told one by one; of the others the number."""

circulation = typer.Typer(
    help="Patrons, items and terminals of the embedded library system.", no_args_is_help=True
)
terminal = typer.Typer(help="Accounts of self-service terminals.", no_args_is_help=True)
circulation.add_typer(terminal, name="terminal")
circulation.add_typer(patron, name="patron")

What = Annotated[Kind, typer.Argument(metavar="WHAT", help="patrons or items")]
Csv = Annotated[Path, typer.Argument(metavar="FILE", help="CSV; columns in docs/circulation.md")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="a name like kiosk-1")]


@circulation.command("import")
def import_command(what: What, file: Csv, config: ConfigFile = None) -> None:
    """Take patrons or items of a CSV file; a second time changes nothing. Exit 1 for bad rows."""
    with opened(config) as (_, records):
        with _bar(f"{what} of {file.name}", count_lines(file)) as progress:
            report = Office(records, pin_hasher()).take(what, file, progress)
        facts = {
            "added": report.added,
            "changed": report.changed,
            "refused": len(report.refused),
        }
        by = who_runs_this()
        told = entry(by, now_ms(), f"{what}.imported", file.name, None, facts)
        StockRecords(records).note(told)
    for sentence in report.refused[:MOST_TOLD]:
        typer.echo(sentence, err=True)
    if len(report.refused) > MOST_TOLD:
        typer.echo(f"{file}: {len(report.refused) - MOST_TOLD} more bad rows", err=True)
    typer.echo(
        f"{what}: {report.added} added, {report.changed} changed, {report.unchanged} unchanged,"
        f" {len(report.refused)} refused"
    )
    if report.refused:
        raise typer.Exit(1)


@circulation.command("export")
def export_command(what: What, file: Csv, config: ConfigFile = None) -> None:
    """Write all patrons (without PINs) or items into a new CSV file."""
    with opened(config) as (_, records):
        with _bar(f"{what} to {file.name}", None) as progress:
            count = Office(records, pin_hasher()).give(what, file, progress)
        told = entry(who_runs_this(), now_ms(), f"{what}.exported", file.name)
        StockRecords(records).note(told)
    typer.echo(f"{what}: {count} written to {file}")


@terminal.command("add")
def add_command(
    name: Name,
    branch: Annotated[str, typer.Option("--branch", help="venue that it stands in")],
    encoding: Annotated[Encoding, typer.Option("--encoding", help="of its text")] = Encoding.UTF_8,
    language: Annotated[
        Literal["zh", "en"], typer.Option("--language", help="of screen messages")
    ] = "zh",
    password_file: Annotated[
        Path | None,
        typer.Option("--password-file", metavar="FILE", help="its first line; else one is made up"),
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Make a terminal's account, or give it a new password, and print what was made up, once."""
    with _desk(config) as desk:
        phrase = desk.add(
            who_runs_this(),
            name,
            branch=branch,
            encoding=encoding,
            language=language,
            password=None if password_file is None else _first_line(password_file),
        )
    typer.echo(f"terminal: {name} at {branch}")
    if phrase is not None:
        typer.echo(f"password: {phrase}\nshown only now; it is the terminal's CO of message 93")


@terminal.command("list")
def list_command(config: ConfigFile = None) -> None:
    """Print every terminal: name, branch, encoding, state."""
    with _desk(config) as desk:
        for one in desk.all():
            state = "" if one.revoked_ms is None else ", revoked"
            typer.echo(f"{one.name}: {one.branch}, {one.encoding}, {one.language}{state}")


@terminal.command("revoke")
def revoke_command(name: Name, config: ConfigFile = None) -> None:
    """Let a terminal in no more; one that is connected is out within half a minute."""
    with _desk(config) as desk:
        desk.revoke(who_runs_this(), name)
    typer.echo(f"revoked: {name}")


@contextmanager
def _desk(config: Path | None) -> Iterator[TerminalDesk]:
    with opened(config) as (_, records):
        yield TerminalDesk(records, pin_hasher(), now_ms)


@contextmanager
def _bar(text: str, total: int | None) -> Iterator[Callable[[int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(
        *columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task(text, total=total)
        yield lambda rows: progress.advance(task, rows)


def _first_line(file: Path) -> str:
    try:
        return file.read_text("utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}") from error
