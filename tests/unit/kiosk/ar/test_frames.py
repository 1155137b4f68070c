"""Frame sources: films, browsers and drawn scenes, by a clock that the test moves."""

import threading
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.ar.frames import BrowserSource, CameraSource, FileSource, Image, SyntheticSource
from kiosk.ar.jpeg import jpeg_size, read_jpeg
from kiosk.errors import CameraLost


class Time:
    """A clock that a sleep moves on."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Blink:
    """Each frame is as bright as its number."""

    size: tuple[int, int] = (64, 48)
    frames: int = 10

    def picture(self, seconds: float) -> Image | None:
        number = round(seconds * 30)
        if number >= self.frames:
            return None
        return np.full((48, 64, 3), number, np.uint8)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    for number in range(6):
        writer.write(np.full((48, 64, 3), number * 40, np.uint8))
    writer.release()
    return path


def _brightness(image: Image) -> int:
    return round(float(image.mean()) / 40)


def test_a_scene_is_read_to_its_end_in_its_own_time() -> None:
    source = SyntheticSource(Blink(), paced=False)
    frames = []
    while (frame := source.read()) is not None:
        frames.append(frame)
    assert [frame.number for frame in frames] == list(range(10))
    assert frames[3].at == pytest.approx(0.1)
    assert frames[3].image[0, 0, 0] == 3


def test_a_paced_scene_keeps_to_the_clock_and_skips_what_is_late() -> None:
    time = Time()
    source = SyntheticSource(Blink(), clock=time, sleep=time.sleep)
    first, second = source.read(), source.read()
    assert first is not None
    assert second is not None
    assert first.at == 100.0
    assert second.at == pytest.approx(100 + 1 / 30)
    time.now += 0.105
    third = source.read()
    assert third is not None
    assert (third.number, third.image[0, 0, 0]) == (2, 4)
    source.close()
    assert source.read() is None


def test_a_film_begins_again_and_keeps_its_rate(film: Path) -> None:
    time = Time()
    source = FileSource(film, clock=time, sleep=time.sleep)
    assert source.size == (64, 48)
    seen = []
    for _ in range(9):
        frame = source.read()
        assert frame is not None
        seen.append(_brightness(frame.image))
    assert seen == [0, 1, 2, 3, 4, 5, 0, 1, 2]
    assert time.now == pytest.approx(100.8)
    time.now += 0.25
    late = source.read()
    assert late is not None
    assert _brightness(late.image) == 4
    source.close()
    assert source.read() is None


def test_a_film_without_loop_ends(film: Path) -> None:
    source = FileSource(film, loop=False, paced=False)
    frames = [source.read() for _ in range(7)]
    assert frames[6] is None
    assert frames[5] is not None
    assert frames[5].at == pytest.approx(0.5)
    source.close()


def test_what_is_no_film_or_no_camera_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "film.avi"
    path.write_bytes(b"no film")
    for wrong in (path, tmp_path / "absent.avi"):
        with pytest.raises(CameraLost, match="is no film"):
            FileSource(wrong)
    with pytest.raises(CameraLost, match="cannot be opened"):
        CameraSource.open(str(tmp_path / "video7"))


def _jpeg(width: int = 64, height: int = 48, value: int = 90) -> bytes:
    encoded = cv2.imencode(".jpg", np.full((height, width, 3), value, np.uint8))[1]
    return encoded.tobytes()


def test_a_browser_s_newest_picture_is_read() -> None:
    source = BrowserSource((64, 48), clock=lambda: 7.0)
    assert source.feed(_jpeg(value=10)) == ""
    assert source.feed(_jpeg(value=200)) == ""
    frame = source.read()
    assert frame is not None
    assert (frame.number, frame.at, source.dropped) == (0, 7.0, 1)
    assert abs(int(frame.image[5, 5, 0]) - 200) < 3


def test_a_plane_of_grey_is_taken_as_it_is_meant() -> None:
    source = BrowserSource((4, 2))
    plane = bytes([0, 16, 126, 235, 255, 20, 16, 16])
    assert source.feed_luma(plane, is_full=True) == ""
    frame = source.read()
    assert frame is not None
    assert frame.image.tobytes() == plane
    assert frame.image.shape == (2, 4)
    assert source.feed_luma(plane, is_full=False) == ""
    frame = source.read()
    assert frame is not None
    assert frame.image.tobytes() == bytes([0, 0, 128, 255, 255, 5, 0, 0])
    assert "4 x 2" in source.feed_luma(plane[1:], is_full=True)
    assert source.refused == 1


def test_a_waiting_read_ends_when_it_is_closed() -> None:
    source = BrowserSource((64, 48))
    read = []
    thread = threading.Thread(target=lambda: read.append(source.read()))
    thread.start()
    source.close()
    thread.join(10)
    assert read == [None]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"", "no JPEG"),
        (b"\xff\xd8", "no JPEG"),
        (_jpeg(640, 480), "640 x 480"),
        (_jpeg()[:-2], "cut off"),
        (b"\xff\xd8" + bytes(5 * 1024 * 1024), "at most"),
    ],
    ids=["empty", "bare", "size", "torn", "huge"],
)
def test_pictures_that_a_browser_must_not_send_are_refused(sent: bytes, said: str) -> None:
    source = BrowserSource((64, 48))
    assert said in source.feed(sent)
    assert source.refused == 1


@given(st.binary(max_size=200), st.booleans())
def test_no_bytes_break_the_reading(data: bytes, is_begun: bool) -> None:
    data = _jpeg()[:20] + data if is_begun else data
    jpeg_size(data)
    read_jpeg(data)


@given(st.integers(1, 300), st.integers(1, 300))
def test_the_size_is_that_of_the_header(width: int, height: int) -> None:
    assert jpeg_size(_jpeg(width, height)) == (width, height)
