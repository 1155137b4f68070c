"""What an installer sees is no picture of anybody."""

import cv2
import numpy as np

from edge.vision.scene import Scene
from edge.vision.silhouette import EDGE, MOST_SHAPES, TONES, WIDTH, Silhouettes


def after(scene: Scene, seconds: float) -> Silhouettes:
    silhouettes = Silhouettes()
    for picture, at in scene.frames():
        silhouettes.feed(picture, at)
        if at >= seconds:
            break
    return silhouettes


def test_who_walks_is_an_outline_where_he_is() -> None:
    scene = Scene(7, visitors_per_minute=40)
    silhouettes = Silhouettes()
    found = 0
    for picture, at in scene.frames():
        silhouettes.feed(picture, at)
        assert len(silhouettes.outlines) <= MOST_SHAPES
        if at > 20:
            break
        people = [place[0] for w in scene._walkers(0) if (place := w.at(at)) is not None]
        whole = [p for p in people if 0.1 < p.x < 0.9 and 0.1 < p.y < 0.9]
        for middle in whole if at > 3 else []:
            # Some outline is around the middle of who stands there.
            around = any(
                cv2.pointPolygonTest(
                    np.array(o, np.float32), (middle.x, middle.y), measureDist=False
                )
                >= 0
                for o in silhouettes.outlines
            )
            found += 1 if around else -10
    assert found > 50


def test_the_floor_is_a_small_drawing_of_five_greys() -> None:
    png = after(Scene(7, seconds=6), 5).floor()
    drawing = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    assert drawing is not None
    assert drawing.ndim == 2
    assert drawing.shape[1] <= WIDTH
    assert set(np.unique(drawing).tolist()) <= {*TONES, EDGE}


def test_who_walked_leaves_no_trace_on_the_floor() -> None:
    empty = after(Scene(7, visitors_per_minute=0, wanderers_per_minute=0), 10)
    busy = after(Scene(7, visitors_per_minute=60, wanderers_per_minute=0), 10)
    first, second = (
        cv2.imdecode(np.frombuffer(s.floor(), np.uint8), cv2.IMREAD_UNCHANGED)
        for s in (empty, busy)
    )
    assert first is not None
    assert second is not None
    assert np.mean(np.asarray(second) == EDGE) <= np.mean(np.asarray(first) == EDGE) + 0.01


def test_before_the_first_picture_there_is_nothing() -> None:
    assert Silhouettes().floor() == b""
