"""PMS5003 particle sensor on a UART of its own: it tells by itself, about once a second.

      42 4D 00 1C  w1 .. w13  SUM       16-bit words, high byte first; SUM = sum of the 30 bytes
                                        before it; w5 = PM2.5, w6 = PM10 in open air

Source: Plantower, "PMS5003 series data manual", version 2.3.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from firmware_bridge.errors import DeviceError, DeviceTimeout
from firmware_bridge.sensors.polling import SILENCE_SECONDS, PolledSensor
from firmware_bridge.sensors.readings import ClimateReading, Reading
from firmware_bridge.statistics import LineStatistics
from firmware_bridge.transport import Transport, open_transport, read_until

WARM_UP_SECONDS: Final = 30.0
"""Its fan has to run for so long before what it tells is steady."""
_BAUDRATE: Final = 9600
_HEAD: Final = b"\x42\x4d\x00\x1c"
_FRAME_BYTES: Final = 32
_PM2_5, _PM10 = 12, 14  # where their words begin


class Pms5003(PolledSensor):
    """Fine particles of a PMS5003, as channel 0; None while it warms up, after every opening."""

    def __init__(
        self,
        url: str,
        *,
        warm_up_seconds: float = WARM_UP_SECONDS,
        silence_seconds: float = SILENCE_SECONDS,
        statistics: LineStatistics | None = None,
        connect: Callable[..., Transport] = open_transport,
    ) -> None:
        super().__init__(
            url, poll_seconds=0.0, silence_seconds=silence_seconds, statistics=statistics
        )
        self._warm_up_seconds = warm_up_seconds
        self._connect = connect
        self._transport: Transport | None = None
        self._warm_at: float | None = None
        self._received = b""

    def _connection(self) -> Transport:
        self._transport = self._connect(self._url, baudrate=_BAUDRATE)
        return self._transport

    async def _poll(self) -> list[Reading]:
        if self._transport is None:
            raise DeviceError(f"{self._url} is not open: enter the sensor first")
        loop = asyncio.get_running_loop()
        if self._warm_at is None:
            self._warm_at = loop.time() + self._warm_up_seconds
        chunk = await read_until(self._transport, loop.time() + self._silence_seconds)
        if not chunk:
            raise DeviceTimeout(f"{self._url} is silent: check the sensor's power and cable")
        frames, damaged, self._received = find_frames(self._received + chunk)
        self.statistics.replies += len(frames)
        self.statistics.corrupt_frames += damaged
        is_warm = loop.time() >= self._warm_at
        return [_reading(frame, is_warm=is_warm) for frame in frames]


def find_frames(received: bytes) -> tuple[list[bytes], int, bytes]:
    """Return (sound frames, how many were damaged, bytes that may begin the next one)."""
    frames: list[bytes] = []
    damaged = 0
    while (start := received.find(_HEAD[:1])) >= 0:
        received = received[start:]
        if not received.startswith(_HEAD[: len(received)]):
            received = received[1:]
        elif len(received) < _FRAME_BYTES:
            return frames, damaged, received
        elif sum(received[: _FRAME_BYTES - 2]) == int.from_bytes(received[30:32], "big"):
            frames.append(received[:_FRAME_BYTES])
            received = received[_FRAME_BYTES:]
        else:
            damaged += 1
            received = received[1:]
    return frames, damaged, b""


def _reading(frame: bytes, *, is_warm: bool) -> ClimateReading:
    def word(at: int) -> int | None:
        return int.from_bytes(frame[at : at + 2], "big") if is_warm else None

    return ClimateReading(0, None, None, None, word(_PM2_5), word(_PM10))
