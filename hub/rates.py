"""How often somebody may ask. Pure: time is an argument."""

from dataclasses import dataclass
from typing import Final

from link.networks import network_of

MOST_ADDRESSES: Final = 4096


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class RateLimit:
    """Lets each address ask `burst` times at once and `per_minute` times on end.

    One network of the newer protocol (/64) is one address: its owner has all of them. Memory is
    bounded: when too many addresses ask, those that are full again are forgotten, then the oldest.
    """

    def __init__(self, burst: int, per_minute: float) -> None:
        self._burst = float(burst)
        self._per_second = per_minute / 60
        self._buckets: dict[str, _Bucket] = {}

    def wait_seconds(self, address: str, now: float) -> float:
        """Count one question; return 0 when it may be answered, else how long to wait."""
        name = network_of(address)
        bucket = self._buckets.pop(name, None) or _Bucket(self._burst, now)
        bucket.left = min(self._burst, bucket.left + (now - bucket.at) * self._per_second)
        bucket.at = now
        # Put at the end: the first one is the one that asked longest ago.
        self._buckets[name] = bucket
        if len(self._buckets) > MOST_ADDRESSES:
            del self._buckets[next(iter(self._buckets))]
        if bucket.left < 1:
            return (1 - bucket.left) / self._per_second
        bucket.left -= 1
        return 0.0
