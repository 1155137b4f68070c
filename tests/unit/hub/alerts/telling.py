"""Conditions for tests, with sensible defaults."""

from typing import Any, Final

from hub.alerts.condition import AlertKind, Condition

NINE: Final = 1_767_229_200_000
"""2026-01-01 09:00 in Shanghai, Unix ms."""
MINUTE: Final = 60_000
LIVE: Final = ("V1", "live")


def a_condition(
    kind: AlertKind = AlertKind.LATE_OPENING,
    *,
    venue: str = "V1",
    subject: str = "2026-01-01T09:00",
    since_ms: int = NINE,
    until_ms: int | None = None,
    **more: Any,
) -> Condition:
    """Return a condition that holds since nine, unless told otherwise."""
    more = {"zh": "晚开 11 分钟", "en": "opened 11 min late", **more}
    return Condition(kind, venue, subject, since_ms, until_ms, **more)
