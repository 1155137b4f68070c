"""A network camera on loopback, which a test may stall and cut off."""

import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from edge.vision.detector import Image

_HEAD = (
    b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n"
    b"Cache-Control: no-cache\r\n\r\n"
)


_FLOOR = cv2.resize(
    np.random.default_rng(1).integers(60, 200, (15, 20, 3), np.uint8),
    (160, 120),
    interpolation=cv2.INTER_NEAREST,
)


def a_floor(number: int) -> Image:
    """Return what a sensor sees of a floor: the same each time, but for its noise."""
    noise = np.random.default_rng(number).integers(-4, 5, _FLOOR.shape, np.int16)
    return np.asarray(_FLOOR + noise, dtype=np.uint8)


class MjpegCamera:
    """Serves pictures of a floor as HTTP MJPEG to any number of viewers, one after another.

    `shown` draws the picture of a number, `sent` makes what is sent of it from its JPEG.
    """

    def __init__(self, fps: float = 30.0) -> None:
        self._fps = fps
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._over = threading.Event()
        self._drop = threading.Event()
        self._flowing = threading.Event()
        self._flowing.set()
        self.shown: Callable[[int], Image] = a_floor
        self.sent: Callable[[bytes, int], bytes] = lambda body, _number: body
        self.viewers = 0
        self.stalled = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="mjpeg-camera", daemon=True)

    @property
    def url(self) -> str:
        host, port = self._listener.getsockname()
        return f"http://{host}:{port}/stream.mjpg"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        # A blocked accept() is not woken by close(); a last visitor is.
        with socket.create_connection(self._listener.getsockname(), timeout=5):
            self._thread.join(10)
        self._listener.close()
        assert not self._thread.is_alive()

    def stall(self) -> None:
        """Keep the connection and say nothing more."""
        self._flowing.clear()

    def drop(self) -> None:
        """Hang up on the viewer."""
        self._drop.set()

    def resume(self) -> None:
        self._flowing.set()

    def _serve(self) -> None:
        while not self._over.is_set():
            viewer, _ = self._listener.accept()
            self._drop.clear()
            with viewer:
                if not self._over.is_set():
                    self.viewers += 1
                    self._show(viewer)

    def _show(self, viewer: socket.socket) -> None:
        number = 0
        try:
            viewer.recv(4096)
            viewer.sendall(_HEAD)
            while not self._over.is_set() and not self._drop.is_set():
                if not self._flowing.is_set():
                    self.stalled.set()
                    self._over.wait(0.02)
                    continue
                self.stalled.clear()
                body = self.sent(cv2.imencode(".jpg", self.shown(number))[1].tobytes(), number)
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(body)}\r\n\r\n"
                viewer.sendall(head.encode() + body + b"\r\n")
                number += 1
                self._over.wait(1 / self._fps)
        except OSError:
            return  # the viewer went away
