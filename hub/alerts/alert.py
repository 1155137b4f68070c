"""An alert on its two axes, and the changes that make it. Pure.

            active           cleared
 unacked    somebody, look   it is over; nobody has seen it yet
 acked      being seen to    closed: the only state that is kept in records alone

An alert is changed by `applied` alone, so that its history, played again, gives the same alert.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from hub.alerts.condition import AlertKind, Condition, Key
from hub.live.attention import Certainty

Severity = Literal["notice", "warning", "critical"]
SEVERITIES: Final[tuple[Severity, ...]] = ("notice", "warning", "critical")
"""From the least to the most pressing."""

Audience = Literal["venue", "district", "admin"]
"""Who is to know: who runs the venue, who watches over all venues, who keeps the hub."""

What = Literal[
    "raised",
    "again",
    "escalated",
    "cleared",
    "acknowledged",
    "assigned",
    "commented",
    "corrected",
    "lapsed",
]
"""`again`: the condition holds once more before anybody had seen the alert. `corrected`: late
evidence moved times that were told already. `lapsed`: it was over, and nobody ever looked."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert as it is now; times in Unix ms, those of the hub's clock unless said."""

    number: int
    kind: AlertKind
    venue: str
    subject: str
    severity: Severity
    audience: Audience
    since_ms: int
    """When the condition began in the world."""
    until_ms: int | None
    """When it ended in the world."""
    zh: str
    en: str
    certainty: Certainty
    link: str
    raised_ms: int
    is_late: bool
    """It was history when it was first seen: nobody is called for it."""
    cleared_ms: int | None = None
    cleared_by: str = ""
    """A person who cleared it; empty: the condition went."""
    reason: str = ""
    """Why a person cleared it."""
    acknowledged_ms: int | None = None
    acknowledged_by: str = ""
    assigned_to: str = ""
    level: int = 0
    """How often it was escalated."""
    times: int = 1
    """How often it was raised before anybody saw it."""
    calling_ms: int = 0
    """Since when it calls for somebody: deadlines run from here."""

    @property
    def key(self) -> Key:
        """Return what it is de-duplicated by."""
        return Key(self.kind, self.venue, self.subject)

    @property
    def is_active(self) -> bool:
        """Tell whether its condition holds, as far as nobody has cleared it by hand."""
        return self.cleared_ms is None

    @property
    def is_acknowledged(self) -> bool:
        """Tell whether a person has seen it."""
        return self.acknowledged_ms is not None

    @property
    def is_open(self) -> bool:
        """Tell whether anything is left to do: it is active, or nobody has seen it."""
        return self.is_active or not self.is_acknowledged

    @property
    def is_calling(self) -> bool:
        """Tell whether somebody is still to come: it is active, not seen, and of now."""
        return self.is_active and not self.is_acknowledged and not self.is_late


