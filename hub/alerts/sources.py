"""Conditions out of what the hub knows: the live board, climate, alarms, forks, findings. Pure.

What a venue needs now is said once, by `hub.live.attention`: its strip shows it as it stands, here
the same words become conditions.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from contracts.ids import NodeId
from hub.alerts.condition import HUB, AlertKind, Condition
from hub.alerts.rules import ClimateLimit
from hub.alerts.words import KINDS
from hub.compliance.bounds import Status
from hub.compliance.explain import Finding
from hub.compliance.localtime import LocalTime
from hub.compliance.rules import USAGE_SOURCES
from hub.live.attention import Attention
from hub.live.climate import quantity_name
from hub.live.now import ClimateNow, VenueNow
from hub.store.port import HappenedEvent, Interval

_OF_ATTENTION: Final[Mapping[str, AlertKind]] = {
    "store": AlertKind.HUB_TROUBLE,
    "broker": AlertKind.HUB_TROUBLE,
    "identity": AlertKind.HUB_TROUBLE,
    "live": AlertKind.HUB_TROUBLE,
    "over_capacity": AlertKind.OVER_CAPACITY,
    "late": AlertKind.LATE_OPENING,
    "offline": AlertKind.DEVICE_OFFLINE,
    "fault": AlertKind.DEVICE_FAULT,
    "residual": AlertKind.COUNTER_RESIDUAL,
    "conflict": AlertKind.CONFLICT,
    "unknown": AlertKind.UNWATCHED,
    "undeclared": AlertKind.UNDECLARED_VENUE,
}
"""The kind of each code of the attention strip."""
_OF_CAMERA: Final = frozenset({"camera", "view"})

ALARMS: Final[Mapping[str, tuple[AlertKind, str, str]]] = {
    "gate_alarm": (AlertKind.GATE_ALARM, "安全门报警", "security gate alarm"),
    "fire_alarm": (AlertKind.FIRE_ALARM, "火灾报警", "fire alarm"),
    "tamper": (AlertKind.TAMPER, "设备外壳被打开", "a housing was opened"),
    "staff_call": (
        AlertKind.STAFF_CALL,
        "读者在自助机旁呼叫帮助",
        "a visitor at a kiosk asks for help",
    ),
    "room_trouble": (AlertKind.ROOM_TROUBLE, "无人书房", "unstaffed room"),
}
"""Events of nodes that somebody has to be told of."""
CALLS: Final[Mapping[str, tuple[str, str]]] = {
    "book": ("书", "a book"),
    "card": ("读者证或密码", "card or PIN"),
    "alarm": ("门或报警器", "door or alarm"),
    "unwell": ("身体不舒服", "feels unwell"),
    "other": ("其他", "something else"),
    "emergency": ("按了紧急按钮", "pressed the emergency button"),
}
"""What a visitor calls for, as the kiosk's button says it."""
TROUBLES: Final[Mapping[str, tuple[str, str]]] = {
    "output": ("门锁、灯或其他设备没有反应", "a lock, light or other output does not respond"),
    "inputs": ("门磁和报警触点读不到", "the contacts of door and alarms cannot be read"),
    "inside": ("已闭馆，里面还有人", "it has closed, and somebody is inside"),
    "uncounted": (
        "人数不确定，没有限制进入",
        "the number inside is not certain: nobody is refused",
    ),
    "left_open": ("门一直开着", "the door stands open"),
    "forced": ("闭馆时门被打开，里面没有人", "opened while closed, with nobody inside"),
}
"""What an unstaffed room cannot settle by itself."""
CALL_MS: Final = 15 * 60_000
"""So long somebody is taken to wait who called; then they have gone."""
ACTIVE: Final = "active"
"""The state of an alarm's contact while it sounds."""


class Judged(Protocol):
    """What is read of a verdict to see whether a venue is little used."""

    @property
    def venue(self) -> str: ...  # noqa: D102  as a verdict names them
    @property
    def rule(self) -> str: ...  # noqa: D102
    @property
    def metric(self) -> str: ...  # noqa: D102
    @property
    def period(self) -> str: ...  # noqa: D102
    @property
    def first(self) -> date: ...  # noqa: D102
    @property
    def last(self) -> date: ...  # noqa: D102
    @property
    def status(self) -> Status: ...  # noqa: D102
    @property
    def threshold(self) -> Fraction | None: ...  # noqa: D102


def of_attention(items: Iterable[Attention]) -> Iterator[Condition]:
    """Yield what the attention strip shows as conditions."""
    for item in items:
        kind, subject, until_ms = _OF_ATTENTION[item.code], item.subject, None
        if item.venue is None:
            subject = item.code
        if kind is AlertKind.DEVICE_FAULT and item.subject.split("/")[1] in _OF_CAMERA:
            kind = AlertKind.CAMERA_HEALTH
        if kind is AlertKind.COUNTER_RESIDUAL:
            # It came to light when its session ended, and is no state that goes on.
            until_ms = item.since_ms
        yield Condition(
            kind,
            item.venue or HUB,
            subject,
            item.since_ms,
            until_ms,
            _said(KINDS[kind][0], item.title_zh, item.text_zh, "："),
            _said(KINDS[kind][1], item.title_en, item.text_en, ": "),
            item.certainty,
            link_to(item.venue, item.node if kind is not AlertKind.UNDECLARED_VENUE else None),
            item.amount,
        )


