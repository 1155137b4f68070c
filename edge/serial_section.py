"""The section of a serial device: its port, its driver, and what hangs on it."""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from contracts.events import DOOR_SUFFIX
from contracts.ids import NAME_PATTERN
from edge.section import Pair, repeated
from firmware_bridge.modbus.book import LineSettings
from firmware_bridge.registry import SENSORS
from firmware_bridge.sensors.readings import AlarmKind
from firmware_bridge.sensors.wired_inputs import Wiring
from link.node_config import Name, Section

_ContactName = Annotated[str, Field(pattern=NAME_PATTERN, max_length=48 - len(DOOR_SUFFIX))]
_Channel = Annotated[int, Field(ge=0, le=255)]
_Input = Annotated[int, Field(ge=0, le=63)]
_ALL: Final = frozenset({"name", "port", "driver"})
_BOARD: Final = frozenset({"lines", "contacts", "climates", "temperature_limits_celsius"})
_AIR: Final = frozenset({"climates", "temperature_limits_celsius"})
_LINE: Final = frozenset({"unit", "baudrate", "parity"})
_WIRED: Final = frozenset({"beams", "bolts", "doors", "gate_alarms", "fire_alarms"})
_KEYS: Final[dict[str, frozenset[str]]] = {
    "di-module": _LINE | _WIRED | {"inverted", "function", "first_input"},
    "mh-z19": _AIR,
    "pms5003": _AIR,
    "senseair-s8": _AIR | _LINE,
    "sht20": _AIR | _LINE,
}
"""Driver -> the keys that mean something to it; a driver that is not here is a board's."""
_MAPPINGS: Final = ("lines", "contacts", "climates", "beams", "bolts", "doors", "gate_alarms")
_NAMED: Final = (*_MAPPINGS, "fire_alarms")


class SerialSection(Section):
    """A board or sensor at a serial port."""

    name: Name = Field(description="name of the device in status and logs")
    port: str = Field(
        min_length=1,
        description="path such as /dev/serial/by-id/…, usb:VID:PID:SERIAL, or socket://host:port",
    )
    driver: str = Field("board", description="see `python -m firmware_bridge drivers`")
    lines: dict[Name, _Channel] = Field(
        default_factory=dict, description="counting line = channel of a two-beam counter"
    )
    contacts: dict[_ContactName, _Channel] = Field(
        default_factory=dict,
        description=f"lock = channel of a contact; its door is told as NAME{DOOR_SUFFIX}",
    )
    climates: dict[Name, _Channel] = Field(
        default_factory=dict, description="climate sensor = channel; 0 where there is but one"
    )
    temperature_limits_celsius: Pair = Field(
        (5.0, 40.0), description="outside of these a sample is sent at once"
    )
    unit: int | None = Field(
        None, ge=1, le=255, description="Modbus: address on the line; its maker's when absent"
    )
    baudrate: int = Field(9600, ge=1200, le=921_600, description="Modbus: speed of the line")
    parity: Literal["N", "E", "O"] = Field("N", description="Modbus: parity of the line")
    beams: dict[Name, tuple[_Input, _Input]] = Field(
        default_factory=dict,
        description="di-module: counting line = inputs of its outer and of its inner beam",
    )
    bolts: dict[_ContactName, _Input] = Field(
        default_factory=dict, description="di-module: lock = input of its bolt contact"
    )
    doors: dict[_ContactName, _Input] = Field(
        default_factory=dict,
        description=f"di-module: lock = input of its door contact, told as NAME{DOOR_SUFFIX}",
    )
    gate_alarms: dict[Name, _Input] = Field(
        default_factory=dict, description="di-module: alarm of a security gate = input"
    )
    fire_alarms: dict[Name, _Input] = Field(
        default_factory=dict, description="di-module: fire alarm = input"
    )
    inverted: tuple[_Input, ...] = Field(
        (),
        description="di-module: inputs that are off when a beam is broken, a bolt locked, a door "
        "closed, an alarm active",
    )
    function: int = Field(
        2, ge=1, le=4, description="di-module: function that reads its inputs; 3, 4: one a register"
    )
    first_input: int = Field(0, ge=0, le=65_535, description="di-module: address of input 0")

    @field_validator("driver")
    @classmethod
    def _is_known(cls, driver: str) -> str:
        if driver not in SENSORS:
            known = ", ".join(sorted(SENSORS))
            raise ValueError(f"no driver is named {driver!r}; the known ones are {known}")
        return driver

    @field_validator("temperature_limits_celsius")
    @classmethod
    def _is_a_range(cls, limits: Pair) -> Pair:
        if limits[0] >= limits[1]:
            raise ValueError("the lower limit comes first, and is lower")
        return limits

    @model_validator(mode="after")
    def _fits_its_driver(self) -> Self:
        keys = _KEYS.get(self.driver, _BOARD)
        other = sorted(self.model_fields_set - keys - _ALL)
        if other:
            raise ValueError(f"{other[0]} means nothing to the driver {self.driver!r}")
        names = [name for name in _NAMED if name in keys]
        channels = [channel for name in names for channel in _channels(getattr(self, name))]
        if not channels:
            raise ValueError(f"none of {', '.join(names[:-1])} and {names[-1]} is given")
        if len(names) == 1 and channels != [0]:
            raise ValueError(f"a {self.driver} has one climate sensor, at channel 0")
        kind = "input" if self.driver == "di-module" else "channel"
        twice = repeated(channels)
        if twice is not None:
            raise ValueError(f"{kind} {twice} is named twice")
        return self

    @property
    def shares_its_line(self) -> bool:
        """Tell whether other devices may hang on the same port."""
        return "unit" in _KEYS.get(self.driver, _BOARD)

    @property
    def settings(self) -> LineSettings:
        """Return how bytes travel on a Modbus line."""
        return LineSettings(self.baudrate, self.parity)

    @property
    def locks(self) -> dict[str, tuple[int | None, int | None]]:
        """Return the inputs of bolt and door of each lock of an input module."""
        names = dict.fromkeys([*self.bolts, *self.doors])
        return {name: (self.bolts.get(name), self.doors.get(name)) for name in names}

    @property
    def wiring(self) -> Wiring:
        """Return what hangs on the inputs of an input module."""
        alarms = ((self.gate_alarms, AlarmKind.GATE), (self.fire_alarms, AlarmKind.FIRE))
        return Wiring(
            beams=tuple(self.beams.values()),
            locks=tuple(self.locks.values()),
            alarms=tuple((channel, kind) for named, kind in alarms for channel in named.values()),
            inverted=frozenset(self.inverted),
        )

    def told(self) -> list[str]:
        """Return the names of all lines and sensors that this device tells of."""
        names = [*self.lines, *self.beams, *self.climates, *self.gate_alarms, *self.fire_alarms]
        for lock in [*self.contacts, *self.locks]:
            names += [lock, lock + DOOR_SUFFIX]
        return names


def _channels(named: dict[str, Any]) -> list[int]:
    found: list[int] = []
    for channel in named.values():
        found += channel if isinstance(channel, tuple) else [channel]
    return found