@dataclass(frozen=True, slots=True)
class Change:
    """One line of an alert's history."""

    number: int
    """Of which alert."""
    at_ms: int
    what: What
    who: str = ""
    """Empty: the hub."""
    text: str = ""
    """A reason or a comment, as somebody wrote it."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """The fields of the alert that it set."""


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """What listeners are told: the alert as it is after a change, and the change."""

    alert: Alert
    change: Change

    @property
    def what(self) -> What:
        """Return what happened."""
        return self.change.what

    @property
    def is_late(self) -> bool:
        """Tell whether it is of a replayed backlog: raised once, and nobody is called."""
        return self.alert.is_late


def raised(
    number: int,
    told: Condition,
    now_ms: int,
    *,
    severity: Severity,
    audience: Audience,
    is_late: bool,
) -> Change:
    """Return the change that begins an alert."""
    facts = {
        "kind": told.kind,
        "venue": told.venue,
        "subject": told.subject,
        "severity": severity,
        "audience": audience,
        "is_late": is_late,
        **_wording(told),
    }
    return Change(number, now_ms, "raised", facts=facts)


def again(alert: Alert, told: Condition, now_ms: int, *, is_late: bool) -> Change:
    """Return the change of an alert whose condition holds once more before anybody saw it."""
    facts = {**_wording(told), "times": alert.times + 1, "is_late": is_late}
    facts["since_ms"] = min(alert.since_ms, told.since_ms)
    return Change(alert.number, now_ms, "again", facts=facts)


def over(alert: Alert, told: Condition, until_ms: int, now_ms: int) -> Change:
    """Return the change of an alert whose condition is over; `until_ms` in event time."""
    since_ms = min(alert.since_ms, told.since_ms)
    facts = {**_wording(told), "since_ms": since_ms, "until_ms": max(until_ms, since_ms)}
    return Change(alert.number, now_ms, "cleared", facts=facts)


def cleared_by(alert: Alert, who: str, reason: str, now_ms: int) -> Change:
    """Return the change of an alert that a person clears. Raises ValueError without a reason."""
    if not reason.strip():
        raise ValueError("an alert is cleared by hand with a reason only")
    return Change(alert.number, now_ms, "cleared", who, reason, {"until_ms": now_ms})


def escalated(alert: Alert, severity: Severity, audience: Audience, now_ms: int) -> Change:
    """Return the change of an alert that nobody took up in time."""
    facts = {"severity": severity, "audience": audience, "level": alert.level + 1}
    return Change(alert.number, now_ms, "escalated", facts=facts)


def corrected(alert: Alert, told: Condition, now_ms: int, *, is_another: bool) -> Change:
    """Return the change of an alert that was over, and whose times late evidence has moved.

    `is_another`: it had happened once more, longer ago. Of several the whole span is told.
    """
    facts = _wording(told)
    if is_another or alert.times > 1:
        facts["since_ms"] = min(alert.since_ms, told.since_ms)
        facts["until_ms"] = max(alert.until_ms or 0, told.until_ms or 0)
        facts["times"] = alert.times + is_another
    return Change(alert.number, now_ms, "corrected", facts=facts)


def applied(alert: Alert | None, change: Change) -> Alert:
    """Return an alert after a change. Raises ValueError when that change cannot follow."""
    facts = dict(change.facts)
    if change.what == "raised":
        if alert is not None:
            raise ValueError(f"alert {alert.number} was raised already")
        return Alert(number=change.number, raised_ms=change.at_ms, calling_ms=change.at_ms, **facts)
    if alert is None or alert.number != change.number:
        raise ValueError(f"{change.what}: there is no alert {change.number}")
    match change.what:
        case "again":
            facts |= {"cleared_ms": None, "cleared_by": "", "reason": ""}
            facts["calling_ms"] = change.at_ms
        case "cleared":
            facts |= {
                "cleared_ms": change.at_ms,
                "cleared_by": change.who,
                "reason": change.text,
            }
        case "acknowledged" | "lapsed":
            facts |= {"acknowledged_ms": change.at_ms, "acknowledged_by": change.who}
        case _:
            pass
    return replace(alert, **facts)


def replayed(history: Iterable[Change]) -> Alert:
    """Return what a history makes of an alert. Raises ValueError when it is none."""
    alert: Alert | None = None
    for change in history:
        alert = applied(alert, change)
    if alert is None:
        raise ValueError("an empty history is no alert")
    return alert


def worded(alert: Alert, told: Condition) -> Alert:
    """Return an active alert with what is told of its condition now.

    How many are inside changes by the second: that is no change of the alert, and no history.
    """
    since_ms = min(alert.since_ms, told.since_ms)
    return replace(alert, **{**_wording(told), "since_ms": since_ms, "until_ms": None})


def _wording(told: Condition) -> dict[str, Any]:
    return {
        "since_ms": told.since_ms,
        "until_ms": told.until_ms,
        "zh": told.zh,
        "en": told.en,
        "certainty": told.certainty,
        "link": told.link,
    }
