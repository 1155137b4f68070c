"""How many lines a log takes of one topic. Pure: time is an argument.

Who sends nonsense without end must not fill a disk with our words about it. What is not said is
counted, and told in one line when the topic's minute is over.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

LINES: Final = 5
SECONDS: Final = 60.0
MOST_TOPICS: Final = 1000
"""More than these in one minute share what one of them may say."""
OTHERS: Final = "(others)"


@dataclass(slots=True)
class _Minute:
    until: float
    said: int = 0
    unsaid: int = 0


class Sparing:
    """Lets each topic have so many lines in a minute that begins with its first one."""

    def __init__(self, lines: int = LINES, seconds: float = SECONDS) -> None:
        self._lines = lines
        self._seconds = seconds
        # All last equally long: the first one is the one that ends first.
        self._minutes: dict[str, _Minute] = {}

    def may_say(self, topic: str, now: float) -> bool:
        """Count one line of a topic; tell whether it may be written. Ask `unsaid` before."""
        if topic not in self._minutes and len(self._minutes) >= MOST_TOPICS:
            topic = OTHERS
        minute = self._minutes.setdefault(topic, _Minute(now + self._seconds))
        if minute.said < self._lines:
            minute.said += 1
            return True
        minute.unsaid += 1
        return False

    def unsaid(self, now: float) -> Iterator[tuple[str, int]]:
        """Forget the minutes that are over; give each topic that had more to say, and how much."""
        while self._minutes:
            topic, minute = next(iter(self._minutes.items()))
            if now < minute.until:
                return
            del self._minutes[topic]
            if minute.unsaid:
                yield topic, minute.unsaid
