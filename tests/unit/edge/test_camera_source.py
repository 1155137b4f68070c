"""What a camera vouches for when its pictures come, stay away and come again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contracts.rows import Coverage, Measure
from edge.config import CameraSection, LineSection, ZoneSection
from edge.counting.geometry import PersonSize
from edge.counting.health import WELL
from edge.counting.line import Crossing
from edge.errors import SourceError
from edge.sources import camera
from edge.vision.detector import Detector, Image
from edge.vision.detectors import BuildDetector
from edge.vision.frames import Frame
from edge.vision.onnx import OnnxDetector
from edge.vision.pipeline import Counter
from edge.vision.scene import SCENE_PERSON, Scene
from link.clock import SystemClock
from link.recorder import Recorder
from tests.conformance.tiny_net import dark_net

SECTION = CameraSection(
    name="ceiling",
    source="0",
    lines=(LineSection(name="top", start=(0, 0.5), end=(1, 0.5), in_vector=(0, 1)),),
)
RNG = np.random.default_rng(1)
FLOOR = RNG.integers(60, 200, (24, 32, 3))


def a_picture() -> Image:
    """Return what a sensor sees of the same floor: never twice the same."""
    return (FLOOR + RNG.integers(-3, 4, FLOOR.shape)).astype(np.uint8)


class Pictures:
    """An opened source whose pictures a test makes."""

    damaged = 0

    def __init__(self, frames: AsyncIterator[Frame]) -> None:
        self._frames = frames

    def __aiter__(self) -> AsyncIterator[Frame]:
        return self._frames


async def covers(
    folder: Path, monkeypatch: pytest.MonkeyPatch, instants: list[float]
) -> list[tuple[int, int, str | None]]:
    """Return what is vouched for, in milliseconds, after pictures at these instants."""

    async def pictures() -> AsyncIterator[Frame]:
        for instant in instants:
            yield Frame(a_picture(), instant)
        raise SourceError("gone")

    @asynccontextmanager
    async def opened(_spec: str, **options: bool) -> AsyncIterator[Pictures]:
        assert options == {"as_fast_as_possible": False, "lock_exposure": False}
        yield Pictures(pictures())

    monkeypatch.setattr(camera, "open_source", opened)
    recorder = Recorder(folder / "spool.db", SystemClock("always"))
    heard: list[str] = []
    with pytest.raises(SourceError):
        await camera.CameraSource(SECTION, recorder).run(heard.append)
    assert heard == [""]
    zero = recorder.wall_ms(0)
    rows = [draft.row for draft in recorder.buckets.drafts(zero, everything=True)]
    await recorder.close()
    found = [row for row in rows if isinstance(row, Coverage)]
    return [(row.since_ms - zero, row.until_ms - zero, row.ended) for row in found]


async def test_neither_the_warm_up_nor_the_unproven_end_is_vouched_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instants = [100 + number / 2 for number in range(21)]
    assert await covers(tmp_path, monkeypatch, instants) == [(101_000, 108_000, "source_failed")]


async def test_too_few_pictures_vouch_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await covers(tmp_path, monkeypatch, [100, 101, 102, 102.9]) == []


async def test_pictures_that_stay_away_are_a_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instants = [100 + number / 2 for number in range(21)] + [112 + n / 2 for n in range(21)]
    assert await covers(tmp_path, monkeypatch, instants) == [
        (101_000, 108_000, "pictures_missing"),
        (113_000, 120_000, "source_failed"),
    ]


async def test_a_film_that_begins_anew_is_a_new_stretch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever stood on the line at its end is not there at its beginning."""
    openings = 0

    async def pictures(instants: list[float]) -> AsyncIterator[Frame]:
        for instant in instants:
            yield Frame(a_picture(), instant)
        if openings == 2:
            raise SourceError("gone")

    @asynccontextmanager
    async def counted(_spec: str, **_options: bool) -> AsyncIterator[Pictures]:
        nonlocal openings
        openings += 1
        # No pause between the end and the beginning: only the opening tells them apart.
        instants = [100 + 10.5 * (openings - 1) + n / 2 for n in range(21)]
        yield Pictures(pictures(instants))

    monkeypatch.setattr(camera, "open_source", counted)
    recorder = Recorder(tmp_path / "spool.db", SystemClock("always"))
    section = SECTION.model_copy(update={"repeat": True})
    with pytest.raises(SourceError):
        await camera.CameraSource(section, recorder).run(lambda _detail: None)
    drafts = recorder.buckets.drafts(recorder.wall_ms(0), everything=True)
    await recorder.close()
    ended = [draft.row.ended for draft in drafts if isinstance(draft.row, Coverage)]
    assert ended == ["restarted", "source_failed"]


async def test_a_size_that_was_learnt_is_kept_and_used_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guesses: list[PersonSize | None] = []

    class Learning:
        """A counter that learns a size from its first picture."""

        health = WELL
        is_estimating = False

        def __init__(
            self, *_lines: object, first_guess: PersonSize | None, **_more: object
        ) -> None:
            guesses.append(first_guess)
            self.person_size = first_guess or PersonSize(0.2, 0.3)

        def feed(self, _image: object, _at_seconds: float) -> list[Crossing]:
            self.person_size = PersonSize(0.1, 0.15)
            return []

    monkeypatch.setattr(camera, "Counter", Learning)
    for _ in range(2):
        await covers(tmp_path, monkeypatch, [100.0, 100.5])
    assert guesses == [None, PersonSize(0.1, 0.15)]


