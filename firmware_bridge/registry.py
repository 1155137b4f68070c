"""Drivers by name.

A driver's module is imported only when it is chosen, so that a bench without its library still
runs all others. A new driver is one file, one line here, one line in the
conformance suite and one line in docs/drivers.md.
"""

from importlib import import_module
from typing import Any, Final, cast

from firmware_bridge.actuators.port import Actuator
from firmware_bridge.errors import UnknownDriver
from firmware_bridge.readers.identities import CardReader, CodeReader
from firmware_bridge.readers.port import Reader
from firmware_bridge.receipts.port import ReceiptPrinter
from firmware_bridge.sensors.port import Sensor

SENSORS: Final[dict[str, str]] = {
    "board": "firmware_bridge.sensors.board:BoardSensor",
    "board-beam": "firmware_bridge.sensors.board:BeamSensor",
    "board-climate": "firmware_bridge.sensors.board:ClimateSensor",
    "board-contact": "firmware_bridge.sensors.board:ContactSensor",
    "di-module": "firmware_bridge.sensors.modbus_inputs:DigitalInputs",
    "mh-z19": "firmware_bridge.sensors.mhz19:MhZ19",
    "pms5003": "firmware_bridge.sensors.pms5003:Pms5003",
    "senseair-s8": "firmware_bridge.sensors.modbus_climate:SenseAirS8",
    "sht20": "firmware_bridge.sensors.modbus_climate:Sht20",
}
READERS: Final[dict[str, str]] = {
    "feig": "firmware_bridge.readers.feig:FeigReader",
    "simulated-reader": "firmware_bridge.readers.simulated:SimulatedReader",
    "uhfreader18": "firmware_bridge.readers.uhfreader18:UhfReader18",
    "yrm100": "firmware_bridge.readers.yrm100:Yrm100Reader",
}
CARD_READERS: Final[dict[str, str]] = {
    "pn532": "firmware_bridge.readers.pn532:Pn532Reader",
    "rdm6300": "firmware_bridge.readers.rdm6300:Rdm6300Reader",
    "wedge-card": "firmware_bridge.readers.wedge:WedgeCardReader",
}
CODE_READERS: Final[dict[str, str]] = {
    "gm65": "firmware_bridge.readers.gm65:Gm65Reader",
    "wedge-code": "firmware_bridge.readers.wedge:WedgeScanner",
}
ACTUATORS: Final[dict[str, str]] = {
    "modbus-relay": "firmware_bridge.actuators.modbus_relay:ModbusRelay",
    "simulated-actuator": "firmware_bridge.actuators.simulated:SimulatedActuator",
}
PRINTERS: Final[dict[str, str]] = {
    "escpos": "firmware_bridge.receipts.escpos:EscposPrinter",
    "simulated-printer": "firmware_bridge.receipts.simulated:SimulatedPrinter",
}
PORTS: Final[dict[str, dict[str, str]]] = {
    "sensor": SENSORS,
    "reader": READERS,
    "card reader": CARD_READERS,
    "code reader": CODE_READERS,
    "actuator": ACTUATORS,
    "printer": PRINTERS,
}
"""What a device is to a program -> its drivers."""
DRIVERS: Final[dict[str, str]] = {
    name: target for drivers in PORTS.values() for name, target in drivers.items()
}
"""Every driver: name -> "module:Class"."""


def load_driver(name: str, among: dict[str, str] = DRIVERS) -> type[Any]:
    """Return the class of a driver. Raises UnknownDriver, which lists the known ones."""
    try:
        module, _, class_name = among[name].partition(":")
    except KeyError:
        raise UnknownDriver(
            f"no driver is named {name!r}; the known ones are {', '.join(sorted(among))}"
        ) from None
    return cast("type[Any]", getattr(import_module(module), class_name))


def open_sensor(name: str, url: str, **options: Any) -> Sensor:
    """Return the sensor of this driver at this port, to be entered with `async with`.

    Options are those of the driver's class. Raises UnknownDriver; nothing is opened yet.
    """
    return cast("Sensor", load_driver(name, SENSORS)(url, **options))


def open_reader(name: str, url: str, **options: Any) -> Reader:
    """Return the reader of this driver at this port; as open_sensor."""
    return cast("Reader", load_driver(name, READERS)(url, **options))


def open_card_reader(name: str, url: str, **options: Any) -> CardReader:
    """Return the reader of patrons' cards of this driver at this port; as open_sensor."""
    return cast("CardReader", load_driver(name, CARD_READERS)(url, **options))


def open_code_reader(name: str, url: str, **options: Any) -> CodeReader:
    """Return the reader of bar codes of this driver at this port; as open_sensor."""
    return cast("CodeReader", load_driver(name, CODE_READERS)(url, **options))


def open_actuator(name: str, url: str, **options: Any) -> Actuator:
    """Return the actuator of this driver at this port; as open_sensor."""
    return cast("Actuator", load_driver(name, ACTUATORS)(url, **options))


def open_printer(name: str, url: str, **options: Any) -> ReceiptPrinter:
    """Return the receipt printer of this driver at this port; as open_sensor."""
    return cast("ReceiptPrinter", load_driver(name, PRINTERS)(url, **options))
