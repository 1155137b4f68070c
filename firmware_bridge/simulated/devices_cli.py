"""`simulate NAME`: every device that needs no settings of its own.

Readers take what is held up from lines of standard input, or from a script.
"""

import asyncio
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Final, cast

import typer

from firmware_bridge.errors import BridgeError, FrameError
from firmware_bridge.simulated.device import SimulatedDevice, play, run_device
from firmware_bridge.simulated.pty_port import PtyPort

READERS: Final = {
    "gm65": ("gm65:SimulatedGm65", "A GM65 code scanner: `put TEXT` scans a code."),
    "pn532": ("pn532:SimulatedPn532", "A PN532: `put 04A1B2C3` holds a card up."),
    "rdm6300": ("rdm6300:SimulatedRdm6300", "An RDM6300: `put 0A00123456` holds a card up."),
    "uhfreader18": ("uhfreader18:SimulatedUhfReader18", "A UHFReader18: `put EPC` lays a tag."),
    "wedge": ("wedge:SimulatedWedge", "A scanner that types, as input events: `put TEXT`."),
    "yrm100": ("yrm100:SimulatedYrm100", "A YRM100 module: `put EPC` lays a tag."),
}
"""Devices that are shown something -> "module:Class" of firmware_bridge.simulated, and help."""
SENSORS: Final = {
    "di-module": ("modbus_units:run_inputs", "A Modbus input module with beams, locks, alarms."),
    "mh-z19": ("mhz19:run", "An MH-Z19 CO2 sensor."),
    "modbus-relay": ("modbus_units:run_relay", "A Modbus relay module."),
    "escpos": ("receipt_printer:run", "An ESC/POS receipt printer with a full roll."),
    "pms5003": ("pms5003:run", "A PMS5003 particle sensor."),
    "senseair-s8": ("modbus_units:run_senseair", "A SenseAir S8 CO2 sensor."),
    "sht20": ("modbus_units:run_sht20", "An SHT20 climate sensor on Modbus."),
}
"""Devices that go on by themselves -> "module:function" that runs one by a seed, and help."""
_WAITING_LINES = 100

Link = Annotated[Path, typer.Option(help="Where to put the link to the pty.")]
Seconds = Annotated[
    float | None, typer.Option(min=0, help="Stop after this many seconds; else on Ctrl-C.")
]


def add_devices(simulate: typer.Typer) -> None:
    """Add a command for every device."""
    for name, (target, words) in READERS.items():
        simulate.command(name, help=f"{words}\n\n{_HOW}")(_reader_command(target))
    for name, (target, words) in SENSORS.items():
        simulate.command(name, help=f"{words}\n\n{_READY}")(_sensor_command(target))


def _reader_command(target: str) -> Callable[..., None]:
    def run_reader(
        *,
        link: Link,
        script: Annotated[
            Path | None,
            typer.Option(help="Lines `SECONDS put WHAT`, in place of standard input."),
        ] = None,
        seconds: Seconds = None,
    ) -> None:
        device = cast("SimulatedDevice", _load(target)())
        lines = _typed() if script is None else _scripted(_read_script(script))
        _run(link, seconds, lambda port: run_device(port, device, _played(device, lines)))

    return run_reader


def _sensor_command(target: str) -> Callable[..., None]:
    def run_sensor(
        *,
        link: Link,
        seed: Annotated[int, typer.Option(help="The same seed gives the same readings.")] = 1,
        seconds: Seconds = None,
    ) -> None:
        _run(link, seconds, lambda port: _load(target)(port, seed))

    return run_sensor


def _run(
    link: Path, seconds: float | None, live: Callable[[PtyPort], Coroutine[Any, Any, None]]
) -> None:
    pty_port = PtyPort(link.absolute())

    async def run() -> None:
        task = asyncio.current_task()
        if task is not None:  # a supervisor ends it so, and the link must go with it
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        async with pty_port as port:
            typer.echo(port.path)
            async with asyncio.timeout(seconds):
                await live(port)

    try:
        asyncio.run(run())
    except (KeyboardInterrupt, TimeoutError, asyncio.CancelledError):
        pass
    except BridgeError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None


def _load(target: str) -> Callable[..., Any]:
    module, _, name = target.partition(":")
    return cast("Callable[..., Any]", getattr(import_module(f"{__package__}.{module}"), name))


async def _played(device: SimulatedDevice, lines: AsyncIterator[str]) -> AsyncIterator[bytes]:
    """Play lines; one that cannot be played is told, and the next one is."""
    async for line in lines:
        try:
            yield play(device, line)
        except FrameError as error:
            typer.echo(f"error: {error}", err=True)


async def _typed() -> AsyncIterator[str]:
    """Yield the lines of standard input."""
    if sys.stdin.isatty():
        typer.echo("put WHAT, take WHAT and Enter; Ctrl-C ends", err=True)
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str] = asyncio.Queue(_WAITING_LINES)

    def read() -> None:
        for line in sys.stdin:
            asyncio.run_coroutine_threadsafe(lines.put(line), loop).result()

    # Nothing wakes a thread that waits for a person: it must not keep the program from ending.
    threading.Thread(target=read, name="standard input", daemon=True).start()
    while True:
        yield await lines.get()


async def _scripted(steps: list[tuple[float, str]]) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    started_at = loop.time()
    for seconds, line in steps:
        await asyncio.sleep(started_at + seconds - loop.time())
        yield line


def _read_script(path: Path) -> list[tuple[float, str]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"{path} cannot be read: {error}", param_hint="--script") from None
    steps = []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        seconds, _, action = line.strip().partition(" ")
        try:
            steps.append((float(seconds), action))
        except ValueError:
            raise typer.BadParameter(
                f"line {number} of {path} does not begin with seconds", param_hint="--script"
            ) from None
    return steps


_READY = "Prints its port when ready."
_HOW = f"{_READY} Takes lines `put WHAT` and `take WHAT` from standard input, or from a script."
