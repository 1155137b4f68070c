"""What an audit takes for counted while its camera sees, and what while it does not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest

from edge.audit import session
from edge.audit.session import Audit
from edge.config import CameraSection, LineSection
from edge.counting.geometry import Direction
from edge.vision.frames import Frame
from edge.vision.scene import SCENE_PERSON, Scene
from link.node_config import NodeSection

LINE = LineSection(name="front", start=(0, 0.5), end=(1, 0.5), in_vector=(0, 1))
CAMERA = CameraSection(
    name="ceiling", source="0", lines=(LINE,), person_size=(SCENE_PERSON.w, SCENE_PERSON.h)
)


class Over(Exception):
    """The test has shown all that it has."""


def an_audit() -> Audit:
    node = NodeSection(venue="lib", node="door")
    return Audit(node, CAMERA, LINE, None, late_seconds=2.0)


async def run(
    audit: Audit, scene: Scene, monkeypatch: pytest.MonkeyPatch, dark: range = range(0)
) -> None:
    """Show the scene, black in some of its seconds, and then nothing."""

    async def pictures() -> AsyncIterator[Frame]:
        for image, at in scene.frames():
            shown = np.zeros_like(image) if int(at) in dark else image
            yield Frame(shown, audit._began + at)
        raise Over

    @asynccontextmanager
    async def opened(_spec: str) -> AsyncIterator[AsyncIterator[Frame]]:
        yield pictures()

    monkeypatch.setattr(session, "open_source", opened)
    with pytest.raises(Over):
        await audit.run()


async def test_who_is_tapped_as_he_passes_is_matched(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(141, seconds=25)
    audit = an_audit()
    await run(audit, scene, monkeypatch)
    truth = [c for c in scene.crossings() if c.at_seconds < 22]
    for crossing in truth:
        audit._taps.append((crossing.at_seconds + 0.6, crossing.direction.value))
    found = audit.record(23).accuracy()
    assert found.both.tapped == found.both.matched == len(truth) >= 4
    assert found.both.false == 0
    assert found.lateness_seconds == pytest.approx(0.6, abs=0.25)


async def test_a_dark_picture_and_a_camera_that_is_gone_are_gaps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    audit = an_audit()
    await run(audit, Scene(141, seconds=25), monkeypatch, dark=range(10, 18))
    record = audit.record(40)
    first, dark, gone = record.gaps
    assert first == pytest.approx((0, 1), abs=0.1)
    assert dark[0] == pytest.approx(10, abs=0.6)
    assert 18 < dark[1] < 22
    assert gone == pytest.approx((25, 40), abs=0.2)
    assert not [at for at, _ in record.counted if 10.6 < at < 18]


async def test_taps_are_taken_back_one_by_one() -> None:
    audit = an_audit()
    audit.undo()
    audit.tap(Direction.IN)
    audit.tap(Direction.OUT)
    audit.undo()
    assert audit.totals()["tapped"] == {"in": 1, "out": 0}
    record = audit.record(5)
    assert [way for _, way in record.taps] == ["in"]
    assert record.gaps == ((0.0, 5.0),)


@pytest.mark.parametrize("end", [3.126, 3.125, 3.1249, 3.0])
def test_a_tap_in_the_moment_of_the_end_is_kept(
    monkeypatch: pytest.MonkeyPatch, end: float
) -> None:
    audit = an_audit()
    monkeypatch.setattr(audit, "seconds", lambda: end)
    audit.tap(Direction.OUT)
    assert [way for _, way in audit.record(end).taps] == ["out"]
