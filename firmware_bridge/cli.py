"""The verbs of the bench tool. Readings on stdout, everything else on stderr.

Exit codes: 0 done; 1 the device failed while in use; 2 bad input, one sentence says which.
"""

import asyncio
import dataclasses
import inspect
import json
import logging
import sys
from collections.abc import Coroutine
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TextIO

import structlog
import typer
from serial.tools import list_ports

from firmware_bridge.board.counters import CounterBook
from firmware_bridge.board.reader import BoardReader
from firmware_bridge.capture import HEADER, RecordingTransport, ReplayTransport
from firmware_bridge.errors import BridgeError, DeviceTimeout
from firmware_bridge.outcome import BAD_INPUT, finish, opened, refuse
from firmware_bridge.probing import PROBES, identify
from firmware_bridge.registry import DRIVERS, PORTS, load_driver
from firmware_bridge.simulated.cli import simulate
from firmware_bridge.tag_cli import tag
from firmware_bridge.transport import Transport, open_transport

_LISTENED_TO = {
    name: target
    for port, drivers in PORTS.items()
    if port in {"sensor", "reader", "card reader", "code reader"}
    for name, target in drivers.items()
}

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
Driver = Annotated[str, typer.Option(help="What hangs on the line; `drivers` lists them.")]
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
    seconds: Annotated[
        float, typer.Option(min=0.1, help="How long to wait for each kind of device.")
    ] = 2.0,
    driver: Annotated[
        str | None, typer.Option(help="Ask as this driver only; default: as all of them.")
    ] = None,
) -> None:
    """Ask PORT who it is: exit code 0 and one line when a device answers that we know."""
    if driver is not None and driver not in PROBES:
        refuse(f"{driver!r} cannot be asked; those that can are {', '.join(PROBES)}", BAD_INPUT)
    finish(_probe(port, seconds, list(PROBES) if driver is None else [driver]))


@app.command()
def watch(
    port: Port, driver: Driver = "board", as_json: AsJson = False, seconds: Seconds = None
) -> None:
    """Show what PORT tells as it comes: readings, tags, cards, codes."""
    finish(_until(_show(_listener(driver, port), as_json=as_json), seconds))


@app.command()
def capture(
    port: Port,
    file: Annotated[Path, typer.Argument(help="Where to write; must not exist.")],
    seconds: Seconds = None,
    ask: Annotated[bool, typer.Option(help="First ask our board for all that it knows.")] = True,
    driver: Annotated[
        str | None, typer.Option(help="Let this driver talk, for a device that has to be asked.")
    ] = None,
    baudrate: Annotated[int, typer.Option(min=300, help="Of a line without a driver.")] = 115_200,
    note: Annotated[str, typer.Option(help="What it is, for the head of the file.")] = "",
) -> None:
    """Record the bytes of PORT into FILE, for `replay` and for tests."""
    if not note.isprintable() or not note.isascii():
        refuse("a note is one line of plain ASCII text", BAD_INPUT)
    head = f"{HEADER}\n" + (f"# {note}\n" if note else "")
    if driver is not None:
        finish(_until(_capture_talk(driver, port, file, head), seconds))
        return
    request = BoardReader(CounterBook()).request_all() if ask and baudrate == 115_200 else b""
    finish(_until(_capture(open_transport(port, baudrate=baudrate), file, head, request), seconds))


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="A file that `capture` wrote.")],
    driver: Driver = "board",
    as_json: AsJson = False,
) -> None:
    """Show the readings of a recorded FILE, at once."""
    finish(_show(_listener(driver, str(file), connect=ReplayTransport), as_json=as_json))


async def _probe(port: str, seconds: float, names: list[str]) -> None:
    async with opened(open_transport(port)):
        pass  # a port that cannot be opened is no device that is silent
    for name in names:
        if sys.stderr.isatty():
            typer.echo(f"asking as {name} ...", err=True)
        answer = await identify(name, port, seconds)
        if answer is not None:
            typer.echo(answer)
            return
    raise DeviceTimeout(
        f"no device that we know answers at {port}: check its power and cable. What speaks by "
        "itself only (rdm6300, gm65) is seen by `watch --driver` when a card or code is held up"
    )


async def _show(device: Any, *, as_json: bool) -> None:
    async with opened(device):
        async for told in device:
            typer.echo(_as_json(told) if as_json else _as_line(told))


async def _capture(inner: Transport, file: Path, head: str, request: bytes) -> None:
    async with opened(inner) as transport:
        with _new_file(file) as lines:
            lines.write(head)
            recorded = RecordingTransport(transport, lines)
            if request:
                await recorded.write(request)
            while True:
                await recorded.read()


async def _capture_talk(driver: str, port: str, file: Path, head: str) -> None:
    # What cannot be recorded, or is not there, leaves no empty file behind.
    _listener(driver, port, connect=open_transport)
    async with opened(open_transport(port)):
        pass
    with _new_file(file) as lines:
        lines.write(head)
        connect = partial(_recorded, lines)
        async with opened(_listener(driver, port, connect=connect)) as device:
            async for _ in device:
                pass


def _recorded(lines: TextIO, url: str, **line: Any) -> Transport:
    return RecordingTransport(open_transport(url, **line), lines)


def _new_file(file: Path) -> TextIO:
    try:
        return file.open("x", encoding="ascii")
    except OSError as error:
        refuse(f"{file} cannot be written: {error.strerror}", BAD_INPUT)


def _listener(driver: str, port: str, **options: Any) -> Any:
    try:
        build = load_driver(driver, _LISTENED_TO)
    except BridgeError as error:
        refuse(str(error), BAD_INPUT)
    if not options.keys() <= inspect.signature(build).parameters.keys():
        refuse(f"the line of {driver} is shared, and cannot be recorded or replayed", BAD_INPUT)
    return build(port, **options)


async def _until(work: Coroutine[Any, Any, None], seconds: float | None) -> None:
    try:
        async with asyncio.timeout(seconds) as limit:
            await work
    except TimeoutError:
        if not limit.expired():
            raise


def _as_json(reading: Any) -> str:
    return json.dumps({"reading": type(reading).__name__, **dataclasses.asdict(reading)})


def _as_line(reading: Any) -> str:
    fields = dataclasses.asdict(reading).items()
    return f"{type(reading).__name__:<15} " + "  ".join(f"{name}={value}" for name, value in fields)
