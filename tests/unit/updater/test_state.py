"""Whatever happens in whatever order: a try ends, and what failed is not tried again by itself."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from updater.plain import from_json, to_json
from updater.state import (
    AskedBack,
    Do,
    Event,
    Fetched,
    Hindered,
    Looked,
    Now,
    Order,
    Ordered,
    Patience,
    Phase,
    Refused,
    Report,
    Restarted,
    Resumed,
    Seen,
    Staged,
    State,
    slot_name,
    step,
    version_of,
)

PATIENCE = Patience(5, 10, 40)
ORDERS = [
    Order(f"{n}" * 64, 100, f"0.{n}.0", "http://hub", attempt, go=go)
    for n in (1, 2)
    for attempt in (0, 1)
    for go in (False, True)
]
REPORTS = st.builds(
    Report,
    version=st.sampled_from(["0.1.0", "0.2.0"]),
    boot=st.sampled_from(["a", "b"]),
    at=st.floats(0, 500),
    started=st.floats(0, 500),
    turning=st.booleans(),
    connected=st.booleans(),
    acked=st.booleans(),
    failing=st.sampled_from([(), ("ceiling",)]),
)
SEEN = st.builds(Seen, ready=st.booleans(), started=st.integers(0, 6), report=st.none() | REPORTS)
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(Ordered, st.none() | st.sampled_from(ORDERS)),
    st.just(Fetched()),
    st.just(Staged()),
    st.builds(Hindered, st.text(max_size=20)),
    st.builds(Refused, st.text(max_size=20)),
    st.builds(Restarted, st.integers(0, 5)),
    st.just(Resumed()),
    st.builds(Looked, SEEN),
    st.just(AskedBack(slot_name("0.0.9", "9" * 64))),
)


@given(st.lists(st.tuples(EVENTS, st.floats(0, 60), st.booleans()), max_size=40))
def test_whatever_comes_in_whatever_order(events: list[tuple[Event, float, bool]]) -> None:
    state, now = State(running=slot_name("0.0.1", "0" * 64)), Now("a", 0.0, 7)
    for event, seconds, boots in events:
        now = Now("b" if boots else now.boot, now.up + seconds, 7)
        before = state
        state, deeds = step(state, event, now, PATIENCE)
        assert from_json(json.loads(json.dumps(to_json(state)))) == state
        if state.phase not in {Phase.IDLE, Phase.ROLLING_BACK}:
            assert state.order is not None
        if Do.FETCH in deeds and isinstance(event, Ordered):
            assert state.order is not None
            assert state.order.key not in {one.key for one in before.failed}
        if Do.SWITCH in deeds and before.phase is not Phase.TRYING:
            # Only what was staged is ever switched to, and only with a go.
            assert before.phase is Phase.STAGED
            assert before.order is not None
            assert before.order.go
        if state.running != before.running:
            assert before.phase is Phase.TRYING or isinstance(event, AskedBack)
        assert len(state.failed) <= 50
    # From wherever that led, silence ends it: a try is confirmed or taken back.
    for _ in range(200):
        now = replace(now, up=now.up + 1)
        state, deeds = step(state, Looked(Seen()), now, PATIENCE)
        if Do.RESTART in deeds or (state.phase is Phase.TRYING and not state.is_restarted):
            state, _ = step(state, Restarted(0), now, PATIENCE)
        if state.phase is Phase.ROLLING_BACK:
            state, _ = step(state, Restarted(0), now, PATIENCE)
    assert state.phase not in {Phase.TRYING, Phase.ROLLING_BACK}


def test_the_state_is_kept_whole() -> None:
    order = replace(ORDERS[0], allow_downgrade=True)
    state, _ = step(State(), Ordered(order), Now("a", 1.0))
    assert from_json(json.loads(json.dumps(to_json(state)))) == state


@pytest.mark.parametrize("boots", [1, 2])
def test_starts_of_the_machine_are_counted_and_not_those_of_the_updater(boots: int) -> None:
    state = State(Phase.TRYING, ORDERS[1], "0.0.1-000000000000", boot="boot 0", is_restarted=True)
    for _ in range(5):
        state, deeds = step(state, Resumed(), Now("boot 0", 9.0))
        assert (state.phase, deeds) == (Phase.TRYING, ())
    for n in range(1, boots + 1):
        state, deeds = step(state, Resumed(), Now(f"boot {n}", 9.0))
        state, _ = step(state, Resumed(), Now(f"boot {n}", 10.0))
    assert (state.phase is Phase.ROLLING_BACK) is (boots == 2)


def test_names_of_slots() -> None:
    assert version_of(slot_name("0.2.0", "ab" * 32)) == "0.2.0"
    assert version_of("") == ""
