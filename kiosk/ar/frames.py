"""Where frames come from: a camera of this machine, a film, a browser's camera, a drawn scene."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.ar.jpeg import jpeg_size, read_jpeg
from kiosk.errors import CameraLost

Image = NDArray[np.uint8]
Clock = Callable[[], float]
Sleep = Callable[[float], None]

_MJPG: Final = int.from_bytes(b"MJPG", "little")
MOST_JPEG_BYTES: Final = 4 * 1024 * 1024
"""A browser's picture of 1080 lines at the best quality has about half of it."""
_FULL_LEVELS: Final = np.clip((np.arange(256) - 16) * 255 / 219, 0, 255).round().astype(np.uint8)
STALL_SECONDS: Final = 5.0
"""A camera that gave nothing for so long is lost."""


@dataclass(frozen=True, eq=False)
class Frame:
    """A picture, its number from 0, and its instant in monotonic seconds.

    The picture is BGR (height, width, 3), or grey (height, width) as some browsers send it.
    """

    number: int
    at: float
    image: Image


class FrameSource(Protocol):
    """Gives frames one after the other. `size` is width and height in pixels."""

    @property
    def size(self) -> tuple[int, int]:
        """Return width and height of every frame."""

    def read(self) -> Frame | None:
        """Wait for the next frame; None when there are no more. Raises CameraLost."""

    def close(self) -> None:
        """Let go of camera or file; a waiting `read` ends."""


class Scene(Protocol):
    """Draws what a camera would see at an instant."""

    @property
    def size(self) -> tuple[int, int]:
        """Return width and height of what is drawn."""

    def picture(self, seconds: float) -> Image | None:
        """Draw the (height, width, 3) BGR picture `seconds` after the start; None at the end."""


class _Newest:
    """One slot between who makes pictures and who reads them: the newest picture, or the end."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._picture: tuple[float, Image] | None = None
        self._is_over = False
        self.dropped = 0

    def put(self, at: float, image: Image) -> None:
        with self._changed:
            self.dropped += self._picture is not None
            self._picture = at, image
            self._changed.notify()

    def end(self) -> None:
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def take(self, seconds: float | None) -> tuple[float, Image] | None:
        """Wait for a picture, None at the end. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._is_over or self._picture, seconds):
                raise TimeoutError
            if self._is_over:
                return None
            picture, self._picture = self._picture, None
            return picture


class CameraSource:
    """A V4L2 camera. A thread reads it, so that a driver that hangs holds nobody up."""

    def __init__(self, name: str, capture: cv2.VideoCapture, clock: Clock) -> None:
        self.size = (
            int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
            int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        )
        self._name = name
        self._capture = capture
        self._clock = clock
        self._slot = _Newest()
        self._closed = threading.Event()
        self._number = 0
        self._thread = threading.Thread(target=self._run, name=f"camera[{name}]", daemon=True)

    @classmethod
    def open(
        cls,
        device: int | str = 0,
        size: tuple[int, int] = (640, 480),
        fps: float = 30.0,
        clock: Clock = time.monotonic,
    ) -> Self:
        """Open a camera by its number or path; it may choose another size. Raises CameraLost."""
        capture = cv2.VideoCapture(device, cv2.CAP_V4L2)
        # MJPEG first: raw pictures of this size do not fit through USB 2 at full rate.
        for setting, value in (
            (cv2.CAP_PROP_FOURCC, _MJPG),
            (cv2.CAP_PROP_FRAME_WIDTH, size[0]),
            (cv2.CAP_PROP_FRAME_HEIGHT, size[1]),
            (cv2.CAP_PROP_FPS, fps),
            (cv2.CAP_PROP_BUFFERSIZE, 1),
        ):
            capture.set(setting, value)
        is_there, _ = capture.read() if capture.isOpened() else (False, None)
        if not is_there:
            capture.release()
            raise CameraLost(f"camera {device}: cannot be opened, or gives no picture")
        source = cls(str(device), capture, clock)
        source._thread.start()
        return source

    def read(self) -> Frame | None:
        """Wait for the newest frame; those between two reads are missed. Raises CameraLost."""
        try:
            newest = self._slot.take(STALL_SECONDS)
        except TimeoutError:
            raise CameraLost(
                f"camera {self._name}: no picture for {STALL_SECONDS:g} seconds"
            ) from None
        if newest is None:
            if self._closed.is_set():
                return None
            raise CameraLost(f"camera {self._name}: gives no more pictures; is it plugged in?")
        frame = Frame(self._number, *newest)
        self._number += 1
        return frame

    def close(self) -> None:
        """Let the thread end; a driver that hangs keeps it, and no one waits for it."""
        self._closed.set()
        self._slot.end()
        self._thread.join(1.0)

    def _run(self) -> None:
        while not self._closed.is_set():
            is_there, image = self._capture.read()
            if not is_there:
                break
            self._slot.put(self._clock(), np.asarray(image, np.uint8))
        self._slot.end()
        self._capture.release()


class _Paced:
    """Number and instant of pictures that have a rate of their own."""

    def __init__(self, fps: float, clock: Clock, sleep: Sleep) -> None:
        self.fps = fps
        self._clock = clock
        self._sleep = sleep
        self._began: float | None = None

    def due(self, index: int) -> tuple[int, float]:
        """Wait until picture `index` is due; return it, or the later one that is due by now."""
        now = self._clock()
        if self._began is None:
            self._began = now - index / self.fps
        wait = self._began + index / self.fps - now
        if wait > 0:
            self._sleep(wait)
        else:
            index = max(index, math.floor((now - self._began) * self.fps))
        return index, self._began + index / self.fps