class ClimateWatch:
    """Since when quantities of climate sensors are out of their limits."""

    def __init__(self) -> None:
        self._since_ms: dict[tuple[str, str, str, str], int] = {}

    def of_venue(self, now: VenueNow, limits: Mapping[str, ClimateLimit]) -> Iterator[Condition]:
        """Yield what is out of limits in a venue, or not yet safely inside again."""
        seen = set()
        for measured in now.climate:
            limit = limits.get(measured.quantity)
            amount = None if limit is None else excess(measured.value, limit)
            if limit is None or amount is None:
                continue
            key = (now.venue.id, measured.node, measured.sensor, measured.quantity)
            seen.add(key)
            since_ms = self._since_ms.setdefault(key, measured.at_ms)
            yield _climate(now.venue.id, measured, limit, since_ms, amount)
        gone = [key for key in self._since_ms if key[0] == now.venue.id and key not in seen]
        for key in gone:
            del self._since_ms[key]


def excess(value: float, limit: ClimateLimit) -> float | None:
    """Return 1 and more out of a limit, 0 to 1 inside of it by less than its margin, else None."""
    beyond = [value - limit.most] if limit.most is not None else []
    beyond += [limit.least - value] if limit.least is not None else []
    most = max(beyond)
    if most > 0:
        return 1 + most
    return 1 + most / limit.margin if limit.margin and most > -limit.margin else None


def of_alarms(
    venue: str,
    events: Iterable[HappenedEvent],
    states: Mapping[tuple[str, str], Sequence[Interval]],
    zone: ZoneInfo,
    now_ms: int,
) -> list[Condition]:
    """Return the alarms of a venue; `states`: of the alarm contacts, by node and sensor.

    An alarm lasts for as long as its contact says so; one without a contact is over at once, but a
    visitor who called is taken to wait a quarter of an hour.
    A gate's alarms of one day are one condition: a book not checked out is no news the fifth time.
    """
    found: dict[tuple[AlertKind, str], list[tuple[int, int | None]]] = {}
    about: dict[tuple[AlertKind, str], HappenedEvent] = {}
    for event in events:
        if event.name not in ALARMS:
            continue
        kind = ALARMS[event.name][0]
        source = f"{event.node}/{event.source}"
        day = datetime.fromtimestamp(event.at_ms / 1000, zone).date().isoformat()
        subject = f"{source}/{day if kind is AlertKind.GATE_ALARM else event.id}"
        until_ms = _ended(event, states.get((event.node, event.source), ()))
        if kind is AlertKind.STAFF_CALL:
            until_ms = None if is_waiting(event, now_ms) else event.at_ms + CALL_MS
        found.setdefault((kind, subject), []).append((event.at_ms, until_ms))
        about[kind, subject] = event
    return [
        _alarm(venue, kind, subject, times, about[kind, subject], zone)
        for (kind, subject), times in found.items()
    ]


def is_waiting(event: HappenedEvent, now_ms: int) -> bool:
    """Tell whether somebody who called at a kiosk is taken to stand there still."""
    return event.name == "staff_call" and abs(now_ms - event.at_ms) < CALL_MS


def of_low_use(rows: Iterable[Judged], zone: ZoneInfo, now_s: int) -> Iterator[Condition]:
    """Yield what was visited or lent less than its rule asks for, out of a venue's verdicts."""
    for row in rows:
        if row.metric not in USAGE_SOURCES or row.status is not Status.NON_COMPLIANT:
            continue
        clock = LocalTime(zone)
        start_s, end_s = clock.day(row.first)[0], clock.day(row.last)[1]
        least = "" if row.threshold is None else f"{float(row.threshold):g}"
        yield Condition(
            AlertKind.LOW_USE,
            row.venue,
            f"{row.rule}/{row.period}",
            start_s * 1000,
            end_s * 1000 if end_s <= now_s else None,
            f"{row.period}：{row.rule} 低于 {least}",
            f"{row.period}: {row.rule} is below {least}",
            link=link_to(row.venue),
        )


def of_fork(node: NodeId, stream: str, at_ms: int) -> Condition:
    """Return the condition of a stream that two spools continue."""
    return Condition(
        AlertKind.NODE_IDENTITY,
        node.venue,
        f"{node.node}/{stream}",
        at_ms,
        at_ms,
        f"节点身份重复：{node.node} 的数据流出现分叉，存储卡可能被复制或还原；"
        "已让节点另起一条，数据未丢失，请核对设备",
        f"Node forked: two spools continue one stream of {node.node}: a cloned card or one put"
        " back; it was told to begin another stream, nothing is lost; look at the device",
        link=link_to(node.venue, node.node),
    )


