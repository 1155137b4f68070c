"""What of an alert's event is told to people. Pure."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

Lang = Literal["zh", "en"]
Severity = Literal["notice", "warning", "critical"]
SEVERITIES: Final[tuple[Severity, ...]] = ("notice", "warning", "critical")
"""From the least to the most pressing."""
Audience = Literal["venue", "district", "admin"]
Certainty = Literal["known", "degraded", "reported"]
Step = Literal["raised", "again", "escalated", "cleared", "test"]
"""What happened to the alert; `test`: nothing did, somebody tries a channel."""


@dataclass(frozen=True, slots=True)
class Told:
    """One event of one alert, without any name of a person; times in Unix ms."""

    event: str
    """Names the event for ever: told twice, it is one."""
    alert: str
    """Names the alert."""
    step: Step
    kind: str
    severity: Severity
    audience: Audience
    venue: str
    """Empty: the hub itself."""
    place_zh: str
    place_en: str
    timezone: str
    since_ms: int
    """Since when it holds in the world."""
    until_ms: int | None
    """Until when it held, for what is over."""
    at_ms: int
    """When the hub noticed."""
    zh: str
    en: str
    certainty: Certainty
    link: str
    """Path of the page with the evidence."""
    is_late: bool = False
    """Of a replayed backlog: nobody is called for it."""

    def to_json(self) -> str:
        """Return it as the outbox keeps it."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Told":
        """Return what `to_json` wrote."""
        fields: dict[str, Any] = json.loads(text)
        # Of a newer release there may be more.
        return cls(**{name: value for name, value in fields.items() if name in cls.__slots__})
