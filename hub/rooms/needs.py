"""Who is needed where and why: what in a room wants a person, the gravest first. Pure.

Two sources: what the kiosk's status says now, and open alerts, which also remember what is over and
nobody has seen. Both tell of one need under one code.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from contracts.room import RoomStatus
from hub.alerts.alert import Alert
from hub.alerts.condition import AlertKind
from hub.alerts.sources import CALLS, TROUBLES
from hub.rooms.room import RoomNow
from hub.rooms.words import CASES, OUTPUTS, Pair

Grade = Literal["critical", "warning", "notice"]
GRADES: Final[tuple[Grade, ...]] = ("critical", "warning", "notice")
GRADE_WORDS: Final[Mapping[Grade, Pair]] = {
    "critical": ("立即", "At once"),
    "warning": ("尽快", "Soon"),
    "notice": ("留意", "Look"),
}

_RESET: Final = ("结束后在这里或自助机上复位", "reset it here or at the kiosk once it is over")
_REPAIR: Final = ("去现场查看并报修", "go there and have it mended")

NEEDS: Final[Mapping[str, tuple[Grade, Pair, Pair]]] = {
    "fire": (
        "critical",
        ("火灾报警，门已放开", "Fire alarm; the door is free"),
        (
            f"拨打 119，疏散；{_RESET[0]}",
            f"call 119 and clear the place; {_RESET[1]}",
        ),
    ),
    "emergency": (
        "critical",
        ("有人按了紧急按钮", "Somebody pressed the emergency button"),
        ("马上联系并赶去，必要时拨打 120 或 110", "go there at once; call 120 or 110 if need be"),
    ),
    "inside": (
        "critical",
        ("已闭馆，里面还有人", "It has closed, and somebody is inside"),
        ("广播提醒出门，没有回应就去现场", "announce the way out; go there if nothing moves"),
    ),
    "strike": (
        "critical",
        ("门锁没有反应", "The lock does not respond"),
        ("去现场开门查看，先挂出闭馆公告", "go there; publish a closure until it is mended"),
    ),
    "forced": (
        "critical",
        ("闭馆时门被打开，里面没有人", "Opened while closed and empty"),
        ("查看监控，去现场，必要时报警", "go there; call the police if need be"),
    ),
    "tamper": (
        "critical",
        ("设备外壳被打开", "A housing was opened"),
        (f"去现场查看；{_RESET[0]}", f"go there; {_RESET[1]}"),
    ),
    "call": (
        "warning",
        ("读者呼叫帮助", "A visitor calls for help"),
        ("联系读者或去现场，然后确认告警", "answer or go there, then acknowledge the alert"),
    ),
    "left_open": (
        "warning",
        ("门一直开着", "The door stands open"),
        ("广播请关门，没有人就去关门", "announce it; go there if nobody closes it"),
    ),
    "inputs": (
        "warning",
        ("门磁和报警触点读不到", "Contacts of door and alarms cannot be read"),
        _REPAIR,
    ),
    "silent": (
        "warning",
        ("自助机没有声音", "The kiosk is silent"),
        ("检查电源和网络；门不受影响", "look at power and network; the door works without it"),
    ),
    "output": ("warning", ("设备没有反应", "An output does not respond"), _REPAIR),
    "device": ("warning", ("设备故障", "A device fails"), _REPAIR),
    "no_cards": (
        "warning",
        ("不能核对读者证，谁也进不来", "Cards cannot be checked: nobody gets in"),
        ("恢复图书馆系统或网络", "bring back the library's system or the network"),
    ),
    "hours": (
        "warning",
        ("开放时间或时钟不详，谁也进不来", "Hours or clock not known: nobody gets in"),
        ("检查开放时间的登记和设备时钟", "look at the declared hours and the kiosk's clock"),
    ),
    "door_unknown": (
        "warning",
        ("门锁状态不详", "How the lock is, nobody knows"),
        _REPAIR,
    ),
    "by_hand": (
        "warning",
        ("有书要人处理", "Items wait for somebody"),
        ("到自助机的工作人员模式逐本处理", "see to each in the kiosk's staff mode"),
    ),
    "gate": (
        "notice",
        ("安全门报警", "Security gate alarm"),
        ("查看是否有书没有借出", "see whether a book was taken without a loan"),
    ),
    "uncounted": (
        "notice",
        ("人数不确定，没有限制进入", "The number inside is not certain: nobody is refused"),
        ("清点人数或检查计数设备", "count heads, or look at the counter"),
    ),
    "offline": (
        "notice",
        ("图书馆系统没有回应，按离线名单进入", "The library is away; cards go by the list"),
        ("联系图书馆系统管理员", "tell who keeps the library's system"),
    ),
    "shut": (
        "notice",
        ("工作人员已关闭", "Closed by the staff"),
        ("登记闭馆公告；处理完后恢复开放", "publish a closure notice; open again when done"),
    ),
    "too_warm": (
        "notice",
        ("室内偏热", "It is too warm"),
        ("检查空调和通风", "look at air conditioning and ventilation"),
    ),
    "too_cold": ("notice", ("室内偏冷", "It is too cold"), ("检查取暖", "look at the heating")),
    "ventilate": (
        "notice",
        ("空气不好", "The air is stale"),
        ("检查通风", "look at the ventilation"),
    ),
    "waiting": (
        "notice",
        ("有借还等待上传", "Transactions wait for upload"),
        ("系统恢复后自动上传；一天不动就联系管理员", "they go by themselves; ask after a day"),
    ),
}
"""Each need by its code, the gravest first: grade, what it is, what to do."""
ORDER: Final = tuple(NEEDS)

_OF_ALERT: Final[Mapping[AlertKind, str]] = {
    AlertKind.FIRE_ALARM: "fire",
    AlertKind.TAMPER: "tamper",
    AlertKind.GATE_ALARM: "gate",
    AlertKind.DEVICE_OFFLINE: "silent",
    AlertKind.STAFF_CALL: "call",
    AlertKind.ROOM_TROUBLE: "device",
    AlertKind.DEVICE_FAULT: "device",
}
_OF_ALARM: Final = {"fire": "fire", "tamper": "tamper", "gate": "gate", "call": "emergency"}
_OF_MODE: Final = {"unknown": "hours", "shut": "shut"}
_OF_CARDS: Final = {"none": "no_cards", "list": "offline"}
_ADVICE: Final = frozenset({"too_warm", "too_cold", "ventilate"})
_ROOM_SOURCES: Final = frozenset({"room_outputs", "room_inputs"})
"""Devices whose failing is told by a code of its own."""


@dataclass(frozen=True, slots=True)
class Need:
    """Something in a room that wants a person. `since_ms` is 0 where nobody knows since when.

    `about` says which, `alert` is the number of its open alert, `seen_by` who acknowledged that.
    `is_over`: it was, and nobody has seen it yet.
    """

    code: str
    since_ms: int = 0
    about: Pair = ("", "")
    alert: int | None = None
    seen_by: str = ""
    is_over: bool = False

    @property
    def grade(self) -> Grade:
        """Return how pressing it is."""
        return NEEDS[self.code][0]

    @property
    def what(self) -> Pair:
        """Return what it is."""
        zh, en = NEEDS[self.code][1]
        if not self.about[0]:
            return zh, en
        return f"{zh}：{self.about[0]}", f"{en}: {self.about[1]}"

    @property
    def to_do(self) -> Pair:
        """Return what to do about it."""
        return NEEDS[self.code][2]

    @property
    def rank(self) -> tuple[int, bool, int, int]:
        """Return its place: what is over or was seen comes after what holds and was not."""
        grade = GRADES.index(self.grade)
        is_later = self.is_over or bool(self.seen_by)
        return grade, is_later, ORDER.index(self.code), self.since_ms or 2**62


def needs_of(room: RoomNow, alerts: Iterable[Alert] = ()) -> tuple[Need, ...]:
    """Return what a room wants, the gravest first; `alerts` are the open ones of its venue."""
    found: dict[str, Need] = {}
    for need in (*_of_status(room), *_of_alerts(room, alerts)):
        before = found.get(need.code)
        found[need.code] = need if before is None else _joined(before, need)
    return tuple(sorted(found.values(), key=lambda need: need.rank))


def ranked(
    rooms: Iterable[tuple[RoomNow, Sequence[Need]]],
) -> list[tuple[RoomNow, Sequence[Need]]]:
    """Return rooms by their gravest need; those that want nobody come last, by name."""
    return sorted(
        rooms,
        key=lambda pair: (
            pair[1][0].rank if pair[1] else (len(GRADES), False, 0, 0),
            pair[0].venue,
            pair[0].node,
        ),
    )


def _joined(one: Need, other: Need) -> Need:
    """Return one need of two tellings: what holds now, since the earlier instant that is known."""
    first, second = (other, one) if one.is_over and not other.is_over else (one, other)
    since = [ms for ms in (first.since_ms, second.since_ms) if ms]
    if second.is_over and not first.is_over:
        # That was another time.
        since = [first.since_ms]
    return replace(
        first,
        since_ms=min(since, default=0),
        about=first.about if first.about[0] else second.about,
        alert=first.alert or second.alert,
        seen_by=first.seen_by or ("" if second.is_over else second.seen_by),
    )


def _of_status(room: RoomNow) -> Iterator[Need]:
    if not room.is_there:
        yield Need("silent", room.state_since_ms)
    yield from _of_unfinished(room)
    if not room.is_there:
        # What it said last of its contacts is not of now.
        return
    for fault in room.faults:
        if fault.code == "source" and fault.name not in _ROOM_SOURCES:
            yield Need("device", fault.since_ms, (fault.name, fault.name))
        elif fault.name == "room_inputs":
            yield Need("inputs", fault.since_ms)
    if room.room is not None:
        yield from _of_room(room.room)


def _of_room(status: RoomStatus) -> Iterator[Need]:
    fire = status.since_ms if status.mode == "fire" else 0
    alarms = dict.fromkeys((*status.alarms, *(["fire"] if status.mode == "fire" else [])))
    for alarm in alarms:
        if alarm in _OF_ALARM:
            yield Need(_OF_ALARM[alarm], fire if alarm == "fire" else 0)
    yield from _of_outputs(status)
    if status.mode in _OF_MODE:
        yield Need(_OF_MODE[status.mode], status.since_ms)
    elif status.mode == "open" and status.cards in _OF_CARDS:
        yield Need(_OF_CARDS[status.cards])
    yield from (Need(advice) for advice in status.advice if advice in _ADVICE)


def _of_outputs(status: RoomStatus) -> Iterator[Need]:
    failed = [output.output for output in status.outputs if output.failed]
    if "strike" in failed:
        yield Need("strike")
    elif status.lock is None:
        yield Need("door_unknown")
    others = [OUTPUTS.get(name, (name, name)) for name in failed if name != "strike"]
    if others:
        yield Need("output", 0, _listed(others))


def _of_unfinished(room: RoomNow) -> Iterator[Need]:
    by_hand = [case for case in room.status.unfinished if case.case != "not_uploaded"]
    waiting = [case for case in room.status.unfinished if case.case == "not_uploaded"]
    for code, cases in (("by_hand", by_hand), ("waiting", waiting)):
        if cases:
            count = sum(case.count for case in cases)
            since = min((case.oldest_ms for case in cases if case.oldest_ms), default=0)
            about = [CASES.get(case.case, (case.case, case.case)) for case in cases]
            zh, en = _listed(about)
            more = ("", "") if code == "waiting" else (f"，{zh}", f", {en}")
            yield Need(code, since, (f"{count} 件{more[0]}", f"{count}{more[1]}"))


def _of_alerts(room: RoomNow, alerts: Iterable[Alert]) -> Iterator[Need]:
    for alert in alerts:
        code = _OF_ALERT.get(alert.kind)
        if code is None or alert.is_late or not _is_of(room, alert):
            continue
        if not alert.is_active and alert.is_acknowledged:
            continue
        about: Pair = ("", "")
        if alert.kind is AlertKind.STAFF_CALL:
            code, about = _call(alert)
        elif alert.kind is AlertKind.ROOM_TROUBLE:
            code, about = _trouble(alert)
        elif code == "device":
            about = (alert.zh, alert.en)
        is_over = not alert.is_active or alert.until_ms is not None
        yield Need(code, alert.since_ms, about, alert.number, alert.acknowledged_by, is_over)


def _is_of(room: RoomNow, alert: Alert) -> bool:
    return alert.venue == room.venue and alert.subject.split("/", 1)[0] == room.node


def _call(alert: Alert) -> tuple[str, Pair]:
    """Return for what a visitor calls: the alert's text ends with it."""
    for reason, (zh, en) in CALLS.items():
        if alert.zh.endswith(zh):
            return ("emergency", ("", "")) if reason == "emergency" else ("call", (zh, en))
    return "call", ("", "")


def _trouble(alert: Alert) -> tuple[str, Pair]:
    for reason, (zh, en) in TROUBLES.items():
        if alert.zh.endswith(zh):
            return (reason, ("", "")) if reason in NEEDS else ("device", (zh, en))
    return "device", (alert.zh, alert.en)


def _listed(pairs: Sequence[Pair]) -> Pair:
    return "、".join(zh for zh, _ in pairs), ", ".join(en for _, en in pairs)
