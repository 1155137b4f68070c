"""Lock-out after wrong passwords: the delay grows with each one. Pure: time is an argument."""

from dataclasses import dataclass
from typing import Final

FORGET_MS: Final = 24 * 3_600_000
"""After a day without another one, failures are forgotten."""
MOST_DOUBLINGS: Final = 30


@dataclass(frozen=True, slots=True)
class LockPolicy:
    """How many wrong passwords are free, and how the delay grows after them."""

    free: int
    first_seconds: int
    most_seconds: int

    def times(self, factor: int) -> "LockPolicy":
        """Return the policy of a wider count: as many times as many are free."""
        return LockPolicy(self.free * factor, self.first_seconds, self.most_seconds)


@dataclass(frozen=True, slots=True)
class Failures:
    """Wrong passwords in a row, and when the last one was."""

    count: int = 0
    last_ms: int = 0


def delay_ms(count: int, policy: LockPolicy) -> int:
    """Return how long nobody is let in after that many failures."""
    if count < policy.free:
        return 0
    doubled = policy.first_seconds << min(count - policy.free, MOST_DOUBLINGS)
    return 1000 * min(doubled, policy.most_seconds)


def wait_ms(failures: Failures, now_ms: int, policy: LockPolicy) -> int:
    """Return how long the next attempt has to wait; 0: it may come now.

    A clock that was set back lengthens no delay beyond itself.
    """
    elapsed = max(0, now_ms - failures.last_ms)
    return 0 if elapsed >= FORGET_MS else max(0, delay_ms(failures.count, policy) - elapsed)


def failed(failures: Failures, now_ms: int) -> Failures:
    """Return the failures with one more."""
    old = 0 if now_ms - failures.last_ms >= FORGET_MS else failures.count
    return Failures(old + 1, now_ms)
