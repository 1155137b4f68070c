"""What a driver counts of its talk with a device, for whoever looks after the device."""

from dataclasses import dataclass
from typing import Final

_SMOOTHING: Final = 0.05
"""Share of the newest latency in the mean: it follows within some twenty replies."""


@dataclass(slots=True)
class LineStatistics:
    """Counts over all openings of a device's port; give the same object to each new driver.

    A device that tells by itself is asked little: its `replies` are the messages it sent.
    `latency_seconds` is the smoothed time from a request to its reply, None before the first.
    """

    openings: int = 0
    requests: int = 0
    replies: int = 0
    timeouts: int = 0
    corrupt_frames: int = 0
    latency_seconds: float | None = None
    longest_latency_seconds: float = 0.0

    @property
    def reopenings(self) -> int:
        """How often the port was opened again."""
        return max(0, self.openings - 1)

    def note_reply(self, latency_seconds: float) -> None:
        """Count a reply and how long it took."""
        self.replies += 1
        before = self.latency_seconds
        if before is None:
            self.latency_seconds = latency_seconds
        else:
            self.latency_seconds = before + _SMOOTHING * (latency_seconds - before)
        self.longest_latency_seconds = max(self.longest_latency_seconds, latency_seconds)
