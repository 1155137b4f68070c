"""Asking a FEIG reader over its line: one request at a time, its answer or a timeout."""

from functools import partial

from firmware_bridge.errors import DeviceError, DeviceTimeout, FrameError
from firmware_bridge.feig.commands import CUSTOM, ISO_15693, RF_RESET, VERSION, Answer
from firmware_bridge.feig.frames import content_of, encode_frame
from firmware_bridge.line import Line

ANY_ADDRESS = 0xFF
# From a request to its answer. A reader does not answer a frame that it does not understand, so
# this is also how long a damaged request goes unnoticed.
TIMEOUT_SECONDS = {VERSION: 0.5, RF_RESET: 0.5, ISO_15693: 1.0, CUSTOM: 0.5}


class FeigLine:
    """What is asked of one reader over `line`, one request at a time."""

    def __init__(
        self,
        url: str,
        line: Line,
        *,
        address: int,
        is_advanced: bool | None = None,
        patience: float = 1.0,
    ) -> None:
        self._url = url
        self._line = line
        self._address = address
        self._is_advanced = is_advanced
        self._patience = patience

    async def ask(self, request: bytes) -> Answer:
        """Return the answer to a request (command and data).

        Raises DeviceTimeout after a second try, DeviceError when the port fails or an answer is
        none.
        """
        seconds = TIMEOUT_SECONDS[request[0]] * self._patience
        # Old readers know standard frames only, new ones advanced ones only.
        for is_advanced in (False, True) if self._is_advanced is None else [self._is_advanced] * 2:
            frame = encode_frame(bytes([self._address]) + request, is_advanced=is_advanced)
            content = await self._line.ask(frame, partial(self._accept, frame), seconds=seconds)
            if content is not None:
                self._is_advanced = is_advanced
                return self._answer(content)
            if self._line.is_ended:
                raise DeviceError(f"{self._url} has ended: the recording holds no more")
        raise DeviceTimeout(
            f"{self._url} does not answer to command {request[0]:02X} "
            f"({self._line.corrupt_frames} corrupt frames): check its power and cable, its baud "
            "rate and parity"
        )

    def _accept(self, asked: bytes, frame: bytes) -> bytes | None:
        # A converter may send our own request back, and a bus may have other readers.
        content = content_of(frame)
        is_answer = frame != asked and content[1] == content_of(asked)[1]
        return content if is_answer and self._is_asked(content[0]) else None

    def _is_asked(self, address: int) -> bool:
        return self._address in (ANY_ADDRESS, address)

    def _answer(self, content: bytes) -> Answer:
        try:
            return Answer.from_content(content)
        except FrameError as error:
            raise DeviceError(f"{self._url} gives no answer: {error}") from error
