"""The configuration of an unstaffed room: `[room]` and its tables."""

import re
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from firmware_bridge.modbus.book import LineSettings
from firmware_bridge.registry import CODE_READERS, SENSORS
from firmware_bridge.sensors.readings import AlarmKind
from firmware_bridge.sensors.wired_inputs import Wiring
from kiosk.device_config import CardReaderSection, DeviceSection, among
from kiosk.room.settings import Cleaning, Output, RoomSettings, Verb
from link.node_config import Section

Channel = Annotated[int, Field(ge=0, le=63)]
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLEANING: Final = re.compile(r"(daily|mon|tue|wed|thu|fri|sat|sun) (\d\d):(\d\d)-(\d\d):(\d\d)")


class _ModbusSection(Section):
    port: str = Field(min_length=1, description="its port, best by /dev/serial/by-id/…")
    unit: int = Field(1, ge=1, le=255, description="its address on the line")
    baudrate: int = Field(9600, ge=1200, le=921_600, description="speed of the line")
    parity: Literal["N", "E", "O"] = Field("N", description="parity of the line")

    @property
    def settings(self) -> LineSettings:
        """Return how bytes travel on the line."""
        return LineSettings(self.baudrate, self.parity)


class InputsSection(_ModbusSection):
    """A module of digital inputs with the room's contacts."""

    leaf: Channel | None = Field(
        None, description="input of the door's leaf: on while it is closed"
    )
    fire: Channel | None = Field(None, description="input of the building's fire alarm")
    gate: Channel | None = Field(None, description="input of the security gate's alarm")
    tamper: Channel | None = Field(None, description="input of the housing's contact")
    call: Channel | None = Field(None, description="input of the emergency button")
    inverted: tuple[Channel, ...] = Field(
        (), description="inputs that are off when an alarm is active, or the door closed"
    )
    function: int = Field(2, ge=1, le=4, description="Modbus function that reads the inputs")
    first_input: int = Field(0, ge=0, le=65_535, description="address of input 0")

    @model_validator(mode="after")
    def _is_wired(self) -> Self:
        named = [one for one in (self.leaf, *(n for n, _ in self._alarms())) if one is not None]
        if not named:
            raise ValueError("no input is named: leaf, fire, gate, tamper or call")
        for number in named:
            if named.count(number) > 1:
                raise ValueError(f"input {number} is named twice")
        return self

    @property
    def wiring(self) -> Wiring:
        """Return what hangs on the inputs."""
        alarms = tuple((n, kind) for n, kind in self._alarms() if n is not None)
        locks = () if self.leaf is None else ((None, self.leaf),)
        return Wiring(locks=locks, alarms=alarms, inverted=frozenset(self.inverted))

    def _alarms(self) -> tuple[tuple[int | None, AlarmKind], ...]:
        return (
            (self.fire, AlarmKind.FIRE),
            (self.gate, AlarmKind.GATE),
            (self.tamper, AlarmKind.TAMPER),
            (self.call, AlarmKind.CALL),
        )


class OutputsSection(_ModbusSection):
    """A module of relays. Power off means: the door is locked from outside, and nothing else."""

    strike: Channel = Field(
        description="relay that takes the strike's power away, through its normally closed contact"
    )
    lights: Channel | None = Field(None, description="relay of the lights")
    ventilation: Channel | None = Field(None, description="relay that asks for ventilation")
    siren: Channel | None = Field(None, description="relay of the siren")
    lamp: Channel | None = Field(None, description="relay of the lamp beside the door")

    @model_validator(mode="after")
    def _is_clear(self) -> Self:
        numbers = list(self.channels().values())
        for number in numbers:
            if numbers.count(number) > 1:
                raise ValueError(f"relay {number} is named twice")
        return self

    def channels(self) -> dict[Output, int]:
        """Return the relays by what they switch."""
        named = {output: getattr(self, output.value) for output in Output}
        return {output: number for output, number in named.items() if number is not None}


class PinPadSection(DeviceSection):
    """A keypad at the door that types digits and Enter."""

    driver: str = Field(
        "wedge-code", description=f"how it types: {', '.join(sorted(CODE_READERS))}"
    )

    @field_validator("driver")
    @classmethod
    def _is_known(cls, name: str) -> str:
        return among(name, CODE_READERS)


class AirSection(DeviceSection):
    """A sensor of the room's air."""

    driver: str = Field("senseair-s8", description="its driver: those of sensors")

    @field_validator("driver")
    @classmethod
    def _is_known(cls, name: str) -> str:
        return among(name, SENSORS)


