"""A serial device as a source: readings of firmware_bridge into the recorder."""

import asyncio
from collections import deque
from typing import Final

from contracts.events import DOOR_SUFFIX
from contracts.messages import LineStatus
from edge.errors import SourceError
from edge.serial_section import SerialSection
from edge.sources.serial_options import sensor_options
from edge.supervise import Watching
from firmware_bridge.board.counters import CounterBook
from firmware_bridge.errors import DeviceError
from firmware_bridge.modbus.book import LineBook
from firmware_bridge.registry import open_sensor
from firmware_bridge.sensors.readings import (
    AlarmReading,
    BoardStatus,
    ClimateReading,
    ContactReading,
    Continuity,
    CounterReading,
    DoorState,
    LockState,
    Reading,
)
from firmware_bridge.statistics import LineStatistics
from link.clock import monotonic_ms
from link.recorder import Recorder

UNHEARD_MS: Final = 16_000
"""A counter that repeats its totals each 5 s was not heard when three of them are missing."""
MOST_CHANGES: Final = 120
CHANGES_MS: Final = 60_000
"""More changes than this in so long are a contact that flaps; a door of a crowd makes fewer."""
ALARM_HOLDS_MS: Final = 10_000
"""An alarm that sounds in pulses, as gates do, is one alarm; quiet for so long it is over."""


