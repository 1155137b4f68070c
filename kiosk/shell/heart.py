"""Whether the browser has to be started anew, by what its page tells. Pure.

    starting ── it draws ──► beating ── silence ──► anew, after a wait that grows ──► starting
                                └── the kiosk does not answer, or the panel is dark: no judgement

A page in a browser that hangs, crashed in its tab or lost its window draws nothing: no frame, no
word. A kiosk that is itself being started anew answers nobody, and starting a browser mends that
not at all.
"""

from dataclasses import dataclass
from typing import Final, Literal

START_SECONDS: Final = 60.0
"""A browser on a cold card has so long to draw for the first time."""
STEADY_SECONDS: Final = 600.0
"""Who drew for so long is well again: waits begin anew."""
WAITS: Final = (0.0, 2.0, 10.0, 30.0, 120.0)
"""Before the first new start, the second, …; the last stands for all that follow."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """What is known at one instant; seconds ago, None: never, or not known.

    `answers`: the kiosk answered. `is_seen`: a panel is there and lit. `fits`: the page fills it.
    """

    answers: bool
    is_seen: bool
    drew_seconds: float | None
    fits: bool = True


@dataclass(slots=True)
class Heart:
    """Judges one browser after the other; `now` is of a clock that never jumps."""

    heart_seconds: float
    began: float
    starts: int = 0
    """New starts since it was well the last time."""
    _well_since: float | None = None
    _judged_from: float | None = None
    _bad_fit_since: float | None = None

    def began_anew(self, now: float) -> None:
        """Take note that a browser was started."""
        self.began, self.starts = now, self.starts + 1
        self._well_since = self._judged_from = self._bad_fit_since = None

    def wait_seconds(self) -> float:
        """Return how long to wait before the next start."""
        return WAITS[min(self.starts, len(WAITS) - 1)]

    def judge(self, pulse: Pulse, now: float) -> Literal["well", "unknown", "anew"]:
        """Tell how the browser is."""
        if not (pulse.answers and pulse.is_seen):
            # When both are there again, the page has its whole time to draw.
            self._judged_from = self._well_since = self._bad_fit_since = None
            return "unknown"
        if self._judged_from is None:
            self._judged_from = now
        drew = pulse.drew_seconds
        is_own = drew is not None and now - drew >= self.began
        if not is_own:
            late = now - max(self.began, self._judged_from) > START_SECONDS
            return "anew" if late else "unknown"
        assert drew is not None  # noqa: S101  is_own says so
        silent = min(drew, now - self._judged_from)
        if silent > self.heart_seconds:
            return "anew"
        if drew > self.heart_seconds:
            return "unknown"
        return self._fitting(pulse, now)

    def _fitting(self, pulse: Pulse, now: float) -> Literal["well", "anew"]:
        """Bear a page that does not fill its panel for a moment: one that came back is slow."""
        if pulse.fits:
            self._bad_fit_since = None
        elif self._bad_fit_since is None:
            self._bad_fit_since = now
        if self._bad_fit_since is not None and now - self._bad_fit_since > self.heart_seconds:
            return "anew"
        if self._well_since is None:
            self._well_since = now
        if now - self._well_since >= STEADY_SECONDS:
            self.starts = 0
        return "well"
