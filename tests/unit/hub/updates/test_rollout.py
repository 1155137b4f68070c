"""A rollout goes on while nodes fare well, halts when too many do not, and asks nobody twice."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.ids import NodeId
from contracts.updating import UpdateStatus
from hub.updates.rollout import (
    FAILED,
    Plan,
    Rollout,
    RolloutState,
    TargetState,
    resumed,
    staged,
    step,
    tried_again,
)

SHA = "ab" * 32
MINUTE = 60_000
NODES = [NodeId(f"venue-{n}", node) for n in range(10) for node in ("door", "desk")]
FIRST = NODES[:2]


def a_rollout(nodes: list[NodeId] = NODES, **plan: object) -> Rollout:
    chosen = Plan(**{"shares": (25, 100), "soak_minutes": 10, **plan})  # type: ignore[arg-type]
    targets = staged("seed", FIRST, nodes, chosen)
    return Rollout(7, SHA, "edge", "0.2.0", chosen, "boss", 0, targets)


def says(outcome: str, attempt: int = 0, phase: str = "idle", sha256: str = SHA) -> UpdateStatus:
    return UpdateStatus(phase=phase, outcome=outcome, sha256=sha256, attempt=attempt, reason="why")


def states(rollout: Rollout) -> dict[str, int]:
    found = [target.state.value for target in rollout.targets]
    return {state: found.count(state) for state in set(found)}


def all_well(rollout: Rollout) -> dict[NodeId, UpdateStatus]:
    return {one.node: says("updated") for one in rollout.targets if one.state is TargetState.TOLD}


def test_stages_have_the_shares_that_were_asked_for() -> None:
    rollout = a_rollout()
    stages = [sum(one.stage == n for one in rollout.targets) for n in range(3)]
    assert stages == [2, 4, 14]
    assert rollout.targets == staged("seed", reversed(FIRST), reversed(NODES), rollout.plan)
    others = staged("another seed", FIRST, NODES, rollout.plan)
    assert {t.node for t in others if t.stage == 1} != {
        t.node for t in rollout.targets if t.stage == 1
    }


def test_from_the_first_few_to_all() -> None:
    rollout = step(a_rollout(), {}, 0)
    assert states(rollout) == {"told": 2, "waiting": 18}
    assert step(rollout, {}, 5 * MINUTE) is rollout
    rollout = step(rollout, {FIRST[0]: says("updated")}, 6 * MINUTE)
    assert (states(rollout)["updated"], rollout.soaking_ms) == (1, 0)
    rollout = step(rollout, {FIRST[1]: says("updated")}, 7 * MINUTE)
    assert rollout.soaking_ms == 7 * MINUTE
    assert step(rollout, {}, 16 * MINUTE) is rollout
    rollout = step(step(rollout, {}, 17 * MINUTE), {}, 17 * MINUTE)
    assert (rollout.stage, states(rollout)) == (1, {"updated": 2, "told": 4, "waiting": 14})
    for minute in (20, 40, 41):
        rollout = step(rollout, all_well(rollout), minute * MINUTE)
    rollout = step(rollout, all_well(rollout), 42 * MINUTE)
    assert (rollout.state, states(rollout)) == (RolloutState.DONE, {"updated": 20})
    assert step(rollout, {}, 50 * MINUTE) is rollout


@pytest.mark.parametrize(
    ("outcome", "state"), [("rolled_back", "rolled_back"), ("refused", "refused")]
)
def test_one_failure_pauses_and_a_person_lets_it_go_on(outcome: str, state: str) -> None:
    rollout = step(a_rollout(), {}, 0)
    rollout = step(rollout, {FIRST[0]: says(outcome)}, MINUTE)
    assert (rollout.state, rollout.reason) == (RolloutState.PAUSED, f"1 failed: {FIRST[0]}")
    assert states(rollout)[state] == 1
    # While it is paused nobody further is told; what nodes say is noted.
    rollout = step(rollout, {FIRST[1]: says("updated")}, 2 * MINUTE)
    assert states(rollout) == {state: 1, "updated": 1, "waiting": 18}
    rollout = step(resumed(rollout), {}, 3 * MINUTE)
    assert rollout.state is RolloutState.RUNNING
    assert step(rollout, {}, 30 * MINUTE).stage == 1


def test_failures_up_to_the_limit_do_not_pause() -> None:
    rollout = step(a_rollout(most_failures=1), {}, 0)
    rollout = step(rollout, {FIRST[0]: says("rolled_back"), FIRST[1]: says("updated")}, MINUTE)
    assert rollout.state is RolloutState.RUNNING


def test_a_node_that_is_away_holds_up_its_stage_only_below_what_is_enough() -> None:
    rollout = a_rollout(enough_percent=80)
    for minute in (0, 20, 40, 41):
        rollout = step(rollout, all_well(rollout), minute * MINUTE)
    away = next(one.node for one in rollout.targets if one.stage == 1)
    well = {n: s for n, s in all_well(rollout).items() if n != away}
    rollout = step(rollout, well, 60 * MINUTE)
    rollout = step(rollout, {}, 71 * MINUTE)
    assert rollout.stage == 2


@pytest.mark.parametrize(
    "status",
    [
        says("rolled_back", phase="trying"),
        says("rolled_back", sha256="cd" * 32),
        says("rolled_back", attempt=1),
        says(""),
    ],
    ids=["goes on", "another update", "another attempt", "none yet"],
)
def test_what_is_not_of_this_order_says_nothing(status: UpdateStatus) -> None:
    rollout = step(a_rollout(), {}, 0)
    assert step(rollout, {FIRST[0]: status}, MINUTE) is rollout


def test_asked_again_a_node_is_counted_by_its_new_attempt() -> None:
    rollout = step(a_rollout(), {}, 0)
    rollout = step(rollout, {FIRST[0]: says("rolled_back")}, MINUTE)
    rollout = resumed(tried_again(rollout, FIRST[0], 2 * MINUTE))
    # What it says of the first time is no answer to the second.
    rollout = step(rollout, {FIRST[0]: says("rolled_back")}, 3 * MINUTE)
    assert rollout.failures == 0
    assert step(rollout, {FIRST[0]: says("refused", attempt=1)}, 4 * MINUTE).failures == 1
    assert tried_again(rollout, FIRST[1], 0) == rollout


@pytest.mark.parametrize(
    "plan",
    [{"shares": ()}, {"shares": (50,)}, {"shares": (50, 20, 100)}, {"shares": (0, 100)},
     {"soak_minutes": -1}, {"most_failures": 2000}, {"enough_percent": 0}, {"when": "never"},
     {"shares": tuple(range(90, 101))}],
    ids=str,
)  # fmt: skip
def test_a_plan_that_cannot_be(plan: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"shares|soak|failures|percent|when"):
        Plan(**plan)  # type: ignore[arg-type]


OUTCOMES = st.sampled_from(["updated", "rolled_back", "refused", ""])


@given(
    st.lists(st.dictionaries(st.sampled_from(NODES), OUTCOMES, max_size=6), max_size=25),
    st.integers(0, 3),
)
def test_whatever_nodes_say(news: list[dict[NodeId, str]], most: int) -> None:
    rollout = a_rollout(most_failures=most)
    now = 0
    for one in news:
        now += 7 * MINUTE
        before = rollout
        rollout = step(rollout, {node: says(what) for node, what in one.items()}, now)
        told = {t.node for t in rollout.targets if t.state is not TargetState.WAITING}
        # Nobody is told before their stage, or while it is paused; nobody goes back.
        for old, new in zip(before.targets, rollout.targets, strict=True):
            if new.state is TargetState.TOLD:
                assert new.stage <= rollout.stage
            if old.state is TargetState.UPDATED or old.state in FAILED:
                assert new == old or new.state is TargetState.UPDATED
        if before.state is RolloutState.PAUSED:
            assert rollout.stage == before.stage
            was_told = {t.node for t in before.targets if t.state is not TargetState.WAITING}
            assert told - was_told <= set(one)
        if rollout.state is RolloutState.RUNNING:
            assert rollout.failures <= most
        assert rollout.stage >= before.stage
        assert replace(rollout) == rollout
