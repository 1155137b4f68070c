"""The verbs of the bench tool. Readings on stdout, everything else on stderr.

Exit codes: 0 done; 1 the device failed while in use; 2 bad input, one sentence says which.
"""

import asyncio
import dataclasses
import json
import logging
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, TextIO

import structlog
import typer
from serial.tools import list_ports

from firmware_bridge.board.counters import CounterBook
from firmware_bridge.board.reader import BoardReader
from firmware_bridge.capture import HEADER, ReplayTransport, encode_line
from firmware_bridge.errors import BridgeError, DeviceTimeout
from firmware_bridge.outcome import BAD_INPUT, finish, opened, refuse
from firmware_bridge.registry import DRIVERS, PORTS, load_driver, open_sensor
from firmware_bridge.sensors.port import Sensor
from firmware_bridge.sensors.readings import BoardStatus, Reading
from firmware_bridge.simulated.cli import simulate
from firmware_bridge.tag_cli import tag
from firmware_bridge.transport import open_transport

app = typer.Typer(
    help="See what a serial port really says: list, probe, watch, record, tags, simulate.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(simulate, name="simulate")
app.add_typer(tag, name="tag")

Port = Annotated[
    str,
    typer.Argument(help="/dev/serial/by-id/..., /dev/ttyUSB0, a pty, or socket://host:port."),
]
Driver = Annotated[str, typer.Option(help="A driver of sensors; `drivers` lists them.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Seconds = Annotated[
    float | None, typer.Option(min=0, help="Stop after this many seconds; else on Ctrl-C.")
]


@app.callback()
def configure(
    verbose: Annotated[bool, typer.Option("--verbose", help="Log what drivers do.")] = False,
) -> None:
    """See what a serial port really says: list, probe, watch, record, tags, simulate."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.DEBUG if verbose else logging.WARNING
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


@app.command()
def drivers() -> None:
    """List the drivers: name, port, what it reads."""
    width = max(map(len, DRIVERS))
    kinds = {name: kind for kind, among in PORTS.items() for name in among}
    for name, kind in sorted(kinds.items()):
        summary = (load_driver(name).__doc__ or "").splitlines()[0]
        typer.echo(f"{name:<{width}}  {kind:<11}  {summary}")


@app.command()
def ports() -> None:
    """List the serial ports of this machine, with the stable name to configure."""
    links = Path("/dev/serial/by-id")
    by_id = {str(link.resolve()): link for link in links.iterdir()} if links.is_dir() else {}
    found = sorted(list_ports.comports())
    for port in found:
        typer.echo(f"{by_id.get(port.device, port.device)}  {port.description}")
    if not found:
        typer.echo("no serial port on this machine", err=True)


@app.command()
def probe(
    port: Port,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long to wait for an answer.")] = 5.0,
) -> None:
    """Ask PORT who it is: exit code 0 and one line when one of our boards answers."""
    finish(_probe(port, seconds))


@app.command()
def watch(
    port: Port, driver: Driver = "board", as_json: AsJson = False, seconds: Seconds = None
) -> None:
    """Show the readings of PORT as they come, and how many frames were corrupt."""
    finish(_until(_show(_sensor(driver, port), as_json=as_json), seconds))


@app.command()
def capture(
    port: Port,
    file: Annotated[Path, typer.Argument(help="Where to write; must not exist.")],
    seconds: Seconds = None,
    ask: Annotated[bool, typer.Option(help="First ask our board for all that it knows.")] = True,
) -> None:
    """Record the bytes of PORT into FILE, for `replay` and for tests."""
    request = BoardReader(CounterBook()).request_all() if ask else b""
    finish(_until(_capture(port, file, request), seconds))


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="A file that `capture` wrote.")],
    driver: Driver = "board",
    as_json: AsJson = False,
) -> None:
    """Show the readings of a recorded FILE, at once."""
    finish(_show(_sensor(driver, str(file), connect=ReplayTransport), as_json=as_json))


async def _probe(port: str, seconds: float) -> None:
    async with opened(open_sensor("board", port, silence_seconds=seconds)) as sensor:
        try:
            async with asyncio.timeout(seconds):
                async for reading in sensor:
                    if isinstance(reading, BoardStatus):
                        typer.echo(
                            f"board {reading.board_id}, firmware {reading.firmware}, protocol "
                            f"{reading.protocol}, channels {', '.join(reading.channels) or 'none'}"
                        )
                        return
        except TimeoutError:
            raise DeviceTimeout(
                f"no board answers at {port} within {seconds:g} s: check its power and cable"
            ) from None


async def _show(sensor: Sensor, *, as_json: bool) -> None:
    async with opened(sensor):
        async for reading in sensor:
            typer.echo(_as_json(reading) if as_json else _as_line(reading))


async def _capture(port: str, file: Path, request: bytes) -> None:
    loop = asyncio.get_running_loop()
    async with opened(open_transport(port)) as transport:
        with _new_file(file) as lines:
            lines.write(HEADER + "\n")
            started_at = loop.time()
            if request:
                await transport.write(request)
            while True:
                chunk = await transport.read()
                lines.write(encode_line(loop.time() - started_at, chunk) + "\n")
                lines.flush()


def _new_file(file: Path) -> TextIO:
    try:
        return file.open("x", encoding="ascii")
    except OSError as error:
        refuse(f"{file} cannot be written: {error.strerror}", BAD_INPUT)


def _sensor(driver: str, port: str, **options: Any) -> Sensor:
    try:
        return open_sensor(driver, port, **options)
    except BridgeError as error:
        refuse(str(error), BAD_INPUT)


async def _until(work: Coroutine[Any, Any, None], seconds: float | None) -> None:
    try:
        async with asyncio.timeout(seconds) as limit:
            await work
    except TimeoutError:
        if not limit.expired():
            raise


def _as_json(reading: Reading) -> str:
    return json.dumps({"reading": type(reading).__name__, **dataclasses.asdict(reading)})


def _as_line(reading: Reading) -> str:
    fields = dataclasses.asdict(reading).items()
    return f"{type(reading).__name__:<15} " + "  ".join(f"{name}={value}" for name, value in fields)
