"""What the set-up page asks, and the watch behind it, without a browser."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import numpy as np
import pytest

from edge.calibrate import watch as watching
from edge.calibrate.app import MOST_STREAMS, Streams, build_app
from edge.calibrate.plan import MOST_LINES, Plan
from edge.calibrate.setup_file import SetupFile
from edge.calibrate.watch import Watch
from edge.vision.frames import Frame
from edge.vision.scene import Scene

HEAD = '[node]\nvenue = "lib"\nnode = "door"\n[[cameras]]\nname = "ceiling"\n'
HEAD += 'source = "http://user:secret@camera/stream"\n'
LINE = {"name": "front", "start": [0, 0.5], "end": [1, 0.5], "in_vector": [0, 1]}
SIZED = {"person_size": [0.17, 0.19]}


class Over(Exception):
    """The test has shown all that it has."""


def a_setup(folder: Path) -> tuple[SetupFile, Watch]:
    path = folder / "edge.toml"
    path.write_text(HEAD, "utf-8")
    setup = SetupFile(path)
    return setup, Watch(setup.camera, setup.plan)


def asking(setup: SetupFile, watch: Watch) -> httpx.AsyncClient:
    app = build_app(setup, watch, lambda: 60.0)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://here")


async def test_what_is_set_up_is_told_without_the_cameras_password(tmp_path: Path) -> None:
    async with asking(*a_setup(tmp_path)) as http:
        told = (await http.get("/api/setup")).text
    assert "camera/stream" in told
    assert "secret" not in told


@pytest.mark.parametrize(
    ("plan", "sentence"),
    [
        ({"lines": [{**LINE, "end": [1, 2]}]}, "lines.0: line 'front' leaves the frame"),
        ({"lines": [LINE, LINE]}, "'front' is named twice"),
        ({"lines": [LINE] * (MOST_LINES + 1)}, "at most 16 items"),
        ({"zones": [{"name": "z", "polygon": [[0, 0], [1, 1]]}]}, "zones.0: zone 'z' has 2"),
        ({"colour": 1}, "colour: Extra inputs are not permitted"),
        ({"person_size": [0, 1]}, "person_size.0: Input should be greater than 0"),
    ],
)
async def test_a_plan_that_is_not_right_is_refused_in_a_sentence(
    tmp_path: Path, plan: dict[str, object], sentence: str
) -> None:
    async with asking(*a_setup(tmp_path)) as http:
        for way in ("draft", "save"):
            answer = await http.post(f"/api/{way}", json=plan)
            assert answer.status_code == 422
            assert sentence in answer.json()["problem"]
    assert (tmp_path / "edge.toml").read_text() == HEAD


async def test_a_file_that_changed_meanwhile_is_told(tmp_path: Path) -> None:
    setup, watch = a_setup(tmp_path)
    async with asking(setup, watch) as http:
        assert (await http.post("/api/save", json={"lines": [LINE]})).status_code == 200
        setup.path.write_text(HEAD + "# mine\n")
        answer = await http.post("/api/save", json={"lines": [LINE]})
    assert answer.status_code == 409
    assert "changed by somebody else" in answer.json()["problem"]


async def test_so_many_pages_and_no_more(tmp_path: Path) -> None:
    _, watch = a_setup(tmp_path)
    streams = Streams(watch.views, lambda: 60.0)
    opened = [(await streams.open()).body_iterator for _ in range(MOST_STREAMS)]
    for stream in opened:
        assert "starting" in str(await anext(aiter(stream)))
    async with asking(*a_setup(tmp_path)) as http:
        assert (await http.get("/api/floor.png")).status_code == 404
    with pytest.raises(Exception, match="open too often"):
        await streams.open()
    watch.close()
    for stream in opened:
        assert [event async for event in stream] == []
    await streams.open()


async def test_a_line_drawn_anew_counts_on_with_the_background_that_was_learnt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it whoever is in view would be a ghost, and nobody seen for a second."""
    _, watch = a_setup(tmp_path)
    scene = Scene(141, seconds=24)
    plan = Plan.model_validate({"lines": [LINE], **SIZED})
    views: list[dict[str, object]] = []

    async def pictures() -> AsyncIterator[Frame]:
        for number, (image, at) in enumerate(scene.frames()):
            if number in (15, 75):
                # At first a size alone, and no line yet.
                watch.redraw(Plan.model_validate(SIZED) if number == 15 else plan)
            dark = number >= 15 * 18
            yield Frame(np.zeros_like(image) if dark else image, at)
            views.append(watch.view())
        raise Over

    @asynccontextmanager
    async def opened(_spec: str) -> AsyncIterator[AsyncIterator[Frame]]:
        yield pictures()

    monkeypatch.setattr(watching, "open_source", opened)
    with pytest.raises(Over):
        await watch.run()
    truth = [c for c in scene.crossings() if 5.2 < c.at_seconds < 17]
    ways = [crossing.direction.value for crossing in truth]
    told = views[15 * 18 - 1]["lines"]
    assert told == {"front": {"in": ways.count("in"), "out": ways.count("out")}}
    assert len(ways) >= 3
    assert any(view.get("people") for view in views[20:74])
    assert views[-1]["picture"] == "dark"
    assert views[-1]["people"] == []
