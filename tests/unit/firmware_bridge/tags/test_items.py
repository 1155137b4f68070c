"""Parts of an item, patron cards, and the security bit."""

import pytest

from firmware_bridge.errors import FrameError
from firmware_bridge.readers.port import SecurityState
from firmware_bridge.tags import (
    AfiPair,
    Completeness,
    TagContent,
    TagFormat,
    Usage,
    group_parts,
)
from firmware_bridge.tags.security import (
    agreed_state,
    alliance_state,
    eas_state,
    with_alliance_state,
)


def a_tag(
    item_id: str = "B1", parts: int = 1, part: int = 1, usage: Usage | None = None, owner: str = ""
) -> TagContent:
    return TagContent(TagFormat.DANISH, item_id, owner=owner, usage=usage, parts=parts, part=part)


@pytest.mark.parametrize(
    ("tags", "completeness", "missing"),
    [
        ([(1, 1)], "complete", ()),
        ([(0, 0)], "complete", ()),
        ([(0, 1)], "complete", ()),
        ([(2, 1), (2, 2)], "complete", ()),
        ([(2, 2), (2, 1)], "complete", ()),
        ([(2, 1)], "incomplete", (2,)),
        ([(3, 2)], "incomplete", (1, 3)),
        ([(12, 3), (12, 4)], "incomplete", (1, 2, *range(5, 13))),
        ([(2, 0)], "check", ()),  # one tag for an item of two parts
        ([(2, 1), (2, 1)], "check", ()),  # the same part twice
        ([(2, 1), (3, 2)], "check", ()),  # tags that do not agree
        ([(0, 0), (0, 0)], "check", ()),
        ([(2, 3)], "check", ()),
    ],
)
def test_parts(tags: list[tuple[int, int]], completeness: str, missing: tuple[int, ...]) -> None:
    (item,) = group_parts(a_tag(parts=parts, part=part) for parts, part in tags)
    assert (item.completeness, item.missing) == (Completeness(completeness), missing)
    assert item.present == tuple(sorted(part for _, part in tags))


def test_items_of_one_number_and_two_owners_are_two() -> None:
    items = group_parts([a_tag("B1", owner="DE-1"), a_tag("B2"), a_tag("B1", owner="DE-2")])
    assert [(item.item_id, item.owner) for item in items] == [
        ("B1", "DE-1"),
        ("B2", ""),
        ("B1", "DE-2"),
    ]


def test_a_patron_card_is_no_item() -> None:
    card = a_tag("P1", usage=Usage.PATRON_CARD)
    assert card.is_patron_card
    assert not a_tag(usage=Usage.CIRCULATING).is_patron_card
    assert [item.item_id for item in group_parts([card, a_tag("B1")])] == ["B1"]


def test_a_pair_of_afis_is_configuration() -> None:
    pair = AfiPair(on=0x9D, off=0x9E)
    assert pair.state_of(pair.afi_of(is_on=True)) is SecurityState.ON
    assert pair.state_of(pair.afi_of(is_on=False)) is SecurityState.OFF
    for afi in (0x07, 0xC2, 0, None):
        assert pair.state_of(afi) is SecurityState.UNKNOWN


@pytest.mark.parametrize(("on", "off"), [(7, 7), (-1, 7), (7, 256)])
def test_what_is_no_pair_is_refused(on: int, off: int) -> None:
    with pytest.raises(FrameError, match="no pair"):
        AfiPair(on, off)


def test_the_bit_of_the_alliance_and_nothing_else_is_switched() -> None:
    uii = bytes.fromhex("1703000398130803F4040000")
    lent = with_alliance_state(uii, is_on=False)
    assert alliance_state(uii) is SecurityState.ON
    assert (alliance_state(lent), lent.hex()[:2], lent[1:]) == (SecurityState.OFF, "97", uii[1:])
    assert with_alliance_state(lent, is_on=True) == uii


def test_bits_that_do_not_agree_are_unknown() -> None:
    on, off = eas_state(is_set=True), eas_state(is_set=False)
    assert agreed_state(on, on) is SecurityState.ON
    assert agreed_state(off, off) is SecurityState.OFF
    assert agreed_state(on, off) is SecurityState.UNKNOWN
