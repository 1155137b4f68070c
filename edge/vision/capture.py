"""Frame sources over OpenCV: V4L2 devices, HTTP MJPEG and RTSP cameras, video files."""

import math
import os
import re
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import structlog

from edge.errors import SourceError
from edge.vision.detector import Image
from edge.vision.exposure import SETTLE_SECONDS, lock_exposure
from edge.vision.frames import Frame, FrameSource, ReaderStopped
from edge.vision.jpeg import read_jpeg
from edge.vision.scene import Scene
from edge.vision.scenes.catalogue import StagedScene, build_scene
from edge.vision.scenes.names import parse_scene

log = structlog.get_logger(__name__)

_MJPG = int.from_bytes(b"MJPG", "little")
# A camera that gives this many damaged pictures in a row gives nothing.
MOST_DAMAGED = 30
# A film that was recorded only while something moved has pauses: they are no stall.
FILM_PAUSE_SECONDS = 3600.0


def open_source(
    spec: str,
    *,
    max_fps: float = 15.0,
    as_fast_as_possible: bool = False,
    open_timeout_seconds: float = 10.0,
    read_timeout_seconds: float = 5.0,
    lock_exposure: bool = False,
) -> FrameSource:
    """Describe a frame source; nothing is opened before it is entered.

    `spec` is a device index or path (`0`, `/dev/video0`), a URL (`http`, `https`, `rtsp`,
    `rtsps`), `scene:SEED` or `scene:NAME:SEED[:HEIGHT]` for a painted door, or the path of a video
    file. Frames beyond `max_fps` are grabbed and not decoded.

    Entering raises SourceError when it cannot be opened; iterating raises it when a camera stalls
    or ends. A file ends the iteration. Files and scenes run at their own pace, or,
    `as_fast_as_possible`, without losing a frame.
    """
    lossless, stall_seconds = False, read_timeout_seconds + 1
    if match := re.fullmatch(r"(?:/dev/video)?(\d{1,3})", spec):
        produce = partial(_device_frames, int(match[1]), max_fps, lock_exposure)
    elif spec.startswith(("http://", "https://", "rtsp://", "rtsps://")):
        produce = partial(
            _network_frames, spec, max_fps, open_timeout_seconds, read_timeout_seconds
        )
    elif spec.startswith("scene:"):
        lossless = as_fast_as_possible
        produce = partial(_scene_frames, scene_of(spec), lossless)
    else:
        lossless = as_fast_as_possible
        stall_seconds = FILM_PAUSE_SECONDS
        produce = partial(_file_frames, Path(spec), max_fps, lossless)
    return FrameSource(
        produce,
        name=public_name(spec),
        lossless=lossless,
        open_seconds=open_timeout_seconds + read_timeout_seconds + 1,
        stall_seconds=stall_seconds,
        close_seconds=read_timeout_seconds + 1,
    )


def public_name(spec: str) -> str:
    """Give the spec as it may be logged: without user, password and query of a URL.

    Where it cannot be told which is which, as with a `?` in a password, only the scheme is left.
    """
    scheme, mark, rest = spec.partition("://")
    if not mark:
        return spec
    secret, _, public = rest.rpartition("@")
    return f"{scheme}://…" if re.search(r"[?#]", secret) else scheme + mark + _bare(public)


def _bare(address: str) -> str:
    return re.split(r"[?#]", address, maxsplit=1)[0]


def scene_of(spec: str) -> Scene | StagedScene:
    """Build the painted door of `scene:SEED` or `scene:NAME:SEED[:HEIGHT]`; raises SourceError."""
    try:
        name = parse_scene(spec)
    except ValueError as error:
        raise SourceError(f"source {spec}: {error}") from error
    if name.kind is None:
        return Scene(name.seed)
    return build_scene(name.kind, name.seed, name.height)


def read_file(path: Path, *, max_fps: float = 15.0, fps: float | None = None) -> Generator[Frame]:
    """Read a video file as fast as possible, in the caller's thread, with media time from 0.

    With `fps` the time of a frame is its number divided by it; else it is the container's. Raises
    SourceError.
    """
    with _opened(str(path), cv2.CAP_ANY, [cv2.CAP_PROP_N_THREADS, 1]) as capture:
        nominal = capture.get(cv2.CAP_PROP_FPS) or 25.0
        number, decoded, latest, kept = 0, 0, -1.0, -1e9
        while capture.grab():
            at_seconds = number / (fps or nominal)
            position = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
            # Containers without timestamps say 0 for ever; the frame's number is the better guess.
            if fps is None and position > latest:
                at_seconds = position
            at_seconds = max(at_seconds, latest + 1e-6)
            latest = at_seconds
            number += 1
            if at_seconds - kept < 0.9 / max_fps:
                continue
            kept = at_seconds
            image = _retrieve(capture)
            if image is not None:
                decoded += 1
                yield Frame(image, at_seconds)
        if decoded == 0:
            raise SourceError(f"source {path}: holds no picture that can be decoded")


def film_length(path: Path) -> tuple[int, float] | None:
    """Return the frames and seconds that a film's container claims; None where it does not say.

    Raises SourceError.
    """
    with _opened(str(path), cv2.CAP_ANY, []) as capture:
        frames, fps = capture.get(cv2.CAP_PROP_FRAME_COUNT), capture.get(cv2.CAP_PROP_FPS)
        return (round(frames), frames / fps) if frames > 0 and fps > 0 else None


