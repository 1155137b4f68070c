"""The camera while somebody looks: a thread that reads, lets the engine see, and hands on."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from kiosk.ar.camera_model import CameraModel
from kiosk.ar.frames import Frame, FrameSource
from kiosk.ar.sight import Sight
from kiosk.errors import ArError

log = structlog.get_logger(__name__)

SOON_SECONDS: Final = 0.3
"""A camera that works gives its next frame, and the thread its end, long before that."""
END_SECONDS: Final = 1.0
"""A driver that hangs is waited for no longer; its camera is told to close all the same."""


class Eye(Protocol):
    """What tells of a frame what is in it: the engine."""

    def step(self, frame: Frame) -> Sight:
        """Look at a frame."""

    def close(self) -> None:
        """End what works beside it."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A frame that was looked at, and what is seen in it."""

    frame: Frame
    sight: Sight


@dataclass(frozen=True)
class Camera:
    """How to open the camera, and the model of its lens for the size that it gives."""

    open: Callable[[], FrameSource]
    model: Callable[[tuple[int, int]], CameraModel]


@contextlib.asynccontextmanager
async def looking(
    camera: Camera,
    open_eye: Callable[[CameraModel], Eye],
    began: Callable[[CameraModel], None],
    looked: Callable[[Looked], None],
    failed: Callable[[str], None],
) -> AsyncIterator[None]:
    """Have the camera open inside of it; it is closed, and no frame is left, when it ends.

    `began`, `looked` and `failed` are called in this loop. A camera that fails is not opened
    again: whoever looks is told, and may come back.
    """
    loop = asyncio.get_running_loop()
    stop = threading.Event()
    opened: list[FrameSource] = []

    def say(call: Callable[..., None], *told: object) -> None:
        # A loop that is closing hears no more.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(call, *told)

    def run() -> None:
        try:
            with contextlib.closing(camera.open()) as source:
                opened.append(source)
                if stop.is_set():
                    return
                model = camera.model(source.size)
                say(began, model)
                with contextlib.closing(open_eye(model)) as eye:
                    _look(source, eye, stop, lambda seen: say(looked, seen))
                if not stop.is_set():
                    say(failed, "the camera gives no more pictures")
        except ArError as error:
            if not stop.is_set():
                say(failed, str(error))

    thread = threading.Thread(target=run, name="ar-camera", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        await asyncio.shield(asyncio.to_thread(_end, thread, opened))


def _end(thread: threading.Thread, opened: list[FrameSource]) -> None:
    thread.join(SOON_SECONDS)
    if thread.is_alive():
        for source in opened:
            # Ends a read that waits for a camera that gives nothing.
            source.close()
        thread.join(END_SECONDS - SOON_SECONDS)
    if thread.is_alive():
        log.warning("camera_hangs", seconds=END_SECONDS)


def _look(
    source: FrameSource, eye: Eye, stop: threading.Event, looked: Callable[[Looked], None]
) -> None:
    while not stop.is_set():
        frame = source.read()
        if frame is None:
            return
        looked(Looked(frame, eye.step(frame)))
