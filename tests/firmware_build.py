"""The board's firmware and what tests it with, built once a run: avr-gcc, gcc and libsimavr."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
BOARD = ROOT / "firmware/board"
SIMULATOR = ROOT / "tests/integration/firmware_bridge/avr/simulated_avr.c"
RINGS = ROOT / "tests/unit/firmware/rings.c"


@cache
def release() -> Path:
    """Return the firmware as a venue's board has it."""
    _run(["make", "-C", str(BOARD)])
    return BOARD / "build/kaiguan-board.elf"


@cache
def bench() -> Path:
    """Return the build for tests: its totals begin anywhere, and it hangs when told to."""
    _run(["make", "-C", str(BOARD), "BENCH=1"])
    return BOARD / "build/bench/kaiguan-board.elf"


@cache
def core() -> Path:
    """Return the firmware's pure parts as a library of this machine."""
    _run(["make", "-C", str(BOARD), "core"])
    return BOARD / "build/libcore.so"


@cache
def rings() -> Path:
    """Return the firmware's ring of bytes as a library of this machine."""
    built = BOARD / "build/librings.so"
    built.parent.mkdir(exist_ok=True)
    _run(
        [
            *("gcc", "-std=c99", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC"),
            *("-I", str(BOARD / "core"), "-o", str(built), str(RINGS)),
        ]
    )
    return built


@cache
def simulator() -> Path:
    """Return the program that runs a firmware under simavr."""
    built = BOARD / "build/simulated_avr"
    built.parent.mkdir(exist_ok=True)
    _run(
        [
            *("gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra"),
            *("-o", str(built), str(SIMULATOR), "-lsimavr"),
        ]
    )
    return built


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    except FileNotFoundError as error:
        raise RuntimeError(f"{command[0]} is missing: tools/setup.sh test installs it") from error
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}:\n{done.stdout}{done.stderr}")
