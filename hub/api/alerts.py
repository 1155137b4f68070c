"""Alerts over the API: listed, looked at with their history, acknowledged, assigned, cleared."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from contracts.ids import NAME_PATTERN
from hub.access import Permission, Who
from hub.access.account import NAME_LENGTH
from hub.alerts.alert import Alert, Audience, Change, Severity, What
from hub.alerts.condition import AlertKind
from hub.alerts.desk import COMMENT_LENGTH, REASON_LENGTH
from hub.alerts.words import KINDS
from hub.api.deps import known_parameters
from hub.api.models import instant, maybe
from hub.api.problems import CONFLICT, PROBLEMS
from hub.live.attention import Certainty
from hub.runtime import Hub
from hub.store.records.alerts import State, WantedAlerts
from hub.web import NumberInPath, RunningHub
from hub.web_access import Needs, require_venue

router = APIRouter(
    prefix="/api/v1/alerts", responses=PROBLEMS, dependencies=[Depends(known_parameters)]
)

Reads = Annotated[Who, Depends(Needs(Permission.ALERTS))]
Acts = Annotated[Who, Depends(Needs(Permission.ALERTS_ACT))]


class AlertOut(BaseModel):
    """An alert as it is now."""

    number: int
    kind: AlertKind
    title_zh: str
    title_en: str
    venue: Annotated[str | None, Field(description="null: the hub itself")]
    subject: Annotated[str, Field(description="what tells two of a kind in a venue apart")]
    severity: Severity
    audience: Audience
    active: bool
    acknowledged: datetime | None
    acknowledged_by: str | None
    since: Annotated[datetime, Field(description="when it began in the world")]
    until: Annotated[datetime | None, Field(description="when it ended in the world")]
    raised: Annotated[datetime, Field(description="when the hub found out")]
    cleared: datetime | None
    cleared_by: Annotated[str | None, Field(description="null: the condition went")]
    reason: Annotated[str | None, Field(description="why a person cleared it")]
    late: Annotated[bool, Field(description="it was history when it was first seen")]
    times: Annotated[int, Field(description="how often it was raised before somebody looked")]
    level: Annotated[int, Field(description="how often it was escalated")]
    assigned_to: str | None
    certainty: Certainty
    text_zh: str
    text_en: str
    link: Annotated[str, Field(description="path of the page with the evidence")]

    @classmethod
    def of(cls, alert: Alert) -> "AlertOut":
        """Return an alert as the API tells it."""
        return cls(**_told(alert))


class ChangeOut(BaseModel):
    """One line of an alert's history."""

    at: datetime
    what: What
    who: Annotated[str | None, Field(description="null: the hub")]
    text: str | None

    @classmethod
    def of(cls, change: Change) -> "ChangeOut":
        """Return a change as the API tells it."""
        return cls(
            at=instant(change.at_ms),
            what=change.what,
            who=change.who or None,
            text=change.text or None,
        )


class AlertDetailOut(AlertOut):
    """An alert with all that happened to it."""

    history: list[ChangeOut]
    assignees: Annotated[list[str], Field(description="who may see to it")]


class AlertsOut(BaseModel):
    """Some alerts, and how many there are."""

    total: int
    alerts: list[AlertOut]


class NewClearing(BaseModel):
    """Why an alert is cleared by hand."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=1, max_length=REASON_LENGTH)]


class NewAssignment(BaseModel):
    """Who sees to an alert."""

    model_config = ConfigDict(extra="forbid")

    to: Annotated[str | None, Field(max_length=NAME_LENGTH, description="null: nobody")]


class NewComment(BaseModel):
    """What somebody has to say."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(min_length=1, max_length=COMMENT_LENGTH)]


