"""Lines in tests/captures: each is replayed, and tells what it told when it was made.

They were recorded of simulated devices or made by hand, as the head of each says; none is of a
real device so far.
"""

import asyncio
from pathlib import Path

import pytest

from firmware_bridge import CardSeen, CodeScanned, Technology
from firmware_bridge.capture import HEADER, ReplayTransport
from firmware_bridge.readers.port import TagChange, TagSeen
from firmware_bridge.registry import load_driver

CAPTURES = Path("tests/captures")
TAG, OTHER = "30751FEB705C5904E3D50D70", "E28011700000020B8B6C4BB7"
BOOK, NEXT = "E004015000000001", "E004015000000002"
TOLD: dict[str, tuple[str, list[object]]] = {
    "feig": (
        "feig",
        [
            TagSeen(BOOK, TagChange.ARRIVED),
            TagSeen(NEXT, TagChange.ARRIVED),
            TagSeen(BOOK, TagChange.LEFT),
        ],
    ),
    "gm65": ("gm65", [CodeScanned("9787108009821"), CodeScanned("B0001234")]),
    "pn532": (
        "pn532",
        [
            CardSeen("04A1B2C3", Technology.ISO14443A),
            CardSeen("04112233445566", Technology.ISO14443A),
        ],
    ),
    "rdm6300": (
        "rdm6300",
        [CardSeen("0A00123456", Technology.EM4100), CardSeen("0B000000FF", Technology.EM4100)],
    ),
    "rdm6300-damaged": ("rdm6300", [CardSeen("0A00123456", Technology.EM4100)]),
    "uhfreader18": (
        "uhfreader18",
        [
            TagSeen(TAG, TagChange.ARRIVED),
            TagSeen(OTHER, TagChange.ARRIVED),
            TagSeen(TAG, TagChange.LEFT),
        ],
    ),
    "yrm100-notices": (
        "yrm100",
        [
            TagSeen(TAG, TagChange.ARRIVED),
            TagSeen("E200001D7315016521408FC6", TagChange.ARRIVED),
        ],
    ),
    "yrm100": ("yrm100", [TagSeen(TAG, TagChange.ARRIVED), TagSeen(OTHER, TagChange.ARRIVED)]),
}


def test_every_capture_is_here_and_says_where_it_is_from() -> None:
    assert {path.stem for path in CAPTURES.glob("*.hex")} == set(TOLD)
    for path in CAPTURES.glob("*.hex"):
        first, second = path.read_text(encoding="ascii").splitlines()[:2]
        assert first == HEADER
        assert second.startswith(("# simulated", "# made by hand", "# recorded"))


@pytest.mark.parametrize("name", sorted(TOLD))
async def test_a_capture_tells_what_was_told(name: str) -> None:
    driver, told = TOLD[name]
    path = str(CAPTURES / f"{name}.hex")
    async with (
        asyncio.timeout(60),
        load_driver(driver)(path, connect=ReplayTransport) as device,
    ):
        assert [seen async for seen in device] == told
