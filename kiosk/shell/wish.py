"""That the screen's browser shall start anew: asked of the kiosk, heard by the screen's watcher."""

import time
from typing import Final

WATCHED_SECONDS: Final = 15.0
"""Who watches asks each second; a machine that is busy answers later."""


class BrowserWish:
    """`number` grows with each wish; 0: there was none since the kiosk started."""

    def __init__(self) -> None:
        self.number = 0
        self._heard_at = float("-inf")

    def heard(self) -> int:
        """Return the number to whoever watches the browser, who asks now."""
        self._heard_at = time.monotonic()
        return self.number

    def ask(self) -> bool:
        """Wish for a new start; tell whether anybody watches who can begin it."""
        if time.monotonic() - self._heard_at > WATCHED_SECONDS:
            return False
        self.number += 1
        return True
