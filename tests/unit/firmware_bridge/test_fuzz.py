"""Fuzzed inputs over every codec: some at each run, a million under `make soak`."""

import time
from pathlib import Path

import pytest

from tests.unit.firmware_bridge.fuzzing import STREAMS, Tally, fuzz

MILLION = 1_000_000


def test_every_framing_is_here() -> None:
    no_framing = {"__init__", "crc", "scan"}
    modules = {path.stem for path in Path("firmware_bridge/framing").glob("*.py")} - no_framing
    assert {f"framing.{module}" for module in modules} <= {case.module for case in STREAMS.values()}


@pytest.mark.parametrize("seed", [1, 20, 300, 4000])
def test_no_bytes_break_a_codec(seed: int) -> None:
    tally = fuzz(seed, 10_000)
    assert tally.inputs == 10_000
    assert tally.refused > 0
    # Noise takes a good frame with it where a format has no start, or ends by a delimiter only.
    assert tally.delayed < tally.streams


@pytest.mark.soak
def test_a_million_fuzzed_inputs(capsys: pytest.CaptureFixture[str]) -> None:
    began_at = time.monotonic()

    def tell(tally: Tally) -> None:
        share = tally.inputs / MILLION
        left = (time.monotonic() - began_at) * (1 / share - 1)
        with capsys.disabled():
            print(f"\r{share:4.0%}  {left:4.0f} s left", end="", flush=True)  # noqa: T201

    seed = time.time_ns() % 2**32
    print(f"seed {seed}")  # noqa: T201
    tally = fuzz(seed, MILLION, tell)
    with capsys.disabled():
        print(  # noqa: T201
            f"\r{tally.inputs} inputs, {tally.bytes_fed} bytes: {tally.streams} streams of "
            f"{len(STREAMS)} formats, {tally.messages} messages, {tally.refused} refused; "
            f"{tally.delayed} good frames told with the next one"
        )