class RoomSection(Section):
    """An unstaffed room; without this section there is none."""

    shares_reader: bool = Field(
        False,
        description="the kiosk's own card reader opens the door too, while nobody is at the kiosk",
    )
    unlock_seconds: float = Field(
        5.0, ge=1, le=30, description="so long the door can be opened from outside"
    )
    pin_seconds: float = Field(30.0, ge=5, le=120, description="from a card to its PIN")
    people_limit: int | None = Field(
        None, ge=1, le=10_000, description="people inside at most; the venue's capacity when absent"
    )
    min_age: int = Field(0, ge=0, le=120, description="whole years; 0: of any age")
    classes: frozenset[str] = Field(
        frozenset(), description="classes of patrons (PC) that may enter; empty: all"
    )
    needs_agreement: bool = Field(
        True, description="only who agreed to the rules of unstaffed rooms may enter"
    )
    agreement_field: str = Field(
        "XU",
        pattern="^[A-Z][A-Z0-9]$",
        description="SIP2 field in which the library's system tells of that; empty or N: no",
    )
    offline: bool = Field(True, description="let in by the list while the library's system is away")
    card_list: Path = Field(
        Path("door-cards.json"), description="where that list is kept; owner-only"
    )
    list_hours: float = Field(24.0, ge=1, le=720, description="how old that list may be")
    offline_pin: Literal["remembered", "none"] = Field(
        "remembered",
        description="the PIN then: one that was right at this door before, or none is asked for",
    )
    pins: Path = Field(
        Path("door-pins.json"), description="where hashes of those PINs are kept; owner-only"
    )
    pin_days: int = Field(30, ge=1, le=365, description="for so long a PIN is remembered")
    wrong_pins: int = Field(3, ge=1, le=10, description="then no card is looked at for a while")
    lock_seconds: float = Field(60.0, ge=10, le=3600, description="that while")
    closing_minutes: tuple[int, ...] = Field(
        (15, 5), max_length=5, description="minutes before closing at which it is announced"
    )
    cleaning: tuple[str, ...] = Field(
        (), max_length=50, description='when it is cleaned: "daily 06:00-07:00", "mon 22:00-01:00"'
    )
    lights_minutes: float = Field(
        15.0, ge=1, le=240, description="lights stay on for so long after the last sign of people"
    )
    co2_high_ppm: int = Field(1000, ge=500, le=5000, description="from there it is ventilated")
    co2_low_ppm: int = Field(800, ge=400, le=5000, description="below that no more")
    warm_celsius: float = Field(28.0, ge=15, le=45, description="from there it is too warm")
    cold_celsius: float = Field(14.0, ge=-10, le=25, description="from there down it is too cold")
    open_too_long_seconds: float = Field(
        60.0, ge=10, le=600, description="then a door that stands open is told"
    )
    commands: tuple[Literal["announce", "close", "open", "unlock", "reset"], ...] = Field(
        ("announce", "close", "open"),
        description="orders that are taken from the hub: announce, close, open, unlock, reset",
    )
    player: str = Field(
        "aplay -q -", description="program that plays a WAV in the room; empty: nothing is said"
    )
    door_player: str = Field("", description="the same outside the door")
    kept: Path = Field(
        Path("room.json"), description="what outlives a restart: alarms, a closing, what was said"
    )
    inputs: InputsSection | None = Field(None, description="its contacts")
    outputs: OutputsSection = Field(description="its relays")
    card_reader: CardReaderSection | None = Field(None, description="the reader at the door")
    pin_pad: PinPadSection | None = Field(None, description="the keypad at the door")
    air: tuple[AirSection, ...] = Field((), max_length=4, description="sensors of its air")

    @field_validator("cleaning")
    @classmethod
    def _are_times(cls, cleaning: tuple[str, ...]) -> tuple[str, ...]:
        for text in cleaning:
            read_cleaning(text)
        return cleaning

    @field_validator("closing_minutes")
    @classmethod
    def _are_minutes(cls, minutes: tuple[int, ...]) -> tuple[int, ...]:
        if any(not 1 <= one <= 120 for one in minutes) or len(set(minutes)) != len(minutes):
            raise ValueError("minutes from 1 to 120, each once")
        return minutes

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.co2_low_ppm >= self.co2_high_ppm:
            raise ValueError("co2_low_ppm is below co2_high_ppm")
        if self.cold_celsius >= self.warm_celsius:
            raise ValueError("cold_celsius is below warm_celsius")
        if (self.card_reader is None) is not self.shares_reader:
            raise ValueError("either [room.card_reader] or shares_reader = true: who reads cards?")
        return self

    def settings(self, zone: str) -> RoomSettings:
        """Return them as a room takes them."""
        return RoomSettings(
            outputs=frozenset(self.outputs.channels()),
            has_fire=self.inputs is not None and self.inputs.fire is not None,
            zone=zone,
            unlock_seconds=self.unlock_seconds,
            pin_seconds=self.pin_seconds,
            people_limit=self.people_limit,
            min_age=self.min_age,
            classes=self.classes,
            needs_agreement=self.needs_agreement,
            offline=self.offline,
            list_hours=self.list_hours,
            wrong_pins=self.wrong_pins,
            lock_seconds=self.lock_seconds,
            closing_minutes=tuple(sorted(self.closing_minutes, reverse=True)),
            cleaning=tuple(map(read_cleaning, self.cleaning)),
            lights_seconds=self.lights_minutes * 60,
            co2_high_ppm=self.co2_high_ppm,
            co2_low_ppm=self.co2_low_ppm,
            warm_celsius=self.warm_celsius,
            cold_celsius=self.cold_celsius,
            open_too_long_seconds=self.open_too_long_seconds,
            commands=frozenset(map(Verb, self.commands)),
        )


def read_cleaning(text: str) -> Cleaning:
    """Return a stretch of the week as it is written. Raises ValueError."""
    found = _CLEANING.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(f'{text!r}: write "daily 06:00-07:00" or "mon 22:00-01:00"')
    day, *clock = found.groups()
    hours_from, minutes_from, hours_to, minutes_to = map(int, clock)
    if max(hours_from, hours_to) > 24 or max(minutes_from, minutes_to) > 59:
        raise ValueError(f"{text!r} has a time that no clock shows")
    start_s = hours_from * 3600 + minutes_from * 60
    end_s = hours_to * 3600 + minutes_to * 60
    weekday = None if day == "daily" else _DAYS.index(day)
    return Cleaning(weekday, start_s, end_s)
