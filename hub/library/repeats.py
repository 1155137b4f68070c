"""What a repeated message is answered with: what it was answered the first time. Pure.

A terminal that got no answer sends the same bytes again, with the same sequence number. So the
answer is kept under (terminal, sequence number, digest of the bytes) for a minute. A digest and not
the checksum, which is the same for two numbers with two digits swapped.

A number comes round after ten messages, and some terminals date all of theirs alike. So the same
bytes are no repetition

    on the same connection,   once ten numbered messages have come since;
    on another one,           once the same item (or patron) was dealt with in a later message.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

WINDOW_MS: Final = 60_000
ROUND: Final = 10


@dataclass(slots=True)
class Slot:
    """An answer, and which message it answered."""

    digest: str
    subject: str
    answer: bytes
    at_ms: int
    connection: int
    count: int
    """How many numbered messages its connection had sent, this one included."""
    is_overtaken: bool = False


class Repeats:
    """The answers of the last minute, of every terminal; of each at most ten."""

    def __init__(self) -> None:
        self._slots: dict[str, dict[int, Slot]] = defaultdict(dict)

    def find(
        self,
        terminal: str,
        sequence: int,
        digest: str,
        *,
        connection: int,
        count: int,
        now_ms: int,
    ) -> bytes | None:
        """Return the answer of the message that this one repeats, None when it repeats none."""
        slot = self._slots[terminal].get(sequence)
        if slot is None or slot.digest != digest or abs(now_ms - slot.at_ms) > WINDOW_MS:
            return None
        if slot.connection == connection:
            return slot.answer if count - slot.count < ROUND else None
        return None if slot.is_overtaken else slot.answer

    def note(self, terminal: str, sequence: int, slot: Slot) -> Slot | None:
        """Keep an answer; return the one whose place it takes."""
        slots = self._slots[terminal]
        for other in slots.values():
            if other.subject == slot.subject:
                other.is_overtaken = True
        before = slots.get(sequence)
        slots[sequence] = slot
        return before

    def withdraw(self, terminal: str, sequence: int) -> None:
        """Forget an answer that was never given: its effect could not be stored."""
        self._slots[terminal].pop(sequence, None)

    def load(self, kept: Iterable[tuple[str, int, str, str, bytes, int]]) -> None:
        """Take (terminal, sequence, digest, subject, answer, at_ms), the oldest first."""
        for terminal, sequence, digest, subject, answer, at_ms in kept:
            self.note(terminal, sequence, Slot(digest, subject, answer, at_ms, -1, 0))

    def forget(self, before_ms: int) -> None:
        """Forget what is older: it holds names and titles."""
        for terminal, slots in list(self._slots.items()):
            for sequence in [key for key, slot in slots.items() if slot.at_ms < before_ms]:
                del slots[sequence]
            if not slots:
                del self._slots[terminal]
