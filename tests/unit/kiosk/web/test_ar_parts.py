"""What goes to the camera's page: messages, at most two of them, and who is held up."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.hours import Text
from kiosk.ar.camera_model import CameraModel
from kiosk.ar.sight import Hint, Seen, Sight
from kiosk.web.ar.holding import GRACE_SECONDS, Holding
from kiosk.web.ar.message import Anchor, Pin, head_of, packed, projected, unpacked
from kiosk.web.ar.window import MOST_IN_FLIGHT, Window

CAMERA = CameraModel(640, 480, 560.0, 555.0, 322.5, 236.0, (0.11, -0.2, 0.002, -0.001, 0.05))
TITLE = Text("门", "Gate")


def seen_at(angles: tuple[float, float, float], name: str = "p/gate") -> Seen:
    rotation = np.asarray(cv2.Rodrigues(np.array(angles))[0], np.float64)
    return Seen(name, np.zeros((4, 2)), np.eye(3), rotation, np.array([-60.0, -40.0, 320.0]), 0.75)


@given(
    st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=20), max_size=5),
    st.binary(max_size=200),
)
def test_a_message_comes_apart_as_it_was_put_together(head: dict[str, object], jpeg: bytes) -> None:
    assert unpacked(packed(head, jpeg)) == (head, jpeg)


@pytest.mark.parametrize("message", [b"", b"\0\0\0\x09{}", b"\0\0\0\x02{{"])
def test_what_is_no_message_is_refused(message: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpacked(message)


@given(
    st.tuples(st.floats(-0.9, 0.9), st.floats(-0.9, 0.9), st.floats(-3, 3)),
    st.tuples(st.floats(0, 120), st.floats(0, 90), st.floats(-40, 0)),
)
def test_points_are_projected_as_opencv_does_it(
    angles: tuple[float, float, float], at: tuple[float, float, float]
) -> None:
    one = seen_at(angles)
    point = np.array([at])
    wanted, _ = cv2.projectPoints(
        point, cv2.Rodrigues(one.rotation)[0], one.translation, CAMERA.matrix, CAMERA.coefficients
    )
    assert np.allclose(projected(point, one, CAMERA), wanted.reshape(1, 2), atol=1e-6)


def test_a_hotspot_stands_out_of_the_paper_on_its_foot() -> None:
    anchor = Anchor("p/gate", TITLE, (120.0, 80.0), (Pin("lion", TITLE, (60.0, 40.0, 30.0)),))
    flat = CameraModel.from_fov(640, 480, 60)
    # Seen from its lower edge: what stands on it rises in the picture.
    one = seen_at((-0.6, 0.0, 0.0))
    sight = Sight(7, (one, seen_at((0.0, 0.0, 0.0), "p/unknown")), Hint.NONE)
    head = head_of(7, sight, flat, {"p/gate": anchor})
    assert [each["key"] for each in head["seen"]] == ["p/gate"]
    (pin,) = head["seen"][0]["pins"]
    assert pin["at"][1] < pin["foot"][1] - 10
    assert pin["title"] == {"zh": "门", "en": "Gate"}
    assert (head["n"], head["size"], head["hint"]) == (7, [640, 480], "none")


@given(st.lists(st.sampled_from(["frame", "next", "ack", "stray"]), max_size=60))
def test_at_most_two_are_under_way_and_the_newest_is_next(steps: list[str]) -> None:
    window, number = Window[bytes](), 0
    flying: list[int] = []
    for step in steps:
        if step == "frame":
            number += 1
            window.put(number, str(number).encode())
        elif step == "next" and (message := window.next()) is not None:
            # Whatever came in between is not sent: what is sent is the last that came.
            assert int(message) == number
            flying.append(number)
        elif step == "ack" and flying:
            assert window.acknowledge(flying.pop(0))
        elif step == "stray":
            assert not window.acknowledge(number + 5)
        assert len(flying) <= MOST_IN_FLIGHT
        assert window.is_full == (len(flying) == MOST_IN_FLIGHT)
    assert window.sent + window.dropped + (number > 0 and window.next() is not None) <= number + 1


def test_a_newer_frame_takes_the_place_of_one_that_waits() -> None:
    window = Window[bytes]()
    for number in range(1, 7):
        window.put(number, str(number).encode())
        if number <= 2:
            assert window.next() == str(number).encode()
        else:
            assert window.next() is None
    assert window.dropped == 3
    # The last one drawn answers for those before it.
    assert window.acknowledge(2)
    assert window.next() == b"6"


def test_seconds_held_survive_a_finger_that_covers() -> None:
    holding = Holding()
    left = []
    for tick in range(100):
        at = tick / 10
        is_covered = 30 <= tick < 38
        left += holding.look({} if is_covered or tick > 80 else {"gate": 900.0}, at)
    assert left == [("gate", 8.0)]
    assert holding.told == ""


def test_the_larger_one_is_told_about_and_stays_so() -> None:
    holding = Holding()
    holding.look({"gate": 900.0, "bridge": 1200.0}, 0.0)
    assert holding.told == "bridge"
    holding.look({"gate": 5000.0, "bridge": 100.0}, 0.1)
    assert holding.told == "bridge"
    assert holding.look({"gate": 5000.0}, 0.2 + GRACE_SECONDS) == [("bridge", 0.1)]
    assert holding.told == "gate"
    assert holding.end() == [("gate", 0.2 + GRACE_SECONDS)]
