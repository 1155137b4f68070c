"""Commands on the accounts of a hub, running or not: python -m hub admin create | list | … ."""

import getpass
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from hub.access import GRANTABLE, Permission, Role, Who
from hub.access.account import Account
from hub.accounts.office import Office
from hub.command_line import ConfigFile, who_runs_this
from hub.config import load_config
from hub.data_folder import make_folder
from hub.errors import ConfigError, HubError, NotFound
from hub.live.board import wall_ms
from hub.store.records import Records

ADMIN_PASSWORD_VARIABLE = "KAIGUAN_ADMIN_PASSWORD"  # noqa: S105  a variable's name

Name = Annotated[str, typer.Argument(metavar="NAME", help="name of the account")]
PasswordFile = Annotated[
    Path | None,
    typer.Option("--password-file", metavar="FILE", help="its first line is the password"),
]
Generate = Annotated[
    bool, typer.Option("--generate", help="make a password up and print it, this once")
]
Venues = Annotated[
    list[str] | None, typer.Option("--venue", metavar="VENUE", help="may be given several times")
]


def create(
    name: Name,
    role: Annotated[Role, typer.Option("--role", help="what the account is for")] = Role.ADMIN,
    venue: Venues = None,
    password_file: PasswordFile = None,
    generate: Generate = False,
    config: ConfigFile = None,
) -> None:
    """Make an account; without an option the password is asked for, twice."""
    with _office(config) as (office, by):
        password = None if generate else _password(password_file)
        made = office.directory.create(by, name, role, venue or (), password)
        typer.echo(f"created: {made.account.name}, {made.account.role}")
        _print_phrase(made.phrase)


def list_accounts(config: ConfigFile = None) -> None:
    """Print every account: name, role, venues, state."""
    with _office(config) as (office, _):
        for account in office.directory.all():
            venues = f" ({', '.join(sorted(account.venues))})" if account.venues else ""
            state = "" if account.is_enabled else ", disabled"
            typer.echo(f"{account.name}: {account.role}{venues}{state}")


def disable(
    name: Name,
    undo: Annotated[bool, typer.Option("--undo", help="enable it again")] = False,
    config: ConfigFile = None,
) -> None:
    """Disable an account: its sessions end at once, its tokens stop working."""
    with _office(config) as (office, by):
        account = _named(office, name)
        office.directory.change(
            by, account.id, role=account.role, venues=account.venues, is_enabled=undo
        )
        typer.echo(f"{'enabled' if undo else 'disabled'}: {account.name}")


def reset(
    name: Name,
    password_file: PasswordFile = None,
    generate: Generate = False,
    config: ConfigFile = None,
) -> None:
    """Give an account a new password and end its sessions."""
    with _office(config) as (office, by):
        account = _named(office, name)
        password = None if generate else _password(password_file)
        phrase = office.directory.reset(by, account.id, password)
        typer.echo(f"new password: {account.name}")
        _print_phrase(phrase)


def token(
    name: Name,
    label: Annotated[str, typer.Option("--label", help="which program, where")] = "console",
    scope: Annotated[
        list[Permission] | None,
        typer.Option("--scope", metavar="PERMISSION", help="may be given several times"),
    ] = None,
    venue: Venues = None,
    days: Annotated[int, typer.Option("--days", help="how long it lasts")] = 90,
    config: ConfigFile = None,
) -> None:
    """Make a token of an account and print it, this once; without --scope it may only read."""
    with _office(config) as (office, by):
        account = _named(office, name)
        reads = frozenset(p for p in GRANTABLE if p.endswith(".read"))
        _, secret = office.tokens.create(
            by,
            account,
            label,
            frozenset(scope or reads),
            venues=frozenset(venue) if venue else None,
            days=days,
        )
        typer.echo(secret)


COMMANDS: Final[dict[str, Callable[..., None]]] = {
    "create": create,
    "list": list_accounts,
    "disable": disable,
    "reset": reset,
    "token": token,
}
"""What `python -m hub admin` knows of accounts."""


@contextmanager
def _office(config: Path | None) -> Iterator[tuple[Office, Who]]:
    chosen = load_config(config)
    make_folder(chosen.data_dir)
    with Records(chosen.records_path) as records:
        office = Office(records, chosen.access, wall_ms)
        try:
            yield office, who_runs_this()
        finally:
            office.close()


def _named(office: Office, name: str) -> Account:
    account = office.directory.named(name)
    if account is None:
        raise NotFound(f"there is no account {name!r}; `admin list` shows them")
    return account


def _password(file: Path | None) -> str:
    """Return the password from a file, the environment, or the terminal."""
    given = os.environ.get(ADMIN_PASSWORD_VARIABLE)
    if file is not None:
        try:
            return file.read_text("utf-8").partition("\n")[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{file}: cannot be read: {error}") from error
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise ConfigError(
            f"no terminal to ask for the password: use --password-file, --generate or"
            f" {ADMIN_PASSWORD_VARIABLE}"
        )
    password = getpass.getpass("password: ")
    if getpass.getpass("again: ") != password:
        raise HubError("the two passwords differ; nothing was changed")
    return password


def _print_phrase(phrase: str | None) -> None:
    if phrase is not None:
        typer.echo(f"password: {phrase}\nshown only now; it has to be replaced at first log-in")