def of_findings(
    venue: str, findings: Iterable[Finding], zone: ZoneInfo, now_s: int, link: str
) -> list[Condition]:
    """Return what the judge found for a venue as conditions."""
    found: dict[tuple[AlertKind, str], Condition] = {}
    for finding in findings:
        kind = AlertKind(finding.kind)
        subject = _of_finding(finding, zone)
        told = Condition(
            kind,
            venue,
            subject,
            finding.start_s * 1000,
            # What reaches until now goes on; of what is to come the plan is wrong now.
            None if finding.end_s >= now_s - OPEN_END_SECONDS else finding.end_s * 1000,
            finding.zh,
            finding.en,
            link=link,
        )
        known = found.get((kind, subject))
        found[kind, subject] = told if known is None else _joined(known, told)
    return list(found.values())


OPEN_END_SECONDS: Final = 180
"""Nodes tell once a minute that a state goes on: what ended less long ago may still last."""


def link_to(venue: str | None, node: str | None = None) -> str:
    """Return the page on which a venue or one of its nodes is looked into."""
    if not venue:
        return "/"
    return f"/devices/{venue}/{node}" if node else f"/venues/{venue}"


def _joined(first: Condition, second: Condition) -> Condition:
    """Return one condition for two of one key, over the whole span of both."""
    ends = (first.until_ms, second.until_ms)
    lasting = None if None in ends else max(end for end in ends if end is not None)
    since_ms = min(first.since_ms, second.since_ms)
    return replace(second, since_ms=since_ms, until_ms=lasting)


def _of_finding(finding: Finding, zone: ZoneInfo) -> str:
    if finding.rule and finding.kind != "insufficient_evidence":
        return f"{finding.rule}/{finding.period}"
    if finding.period:
        # What is not known is so for every rule that asks for it.
        return finding.period
    start = datetime.fromtimestamp(finding.start_s, zone)
    end = datetime.fromtimestamp(finding.end_s, zone)
    match finding.kind:
        case "late_opening":
            return f"{start:%Y-%m-%dT%H:%M}"
        case "early_closing":
            # When it was shut moves with late evidence; when it was to shut does not.
            return f"{end:%Y-%m-%dT%H:%M}"
        case "unnotified_closure" | "conflict":
            return start.date().isoformat()
        case _:
            return f"{start:%Y-%m-%d}/{end:%Y-%m-%d}"


def _climate(
    venue: str, measured: ClimateNow, limit: ClimateLimit, since_ms: int, amount: float
) -> Condition:
    zh, en, unit = quantity_name(measured.quantity)
    told = []
    if limit.least is not None:
        told.append((f"不低于 {limit.least:g}", f"at least {limit.least:g}"))
    if limit.most is not None:
        told.append((f"不高于 {limit.most:g}", f"at most {limit.most:g}"))
    return Condition(
        AlertKind.CLIMATE,
        venue,
        f"{measured.node}/{measured.sensor}/{measured.quantity}",
        since_ms,
        None,
        f"{measured.sensor} {zh} {measured.value:g} {unit}，应{'、'.join(z for z, _ in told)}",
        f"{measured.sensor}: {en.lower()} {measured.value:g} {unit}, to be"
        f" {' and '.join(e for _, e in told)}",
        "known",
        link_to(venue),
        amount,
    )


def _ended(event: HappenedEvent, states: Sequence[Interval]) -> int | None:
    for state in states:
        if state.value == ACTIVE and state.since_ms <= event.at_ms <= state.until_ms:
            return None if state.ended is None and state is states[-1] else state.until_ms
    return event.at_ms


def _alarm(
    venue: str,
    kind: AlertKind,
    subject: str,
    times: Sequence[tuple[int, int | None]],
    event: HappenedEvent,
    zone: ZoneInfo,
) -> Condition:
    _, zh, en = ALARMS[event.name]
    lasts = any(until_ms is None for _, until_ms in times)
    ends = [until_ms for _, until_ms in times if until_ms is not None]
    last = datetime.fromtimestamp(times[-1][0] / 1000, zone)
    about = (event.source, event.source)
    if kind is AlertKind.STAFF_CALL:
        about = CALLS.get(str(event.data.get("reason", "")), CALLS["other"])
    if kind is AlertKind.ROOM_TROUBLE:
        reason = str(event.data.get("reason", ""))
        about = TROUBLES.get(reason, (reason or event.source,) * 2)
    zh, en = f"{zh}：{about[0]}", f"{en}: {about[1]}"
    if len(times) > 1:
        zh += f"，当天 {len(times)} 次，最近 {last:%H:%M}"
        en += f", {len(times)} times that day, last at {last:%H:%M}"
    return Condition(
        kind,
        venue,
        subject,
        times[0][0],
        None if lasts else max(ends),
        zh,
        en[0].upper() + en[1:],
        "reported",
        link_to(venue, event.node),
    )


def _said(kind: str, title: str, text: str, between: str) -> str:
    """Return title and text; a title that says no more than the kind would be read twice."""
    return text if title == kind else f"{title}{between}{text}"
