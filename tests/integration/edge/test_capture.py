"""Frame sources against real files and a real network camera on loopback."""

import asyncio
import itertools
import socket
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import SourceError
from edge.vision.capture import MOST_DAMAGED, open_source, public_name, read_file
from edge.vision.detector import Image
from edge.vision.frames import Frame, FrameSource, ReaderStopped
from edge.vision.jpeg import read_jpeg
from edge.vision.scene import Scene
from tests.integration.edge.mjpeg import MjpegCamera, a_floor


def a_camera(camera: MjpegCamera) -> FrameSource:
    return open_source(camera.url, open_timeout_seconds=5, read_timeout_seconds=1)


def reader_threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("frames[")]


async def collect(
    source: FrameSource, seen: list[Frame], then: Callable[[], None] = lambda: None
) -> None:
    async with source as frames:
        async for frame in frames:
            seen.append(frame)
            if len(seen) == 3:
                then()


@pytest.fixture(autouse=True)
def _no_reader_is_left() -> Generator[None]:
    yield
    assert reader_threads() == []


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30.0, (160, 120))
    for number in range(60):
        writer.write(np.full((120, 160, 3), 4 * number, np.uint8))
    writer.release()
    return path


async def test_a_camera_that_stalls_and_drops_comes_back_each_time() -> None:
    with MjpegCamera() as camera:
        for fault in (camera.stall, camera.drop):
            seen: list[Frame] = []
            with pytest.raises(SourceError, match=r"stalled or ended|no frame"):
                await collect(a_camera(camera), seen, then=fault)
            assert len(seen) >= 3
            assert seen[0].image.shape == (120, 160, 3)
            assert reader_threads() == []
            camera.resume()
        async with a_camera(camera) as frames:
            assert (await anext(frames)).image.shape == (120, 160, 3)
        assert camera.viewers == 3


async def test_instants_are_monotonic_and_frames_at_most_fifteen_a_second() -> None:
    with MjpegCamera(fps=60) as camera:
        began = time.monotonic()
        instants = []
        async with a_camera(camera) as frames:
            async for frame in frames:
                instants.append(frame.at_seconds)
                if len(instants) == 15:
                    break
        assert began < instants[0]
        assert instants[-1] <= time.monotonic()
        steps = [b - a for a, b in itertools.pairwise(instants)]
        assert min(steps) >= 0.9 / 15


async def test_leaving_while_a_read_is_blocked_leaves_no_thread() -> None:
    with MjpegCamera() as camera:
        async with a_camera(camera) as frames:
            await anext(frames)
            camera.stall()
            assert await asyncio.to_thread(camera.stalled.wait, 5)
            began = time.monotonic()
        assert time.monotonic() - began < 2.5
        assert reader_threads() == []