class SerialSource:
    """Takes what one device tells: counting lines, locks and doors, climate, alarms.

    Devices on one Modbus line need the same `lines`.
    """

    kind = "serial"
    picture = None

    def __init__(
        self, config: SerialSection, recorder: Recorder, lines: LineBook | None = None
    ) -> None:
        self.name = config.name
        self.statistics = LineStatistics()
        self._config = config
        self._recorder = recorder
        self._lines = {channel: name for name, channel in config.lines.items()}
        self._contacts = {channel: name for name, channel in config.contacts.items()}
        self._climates = {channel: name for name, channel in config.climates.items()}
        if config.driver == "di-module":
            # A channel of an input module is the number of its first input.
            self._lines = {beams[0]: name for name, beams in config.beams.items()}
            self._contacts = {_first(lock): name for name, lock in config.locks.items()}
        alarms = {**config.gate_alarms, **config.fire_alarms}
        self._alarms = {channel: name for name, channel in alarms.items()}
        self._sounded_at: dict[int, int] = {}
        self._alarm_heard_at: dict[int, int] = {}
        self._wanted = (
            *((name, channel, "beam") for name, channel in config.lines.items()),
            *((name, channel, "contact") for name, channel in config.contacts.items()),
            *((name, channel, "climate") for name, channel in config.climates.items()),
        )
        self._tampered: set[int] = set()
        self._changes: dict[int, int] = {}
        self._changed_at: dict[int, deque[int]] = {}
        self._flapping: set[str] = set()
        self._counted_at: dict[int, int] = {}
        self._board: tuple[str, int] | None = None
        self._complaint = ""
        # One book for all openings: it knows the totals from before an unplugging.
        self._options = sensor_options(config, lines or LineBook(), CounterBook(), self.statistics)

    @property
    def corrupt_frames(self) -> int:
        """Return how many frames of the device could not be read."""
        return self.statistics.corrupt_frames

    @property
    def line(self) -> LineStatus:
        """Return what was said on the line to the device."""
        return line_status(self.statistics)

    async def run(self, watching: Watching) -> None:
        """Read until cancelled. Raises SourceError when the port or the device fails."""
        reason = "device_failed"
        try:
            config = self._config
            async with open_sensor(config.driver, config.port, **self._options) as sensor:
                async for reading in sensor:
                    self._take(reading, monotonic_ms())
                    watching(self._wrong())
        except DeviceError as error:
            raise SourceError(str(error)) from error
        except asyncio.CancelledError:
            reason = "stopped"
            raise
        finally:
            self._end(reason)

    def _take(self, reading: Reading, now_ms: int) -> None:
        match reading:
            case CounterReading(channel=channel) if channel in self._lines:
                self._count(self._lines[channel], reading, now_ms)
            case ContactReading(channel=channel) if channel in self._contacts:
                self._contact(self._contacts[channel], reading, now_ms)
            case ClimateReading(channel=channel) if channel in self._climates:
                self._climate(self._climates[channel], reading, now_ms)
            case AlarmReading(channel=channel) if channel in self._alarms:
                self._alarm(self._alarms[channel], reading, now_ms)
            case BoardStatus():
                self._meet(reading)
                self._complaint = self._missing(reading.channels)
            case _:
                pass  # a channel that is wired, but not configured

    def _meet(self, board: BoardStatus) -> None:
        # A boot, or another board at the same port: what a lock did meanwhile nobody knows.
        met, self._board = self._board, (board.board_id, board.boot)
        if met not in (None, self._board):
            self._end("board_restarted" if met[0] == board.board_id else "board_replaced")

    def _count(self, line: str, reading: CounterReading, now_ms: int) -> None:
        if reading.continuity is not Continuity.SAME_BOOT:
            self._recorder.unwatched(line, f"counter_{reading.continuity}")
        # The totals tell who passed while nothing was read, and not in which minute.
        if now_ms - self._counted_at.get(reading.channel, now_ms) > UNHEARD_MS:
            self._recorder.unwatched(line, "counter_unheard")
        self._counted_at[reading.channel] = now_ms
        if reading.entered or reading.left:
            self._recorder.crossed(line, now_ms, entered=reading.entered, left=reading.left)
        if reading.is_blocked:
            self._recorder.unwatched(line, "beam_blocked")
        else:
            self._recorder.watched(line, now_ms)

    def _contact(self, sensor: str, reading: ContactReading, now_ms: int) -> None:
        # A change that was lost on the line, or with a boot: nobody knows what was in between.
        before = self._changes.get(reading.channel, reading.changes_total)
        if reading.changes_total - before not in (0, 1):
            self._lose(sensor, "change_missed")
        self._changes[reading.channel] = reading.changes_total
        if self._flaps(reading, before, now_ms):
            self._flapping.add(sensor)
            self._lose(sensor, "flapping")
            return
        self._flapping.discard(sensor)
        self._state(
            sensor, reading.lock.value, now_ms, is_known=reading.lock is not LockState.UNKNOWN
        )
        self._state(
            sensor + DOOR_SUFFIX,
            reading.door.value,
            now_ms,
            is_known=reading.door is not DoorState.UNKNOWN,
        )
        if reading.is_tampered and reading.channel not in self._tampered:
            self._recorder.happened(sensor, "tamper", now_ms)
            self._tampered.add(reading.channel)
        if not reading.is_tampered:
            self._tampered.discard(reading.channel)

    def _flaps(self, reading: ContactReading, before: int, now_ms: int) -> bool:
        """Say whether a contact changes faster than any door: a loose wire, no evidence.

        Each change would be a row: an hour of this would push a week of counts out of the spool.
        """
        latest = self._changed_at.setdefault(reading.channel, deque(maxlen=MOST_CHANGES + 1))
        if reading.changes_total != before:
            latest.append(now_ms)
        while latest and now_ms - latest[0] > CHANGES_MS:
            latest.popleft()
        return len(latest) > MOST_CHANGES

    def _state(self, sensor: str, value: str, now_ms: int, *, is_known: bool) -> None:
        if is_known:
            self._recorder.state(sensor, value, now_ms)
        else:
            self._recorder.state_lost(sensor, "unknown")

    def _climate(self, sensor: str, reading: ClimateReading, now_ms: int) -> None:
        if reading.temperature_celsius is not None:
            low, high = self._config.temperature_limits_celsius
            self._recorder.measured(
                sensor,
                "temperature_celsius",
                now_ms,
                reading.temperature_celsius,
                urgent=not low <= reading.temperature_celsius <= high,
            )
        if reading.humidity_percent is not None:
            self._recorder.measured(sensor, "humidity_percent", now_ms, reading.humidity_percent)
        if reading.co2_ppm is not None:
            self._recorder.measured(sensor, "co2_ppm", now_ms, float(reading.co2_ppm))
        for quantity in ("pm2_5_micrograms_per_m3", "pm10_micrograms_per_m3"):
            particles = getattr(reading, quantity)
            if particles is not None:
                self._recorder.measured(sensor, quantity, now_ms, float(particles))

    def _alarm(self, alarm: str, reading: AlarmReading, now_ms: int) -> None:
        channel = reading.channel
        if now_ms - self._alarm_heard_at.get(channel, now_ms) > UNHEARD_MS:
            self._recorder.state_lost(alarm, "unheard")
        self._alarm_heard_at[channel] = now_ms
        if reading.is_active:
            if channel not in self._sounded_at:
                self._recorder.happened(alarm, f"{reading.kind}_alarm", now_ms)
            self._sounded_at[channel] = now_ms
        elif now_ms - self._sounded_at.get(channel, now_ms) >= ALARM_HOLDS_MS:
            del self._sounded_at[channel]
        is_active = channel in self._sounded_at
        self._recorder.state(alarm, "active" if is_active else "quiet", now_ms)

    def _end(self, reason: str) -> None:
        for line in self._lines.values():
            self._recorder.unwatched(line, reason)
        for sensor in self._contacts.values():
            self._lose(sensor, reason)
        for alarm in self._alarms.values():
            self._recorder.state_lost(alarm, reason)
        self._changes.clear()
        self._counted_at.clear()
        self._alarm_heard_at.clear()

    def _lose(self, sensor: str, reason: str) -> None:
        self._recorder.state_lost(sensor, reason)
        self._recorder.state_lost(sensor + DOOR_SUFFIX, reason)

    def _wrong(self) -> str:
        """Return what is wrong though the board speaks, an empty string for nothing."""
        flapping = [f"the contact {sensor} flaps" for sensor in sorted(self._flapping)]
        return "; ".join([*filter(None, [self._complaint]), *flapping])

    def _missing(self, kinds: tuple[str, ...]) -> str:
        """Return which configured channels the board does not have, in words."""
        absent = [
            f"{name} wants a {kind} at channel {channel}"
            for name, channel, kind in self._wanted
            if channel >= len(kinds) or kinds[channel] != kind
        ]
        return f"the board has {', '.join(kinds)}; {', '.join(absent)}" if absent else ""


