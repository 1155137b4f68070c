from edge.counting.flood import FloodGate, FloodRules
from edge.counting.geometry import Direction
from edge.counting.line import Crossing

RULES = FloodRules(high=0.4, low=0.25, wait_seconds=0.8, margin_seconds=0.4)


def at(seconds: float) -> Crossing:
    return Crossing(seconds, Direction.IN, "front")


def test_a_calm_picture_holds_nothing_back() -> None:
    gate = FloodGate(RULES)
    assert gate.pass_on([at(1.0)], 0.1, 1.0, is_flooded=False) == [at(1.0)]
    assert gate.finish() == []


def test_a_crowd_that_swamps_the_picture_is_told_a_moment_later() -> None:
    gate = FloodGate(RULES)
    assert gate.pass_on([at(1.0)], 0.5, 1.1, is_flooded=False) == []
    assert gate.pass_on([], 0.5, 1.7, is_flooded=False) == []
    assert gate.pass_on([], 0.5, 1.9, is_flooded=False) == [at(1.0)]
    # The swamp goes, and whoever still waits is told at once.
    assert gate.pass_on([at(2.0)], 0.5, 2.1, is_flooded=False) == []
    assert gate.pass_on([], 0.1, 2.2, is_flooded=False) == [at(2.0)]


def test_a_hand_before_the_lens_is_nobody() -> None:
    gate = FloodGate(RULES)
    assert gate.pass_on([at(0.5)], 0.1, 0.6, is_flooded=False) == [at(0.5)]
    assert gate.pass_on([at(0.9), at(1.0)], 0.5, 1.0, is_flooded=False) == []
    assert gate.pass_on([at(1.2)], 0.9, 1.2, is_flooded=True) == []
    assert gate.pass_on([at(1.6)], 0.5, 1.6, is_flooded=False) == []
    # What is left of it when the picture is calm again is part of it too.
    assert gate.pass_on([at(2.2)], 0.1, 2.0, is_flooded=False) == []
    assert gate.pass_on([at(3.0)], 0.1, 3.0, is_flooded=False) == [at(3.0)]


def test_who_passed_before_a_flood_is_told() -> None:
    gate = FloodGate(RULES)
    gate.pass_on([], 0.5, 2.0, is_flooded=False)
    # Proven late, it happened well before the picture was swamped.
    assert gate.pass_on([at(1.0), at(1.9)], 0.9, 2.1, is_flooded=True) == [at(1.0)]


def test_a_source_that_ends_in_a_swamp_tells_what_it_saw() -> None:
    gate = FloodGate(RULES)
    gate.pass_on([at(1.0)], 0.5, 1.1, is_flooded=False)
    assert gate.finish() == [at(1.0)]
