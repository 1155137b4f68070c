"""What zones tell the recorder: how many are present, and how long those stayed who left."""

from collections.abc import Sequence
from typing import Final

from edge.counting.dwell import ZoneCounter
from link.recorder import Recorder

SAMPLE_SECONDS: Final = 1.0
"""`present` is sampled so often: its five-minute mean is the mean over time."""
PRESENT: Final = "present"
DWELL: Final = "dwell_seconds"


class ZoneSamples:
    """Turns the zones of one camera into samples; a number of a track is in none of them."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._sampled_at = float("-inf")

    def take(self, zones: Sequence[ZoneCounter], at_seconds: float) -> None:
        """Sample the zones as they are at an instant of the monotonic clock."""
        at_ms = round(at_seconds * 1000)
        for zone in zones:
            for seconds in zone.take_left():
                self._recorder.measured(zone.zone.name, DWELL, at_ms, seconds)
        if at_seconds - self._sampled_at < SAMPLE_SECONDS:
            return
        self._sampled_at = at_seconds
        for zone in zones:
            self._recorder.measured(zone.zone.name, PRESENT, at_ms, zone.present)
