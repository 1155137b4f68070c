"""Two beams: who went in, who went out, and who did neither. `A` broken, `B` broken, `X` both."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.sensors.two_beams import BLOCKED_SECONDS, TwoBeams

LOOK_SECONDS = 0.04
LOOKS = {".": (False, False), "A": (True, False), "B": (False, True), "X": (True, True)}


def fed(looks: str, beams: TwoBeams | None = None, started_at: float = 0.0) -> TwoBeams:
    beams = beams or TwoBeams()
    for number, look in enumerate(looks):
        beams.feed(*LOOKS[look], started_at + number * LOOK_SECONDS)
    return beams


@pytest.mark.parametrize(
    ("looks", "entered", "left"),
    [
        (".AAXXBB.", 1, 0),
        (".BBXXAA.", 0, 1),
        ("AXB.", 1, 0),
        (".AX.", 1, 0),  # both left at once: the order of breaking decides
        (".XB.", 1, 0),  # both broken at once: the order of leaving decides
        (".XA.", 0, 1),
        (".AB.", 1, 0),
        (".A..B.", 1, 0),  # thinner than the beams are apart
        (".B..A.", 0, 1),
        (".AAXXAA.", 0, 0),  # in, and back again
        (".AAXXAAXXBB.", 1, 0),  # a step back, and in after all
        (".A.", 0, 0),
        (".A.A.A.", 0, 0),
        (".AXBXAXB.", 2, 0),  # the next one close behind
        (".BXAXBXA.", 0, 2),
        (".AXBXB.", 1, 0),  # an arm swings back through the first
        (".AXB.AXB.BXA.", 2, 1),
        (".A..BXA.", 0, 1),  # one looks in and makes way for one who comes out
        (".B..AXB.", 1, 0),
        ("." + "A" * 100 + "XXB.", 1, 0),  # stands in the doorway for 4 s first
    ],
)
def test_passages(looks: str, entered: int, left: int) -> None:
    beams = fed(looks)
    assert (beams.entered, beams.left, beams.undecided) == (entered, left, 0)


def test_the_second_beam_has_to_follow_within_a_second_and_a_half() -> None:
    pause = {seconds: "." * round(seconds / LOOK_SECONDS) for seconds in (1.4, 1.6)}
    assert fed(f".A{pause[1.4]}B.").entered == 1
    assert fed(f".A{pause[1.6]}B.").entered == 0


def test_what_cannot_be_told_is_counted_apart_and_the_raw_breaks_stay() -> None:
    beams = fed(".X.AXB.")
    assert (beams.entered, beams.left, beams.undecided) == (1, 0, 1)
    assert beams.breaks == [2, 2]


def test_a_beam_that_stays_broken_is_blind() -> None:
    beams = fed(".A")
    blind = []
    for at in (29.9, 31.0, 32.0):
        beams.feed(at < 32, False, at)
        blind.append(beams.is_blocked)
    assert BLOCKED_SECONDS == 30.0
    assert blind == [False, True, False]


def test_what_was_half_seen_before_a_gap_is_forgotten() -> None:
    beams = fed(".AX")
    beams.forget()
    assert fed("B.", beams, 0.5).entered == 0
    assert fed(".AXB.", beams, 1.0).entered == 1


@given(st.text(alphabet=".ABX", max_size=60))
def test_mirrored_beams_count_mirrored(looks: str) -> None:
    beams = fed(looks)
    mirrored = fed(looks.translate(str.maketrans("AB", "BA")))
    assert (beams.entered, beams.left) == (mirrored.left, mirrored.entered)
    assert beams.undecided == mirrored.undecided


@given(st.text(alphabet=".ABX", max_size=60))
def test_nobody_is_counted_more_often_than_a_beam_was_broken(looks: str) -> None:
    beams = fed(looks + ".")
    assert beams.entered + beams.left + beams.undecided <= min(beams.breaks)
