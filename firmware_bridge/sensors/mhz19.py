"""MH-Z19 CO2 sensor on a UART of its own.

      FF 01 86 00 00 00 00 00 79        request: gas concentration
      FF 86 HH LL TT ss .. .. CK        answer: ppm = HH LL; CK = 0 - sum of bytes 1 to 7

Source: Winsen, "MH-Z19B user manual", version 1.6.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from firmware_bridge.errors import DeviceError, DeviceTimeout, FrameError
from firmware_bridge.sensors.polling import SILENCE_SECONDS, PolledSensor
from firmware_bridge.sensors.readings import ClimateReading, Reading
from firmware_bridge.statistics import LineStatistics
from firmware_bridge.transport import Transport, open_transport, read_until

WARM_UP_SECONDS: Final = 180.0
"""What it tells in its first three minutes after power came is no measurement."""
POLL_SECONDS: Final = 5.0
REQUEST: Final = bytes.fromhex("ff0186000000000079")
_BAUDRATE: Final = 9600
_REPLY_SECONDS: Final = 0.3
_FRAME_BYTES: Final = 9
_HEAD: Final = b"\xff\x86"
_CO2_PPM: Final = range(1, 10_001)
_LARGEST_BUFFER: Final = 64


class MhZ19(PolledSensor):
    """CO2 of an MH-Z19, as channel 0; None while it warms up, after every opening of its port.

    An unplugged USB adapter takes the sensor's power too, and the sensor does not tell how long it
    has had power.
    """

    def __init__(
        self,
        url: str,
        *,
        warm_up_seconds: float = WARM_UP_SECONDS,
        poll_seconds: float = POLL_SECONDS,
        silence_seconds: float = SILENCE_SECONDS,
        statistics: LineStatistics | None = None,
        connect: Callable[..., Transport] = open_transport,
    ) -> None:
        super().__init__(
            url,
            poll_seconds=poll_seconds,
            silence_seconds=silence_seconds,
            statistics=statistics,
        )
        self._warm_up_seconds = warm_up_seconds
        self._connect = connect
        self._transport: Transport | None = None
        self._warm_at: float | None = None

    def _connection(self) -> Transport:
        self._transport = self._connect(self._url, baudrate=_BAUDRATE)
        return self._transport

    async def _poll(self) -> list[Reading]:
        if self._transport is None:
            raise DeviceError(f"{self._url} is not open: enter the sensor first")
        loop = asyncio.get_running_loop()
        if self._warm_at is None:
            self._warm_at = loop.time() + self._warm_up_seconds
        co2_ppm = await self._ask(self._transport)
        is_sound = loop.time() >= self._warm_at and co2_ppm in _CO2_PPM
        return [ClimateReading(0, None, None, co2_ppm if is_sound else None)]

    async def _ask(self, transport: Transport) -> int:
        loop = asyncio.get_running_loop()
        while await read_until(transport, 0.0):
            pass  # an answer that came after its time
        self.statistics.requests += 1
        asked_at = loop.time()
        await transport.write(REQUEST)
        received = b""
        while chunk := await read_until(transport, asked_at + _REPLY_SECONDS):
            received = (received + chunk)[-_LARGEST_BUFFER:]
            co2_ppm = find_co2(received)
            if co2_ppm is not None:
                self.statistics.note_reply(loop.time() - asked_at)
                return co2_ppm
        if received:
            self.statistics.corrupt_frames += 1
            raise FrameError(f"{self._url} answers with bytes that are no reply")
        self.statistics.timeouts += 1
        raise DeviceTimeout(f"{self._url} does not answer: check the sensor's power and cable")


def find_co2(received: bytes) -> int | None:
    """Return the ppm of the first sound answer in these bytes, None while there is none."""
    for start in range(len(received) - _FRAME_BYTES + 1):
        frame = received[start : start + _FRAME_BYTES]
        if frame.startswith(_HEAD) and sum(frame[1:]) % 256 == 0:
            return int.from_bytes(frame[2:4], "big")
    return None
