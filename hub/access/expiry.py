"""When a session ends. Pure: time is an argument."""

from dataclasses import dataclass

from hub.access.account import Session


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """How long a session lasts unused, and at most."""

    idle_ms: int
    absolute_ms: int

    @property
    def note_ms(self) -> int:
        """Return how exactly its last use is noted: not every request is worth a write."""
        return min(60_000, self.idle_ms // 10)


def ends_ms(session: Session, policy: SessionPolicy) -> int:
    """Return when a session ends if it is not used again."""
    return min(session.used_ms + policy.idle_ms, session.created_ms + policy.absolute_ms)


def is_alive(session: Session, now_ms: int, policy: SessionPolicy) -> bool:
    """Tell whether a session still lets its holder in."""
    return now_ms < ends_ms(session, policy)