async def test_a_model_that_cannot_be_used_is_a_failing_source_until_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tmp_path / "person.onnx"
    section = SECTION.model_copy(
        update={"detector": "onnx", "model": model, "model_size": (64, 64)}
    )
    built: list[Detector] = []

    async def pictures() -> AsyncIterator[Frame]:
        yield Frame(a_picture(), 100.0)
        raise SourceError("gone")

    class Building(Counter):
        def __init__(self, *lines: Any, build_detector: BuildDetector, **options: Any) -> None:
            built.append(build_detector(SCENE_PERSON))
            super().__init__(*lines, build_detector=build_detector, **options)

    @asynccontextmanager
    async def opened(_spec: str, **_options: bool) -> AsyncIterator[Pictures]:
        yield Pictures(pictures())

    monkeypatch.setattr(camera, "Counter", Building)
    monkeypatch.setattr(camera, "open_source", opened)
    recorder = Recorder(tmp_path / "spool.db", SystemClock("always"))
    source = camera.CameraSource(section, recorder)
    with pytest.raises(SourceError, match=f"^{model}: cannot be read: "):
        await source.run(lambda _detail: None)
    assert built == []
    model.write_bytes(dark_net(64, 8, 16))
    with pytest.raises(SourceError, match=r"^gone$"):
        await source.run(lambda _detail: None)
    await recorder.close()
    assert [type(detector) for detector in built] == [OnnxDetector]


async def test_a_dense_crowd_is_said_in_the_status_and_its_end_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Crowded:
        """A counter that meets a crowd in its second and third picture."""

        health = WELL
        person_size = PersonSize(0.1, 0.15)
        zones = ()

        def __init__(self, *_lines: object, **_more: object) -> None:
            self.fed = 0

        @property
        def is_estimating(self) -> bool:
            return self.fed in (2, 3)

        def feed(self, _image: object, _at_seconds: float) -> list[Crossing]:
            self.fed += 1
            return []

        def finish(self) -> list[Crossing]:
            return []

    async def pictures() -> AsyncIterator[Frame]:
        for number in range(6):
            yield Frame(a_picture(), 100 + number / 2)

    @asynccontextmanager
    async def opened(_spec: str, **_options: bool) -> AsyncIterator[Pictures]:
        yield Pictures(pictures())

    monkeypatch.setattr(camera, "open_source", opened)
    monkeypatch.setattr(camera, "Counter", Crowded)
    recorder = Recorder(tmp_path / "spool.db", SystemClock("always"))
    heard: list[str] = []
    await camera.CameraSource(SECTION, recorder).run(heard.append)
    await recorder.close()
    assert heard == ["", camera.ESTIMATING, ""]


async def test_a_zone_tells_who_is_present_and_how_long_they_stayed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(11, seconds=45, visitors_per_minute=6, pairs=0, wanderers_per_minute=4)
    print(f"seed {scene.seed}")  # noqa: T201
    section = SECTION.model_copy(
        update={
            "zones": (ZoneSection(name="case", polygon=((0, 0.55), (1, 0.55), (1, 1), (0, 1))),),
            "person_size": (SCENE_PERSON.w, SCENE_PERSON.h),
        }
    )
    # Buckets of five minutes: all of it in one of them.
    began = 300_000 * (SystemClock("always").look().wall_ms // 300_000) / 1000
    origin = began - SystemClock("always").look().offset_ms / 1000 + 1

    async def pictures() -> AsyncIterator[Frame]:
        for image, at in scene.frames():
            yield Frame(image, origin + at)

    @asynccontextmanager
    async def opened(_spec: str, **_options: bool) -> AsyncIterator[Pictures]:
        yield Pictures(pictures())

    monkeypatch.setattr(camera, "open_source", opened)
    recorder = Recorder(tmp_path / "spool.db", SystemClock("always"))
    await camera.CameraSource(section, recorder).run(lambda _detail: None)
    rows = [draft.row for draft in recorder.buckets.drafts(recorder.wall_ms(0), everything=True)]
    await recorder.close()
    present, dwell = (
        next(row for row in rows if isinstance(row, Measure) and row.quantity == quantity)
        for quantity in ("present", "dwell_seconds")
    )
    assert {present.sensor, dwell.sensor} == {"case"}

    inside = [
        [t / 10 for t in range(450) if (place := walker.at(t / 10)) and 0.55 < place[0].y < 1]
        for walker in scene._walkers(0)
    ]
    stays = [times[-1] - times[0] for times in inside if times and times[-1] < 43]
    assert len(stays) >= 4
    assert dwell.n == pytest.approx(len(stays), abs=1)
    assert dwell.mean == pytest.approx(sum(stays) / len(stays), rel=0.25)
    assert dwell.max == pytest.approx(max(stays), abs=1.5)
    assert present.n == pytest.approx(44, abs=1)
    # 44 samples of something that lasts a second or two; a track outlives its visitor by 0.6 s.
    mean = (sum(map(len, inside)) / 10 + 0.6 * len(stays)) / 45
    assert present.mean == pytest.approx(mean, abs=0.1)
    assert present.max <= 4
