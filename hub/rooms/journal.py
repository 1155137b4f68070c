"""What happened in a room, out of its kiosk's events: told in words, searched, paged. Pure.

No event of these has a patron or an item in it, and only fields that are known here are told.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from contracts.events import EventName
from hub.alerts.sources import CALLS, TROUBLES
from hub.rooms.words import ENTRY_REFUSALS, MODES, OUTPUTS, SAID, VERBS, VIAS, Pair
from hub.store.port import HappenedEvent

Group = Literal["entry", "alarm", "order", "lending"]
GROUPS: Final[Mapping[Group, Pair]] = {
    "entry": ("进出", "Coming and going"),
    "alarm": ("报警与呼叫", "Alarms and calls"),
    "order": ("状态与指令", "State and orders"),
    "lending": ("自助机与借还", "Kiosk and lending"),
}
MOST_DAYS: Final = 92
USUAL_DAYS: Final = 7
_EARLIEST: Final = date(2000, 1, 1)
Data = Mapping[str, bool | int | float | str]


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One event in words; `at_ms` Unix time."""

    id: str
    at_ms: int
    venue: str
    node: str
    name: str
    group: Group
    zh: str
    en: str


def told(events: Iterable[HappenedEvent]) -> list[JournalLine]:
    """Return what happened in words, the newest first."""
    lines = []
    for event in events:
        known = _TOLD.get(event.name)
        if known is not None:
            group, tell = known
            zh, en = tell(event.data)
            lines.append(
                JournalLine(
                    event.id, event.at_ms, event.venue, event.node, event.name, group, zh, en
                )
            )
    return sorted(lines, key=lambda line: (-line.at_ms, line.id))


def searched(
    lines: Iterable[JournalLine], *, node: str = "", group: str = "", name: str = "", text: str = ""
) -> list[JournalLine]:
    """Return the lines of a node, a group, a kind of event, that hold each word of a text."""
    words = text.casefold().split()
    return [
        line
        for line in lines
        if node in {"", line.node}
        and group in {"", line.group}
        and name in {"", line.name}
        and all(word in f"{line.zh} {line.en} {line.name}".casefold() for word in words)
    ]


def days_of(since: date | None, until: date | None, today: date) -> tuple[date, date]:
    """Return the days that are searched, both included: a week, or the last `MOST_DAYS` of more."""
    last = max(min(until or today, today), _EARLIEST)
    first = min(since or last - timedelta(days=USUAL_DAYS - 1), last)
    return max(first, last - timedelta(days=MOST_DAYS - 1)), last


def page_of(
    lines: Sequence[JournalLine], after: int, most: int
) -> tuple[Sequence[JournalLine], int]:
    """Return `most` lines after the first `after`, and how many there are in all."""
    return lines[after : after + most], len(lines)


def _word(table: Mapping[str, Pair], data: Data, field: str) -> Pair:
    """Return a field as its table says it; what the table does not know is not told."""
    return table.get(str(data.get(field, "")), ("", ""))


def _with(zh: str, en: str, *more: Pair) -> Pair:
    known = [pair for pair in more if pair[0]]
    if not known:
        return zh, en
    return (
        f"{zh}：{'，'.join(z for z, _ in known)}",
        f"{en}: {', '.join(e for _, e in known)}",
    )


def _alone(data: Data) -> Pair:
    return ("离线", "without the library's system") if data.get("offline") is True else ("", "")


def _trouble(data: Data) -> Pair:
    reason = _word(TROUBLES, data, "reason")
    return _with("书房故障", "Trouble", reason, _word(OUTPUTS, data, "output"))


def _command(data: Data) -> Pair:
    done = data.get("done") is not False
    return _with(
        "指令",
        "Order",
        _word(VERBS, data, "verb"),
        ("远程", "from afar") if data.get("remote") is True else ("在现场", "in the room"),
        ("", "") if done else ("被拒绝", "refused"),
    )


def _plain(zh: str, en: str) -> Callable[[Data], Pair]:
    return lambda data: _with(zh, en, _alone(data))


def _of(zh: str, en: str, table: Mapping[str, Pair], field: str) -> Callable[[Data], Pair]:
    return lambda data: _with(zh, en, _word(table, data, field), _alone(data))


_TOLD: Final[Mapping[str, tuple[Group, Callable[[Data], Pair]]]] = {
    EventName.DOOR_UNLOCKED: ("entry", _of("开锁", "Unlocked", VIAS, "via")),
    EventName.ROOM_ENTRY: ("entry", _plain("读者进入", "A visitor came in")),
    EventName.STAFF_ENTRY: ("entry", _plain("工作人员进入", "Staff came in")),
    EventName.ROOM_EXIT: ("entry", _plain("从里面开门", "Opened from inside")),
    EventName.ENTRY_REFUSED: ("entry", _of("没有放行", "Refused", ENTRY_REFUSALS, "reason")),
    EventName.FIRE_ALARM: ("alarm", _plain("火灾报警", "Fire alarm")),
    EventName.GATE_ALARM: ("alarm", _plain("安全门报警", "Security gate alarm")),
    EventName.TAMPER: ("alarm", _plain("设备外壳被打开", "A housing was opened")),
    EventName.STAFF_CALL: ("alarm", _of("呼叫帮助", "Call for help", CALLS, "reason")),
    EventName.ROOM_TROUBLE: ("alarm", _trouble),
    EventName.ROOM_MODE: ("order", _of("书房状态", "Room", MODES, "mode")),
    EventName.ROOM_COMMAND: ("order", _command),
    EventName.ANNOUNCED: ("order", _of("广播", "Announced", SAID, "kind")),
    EventName.STAFF_OPEN: ("order", _plain("工作人员开馆", "Opened by the staff")),
    EventName.STAFF_CLOSE: ("order", _plain("工作人员闭馆", "Closed by the staff")),
    EventName.SESSION: ("lending", _plain("开始使用自助机", "A session began")),
    EventName.LOAN: ("lending", _plain("借出一件", "An item was lent")),
    EventName.RETURN: ("lending", _plain("归还一件", "An item was returned")),
    "renewal": ("lending", _plain("续借一件", "An item was renewed")),
    "loan_undone": ("lending", _plain("撤销一笔借出", "A loan was taken back")),
}
NAMES: Final = frozenset(str(name) for name in _TOLD)
"""The events that the journal tells of."""
KINDS: Final[Mapping[str, tuple[Group, Pair]]] = {
    str(name): (group, tell({})) for name, (group, tell) in _TOLD.items()
}
"""Each kind of event by its name, for a filter."""
