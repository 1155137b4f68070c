"""What the console shows of alerts; plain strings. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hub.console import words
from hub.console.answers import Alert
from hub.console.state import State
from hub.console.view import Mark, name_of, when, zone_of
from hub.console.words import Lang

_MARKS: Final[dict[str, Mark]] = {"critical": "breach", "warning": "near", "notice": "unknown"}


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One alert of the list."""

    number: int
    mark: Mark
    severity: str
    axis: str
    title: str
    where: str
    since: str
    text: str


def alert_rows(state: State, lang: Lang, now: datetime) -> list[AlertRow]:
    """Return the alerts in the hub's order."""
    return [_row(alert, state, lang, now) for alert in state.alerts or ()]


def told_of(alert: Alert, lang: Lang) -> str:
    """Return an alert in one sentence with who sees to it."""
    parts = [alert.text_zh if lang == "zh" else alert.text_en]
    if alert.assigned_to:
        parts.append(words.ASSIGNED.to(lang).format(who=alert.assigned_to))
    if alert.acknowledged_by:
        parts.append(words.SEEN_BY.to(lang).format(who=alert.acknowledged_by))
    return " · ".join(parts)


def _row(alert: Alert, state: State, lang: Lang, now: datetime) -> AlertRow:
    axis = "active" if alert.active else "over"
    if alert.acknowledged is None:
        axis += "_unseen"
    told = words.AXES[axis].to(lang)
    if alert.late:
        told = words.LATE.to(lang).format(told=told)
    severity = words.SEVERITIES.get(alert.severity)
    return AlertRow(
        number=alert.number,
        mark="still" if state.is_stale else _MARKS.get(alert.severity, "unknown"),
        severity=severity.to(lang) if severity else alert.severity,
        axis=told,
        title=alert.title_zh if lang == "zh" else alert.title_en,
        where=name_of(state, alert.venue, lang) or words.OF_HUB.to(lang),
        since=when(alert.since, zone_of(state, alert.venue or ""), now),
        text=alert.text_zh if lang == "zh" else alert.text_en,
    )
