"""`simulate`: boards and readers without hardware."""

import datetime as dt
import time
from typing import Annotated

import typer

from firmware_bridge.board.messages import BOARD_ID_BYTES, MAX_CHANNELS, ChannelKind
from firmware_bridge.simulated.board import SimulatedBoard
from firmware_bridge.simulated.devices_cli import add_devices
from firmware_bridge.simulated.feig_cli import feig
from firmware_bridge.simulated.pty_port import PtyPort
from firmware_bridge.simulated.run import run_board
from firmware_bridge.simulated.terminal import Link, Seconds, run_on_pty

simulate = typer.Typer(
    help="Boards and readers without hardware, on a pty that any program opens as a serial port.",
    no_args_is_help=True,
)

simulate.command()(feig)
add_devices(simulate)

Count = Annotated[int, typer.Option(min=0, max=MAX_CHANNELS // 3, help="Channels of this kind.")]


@simulate.callback()
def describe() -> None:
    """Boards and readers without hardware, on a pty that any program opens as a serial port."""


@simulate.command()
def board(
    *,
    link: Link,
    seed: Annotated[int, typer.Option(help="The same seed gives the same visitors.")] = 1,
    people_per_hour: Annotated[
        float, typer.Option(min=0, max=36_000, help="Mean number of visitors entering.")
    ] = 60.0,
    mean_stay_minutes: Annotated[
        float, typer.Option(min=0.05, max=600, help="Mean time that a visitor stays.")
    ] = 40.0,
    opens: Annotated[str, typer.Option(help="Unlocked from, local time HH:MM.")] = "00:00",
    closes: Annotated[
        str, typer.Option(help="Unlocked until; equal to --opens: always.")
    ] = "00:00",
    board_id: Annotated[str, typer.Option(help="16 hexadecimal digits.")] = "4b47000000000001",
    boot: Annotated[
        int | None,
        typer.Option(min=0, max=0xFFFF_FFFF, help="Boot counter; default: by the clock."),
    ] = None,
    beams: Count = 1,
    contacts: Count = 1,
    climates: Count = 1,
    seconds: Seconds = None,
) -> None:
    """Run a board at real-time pace, with visitors, a lock, the air; prints its port when ready."""
    opens_at, closes_at = _time_of_day(opens, "--opens"), _time_of_day(closes, "--closes")
    simulated = SimulatedBoard(
        board_id=_board_id(board_id),
        # A board that starts again must have a higher boot counter than before.
        boot=int(time.time()) if boot is None else boot,
        channels=[ChannelKind.BEAM] * beams
        + [ChannelKind.CONTACT] * contacts
        + [ChannelKind.CLIMATE] * climates,
    )

    def is_open() -> bool:
        now = dt.datetime.now().astimezone().time()
        if opens_at < closes_at:
            return opens_at <= now < closes_at
        return now >= opens_at or now < closes_at

    async def live(port: PtyPort) -> None:
        await run_board(
            port,
            simulated,
            seed=seed,
            people_per_hour=people_per_hour,
            mean_stay_seconds=mean_stay_minutes * 60,
            is_open=is_open,
        )

    run_on_pty(link, seconds, live)


def _time_of_day(text: str, option: str) -> dt.time:
    try:
        return dt.datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007  a wall clock's time
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no time of day as HH:MM", param_hint=option
        ) from None


def _board_id(text: str) -> bytes:
    try:
        board_id = bytes.fromhex(text)
    except ValueError:
        board_id = b""
    if len(board_id) != BOARD_ID_BYTES:
        raise typer.BadParameter(f"{text!r} is not 16 hexadecimal digits", param_hint="--board-id")
    return board_id