async def test_cancelling_while_a_read_is_blocked_leaves_no_thread() -> None:
    with MjpegCamera() as camera:
        got_one = asyncio.Event()

        async def watch() -> None:
            async with a_camera(camera) as frames:
                async for _ in frames:
                    camera.stall()
                    got_one.set()

        task = asyncio.create_task(watch())
        await asyncio.wait_for(got_one.wait(), 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert reader_threads() == []


@pytest.mark.parametrize("turns", range(5))
async def test_a_cancellation_that_comes_beside_a_frame_is_not_lost(turns: int) -> None:
    first = threading.Event()

    def produce(stopped: ReaderStopped) -> Generator[Frame]:
        yield Frame(a_floor(1), 0.0)
        first.wait(30)
        yield Frame(a_floor(1), 1.0)
        stopped.wait(30)

    async with FrameSource(produce, name="x") as frames:
        await anext(frames)
        waiting = asyncio.create_task(anext(frames))
        await asyncio.sleep(0.01)
        first.set()
        while frames._latest is None:  # noqa: ASYNC110  each turn of the loop counts
            await asyncio.sleep(0)
        for _ in range(turns):
            await asyncio.sleep(0)
        is_over = waiting.done()
        waiting.cancel()
        await asyncio.wait([waiting])
        assert waiting.cancelled() is not is_over


async def test_a_server_that_accepts_and_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/stream"
        with pytest.raises(SourceError, match="cannot be opened"):
            async with open_source(url, open_timeout_seconds=1, read_timeout_seconds=1):
                pass


@pytest.mark.parametrize("spec", ["/no/such/film.mp4", "997", "scene:seven"])
async def test_what_cannot_be_opened_is_a_source_error(spec: str) -> None:
    with pytest.raises(SourceError, match=f"source (device )?{spec.lstrip('/')[:5]}|{spec}"):
        async with open_source(spec):
            pass


async def test_a_file_that_is_no_video_is_a_source_error(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"\x00" * 4096)
    with pytest.raises(SourceError, match="cannot be opened"):
        async with open_source(str(tmp_path / "film.mp4")):
            pass


@pytest.mark.parametrize(
    ("name", "reason"),
    [("absent.mp4", "no such file"), (".", "no file"), ("text.mp4", "no video that can be")],
)
def test_why_a_film_cannot_be_opened_is_said(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "text.mp4").write_text("no film")
    with pytest.raises(SourceError, match=f"cannot be opened: .*{reason}"):
        next(read_file(tmp_path / name))


def test_a_film_without_one_good_picture_is_a_source_error(
    film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.vision.capture._retrieve", lambda _capture: None)
    with pytest.raises(SourceError, match="holds no picture that can be decoded"):
        next(read_file(film))


@pytest.mark.parametrize("keep", [0.4, 0.95])
def test_a_film_that_was_cut_off_gives_what_it_has(film: Path, tmp_path: Path, keep: float) -> None:
    content = film.read_bytes()
    (tmp_path / "cut.avi").write_bytes(content[: int(keep * len(content))])
    frames = list(read_file(tmp_path / "cut.avi"))
    assert 0 < len(frames) <= 30


async def test_a_pause_in_a_film_is_no_stall(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a film that was recorded only while something moved."""

    def with_a_pause(_path: Path, *, max_fps: float) -> Generator[Frame]:
        for frame in itertools.islice(read_file(film, max_fps=max_fps), 2):
            yield Frame(frame.image, 20 * frame.at_seconds)

    monkeypatch.setattr("edge.vision.capture.read_file", with_a_pause)
    async with open_source(str(film), read_timeout_seconds=-0.9) as frames:
        assert len([frame async for frame in frames]) == 2


async def test_a_file_read_fast_loses_no_frame_however_slow_its_reader(film: Path) -> None:
    instants = []
    async with open_source(str(film), as_fast_as_possible=True) as frames:
        async for frame in frames:
            await asyncio.sleep(0)
            instants.append(frame.at_seconds)
    assert instants == pytest.approx([i / 15 for i in range(30)], abs=1e-3)


async def test_a_file_at_its_own_pace_takes_its_time(film: Path) -> None:
    began = time.monotonic()
    async with open_source(str(film)) as frames:
        async for _ in frames:
            pass
    assert 1.8 < time.monotonic() - began < 6


def test_reading_a_file_counts_frames_by_its_own_fps(film: Path) -> None:
    instants = [f.at_seconds for f in read_file(film, fps=60.0)]
    assert instants == pytest.approx([i / 15 for i in range(15)])


async def test_a_scene_is_a_source() -> None:
    expected = [image for (image, _), _ in zip(Scene(7).frames(), range(5), strict=False)]
    async with open_source("scene:7", as_fast_as_possible=True) as frames:
        for image in expected:
            assert np.array_equal((await anext(frames)).image, image)


async def test_a_slow_reader_of_live_frames_gets_the_newest() -> None:
    gate = threading.Event()

    def produce(stopped: ReaderStopped) -> Generator[Frame]:
        for number in range(100):
            yield Frame(np.zeros((1, 1, 3), np.uint8), float(number))
        gate.wait(10)

    async with FrameSource(produce, name="burst") as frames:
        numbers: list[float] = []
        while not numbers or numbers[-1] < 99:
            numbers.append((await anext(frames)).at_seconds)
        gate.set()
    assert numbers == sorted(numbers)


async def test_a_quick_producer_waits_for_a_reader_that_may_lose_nothing() -> None:
    def produce(_stopped: ReaderStopped) -> Generator[Frame]:
        for number in range(50):
            yield Frame(np.zeros((1, 1, 3), np.uint8), float(number))

    async with FrameSource(produce, name="burst", lossless=True) as frames:
        numbers = []
        async for frame in frames:
            await asyncio.sleep(0.002)  # a reader that has something to do
            numbers.append(frame.at_seconds)
    assert numbers == [float(number) for number in range(50)]


async def test_a_camera_of_damaged_pictures_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = itertools.count(1)
    good = np.zeros((12, 16, 3), np.uint8)

    def retrieve(_capture: object) -> Image | None:
        # One good one among many damaged ones is no failure.
        return good if next(pictures) in (1, MOST_DAMAGED) else None

    monkeypatch.setattr("edge.vision.capture._retrieve_jpeg", retrieve)
    seen: list[Frame] = []
    with MjpegCamera() as camera, pytest.raises(SourceError, match="in a row were damaged"):
        await collect(a_camera(camera), seen)
    assert 1 <= len(seen) <= 2
    assert next(pictures) == 2 * MOST_DAMAGED + 2


async def test_a_torn_picture_is_counted_and_not_given() -> None:
    """FFmpeg would give it, with an older picture below the tear."""
    with MjpegCamera(fps=12) as camera:
        camera.sent = lambda body, number: body[: len(body) // 2] if number % 3 == 2 else body
        async with a_camera(camera) as frames:
            seen = [await anext(frames) for _ in range(12)]
            assert 4 <= frames.damaged <= 12
    for frame in seen:
        assert np.abs(frame.image.astype(int) - a_floor(0)).mean() < 12


@pytest.mark.parametrize(
    "tear",
    [
        lambda whole: whole[:-2],
        lambda whole: whole[: len(whole) // 3],
        lambda whole: whole[2:],
        lambda _whole: b"",
        lambda _whole: b"\xff\xd8 no picture \xff\xd9",
    ],
    ids=["end missing", "cut off", "start missing", "nothing", "no picture"],
)
def test_what_is_no_whole_jpeg_is_no_picture(tear: Callable[[bytes], bytes]) -> None:
    whole = cv2.imencode(".jpg", a_floor(1))[1].tobytes()
    assert read_jpeg(np.frombuffer(tear(whole), np.uint8)) is None
    picture = read_jpeg(np.frombuffer(whole + bytes(40), np.uint8))
    assert picture is not None
    assert picture.shape == (120, 160, 3)


async def test_a_bug_in_a_reader_is_not_hidden() -> None:
    def produce(stopped: ReaderStopped) -> Generator[Frame]:
        yield Frame(np.zeros((1, 1, 3), np.uint8), 0.0)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await collect(FrameSource(produce, name="bug", lossless=True), [])


async def test_a_read_that_never_returns_does_not_hold_up_leaving() -> None:
    never = threading.Event()

    def produce(stopped: ReaderStopped) -> Generator[Frame]:
        yield Frame(np.zeros((1, 1, 3), np.uint8), 0.0)
        never.wait(60)

    began = time.monotonic()
    async with FrameSource(produce, name="stuck", close_seconds=0.2) as frames:
        await anext(frames)
    assert time.monotonic() - began < 5
    never.set()
    for thread in threading.enumerate():
        if thread.name == "frames[stuck]":
            thread.join(5)


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("rtsp://admin:secret@camera/1", "rtsp://camera/1"),
        ("http://camera/mjpg?token=secret", "http://camera/mjpg"),
        ("rtsp://admin:p@ss@camera/1", "rtsp://camera/1"),
        ("rtsp://admin:p/a@ss@camera/1", "rtsp://camera/1"),
        ("rtsp://admin:p?ss@camera/1", "rtsp://…"),
        ("http://camera/mjpg?mail=me@here", "http://…"),
        ("http://admin:p#ss@camera/1?token=secret", "http://…"),
        ("0", "0"),
        ("film?.mp4", "film?.mp4"),
    ],
)
def test_secrets_of_a_url_are_not_named(spec: str, name: str) -> None:
    assert public_name(spec) == name
