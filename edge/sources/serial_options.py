"""A section of the configuration -> the options of its driver."""

from typing import Any

from edge.serial_section import SerialSection
from firmware_bridge.board.counters import CounterBook
from firmware_bridge.modbus.book import LineBook
from firmware_bridge.statistics import LineStatistics


def sensor_options(
    config: SerialSection, lines: LineBook, counters: CounterBook, statistics: LineStatistics
) -> dict[str, Any]:
    """Return what to open the section's driver with, besides its port."""
    options: dict[str, Any] = {"statistics": statistics}
    if config.shares_its_line:
        options |= {"unit": config.unit, "settings": config.settings, "lines": lines}
    elif config.driver.startswith("board"):
        options["counters"] = counters
    if config.driver == "di-module":
        options |= {
            "wiring": config.wiring,
            "function": config.function,
            "first": config.first_input,
        }
    return options
