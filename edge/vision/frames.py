"""Hand frames from a reader thread to an asyncio task."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Generator
from types import TracebackType
from typing import NamedTuple, Self

from edge.errors import SourceError
from edge.vision.detector import Image


class Frame(NamedTuple):
    """A BGR picture (height, width, 3) and its instant.

    `at_seconds` is on the axis of `time.monotonic()` for whatever runs at its own pace, and media
    time, from 0, for what is read as fast as possible.
    """

    image: Image
    at_seconds: float


class ReaderStopped(threading.Event):
    """Set when the frames are not wanted any more; a producer also sleeps on it.

    `damaged` is the producer's count of pictures that could not be read.
    """

    def __init__(self) -> None:
        super().__init__()
        self.damaged = 0


#: Yields frames until told to stop; runs in the reader's thread; raises SourceError.
Producer = Callable[[ReaderStopped], Generator[Frame]]


class FrameSource:
    """Runs a producer in a thread while entered; iterating gives its frames.

    ```python
    async with FrameSource(produce, name="front") as frames:
        async for frame in frames: ...
    ```
    A slow reader of live frames gets the newest frame and misses those between; with `lossless`
    the producer waits instead. Iteration raises SourceError when the producer does or when nothing
    comes for `stall_seconds`, and ends with the producer. Leaving the block never takes longer
    than `close_seconds`: a thread that is still held by a driver then is a daemon, has lost its
    reader, and ends with its read.
    """

    def __init__(
        self,
        produce: Producer,
        *,
        name: str,
        lossless: bool = False,
        open_seconds: float = 15.0,
        stall_seconds: float = 10.0,
        close_seconds: float = 6.0,
    ) -> None:
        self.name = name
        self._produce = produce
        self._lossless = lossless
        self._patience = open_seconds
        self._stall_seconds = stall_seconds
        self._close_seconds = close_seconds
        self._thread = threading.Thread(target=self._read, name=f"frames[{name}]", daemon=True)
        self._stopped = ReaderStopped()
        self._slot_free = threading.Event()
        self._changed = asyncio.Event()
        self._finished = asyncio.Event()
        self._latest: Frame | None = None
        self._error: Exception | None = None

    @property
    def damaged(self) -> int:
        """Return how many pictures could not be read."""
        return self._stopped.damaged

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._slot_free.set()
        self._thread.start()
        try:
            await self._wait()  # opened means: the first frame is here
        except BaseException:
            await self._close()
            raise
        if self._latest is None and self._error is not None:
            await self._close()
            raise self._error
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._close()

    def __aiter__(self) -> AsyncIterator[Frame]:
        return self

    async def __anext__(self) -> Frame:
        """Wait for the next frame; raises SourceError and StopAsyncIteration as the class says."""
        self._patience = self._stall_seconds
        await self._wait()
        frame, self._latest = self._latest, None
        if frame is not None:
            self._slot_free.set()
            return frame
        if self._error is not None:
            raise self._error
        raise StopAsyncIteration

    async def _wait(self) -> None:
        """Wait until a frame is in the slot or the producer is done."""
        while self._latest is None and not self._finished.is_set():
            self._changed.clear()
            try:
                # Before Python 3.12 `wait_for` loses a cancellation that comes beside a frame.
                async with asyncio.timeout(self._patience):
                    await self._changed.wait()
            except TimeoutError:
                raise SourceError(
                    f"source {self.name}: no frame for {self._patience:g} seconds"
                ) from None

    async def _close(self) -> None:
        self._stopped.set()
        self._slot_free.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._close_seconds):
                await self._finished.wait()
            # Its last act was to say so; this takes no time.
            self._thread.join(1.0)

    def _read(self) -> None:
        """Run the producer, in the reader's thread."""
        error: Exception | None = None
        try:
            with contextlib.closing(self._produce(self._stopped)) as frames:
                for frame in frames:
                    if self._lossless:
                        self._slot_free.wait()
                        self._slot_free.clear()
                    if self._stopped.is_set():
                        break
                    self._tell(self._put, frame)
        except Exception as caught:  # noqa: BLE001 - a thread's border: the reader raises it
            error = caught
        self._tell(self._finish, error)

    def _tell(self, call: Callable[..., None], argument: object) -> None:
        # The loop may be closed already when a read that outlived its reader comes back.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call, argument)

    def _put(self, frame: Frame) -> None:
        self._latest = frame
        self._changed.set()

    def _finish(self, error: Exception | None) -> None:
        self._error = error
        self._finished.set()
        self._changed.set()