class FileSource:
    """A film. `paced` plays it at its own rate and leaves out what comes too late; else at once."""

    def __init__(
        self,
        path: Path,
        *,
        loop: bool = True,
        paced: bool = True,
        clock: Clock = time.monotonic,
        sleep: Sleep = time.sleep,
    ) -> None:
        """Open a film. Raises CameraLost."""
        self._path = path
        self._capture = cv2.VideoCapture(str(path))
        self.size = (
            int(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
            int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        )
        if not self._capture.isOpened() or not self.size[0]:
            self._capture.release()
            raise CameraLost(f"{path}: is no film that can be played")
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self._rate = _Paced(fps if 1 <= fps <= 240 else 30.0, clock, sleep)
        self._loop = loop
        self._paced = paced
        self._next = 0
        self._number = 0
        self._closed = threading.Event()

    def read(self) -> Frame | None:
        """Read the next frame; without `loop` None at the end. Raises CameraLost."""
        if self._closed.is_set():
            return None
        wanted, at = self._next, self._next / self._rate.fps
        if self._paced:
            wanted, at = self._rate.due(self._next)
            while self._next < wanted and self._capture.grab():
                self._next += 1
        is_there, image = self._capture.read()
        if not is_there and self._loop and self._next:
            self._capture.release()
            self._capture = cv2.VideoCapture(str(self._path))
            is_there, image = self._capture.read()
        if not is_there:
            if not self._number:
                raise CameraLost(f"{self._path}: there is no picture in it")
            return None
        self._next = wanted + 1
        frame = Frame(self._number, at, np.asarray(image, np.uint8))
        self._number += 1
        return frame

    def close(self) -> None:
        """Close the file."""
        self._closed.set()
        self._capture.release()


class BrowserSource:
    """Pictures that a browser sends. `feed` and `read` may be called by different threads."""

    def __init__(self, size: tuple[int, int] = (640, 480), clock: Clock = time.monotonic) -> None:
        self.size = size
        self.refused = 0
        self._clock = clock
        self._slot = _Newest()
        self._number = 0

    @property
    def dropped(self) -> int:
        """Return how many pictures were replaced by a newer one before they were read."""
        return self._slot.dropped

    def feed(self, jpeg: bytes) -> str:
        """Take a JPEG; return why it was refused, empty when it was not."""
        trouble, image = "", None
        if len(jpeg) > MOST_JPEG_BYTES:
            trouble = f"a picture of {len(jpeg)} bytes: at most {MOST_JPEG_BYTES} are taken"
        elif (size := jpeg_size(jpeg)) != self.size:
            found = "no JPEG" if size is None else f"a picture of {size[0]} x {size[1]}"
            trouble = f"{found}: JPEGs of {self.size[0]} x {self.size[1]} are expected"
        elif (image := read_jpeg(jpeg)) is None:
            trouble = "a JPEG that is cut off or damaged"
        if image is None:
            self.refused += 1
            return trouble
        self._slot.put(self._clock(), image)
        return ""

    def feed_luma(self, plane: bytes, *, is_full: bool) -> str:
        """Take a plane of grey, a byte a pixel; return why it was refused, empty when it was not.

        `is_full`: grey levels are 0 to 255; else 16 is black and 235 white (ITU-R BT.601, 2.5.3).
        """
        width, height = self.size
        if len(plane) != width * height:
            self.refused += 1
            return f"a plane of {len(plane)} bytes: {width} x {height} are expected"
        gray = np.frombuffer(plane, np.uint8).reshape(height, width)
        if not is_full:
            gray = np.asarray(cv2.LUT(gray, _FULL_LEVELS), np.uint8)
        self._slot.put(self._clock(), gray)
        return ""

    def read(self) -> Frame | None:
        """Wait for a picture; None once it is closed."""
        newest = self._slot.take(None)
        if newest is None:
            return None
        frame = Frame(self._number, *newest)
        self._number += 1
        return frame

    def close(self) -> None:
        """End the wait of `read`."""
        self._slot.end()


class SyntheticSource:
    """A drawn scene, at `fps` by the clock; without `paced` as fast as it is read."""

    def __init__(
        self,
        scene: Scene,
        *,
        fps: float = 30.0,
        paced: bool = True,
        clock: Clock = time.monotonic,
        sleep: Sleep = time.sleep,
    ) -> None:
        self.size = scene.size
        self._scene = scene
        self._rate = _Paced(fps, clock, sleep)
        self._paced = paced
        self._next = 0
        self._number = 0
        self._closed = threading.Event()

    def read(self) -> Frame | None:
        """Draw the next frame; None at the scene's end."""
        if self._closed.is_set():
            return None
        index, at = self._next, self._next / self._rate.fps
        if self._paced:
            index, at = self._rate.due(index)
        image = self._scene.picture(index / self._rate.fps)
        if image is None:
            return None
        self._next = index + 1
        frame = Frame(self._number, at, image)
        self._number += 1
        return frame

    def close(self) -> None:
        """End it: the next `read` gives None."""
        self._closed.set()
