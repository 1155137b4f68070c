"""What people are told of a change of an alert. Pure.

Names of people, reasons and comments stay behind: they are on record, and need no message.
"""

from typing import Final, Protocol

from hub.alerts.alert import AlertEvent, What
from hub.delivery.told import Step, Told

_STEPS: Final[dict[What, Step]] = {
    "raised": "raised",
    "again": "again",
    "escalated": "escalated",
    "cleared": "cleared",
}
"""Of what else happens to an alert, the desk tells who looks at it."""


class Place(Protocol):
    """A venue, as far as a message names it."""

    @property
    def name_zh(self) -> str:
        """Return its Chinese name."""

    @property
    def name_en(self) -> str:
        """Return its English name."""

    @property
    def timezone(self) -> str:
        """Return the zone in which its hours are."""


def told_of(event: AlertEvent, place: Place | None, timezone: str) -> Told | None:
    """Return what is told; None where nothing is. `timezone`: of what has no place."""
    step = _STEPS.get(event.what)
    if step is None:
        return None
    alert, at_ms = event.alert, event.change.at_ms
    return Told(
        # Two escalations can fall on one instant, after the hub was away.
        event=f"{alert.number}:{step}:{at_ms}:{alert.level}:{alert.times}",
        alert=str(alert.number),
        step=step,
        kind=alert.kind.value,
        severity=alert.severity,
        audience=alert.audience,
        venue=alert.venue,
        place_zh=place.name_zh if place is not None else "",
        place_en=place.name_en if place is not None else "",
        timezone=place.timezone if place is not None else timezone,
        since_ms=alert.since_ms,
        until_ms=alert.until_ms,
        at_ms=at_ms,
        zh=alert.zh,
        en=alert.en,
        certainty=alert.certainty,
        link=alert.link,
        is_late=alert.is_late,
    )
