"""Alerts: what somebody has to be told, kept until somebody has seen it and it is over."""

from hub.alerts.alert import Alert, AlertEvent, Audience, Change, Severity
from hub.alerts.condition import HUB, AlertKind, Condition
from hub.alerts.desk import AlertDesk
from hub.live.attention import Certainty

__all__ = [
    "HUB",
    "Alert",
    "AlertDesk",
    "AlertEvent",
    "AlertKind",
    "Audience",
    "Certainty",
    "Change",
    "Condition",
    "Severity",
]
