"""How many frames may be under way to a page: at most two, and the newest waits alone. Pure."""

from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

MOST_IN_FLIGHT: Final = 2
F = TypeVar("F")


@dataclass(slots=True)
class Window(Generic[F]):
    """A frame that comes while another waits takes its place: a slow page sees fewer, not older."""

    most: int = MOST_IN_FLIGHT
    dropped: int = 0
    sent: int = 0
    _waiting: tuple[int, F] | None = None
    _flying: list[int] = field(default_factory=list)

    def put(self, number: int, frame: F) -> None:
        """Take a frame; numbers grow."""
        self.dropped += self._waiting is not None
        self._waiting = number, frame

    def next(self) -> F | None:
        """Return what may be sent now, None while nothing waits or the page is behind."""
        if self._waiting is None or len(self._flying) >= self.most:
            return None
        number, frame = self._waiting
        self._waiting = None
        self._flying.append(number)
        self.sent += 1
        return frame

    def acknowledge(self, number: int) -> bool:
        """Note that the page has drawn a frame, and so is done with all before it.

        False: no frame of that number is under way.
        """
        if number not in self._flying:
            return False
        self._flying = [one for one in self._flying if one > number]
        return True

    @property
    def is_full(self) -> bool:
        """Tell whether the page has to draw before it is sent more."""
        return len(self._flying) >= self.most
