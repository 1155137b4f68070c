"""What time it is, and whether that can be believed.

A Raspberry Pi has no battery clock: after a power cut it starts with a time of the past until it
finds a time server. Sources stamp what they see with the monotonic clock; the recorder turns that
into wall time with the offset of its epoch.
"""

import ctypes
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Protocol

STEP_MS: Final = 2_000
"""A clock that moves more than this between two looks was set, not slewed."""

_STA_UNSYNC: Final = 0x0040  # linux/timex.h
_TIME_ERROR: Final = 5
_MAX_ERROR_MS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Instant:
    """One look at the clocks."""

    monotonic_ms: int
    wall_ms: int
    is_set: bool
    error_ms: int = 0

    @property
    def offset_ms(self) -> int:
        """Return what has to be added to monotonic time to get wall time."""
        return self.wall_ms - self.monotonic_ms


class Clock(Protocol):
    """Where a recorder looks at the time."""

    @property
    def os_boot(self) -> str:
        """Return the id of this start of the operating system: monotonic time is valid in it."""

    def look(self) -> Instant:
        """Look at the clocks now."""


class SystemClock:
    """The machine's clocks. `trust`: whether wall time counts as set.

    `always`: yes. `kernel`: when the kernel says that it is synchronised. `auto`: `always` on a
    machine with a battery clock, else `kernel`.
    """

    def __init__(self, trust: Literal["auto", "kernel", "always"] = "auto") -> None:
        self._always = trust == "always" or (trust == "auto" and _has_battery_clock())
        self._was_set = self._always
        self.os_boot = os_boot_id()

    def look(self) -> Instant:
        """Look at the clocks now. Once set, a clock stays set until the next start."""
        error_ms = 0
        if not self._was_set:
            self._was_set, error_ms = _kernel_synchronised()
        return Instant(monotonic_ms(), time.time_ns() // 1_000_000, self._was_set, error_ms)


def monotonic_ms() -> int:
    """Return the clock that sources stamp with, `time.monotonic` in milliseconds."""
    return time.monotonic_ns() // 1_000_000


def os_boot_id() -> str:
    """Return the id of this start of the operating system."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip().replace("-", "")
    except OSError:
        # Without the kernel's id each start counts as another boot: rows are never re-stamped
        # wrongly, at worst they stay uncorrected.
        return f"{time.time_ns():032x}"[-32:]


def _has_battery_clock() -> bool:
    return Path("/sys/class/rtc/rtc0").exists()


class _Timex(ctypes.Structure):
    """The head of `struct timex` (adjtimex(2)); the rest is padding large enough for any ABI."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


def _kernel_synchronised() -> tuple[bool, int]:
    timex = _Timex()
    state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    if state in (-1, _TIME_ERROR) or timex.status & _STA_UNSYNC:
        return False, 0
    return True, min(int(timex.maxerror) // 1000, _MAX_ERROR_MS)
