"""How the alert desk shows an alert: shape and word of each axis, times, notes. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from hub.alerts.alert import Alert, Change
from hub.alerts.condition import HUB
from hub.alerts.words import AUDIENCES, CERTAINTIES, CHANGES, KINDS, SEVERITIES
from hub.pages.words import Words
from hub.venues import Venue

MARKS: Final = {"critical": "breach", "warning": "near", "notice": "unknown"}
"""The shape and colour of each severity."""
STATES: Final = {
    "open": Words("待办", "To do"),
    "active": Words("进行中", "Active"),
    "unseen": Words("未确认", "Not seen"),
    "closed": Words("已办结", "Closed"),
    "all": Words("全部", "All"),
}
LATES: Final = {"no": Words("不含迟到", "Of now"), "yes": Words("仅迟到", "Late only")}
OF_HUB: Final = Words("中枢", "The hub")
_MINUTE_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert as a list shows it."""

    number: int
    mark: str
    severity: Words
    kind: Words
    place: Words
    text: Words
    when: Words
    state_mark: str
    state: Words
    notes: tuple[Words, ...]
    assigned_to: str
    is_late: bool
    is_active: bool
    is_acknowledged: bool
    link: str


@dataclass(frozen=True, slots=True)
class Line:
    """A change as the history shows it."""

    at: str
    what: Words
    who: str
    text: str


def alert_row(alert: Alert, venues: Mapping[str, Venue], zone: ZoneInfo, now_ms: int) -> AlertRow:
    """Return an alert as a list shows it; times of the district."""
    venue = venues.get(alert.venue)
    place = Words(venue.name_zh, venue.name_en) if venue else Words(alert.venue, alert.venue)
    mark, state = _state(alert)
    return AlertRow(
        number=alert.number,
        mark=MARKS[alert.severity],
        severity=Words(*SEVERITIES[alert.severity]),
        kind=Words(*KINDS[alert.kind]),
        place=OF_HUB if alert.venue == HUB else place,
        text=Words(alert.zh, alert.en),
        when=_when(alert, zone, now_ms),
        state_mark=mark,
        state=state,
        notes=_notes(alert),
        assigned_to=alert.assigned_to,
        is_late=alert.is_late,
        is_active=alert.is_active,
        is_acknowledged=alert.is_acknowledged,
        link=alert.link,
    )


def lines(history: Sequence[Change], zone: ZoneInfo) -> list[Line]:
    """Return a history as it is shown, the newest first."""
    return [
        Line(
            _at(change.at_ms, zone, with_year=True),
            _what(change),
            change.who,
            change.text,
        )
        for change in reversed(history)
    ]


def lasted(ms: int) -> Words:
    """Return how long something lasts, as somebody says it."""
    minutes = max(0, ms) // _MINUTE_MS
    if minutes < 60:
        return Words(f"{minutes} 分钟", f"{minutes} min")
    if minutes < 48 * 60:
        hours, rest = divmod(minutes, 60)
        return Words(
            f"{hours} 小时" + (f" {rest} 分" if rest else ""),
            f"{hours} h" + (f" {rest} min" if rest else ""),
        )
    days = minutes // 1440
    return Words(f"{days} 天", f"{days} days")


def _when(alert: Alert, zone: ZoneInfo, now_ms: int) -> Words:
    since = _at(alert.since_ms, zone)
    if alert.until_ms is None and alert.since_ms > now_ms:
        return Words(f"自 {since} 起", f"from {since}")
    if alert.until_ms is None:
        long = lasted(now_ms - alert.since_ms)
        return Words(f"{since} 起，已 {long.zh}", f"since {since}, for {long.en}")
    if alert.until_ms - alert.since_ms < _MINUTE_MS:
        return Words(since, since)
    long, until = lasted(alert.until_ms - alert.since_ms), _at(alert.until_ms, zone)
    if since[:5] == until[:5]:
        until = until[6:]
    return Words(f"{since} 至 {until}，共 {long.zh}", f"{since} to {until}, {long.en}")


def _at(at_ms: int, zone: ZoneInfo, *, with_year: bool = False) -> str:
    form = "%Y-%m-%d %H:%M:%S" if with_year else "%m-%d %H:%M"
    return datetime.fromtimestamp(at_ms / 1000, zone).strftime(form)


def _state(alert: Alert) -> tuple[str, Words]:
    if not alert.is_open:
        by = alert.acknowledged_by
        if not by:
            return "closed", Words("已办结，无人确认", "Closed, seen by nobody")
        return "open", Words(f"已办结，{by} 确认", f"Closed, seen by {by}")
    if not alert.is_active:
        return "closed", Words("已解除，未确认", "Over, not seen")
    if alert.is_acknowledged:
        by = alert.acknowledged_by
        return "seen", Words(f"进行中，{by} 已确认", f"Active, seen by {by}")
    return "calling", Words("进行中，未确认", "Active, not seen")


def _notes(alert: Alert) -> tuple[Words, ...]:
    found = [Words(*CERTAINTIES[alert.certainty])]
    if alert.is_late:
        found.append(Words("迟到：补传数据所示，未呼叫任何人", "late: nobody was called"))
    if alert.level:
        zh, en = AUDIENCES[alert.audience]
        found.append(Words(f"已升级至{zh}", f"escalated to: {en.lower()}"))
    if alert.times > 1:
        found.append(Words(f"第 {alert.times} 次", f"{alert.times} times"))
    if alert.assigned_to:
        found.append(Words(f"指派给 {alert.assigned_to}", f"assigned to {alert.assigned_to}"))
    if alert.reason:
        found.append(Words(f"解除原因：{alert.reason}", f"cleared because: {alert.reason}"))
    return tuple(found)


def _what(change: Change) -> Words:
    zh, en = CHANGES[change.what]
    if change.what == "assigned":
        to = change.facts.get("assigned_to")
        return Words(f"指派给 {to}", f"Assigned to {to}") if to else Words("取消指派", "Unassigned")
    if change.what == "escalated":
        severity = SEVERITIES[change.facts["severity"]]
        audience = AUDIENCES[change.facts["audience"]]
        return Words(f"{zh}：{severity[0]}，{audience[0]}", f"{en}: {severity[1]}, {audience[1]}")
    return Words(zh, en)
