"""`python -m hub circulation patron`: one patron at a time, by a card's number."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from hub.circulation.book import Hold, HoldState
from hub.circulation.words import yuan
from hub.command_line import ConfigFile, who_runs_this
from hub.library.office import now_ms, opened
from hub.library.patron_desk import Account, PatronDesk
from hub.library.pins import pin_hasher

patron = typer.Typer(
    help="One patron: see, block a lost card, unblock, give a new PIN.", no_args_is_help=True
)

Card = Annotated[str, typer.Argument(metavar="CARD", help="number of a card of theirs")]


@patron.command("show")
def show_command(card: Card, config: ConfigFile = None) -> None:
    """Print whose card it is, what is lent and held, what is owed, what stands against them."""
    with _desk(config) as (desk, zone):
        account = desk.about(who_runs_this(), card)
        for line in lines(account, now_ms(), zone):
            typer.echo(line)


@patron.command("block")
def block_command(
    card: Card,
    why: Annotated[str, typer.Argument(metavar="WHY", help="the patron reads it")],
    config: ConfigFile = None,
) -> None:
    """Let them borrow nothing: a lost card. Kiosks learn it with their next list."""
    with _desk(config) as (desk, _):
        desk.block(who_runs_this(), card, why)
    typer.echo(f"blocked: {card}")


@patron.command("unblock")
def unblock_command(card: Card, config: ConfigFile = None) -> None:
    """Lift what the staff or a terminal blocked."""
    with _desk(config) as (desk, _):
        desk.unblock(who_runs_this(), card)
    typer.echo(f"unblocked: {card}")


@patron.command("agree")
def agree_command(
    card: Card,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="they do not any more")] = False,
    config: ConfigFile = None,
) -> None:
    """Write that they agreed today to the rules of unstaffed rooms: their card opens the doors."""
    with _desk(config) as (desk, zone):
        today = datetime.fromtimestamp(now_ms() / 1000, zone).date()
        desk.agree(who_runs_this(), card, None if withdraw else today)
    typer.echo(f"withdrawn: {card}" if withdraw else f"agreed: {card}")


@patron.command("pin")
def pin_command(
    card: Card,
    choose: Annotated[
        bool, typer.Option("--choose", help="ask for it instead of making one up")
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Give them a new PIN and print it, once."""
    pin = typer.prompt("PIN", hide_input=True, confirmation_prompt=True) if choose else None
    with _desk(config) as (desk, _):
        given = desk.give_pin(who_runs_this(), card, pin)
    typer.echo("the PIN is set" if choose else f"PIN: {given}\nshown only now")


def lines(account: Account, at_ms: int, zone: ZoneInfo) -> list[str]:
    """Return what is printed of a patron at an instant, Unix ms, with days of that zone."""
    whose = account.patron
    said = [f"{whose.name}, {whose.category}, card {whose.card_state}"]
    for what, text in (
        ("blocked by the staff", whose.blocks),
        ("blocked by a terminal", whose.terminal_block),
        ("until", whose.expires_on),
        ("agreed to unstaffed rooms", whose.agreed_on),
    ):
        if text:
            said.append(f"{what}: {text}")
    for one in account.lent:
        late = " overdue" if one.loan.due_ms < at_ms else ""
        due = datetime.fromtimestamp(one.loan.due_ms / 1000, zone).date()
        said.append(f"lent: {one.barcode} {one.title}, due {due}{late}")
    said += [f"hold: {one.title}, {_hold(one.hold)}" for one in account.held]
    said += [f"owes: {yuan(fee.open_fen)} CNY {fee.title}".rstrip() for fee in account.fees]
    return said


def _hold(hold: Hold) -> str:
    return f"ready at {hold.pickup}" if hold.state is HoldState.READY else "waiting"


@contextmanager
def _desk(config: Path | None) -> Iterator[tuple[PatronDesk, ZoneInfo]]:
    with opened(config) as (chosen, records):
        zone = ZoneInfo(chosen.circulation.timezone)
        yield PatronDesk(records, pin_hasher(), now_ms), zone
