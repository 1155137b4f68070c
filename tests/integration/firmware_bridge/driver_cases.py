"""The table of tests/integration/firmware_bridge/test_every_driver.py: how each driver is tried."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from firmware_bridge import (
    CardSeen,
    ClimateReading,
    CodeScanned,
    ContactReading,
    CounterReading,
    InputReading,
)
from firmware_bridge.board.messages import ChannelKind, DoorCode, LockCode
from firmware_bridge.framing.keys import encode_typing
from firmware_bridge.readers.port import TagChange, TagSeen
from firmware_bridge.simulated.board import SimulatedBoard
from firmware_bridge.simulated.device import SimulatedDevice
from firmware_bridge.simulated.feig import SimulatedFeigPad
from firmware_bridge.simulated.gm65 import SimulatedGm65
from firmware_bridge.simulated.mhz19 import SimulatedMhZ19
from firmware_bridge.simulated.modbus_line import SimulatedModbusLine
from firmware_bridge.simulated.modbus_units import ClimateUnit, Co2Unit, InputsUnit
from firmware_bridge.simulated.pad import SimulatedPad, SimulatedTag
from firmware_bridge.simulated.pms5003 import SimulatedPms5003
from firmware_bridge.simulated.pn532 import SimulatedPn532
from firmware_bridge.simulated.rdm6300 import SimulatedRdm6300
from firmware_bridge.simulated.uhfreader18 import SimulatedUhfReader18
from firmware_bridge.simulated.wedge import SimulatedWedge
from firmware_bridge.simulated.yrm100 import SimulatedYrm100
from firmware_bridge.transport import open_transport

_GAP_SECONDS = 0.05


class Plain:
    """A device that only answers, and needs no clock."""

    def __init__(
        self,
        inner: Any,
        receive: Callable[[bytes], bytes],
        gap: Callable[[], object] = lambda: None,
    ) -> None:
        self.inner = inner
        self._receive = receive
        self._gap = gap
        self._heard_at = 0.0

    def receive(self, chunk: bytes, now: float) -> bytes:
        self._heard_at = now
        return self._receive(chunk)

    def tick(self, now: float) -> bytes:
        if now - self._heard_at > _GAP_SECONDS:
            self._gap()
        return b""

    def put(self, what: str) -> bytes:
        raise NotImplementedError

    def take(self, what: str) -> bytes:
        raise NotImplementedError


@dataclass(frozen=True)
class Case:
    """How one driver is tried.

    `act` makes the n-th thing happen and returns what the device says at once; `again` has it said
    again; `undo` takes it away. `told` is what the driver then tells, as `key` sees it; what `key`
    sees as None does not matter. Without `has_check` a damaged byte of the format passes for a good
    one. `lines` are the lines that this device can have.
    """

    build: Callable[[], SimulatedDevice]
    act: Callable[[Any, int], bytes]
    told: Callable[[int], object]
    key: Callable[[object], object]
    again: Callable[[Any, int], bytes] = lambda device, number: b""
    undo: Callable[[Any, int], bytes] = lambda device, number: b""
    options: dict[str, Any] = field(default_factory=dict)
    before: frozenset[object] = frozenset()
    has_check: bool = True
    lines: frozenset[str] | None = None


def _climate_key(name: str) -> Callable[[object], object]:
    return lambda reading: getattr(reading, name) if isinstance(reading, ClimateReading) else None


# -- our board ------------------------------------------------------------------------------------


def _cross(board: SimulatedBoard, number: int) -> bytes:
    del number
    return board.cross(0, entered=1)


def _repeat_crossing(board: SimulatedBoard, number: int) -> bytes:
    del number
    return board.cross(0)


def _entered(reading: object) -> object:
    return (reading.entered_total or None) if isinstance(reading, CounterReading) else None


def _move_lock(board: SimulatedBoard, number: int) -> bytes:
    lock = LockCode.LOCKED if number % 2 else LockCode.UNLOCKED
    return board.set_contact(0, lock, DoorCode.CLOSED)


def _repeat_states(board: SimulatedBoard, number: int) -> bytes:
    # Far beyond every repeat that was due before.
    return board.tick(1e9 * (number + 1))


def _changes(reading: object) -> object:
    return (reading.changes_total or None) if isinstance(reading, ContactReading) else None


def _warm(board: SimulatedBoard, number: int) -> bytes:
    board.set_climate(0, 30.0 + number, 50.0)
    return _repeat_states(board, number)


_TEMPERATURES = frozenset({21.0})


def _board(kind: ChannelKind) -> Callable[[], SimulatedBoard]:
    return lambda: SimulatedBoard(channels=[kind])


_BEAM = Case(
    _board(ChannelKind.BEAM),  # type: ignore[arg-type]  # it has no put: nobody holds a board up
    _cross,
    lambda number: number + 1,
    _entered,
    _repeat_crossing,
)

# -- sensors that are asked -----------------------------------------------------------------------


def _mh_z19() -> Plain:
    sensor = SimulatedMhZ19(co2_ppm=400)
    return Plain(sensor, sensor.receive)


def _modbus(number: int, unit: Any) -> Plain:
    return Plain(unit, SimulatedModbusLine({number: unit}).receive)


def _set_co2(device: Plain, number: int) -> bytes:
    device.inner.co2_ppm = 500 + number
    return b""


def _set_particles(device: Plain, number: int) -> bytes:
    device.inner.pm2_5 = 30 + number
    return bytes(device.inner.frame())


def _set_temperature(device: Plain, number: int) -> bytes:
    device.inner.temperature_celsius = 30.0 + number
    return b""


def _switch(device: Plain, number: int) -> bytes:
    device.inner.inputs[0] = number % 2 == 0
    return b""


def _switched(reading: object) -> object:
    if isinstance(reading, InputReading) and reading.channel == 0:
        return "on" if reading.is_on else "off"
    return None


_OFTEN = {"poll_seconds": 0.03}

# -- pads and readers -----------------------------------------------------------------------------


def _feig() -> Plain:
    pad = SimulatedPad()
    device = SimulatedFeigPad(pad)
    return Plain(pad, device.receive, device.gap)


def _uid(number: int) -> str:
    return f"E0040150{number:08X}"


def _lay(device: Plain, number: int) -> bytes:
    device.inner.put(SimulatedTag(_uid(number)))
    return b""


def _lift(device: Plain, number: int) -> bytes:
    device.inner.take(_uid(number))
    return b""


def _arrived(seen: object) -> object:
    is_arrival = isinstance(seen, TagSeen) and seen.change is TagChange.ARRIVED
    return seen.uid if is_arrival and isinstance(seen, TagSeen) else None


def _held(build: Callable[[], SimulatedDevice], name: Callable[[int], str], **more: Any) -> Case:
    """A reader of cards or tags: `put` and `take` by name."""
    return Case(
        build,
        lambda device, number: device.put(name(number)),
        name,
        _name_of,
        undo=lambda device, number: device.take(name(number)),
        **more,
    )


def _name_of(seen: object) -> object:
    if isinstance(seen, CardSeen):
        return seen.card_id
    return seen.text if isinstance(seen, CodeScanned) else _arrived(seen)


def _scanned(build: Callable[[], SimulatedDevice], **more: Any) -> Case:
    """A scanner: what was not heard is scanned again."""
    return _held(
        build,
        _text,
        again=lambda device, number: device.put(_text(number)),
        has_check=False,
        **more,
    )


def _text(number: int) -> str:
    return f"B{number:07d}"


# The kernel hands events over whole; only one that is lost can be thought of.
_TYPED: dict[str, Any] = {
    "options": {"connect": open_transport},
    "lines": frozenset({"perfect", "delayed"}),
}

CASES: dict[str, Case] = {
    "board": _BEAM,
    "board-beam": _BEAM,
    "board-climate": Case(
        _board(ChannelKind.CLIMATE),  # type: ignore[arg-type]
        _warm,
        lambda number: 30.0 + number,
        _climate_key("temperature_celsius"),
        _repeat_states,
        before=_TEMPERATURES,
    ),
    "board-contact": Case(
        _board(ChannelKind.CONTACT),  # type: ignore[arg-type]
        _move_lock,
        lambda number: number + 1,
        _changes,
        _repeat_states,
    ),
    "di-module": Case(
        lambda: _modbus(1, InputsUnit()),
        _switch,
        lambda number: "off" if number % 2 else "on",
        _switched,
        options=_OFTEN,
        before=frozenset({"off"}),
    ),
    "feig": Case(_feig, _lay, _uid, _arrived, undo=_lift),
    "gm65": _scanned(SimulatedGm65),
    "mh-z19": Case(
        _mh_z19,
        _set_co2,
        lambda number: 500 + number,
        _climate_key("co2_ppm"),
        options=_OFTEN | {"warm_up_seconds": 0.0},
        before=frozenset({400}),
    ),
    "pn532": _held(SimulatedPn532, lambda number: f"04A1B2{number:02X}"),
    "pms5003": Case(
        lambda: Plain(SimulatedPms5003(), lambda _: b""),
        _set_particles,
        lambda number: 30 + number,
        _climate_key("pm2_5_micrograms_per_m3"),
        again=_set_particles,
        options={"warm_up_seconds": 0.0},
    ),
    "rdm6300": _held(SimulatedRdm6300, lambda number: f"0A0012{number:04X}"),
    "senseair-s8": Case(
        lambda: _modbus(254, Co2Unit(400)),
        _set_co2,
        lambda number: 500 + number,
        _climate_key("co2_ppm"),
        options=_OFTEN,
        before=frozenset({400}),
    ),
    "sht20": Case(
        lambda: _modbus(1, ClimateUnit()),
        _set_temperature,
        lambda number: 30.0 + number,
        _climate_key("temperature_celsius"),
        options=_OFTEN,
        before=frozenset({21.5}),
    ),
    "uhfreader18": _held(SimulatedUhfReader18, lambda number: f"3000AABBCCDD{number:04X}"),
    "wedge-card": _held(
        SimulatedWedge,
        lambda number: f"000119{number:04d}",
        again=lambda device, number: encode_typing(f"000119{number:04d}"),
        has_check=False,
        **_TYPED,
    ),
    "wedge-code": _scanned(SimulatedWedge, **_TYPED),
    "yrm100": _held(SimulatedYrm100, lambda number: f"3000AABBCCDD{number:04X}"),
}

EXEMPT = {
    "escpos": "it is told what to print: test_relay_and_printer.py",
    "modbus-relay": "it is told what to switch: test_relay_and_printer.py",
    "simulated-actuator": "it has no line",
    "simulated-printer": "it has no line",
    "simulated-reader": "it has no line",
}
"""Drivers that tell nothing by themselves -> why they are not tried here."""
