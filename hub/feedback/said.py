"""Ratings and wishes of visitors, as a kiosk told them; anonymous as they were given. Pure."""

from dataclasses import dataclass

from contracts.events import EventName
from hub.store.hidden_wish import HiddenWish
from hub.store.port import HappenedEvent


@dataclass(frozen=True, slots=True)
class Feedback:
    """A rating or a wish; `text` is empty while it is hidden."""

    event: str
    at_ms: int
    venue: str
    node: str
    kind: str
    stars: int | None
    about: str
    text: str
    hidden: HiddenWish | None = None


def read(event: HappenedEvent, hidden: HiddenWish | None = None) -> Feedback:
    """Return what a kiosk told as feedback; nonsense of a node counts as nothing."""
    return Feedback(
        event.id,
        event.at_ms,
        event.venue,
        event.node,
        event.name,
        stars_of(event),
        str(event.data.get("about", "")),
        "" if hidden is not None else str(event.data.get("text", "")),
        hidden,
    )


def stars_of(event: HappenedEvent) -> int | None:
    """Return the stars of a rating, 1 to 5; None of anything else."""
    stars = event.data.get("stars")
    if event.name != EventName.RATING or isinstance(stars, bool):
        return None
    return stars if isinstance(stars, int) and 1 <= stars <= 5 else None
