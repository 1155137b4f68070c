"""A line that several Modbus devices share: one master, one request at a time.

On RS-485 every device hears everything and only one may speak. Drivers that name the same port
get the same ModbusLine from a LineBook; the first one that enters opens the port, the last one
that leaves closes it.
"""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from firmware_bridge.errors import DeviceError, DeviceRefused, DeviceTimeout, FrameError
from firmware_bridge.modbus.book import LineSettings
from firmware_bridge.modbus.rtu import Request
from firmware_bridge.statistics import LineStatistics
from firmware_bridge.transport import Transport, open_transport, read_until

REPLY_SECONDS: Final = 0.1
"""A device begins to answer within some 5 to 50 ms; the time on the wire comes on top."""
_GAP_CHARACTERS: Final = 3.5
# The specification's gap for fast lines; below it, drivers of cheap modules do not turn round.
_LEAST_GAP_SECONDS: Final = 0.00175
_LARGEST_REPLY_BYTES: Final = 256


class ModbusLine:
    """The one master of one port. Enter it as often as there are drivers on it.

    Entering raises DeviceNotFound or DeviceError. A port that failed is opened anew by the next
    driver that enters, while others may still be in.
    """

    def __init__(
        self,
        url: str,
        settings: LineSettings | None = None,
        *,
        connect: Callable[..., Transport] = open_transport,
    ) -> None:
        self.url = url
        self.settings = settings or LineSettings()
        self._connect = connect
        self._transport: Transport | None = None
        self._failure: DeviceError | None = None
        self._users = 0
        self._quiet_at = 0.0
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        async with self._turn:
            if self._transport is None or self._failure is not None:
                await self._open()
            self._users += 1
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        self._users -= 1
        if self._users == 0:
            async with self._turn:
                # Somebody may have entered while this one waited for its turn.
                if self._users == 0:
                    await self._close()

    async def ask(
        self,
        request: Request,
        statistics: LineStatistics,
        *,
        reply_seconds: float = REPLY_SECONDS,
    ) -> tuple[int, ...]:
        """Send a request when it is its turn and return what the device answers.

        `reply_seconds` is how long the device may think. Raises DeviceTimeout without any byte of
        an answer, FrameError when what came is no answer, DeviceRefused when the device says no,
        DeviceError when the port fails.
        """
        async with self._turn:
            if self._failure is not None:
                # Of the port: another driver could not open it again, or this one is told anew.
                raise DeviceError(str(self._failure)) from self._failure
            if self._transport is None:
                raise DeviceError(f"{self.url} is not open: enter the line first")
            loop = asyncio.get_running_loop()
            await self._rest(self._transport)
            frame = request.to_bytes()
            statistics.requests += 1
            asked_at = loop.time()
            on_wire = (len(frame) + request.reply_bytes) * self.settings.character_seconds
            await self._transport.write(frame)
            try:
                content = await self._reply(request, asked_at + on_wire + reply_seconds)
            except DeviceTimeout:
                statistics.timeouts += 1
                raise
            except FrameError:
                statistics.corrupt_frames += 1
                raise
            except DeviceRefused:
                statistics.note_reply(loop.time() - asked_at)
                raise
            finally:
                self._quiet_at = loop.time() + self._gap_seconds
            statistics.note_reply(loop.time() - asked_at)
            return content

    @property
    def _gap_seconds(self) -> float:
        return max(_LEAST_GAP_SECONDS, _GAP_CHARACTERS * self.settings.character_seconds)

    async def _open(self) -> None:
        await self._close()
        settings = self.settings
        transport = self._connect(
            self.url,
            baudrate=settings.baudrate,
            parity=settings.parity,
            stop_bits=settings.stop_bits,
        )
        try:
            await transport.__aenter__()
        except DeviceError as error:
            self._failure = error
            raise
        self._transport, self._failure = transport, None

    async def _close(self) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            await transport.__aexit__(None, None, None)

    async def _rest(self, transport: Transport) -> None:
        """Leave the line silent for as long as devices need to hear an end, and drop late bytes."""
        await asyncio.sleep(self._quiet_at - asyncio.get_running_loop().time())
        while await self._read(transport, 0.0):
            pass  # a reply that came after its time answers nobody

    async def _reply(self, request: Request, deadline: float) -> tuple[int, ...]:
        received = b""
        while self._transport and (chunk := await self._read(self._transport, deadline)):
            received = (received + chunk)[-_LARGEST_REPLY_BYTES:]
            content = request.find_reply(received)
            if content is not None:
                return content
        where = f"unit {request.unit} at {self.url}"
        if received:
            raise FrameError(f"{where} answers with bytes that are no reply")
        raise DeviceTimeout(f"{where} does not answer: check its address, baud rate and wiring")

    async def _read(self, transport: Transport, deadline: float) -> bytes | None:
        try:
            return await read_until(transport, deadline)
        except DeviceError as error:
            self._failure = error
            # A port that is stuck is no device that is silent: its drivers have to open it anew.
            raise DeviceError(str(error)) from error
