"""An order to an unstaffed room, and what became of it. Pure."""

from dataclasses import dataclass
from typing import Final, Literal

from hub.access.permissions import Via

OrderState = Literal["sent", "done", "refused", "unanswered", "unsent"]
SENT: Final = "sent"


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """An order; times in Unix ms of the hub's clock.

    `state`: `sent` is waiting for its answer, `unsent` never left the hub. `why` is the
    word of `hub.rooms.words` for why not, or the sentence of an older kiosk. `settled_ms` is 0
    while it waits.
    """

    id: str
    venue: str
    node: str
    verb: str
    zh: str
    en: str
    reason: str
    who: str
    via: Via
    at_ms: int
    state: OrderState = SENT
    settled_ms: int = 0
    why: str = ""
