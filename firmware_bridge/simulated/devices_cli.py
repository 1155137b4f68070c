"""`simulate NAME`: every device that needs no settings of its own.

Readers take what is held up from lines of standard input, or from a script.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Annotated, Any, Final, cast

import typer

from firmware_bridge.simulated.device import SimulatedDevice, run_device
from firmware_bridge.simulated.terminal import (
    HOW,
    READY,
    Link,
    Script,
    Seconds,
    handling,
    run_on_pty,
)

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


def add_devices(simulate: typer.Typer) -> None:
    """Add a command for every device."""
    for name, (target, words) in READERS.items():
        simulate.command(name, help=f"{words}\n\n{HOW}")(_reader_command(target))
    for name, (target, words) in SENSORS.items():
        simulate.command(name, help=f"{words}\n\n{READY}")(_sensor_command(target))


def _reader_command(target: str) -> Callable[..., None]:
    def run_reader(
        *,
        link: Link,
        script: Script = None,
        seconds: Seconds = None,
    ) -> None:
        device = cast("SimulatedDevice", _load(target)())
        actions = handling(device, script)
        run_on_pty(link, seconds, lambda port: run_device(port, device, actions))

    return run_reader


def _sensor_command(target: str) -> Callable[..., None]:
    def run_sensor(
        *,
        link: Link,
        seed: Annotated[int, typer.Option(help="The same seed gives the same readings.")] = 1,
        seconds: Seconds = None,
    ) -> None:
        run_on_pty(link, seconds, lambda port: _load(target)(port, seed))

    return run_sensor


def _load(target: str) -> Callable[..., Any]:
    module, _, name = target.partition(":")
    return cast("Callable[..., Any]", getattr(import_module(f"{__package__}.{module}"), name))