def _file_frames(
    path: Path, max_fps: float, fast: bool, stopped: ReaderStopped
) -> Generator[Frame]:
    began = time.monotonic()
    for frame in read_file(path, max_fps=max_fps):
        if fast:
            yield frame
        elif _sleep_until(began + frame.at_seconds, stopped):
            yield Frame(frame.image, began + frame.at_seconds)
        else:
            return


def _scene_frames(
    scene: Scene | StagedScene, fast: bool, stopped: ReaderStopped
) -> Generator[Frame]:
    began = time.monotonic()
    for image, at_seconds in scene.frames():
        if fast:
            yield Frame(image, at_seconds)
        elif _sleep_until(began + at_seconds, stopped):
            yield Frame(image, began + at_seconds)
        else:
            return


def _device_frames(
    index: int, max_fps: float, lock: bool, stopped: ReaderStopped
) -> Generator[Frame]:
    with _opened(index, cv2.CAP_V4L2, []) as capture:
        # One buffered picture: an old one would carry a new instant.
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        lock_at = time.monotonic() + SETTLE_SECONDS if lock else math.inf
        for frame in _live_frames(capture, f"device {index}", max_fps, _retrieve, stopped):
            if frame.at_seconds >= lock_at:
                lock_at = math.inf
                log.info("exposure_locked", device=index, refused=lock_exposure(capture))
            yield frame


def _network_frames(
    url: str, max_fps: float, open_timeout: float, read_timeout: float, stopped: ReaderStopped
) -> Generator[Frame]:
    timeouts = [
        *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, round(1000 * open_timeout)),
        *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, round(1000 * read_timeout)),
        *(cv2.CAP_PROP_N_THREADS, 1),
    ]
    # Only the FFmpeg backend knows these timeouts.
    with _opened(url, cv2.CAP_FFMPEG, timeouts) as capture:
        # The JPEGs themselves, where it gives them: that one is torn, its decoder does not tell.
        is_jpeg = int(capture.get(cv2.CAP_PROP_FOURCC)) == _MJPG
        is_raw = is_jpeg and capture.set(cv2.CAP_PROP_FORMAT, -1)
        retrieve = _retrieve_jpeg if is_raw else _retrieve
        yield from _live_frames(capture, public_name(url), max_fps, retrieve, stopped)


def _live_frames(
    capture: cv2.VideoCapture,
    name: str,
    max_fps: float,
    retrieve: Callable[[cv2.VideoCapture], Image | None],
    stopped: ReaderStopped,
) -> Generator[Frame]:
    kept, damaged = -1e9, 0
    while not stopped.is_set():
        if not capture.grab():
            raise SourceError(f"source {name}: the camera stalled or ended its stream")
        # The instant of the grab, not of the decoding that follows.
        at_seconds = time.monotonic()
        if at_seconds - kept < 0.9 / max_fps:
            continue
        image = retrieve(capture)
        if image is None:
            damaged += 1
            stopped.damaged += 1
            if damaged > MOST_DAMAGED:
                raise SourceError(f"source {name}: {damaged} pictures in a row were damaged")
            continue
        kept, damaged = at_seconds, 0
        yield Frame(image, at_seconds)


@contextmanager
def _opened(source: str | int, backend: int, options: list[int]) -> Iterator[cv2.VideoCapture]:
    name = public_name(str(source))
    try:
        # One constructor takes names and one takes indices; both take (source, backend, options).
        capture = cv2.VideoCapture(source, backend, options)
    except cv2.error as error:
        raise SourceError(f"source {name}: cannot be opened ({error.err})") from error
    try:
        if not capture.isOpened():
            raise SourceError(f"source {name}: cannot be opened: {_reason(source)}")
        yield capture
    finally:
        capture.release()


def _reason(source: str | int) -> str:
    """Say why OpenCV, which does not, probably could not open something."""
    if isinstance(source, int):
        there = Path(f"/dev/video{source}").exists()
        return "it gives no pictures" if there else f"there is no /dev/video{source}"
    if "://" in source:
        return "nothing answers there, or what answers is no stream of pictures"
    path = Path(source)
    if not path.exists():
        return "there is no such file"
    if not path.is_file():
        return "it is no file"
    return "it holds no video that can be decoded" if os.access(path, os.R_OK) else "access denied"


def _retrieve(capture: cv2.VideoCapture) -> Image | None:
    """Decode the grabbed picture; None if it is damaged."""
    try:
        good, image = capture.retrieve()
    except cv2.error:
        return None
    if not good or image is None or image.size == 0:
        return None
    if image.ndim == 2:
        image = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    return np.asarray(image, dtype=np.uint8)


def _retrieve_jpeg(capture: cv2.VideoCapture) -> Image | None:
    """Take the grabbed JPEG and decode it; None if it is damaged."""
    good, data = capture.retrieve()
    return read_jpeg(data) if good and data is not None else None


def _sleep_until(instant: float, stopped: ReaderStopped) -> bool:
    """Wait for an instant of the monotonic clock; False when the reader went away meanwhile."""
    return not stopped.wait(max(0.0, instant - time.monotonic()))
