"""Serial streams: every driver with a line, and every codec, on bytes that nobody meant."""

import sys
import time

import pytest

from tests.fuzz.cables import try_driver
from tests.fuzz.campaign import GROWTH_MIB, MANY, SECONDS, rss_mib, seeds
from tests.integration.firmware_bridge.driver_cases import CASES
from tests.unit.firmware_bridge.fuzzing import fuzz


@pytest.mark.parametrize("name", sorted(CASES))
def test_no_cable_hurts_a_driver(name: str) -> None:
    assert try_driver(name, 1, 150).slowest_seconds < SECONDS


@pytest.mark.soak
def test_a_great_many_chunks_hurt_no_driver() -> None:
    seed, began, total, before = seeds(), time.monotonic(), 0, 0.0
    for number, name in enumerate(sorted(CASES)):
        if number == 2:
            before = rss_mib()
        heard = try_driver(name, seed, MANY // len(CASES) + 1)
        sys.stderr.write(f"{name}: seed {seed}: {heard}\n")
        assert heard.slowest_seconds < SECONDS, name
        total += heard.chunks
    assert total >= MANY
    grown = rss_mib() - before
    sys.stderr.write(f"{total} chunks in {time.monotonic() - began:.0f} s, {grown:+.1f} MiB\n")
    assert grown < GROWTH_MIB


@pytest.mark.soak
def test_a_great_many_bytes_hurt_no_codec() -> None:
    seed, before = seeds(), rss_mib()
    tally = fuzz(seed, 2 * MANY)
    sys.stderr.write(f"codecs: seed {seed}: {tally.inputs} inputs, {tally.refused} refused\n")
    assert rss_mib() - before < GROWTH_MIB
