"""What the page tells of itself, and what the screen's watcher asks: does it draw, is it lit.

Nothing of a visit is in it: any program of this machine may ask. A touch that wakes a dark panel
presses nothing: nobody saw what stood there.
"""

import time
from typing import Final

from kiosk.host import SessionHost
from kiosk.shell.light import LightRules, is_lit, is_lit_by_hours

MOST_PIXELS: Final = 100_000
WATCHED_SECONDS: Final = 15.0
"""Where nobody asked for so long, nobody darkens the panel either."""
WAKE_SECONDS: Final = 3.0
"""The watcher looks once a second, and a panel takes a moment to be bright."""


class PageHeart:
    """Keeps when the page drew last, and how large it was then, in pixels of the panel."""

    def __init__(self, host: SessionHost, light: LightRules) -> None:
        self._host, self._light = host, light
        self._drew_at: float | None = None
        self._size = (0, 0)
        self._asked_at: float | None = None
        self._woken_at: float | None = None

    def drew(self, width: int, height: int) -> None:
        """Take note of a frame."""
        self._drew_at = time.monotonic()
        self._size = (min(width, MOST_PIXELS), min(height, MOST_PIXELS))

    def told(self) -> dict[str, float | int | bool | None]:
        """Return how the page is, whether the panel is to be lit, and which wish is the newest."""
        self._asked_at = self._host.moment.monotonic
        drew = None if self._drew_at is None else round(time.monotonic() - self._drew_at, 3)
        width, height = self._size
        return {
            "drew_seconds": drew,
            "width": width,
            "height": height,
            "lit": self._is_lit(),
            "anew": self._host.browser.heard(),
        }

    def only_wakes(self) -> bool:
        """Tell of a touch, before it is given on, whether the panel is dark or was just now."""
        now = self._host.moment.monotonic
        if self._woken_at is not None and now - self._woken_at < WAKE_SECONDS:
            return True
        is_watched = self._asked_at is not None and now - self._asked_at < WATCHED_SECONDS
        is_dark = is_watched and not self._is_lit()
        self._woken_at = now if is_dark else None
        return is_dark

    def _is_lit(self) -> bool:
        now = self._host.moment
        facts = self._host.state.around.facts.facts
        hours = None if facts is None else facts.hours
        return is_lit(
            by_hours=is_lit_by_hours(hours, now.wall_s, self._light),
            used_seconds=now.monotonic - self._host.state.visit.touched_at,
            rules=self._light,
        )
