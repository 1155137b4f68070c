"""Which device is at a port: each kind is asked in its own way, on its own line settings."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from firmware_bridge.errors import BridgeError
from firmware_bridge.registry import PORTS, load_driver
from firmware_bridge.sensors.readings import BoardStatus

_Describe = Callable[[Any], Awaitable[str]]


async def identify(name: str, port: str, seconds: float) -> str | None:
    """Ask a port as the driver of this name; return who answers, in one line, or None for nobody.

    `name` is one of PROBES. A port that fails counts as nobody.
    """
    options = {"silence_seconds": seconds} if name in PORTS["sensor"] else {}
    try:
        async with asyncio.timeout(seconds), load_driver(name)(port, **options) as device:
            return await PROBES[name](device)
    except (BridgeError, TimeoutError):
        return None


async def _board(sensor: Any) -> str:
    async for reading in sensor:
        if isinstance(reading, BoardStatus):
            return (
                f"board {reading.board_id}, firmware {reading.firmware}, protocol "
                f"{reading.protocol}, channels {', '.join(reading.channels) or 'none'}"
            )
    raise TimeoutError


async def _feig(reader: Any) -> str:
    return f"feig, firmware {(await reader.identify()).firmware}"


async def _uhfreader18(reader: Any) -> str:
    info = await reader.identify()
    return f"uhfreader18, firmware {info.firmware}, {info.power_dbm} dBm"


async def _yrm100(reader: Any) -> str:
    return f"yrm100, firmware {await reader.identify() or 'unknown'}"


async def _pn532(reader: Any) -> str:
    return f"pn532, firmware {reader.firmware}"


def _by_reading(words: str) -> _Describe:
    async def describe(sensor: Any) -> str:
        await anext(aiter(sensor))
        return words

    return describe


PROBES: Final[dict[str, _Describe]] = {
    "board": _board,
    "yrm100": _yrm100,
    "pn532": _pn532,
    "uhfreader18": _uhfreader18,
    "feig": _feig,
    "pms5003": _by_reading("pms5003, or another sensor of its protocol"),
    "mh-z19": _by_reading("mh-z19, or another sensor of its protocol"),
    "senseair-s8": _by_reading("senseair-s8, or another Modbus device with its register at 254"),
    "di-module": _by_reading("di-module: a Modbus device with inputs at unit 1"),
    "sht20": _by_reading("sht20, or another Modbus device with registers 1 and 2 at unit 1"),
}
"""Drivers that can be asked, in the order in which a port is asked -> how they describe it.

Input modules stand before climate sensors: some of them give their inputs as registers, too.
"""
