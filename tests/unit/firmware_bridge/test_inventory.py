"""Rounds of a reader: what is told, and what is not yet."""

from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.readers.inventory import Inventory
from firmware_bridge.readers.port import TagChange, TagSeen

ROUNDS = st.lists(st.sets(st.sampled_from("ABCDE")), max_size=40)


def told(rounds: list[str], inventory: Inventory | None = None) -> list[list[str]]:
    """Play rounds, each a string of one-letter uids; return what each of them told, as +A -B."""
    inventory = inventory or Inventory()
    sign = {TagChange.ARRIVED: "+", TagChange.LEFT: "-"}
    return [[sign[seen.change] + seen.uid for seen in inventory.take_round(r)] for r in rounds]


def test_three_rounds_with_it_and_three_without() -> None:
    assert told(["A", "A", "A", "", "A", "", "", ""]) == [
        *([], [], ["+A"]),
        *([], []),
        *([], [], ["-A"]),
    ]


def test_a_tag_that_flickers_before_it_arrives_starts_again() -> None:
    assert told(["A", "A", "", "A", "A", "A"])[-1] == ["+A"]
    assert not any(told(["A", "A", ""] * 9))


def test_a_tag_that_flickers_while_it_lies_there_stays() -> None:
    assert [change for heard in told(["A"] * 3 + ["", "", "A"] * 20) for change in heard] == ["+A"]


def test_arrivals_are_told_before_leaves_in_the_order_of_answers() -> None:
    assert told(["A"] * 3 + ["CB"] * 3)[-1] == ["+C", "+B", "-A"]


def test_a_tag_that_answers_twice_in_a_round_counts_once() -> None:
    assert told(["AA", "AA"]) == [[], []]


def test_what_is_told_names_the_antenna() -> None:
    inventory = Inventory(present_rounds=1, antenna=4)
    assert inventory.take_round(["A"]) == [TagSeen("A", TagChange.ARRIVED, 4)]


def test_it_follows_no_more_tags_than_it_may() -> None:
    inventory = Inventory(most_tags=2)
    assert told(["AB", "CAB", "CAB", "CB", "CB", "CB"], inventory)[2:] == [
        ["+A", "+B"],
        [],
        [],
        ["-A"],
    ]
    assert inventory.ignored_reads == 4
    # The room that A left is there for C, from its first round on.
    assert told(["C", "C"], inventory) == [[], ["+C"]]


def test_a_crowd_is_bounded_whatever_it_answers() -> None:
    inventory = Inventory(present_rounds=1, most_tags=10)
    for start in range(0, 1000, 7):
        inventory.take_round([str(start + i) for i in range(50)])
        assert len(inventory.present) <= 10


def test_it_is_settled_when_no_round_is_wanting() -> None:
    inventory = Inventory()
    assert inventory.is_settled
    for answers, settled in (("A", False), ("A", False), ("A", True), ("A", True), ("", False)):
        inventory.take_round(answers)
        assert inventory.is_settled is settled


@settings(deadline=None)
@given(ROUNDS)
def test_every_tag_arrives_and_leaves_in_turn(rounds: list[set[str]]) -> None:
    """And it is present exactly when the last that was told of it is its arrival."""
    inventory = Inventory()
    inside: set[str] = set()
    for answers in rounds:
        for seen in inventory.take_round(answers):
            if seen.change is TagChange.ARRIVED:
                assert seen.uid not in inside
                inside.add(seen.uid)
            else:
                inside.remove(seen.uid)
        assert inventory.present == inside
    for _ in range(3):
        inventory.take_round([])
    assert inventory.present == frozenset()
    assert inventory.is_settled


@settings(deadline=None)
@given(ROUNDS)
def test_nothing_is_told_without_three_rounds_that_agree(rounds: list[set[str]]) -> None:
    inventory = Inventory()
    for number, answers in enumerate(rounds):
        for seen in inventory.take_round(answers):
            last = rounds[number - 2 : number + 1]
            assert [seen.uid in r for r in last] == [seen.change is TagChange.ARRIVED] * 3
