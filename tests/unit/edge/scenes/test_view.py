import pytest

from edge.vision.scenes.view import HIGHEST, LOWEST, SHOULDERS, TALLEST, View


@pytest.mark.parametrize("tilt", [0.0, 30.0, 45.0])
@pytest.mark.parametrize("height", [LOWEST, 3.0, HIGHEST])
def test_the_line_on_the_floor_is_the_middle_row(height: float, tilt: float) -> None:
    view = View(height, tilt)
    for x in (-0.5, 0.0, 0.5):
        assert view.spot(x, 0.0, 0.0).v == pytest.approx(120.0)


def test_inwards_is_down_and_right_is_right() -> None:
    view = View(3.0)
    assert view.spot(0.0, 0.5, 0.0).v > 120 > view.spot(0.0, -0.5, 0.0).v
    assert view.spot(0.5, 0.0, 0.0).u > 160 > view.spot(-0.5, 0.0, 0.0).u


def test_what_is_nearer_to_the_camera_is_larger() -> None:
    down, oblique = View(3.0), View(3.0, 45.0)
    assert down.spot(0, 0, SHOULDERS).scale > down.spot(0, 0, 0).scale
    assert oblique.spot(0, 1.0, 0).scale > oblique.spot(0, -1.0, 0).scale


@pytest.mark.parametrize("tilt", [0.0, 30.0, 45.0])
@pytest.mark.parametrize("height", [LOWEST, 3.0, HIGHEST])
def test_who_begins_at_the_reach_is_out_of_the_picture(height: float, tilt: float) -> None:
    view = View(height, tilt)
    far, near = view.reach()
    for z in (0.0, 0.9, TALLEST):
        assert view.spot(0.0, far, z).v < 0
        assert view.spot(0.0, near, z).v > 240