def line_status(statistics: LineStatistics) -> LineStatus:
    """Return the counts of a line as a node's status tells them."""
    latency = statistics.latency_seconds
    return LineStatus(
        requests=statistics.requests,
        replies=statistics.replies,
        timeouts=statistics.timeouts,
        reopenings=statistics.reopenings,
        latency_ms=None if latency is None else round(latency * 1000, 1),
        longest_latency_ms=round(statistics.longest_latency_seconds * 1000, 1),
    )


async def probe(config: SerialSection, lines: LineBook | None = None) -> str:
    """Open the port and return what answers. Raises SourceError."""
    statistics = LineStatistics()
    options = sensor_options(config, lines or LineBook(), CounterBook(), statistics)
    is_board = config.driver.startswith("board")
    try:
        async with open_sensor(config.driver, config.port, **options) as sensor:
            async for reading in sensor:
                if isinstance(reading, BoardStatus):
                    return f"board {reading.board_id}, firmware {reading.firmware}"
                if not is_board:
                    return f"{config.driver} answers{_told(reading)}"
    except DeviceError as error:
        raise SourceError(str(error)) from error
    raise SourceError("ends before its first word")


def _told(reading: Reading) -> str:
    if not isinstance(reading, ClimateReading):
        return ""
    quantities = (
        (reading.temperature_celsius, "°C"),
        (reading.humidity_percent, "%"),
        (reading.co2_ppm, "ppm"),
        (reading.pm2_5_micrograms_per_m3, "µg/m³ PM2.5"),
        (reading.pm10_micrograms_per_m3, "µg/m³ PM10"),
    )
    said = [f"{value} {unit}" for value, unit in quantities if value is not None]
    return f": {', '.join(said)}" if said else ", and does not measure yet"


def _first(lock: tuple[int | None, int | None]) -> int:
    return next(number for number in lock if number is not None)
