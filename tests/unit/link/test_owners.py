"""Whose a stream is, and how many of them there may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import DecodeError, RefusalCode
from contracts.ids import NodeId
from link.owners import Owners

A, B = NodeId("venue", "north"), NodeId("venue", "south")


def code(owners: Owners, stream: str, node: NodeId) -> RefusalCode | None:
    try:
        owners.require(stream, node)
    except DecodeError as error:
        return error.code
    return None


def test_a_stream_is_its_first_senders_within_a_group_and_after() -> None:
    owners = Owners({"one": A})
    assert code(owners, "one", A) is None
    assert code(owners, "one", B) is RefusalCode.FOREIGN_STREAM
    owners.claim("two", B)
    assert code(owners, "two", A) is RefusalCode.FOREIGN_STREAM
    owners.stored()
    assert code(owners, "two", A) is RefusalCode.FOREIGN_STREAM
    assert owners.items() == (("one", A), ("two", B))


def test_what_was_not_stored_is_nobodys() -> None:
    owners = Owners({}, of_a_node=1)
    owners.claim("one", A)
    owners.failed()
    assert code(owners, "one", B) is None
    assert code(owners, "other", A) is None


@pytest.mark.parametrize(("of_a_node", "in_all"), [(2, 9), (9, 2)])
def test_there_are_not_more_than_so_many(of_a_node: int, in_all: int) -> None:
    owners = Owners({"one": A}, of_a_node, in_all)
    owners.claim("two", A)
    assert code(owners, "three", A) is RefusalCode.TOO_MANY_STREAMS
    assert code(owners, "one", A) is code(owners, "two", A) is None
    expected = None if in_all == 9 else RefusalCode.TOO_MANY_STREAMS
    assert code(owners, "three", B) is expected


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from([A, B]), st.booleans())))
def test_whatever_comes_bounds_hold_and_no_owner_changes(
    steps: list[tuple[int, NodeId, bool]],
) -> None:
    owners, seen = Owners({}, of_a_node=3, in_all=5), dict[str, NodeId]()
    for number, node, lasts in steps:
        stream = f"{number:08x}"
        if code(owners, stream, node) is None:
            owners.claim(stream, node)
        (owners.stored if lasts else owners.failed)()
        held = dict(owners.items())
        assert seen.items() <= held.items()
        seen = held
        assert len(held) <= 5
        assert all(list(held.values()).count(one) <= 3 for one in (A, B))