@router.get("", summary="Alerts, the most pressing first")
def list_alerts(
    hub: RunningHub,
    who: Reads,
    *,
    state: Annotated[State, Query(description="open: something is left to do")] = "open",
    severity: Severity | None = None,
    kind: AlertKind | None = None,
    venue: Annotated[str | None, Query(pattern=NAME_PATTERN)] = None,
    late: bool | None = None,
    assigned_to: Annotated[str, Query(max_length=NAME_LENGTH)] = "",
    after: Annotated[int, Query(ge=0, le=1_000_000, description="so many are left out")] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> AlertsOut:
    """Return alerts that are theirs; of closed ones the newest come first."""
    wanted = WantedAlerts(
        state=state,
        severity=severity or "",
        kind=kind or "",
        venue=venue,
        is_late=late,
        assigned_to=assigned_to,
        among=who.venues,
    )
    found, total = hub.alerts.page(wanted, after=after, most=limit)
    return AlertsOut(total=total, alerts=[AlertOut.of(alert) for alert in found])


@router.get("/{number}", summary="One alert with its history")
def show_alert(number: NumberInPath, hub: RunningHub, who: Reads) -> AlertDetailOut:
    """Return one alert, open or closed."""
    return _detail(hub, _theirs(hub, who, number, Permission.ALERTS))


@router.post(
    "/{number}/acknowledgement", summary="Say that somebody has seen it", responses=CONFLICT
)
def acknowledge_alert(number: NumberInPath, hub: RunningHub, who: Acts) -> AlertOut:
    """Acknowledge an alert; a second time changes nothing."""
    _theirs(hub, who, number, Permission.ALERTS_ACT)
    return AlertOut.of(hub.alerts.acknowledge(who, number))


@router.post("/{number}/clearing", summary="Clear it by hand, with a reason", responses=CONFLICT)
def clear_alert(number: NumberInPath, told: NewClearing, hub: RunningHub, who: Acts) -> AlertOut:
    """Clear an active alert; it stays so while its condition holds."""
    _theirs(hub, who, number, Permission.ALERTS_ACT)
    return AlertOut.of(hub.alerts.clear(who, number, told.reason))


@router.put("/{number}/assignee", summary="Say who sees to it", responses=CONFLICT)
def assign_alert(number: NumberInPath, told: NewAssignment, hub: RunningHub, who: Acts) -> AlertOut:
    """Assign an open alert to an account that may see to it."""
    _theirs(hub, who, number, Permission.ALERTS_ACT)
    return AlertOut.of(hub.alerts.assign(who, number, told.to or ""))


@router.post(
    "/{number}/comments", summary="Say something on it", status_code=201, responses=CONFLICT
)
def comment_alert(
    number: NumberInPath, told: NewComment, hub: RunningHub, who: Acts
) -> AlertDetailOut:
    """Keep a comment on an open alert."""
    _theirs(hub, who, number, Permission.ALERTS_ACT)
    return _detail(hub, hub.alerts.comment(who, number, told.text))


def _theirs(hub: Hub, who: Who, number: int, permission: Permission) -> Alert:
    """Return an alert of a venue that is theirs. Raises NotFound, NotAllowed."""
    alert = hub.alerts.get(number)
    require_venue(who, permission, alert.venue)
    return alert


def _detail(hub: Hub, alert: Alert) -> AlertDetailOut:
    return AlertDetailOut(
        **_told(alert),
        history=[ChangeOut.of(change) for change in hub.alerts.history(alert.number)],
        assignees=hub.alerts.assignees(alert.venue),
    )


def _told(alert: Alert) -> dict[str, object]:
    title_zh, title_en = KINDS[alert.kind]
    return {
        "number": alert.number,
        "kind": alert.kind,
        "title_zh": title_zh,
        "title_en": title_en,
        "venue": alert.venue or None,
        "subject": alert.subject,
        "severity": alert.severity,
        "audience": alert.audience,
        "active": alert.is_active,
        "acknowledged": maybe(alert.acknowledged_ms or 0),
        "acknowledged_by": alert.acknowledged_by or None,
        "since": instant(alert.since_ms),
        "until": maybe(alert.until_ms or 0),
        "raised": instant(alert.raised_ms),
        "cleared": maybe(alert.cleared_ms or 0),
        "cleared_by": alert.cleared_by or None,
        "reason": alert.reason or None,
        "late": alert.is_late,
        "times": alert.times,
        "level": alert.level,
        "assigned_to": alert.assigned_to or None,
        "certainty": alert.certainty,
        "text_zh": alert.zh,
        "text_en": alert.en,
        "link": alert.link,
    }
