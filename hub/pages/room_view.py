"""How the pages of unstaffed rooms show them: states, needs, orders, a day in marks. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from contracts.room import RoomStatus
from hub.pages.alert_view import lasted
from hub.pages.venue_words import DEVICE_STATES
from hub.pages.words import Words
from hub.rooms.journal import GROUPS, KINDS, JournalLine
from hub.rooms.needs import GRADE_WORDS, Grade, Need
from hub.rooms.room import RoomNow
from hub.rooms.words import CARDS, CASES, MODES, ORDER_STATES, OUTPUTS, VERBS, why_not
from hub.store.room_order import OrderRecord

GRADE_MARKS: Final[Mapping[Grade, str]] = {
    "critical": "breach",
    "warning": "near",
    "notice": "unknown",
}
_MODE_MARKS: Final = {"open": "open", "fire": "breach", "unknown": "unknown"}
_ORDER_MARKS: Final = {"done": "open", "sent": "calling", "refused": "breach"}
NOT_KNOWN: Final = Words("不详", "not known")
STRIP_WIDTH: Final = 288
"""Five minutes a unit."""
_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class NeedRow:
    """Why somebody is needed, and what to do."""

    mark: str
    grade: Words
    what: Words
    to_do: Words
    when: Words
    alert: int | None
    seen_by: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a room's state."""

    name: Words
    value: Words
    mark: str = ""
    """A state's shape where it is one."""


@dataclass(frozen=True, slots=True)
class RoomCard:
    """A room as of now; `mark` and `state` of the room itself, `calm` where nobody is needed."""

    path: str
    venue: Words
    node: str
    mark: str
    state: Words
    worst: str
    needs: tuple[NeedRow, ...]
    facts: tuple[Fact, ...]
    unfinished: tuple[tuple[Words, int, str, tuple[str, ...]], ...]
    """Cases that wait: why, how many, since when, which items."""
    is_room: bool


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order as a list shows it."""

    at: str
    verb: Words
    says: Words
    reason: str
    who: str
    mark: str
    state: Words
    why: Words


@dataclass(frozen=True, slots=True)
class StripRow:
    """One group's events of a day: places on the strip, and how many of each kind."""

    name: Words
    group: str
    places: tuple[float, ...]
    kinds: tuple[tuple[Words, int], ...]

    @property
    def count(self) -> int:
        """Return how many there are."""
        return sum(count for _, count in self.kinds)


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line of the journal."""

    at: str
    venue: Words
    path: str
    node: str
    group: str
    group_name: Words
    what: Words


def build_room(room: RoomNow, needs: Sequence[Need], at_ms: int) -> RoomCard:
    """Return a room as of now; times are of its venue's zone."""
    zone = ZoneInfo(room.timezone)
    mark, state = _state(room)
    return RoomCard(
        path=f"/rooms/{room.venue}/{room.node}",
        venue=Words(room.zh, room.en),
        node=room.node,
        mark=mark,
        state=state,
        worst=GRADE_MARKS[needs[0].grade] if needs else "calm",
        needs=tuple(_need(need, zone, at_ms) for need in needs),
        facts=tuple(_facts(room, zone, at_ms)),
        unfinished=tuple(
            (
                Words(*CASES.get(case.case, (case.case, case.case))),
                case.count,
                clock(case.oldest_ms, zone, at_ms),
                case.items,
            )
            for case in room.status.unfinished
        ),
        is_room=room.room is not None,
    )


def build_orders(orders: Iterable[OrderRecord], zone: ZoneInfo, at_ms: int) -> tuple[OrderRow, ...]:
    """Return orders as a list shows them."""
    return tuple(
        OrderRow(
            clock(order.at_ms, zone, at_ms, with_seconds=True),
            Words(*VERBS.get(order.verb, (order.verb, order.verb))),
            Words(order.zh or order.en, order.en or order.zh),
            order.reason,
            order.who,
            _ORDER_MARKS.get(order.state, "unknown"),
            Words(*ORDER_STATES[order.state]),
            Words(*why_not(order.why)),
        )
        for order in orders
    )


def build_strip(lines: Iterable[JournalLine], midnight_s: int) -> tuple[StripRow, ...]:
    """Return the events of the day that begins at `midnight_s`, by group."""
    places: dict[str, list[float]] = {group: [] for group in GROUPS}
    kinds: dict[str, dict[str, int]] = {group: {} for group in GROUPS}
    for line in lines:
        second = line.at_ms // 1000 - midnight_s
        if 0 <= second < _DAY_S:
            places[line.group].append(round(second * STRIP_WIDTH / _DAY_S, 1))
            of = kinds[line.group]
            of[line.name] = of.get(line.name, 0) + 1
    return tuple(
        StripRow(
            Words(*name),
            group,
            # Marks at one place are one mark.
            tuple(sorted(set(places[group]))),
            tuple(
                (Words(*KINDS[kind][1]), count)
                for kind, count in sorted(kinds[group].items(), key=lambda pair: -pair[1])
            ),
        )
        for group, name in GROUPS.items()
    )


def build_lines(
    lines: Iterable[JournalLine], names: Mapping[str, Words], zone: ZoneInfo
) -> tuple[LineRow, ...]:
    """Return lines of the journal; `names` are of the venues."""
    return tuple(
        LineRow(
            datetime.fromtimestamp(line.at_ms / 1000, zone).strftime("%Y-%m-%d %H:%M:%S"),
            names.get(line.venue, Words(line.venue, line.venue)),
            f"/rooms/{line.venue}/{line.node}",
            line.node,
            line.group,
            Words(*GROUPS[line.group]),
            Words(line.zh, line.en),
        )
        for line in lines
    )


def clock(at_ms: int, zone: ZoneInfo, now_ms: int, *, with_seconds: bool = False) -> str:
    """Return an instant: the time of today, else with its day; nothing for 0."""
    if not at_ms:
        return ""
    at, now = (datetime.fromtimestamp(ms / 1000, zone) for ms in (at_ms, now_ms))
    form = "%H:%M:%S" if with_seconds else "%H:%M"
    return at.strftime(form if at.date() == now.date() else f"%m-%d {form}")


def _state(room: RoomNow) -> tuple[str, Words]:
    if not room.is_there:
        mark, words = DEVICE_STATES[room.state]
        return mark, words
    status = room.room
    if status is None:
        return "known", Words("自助机在线", "Kiosk online")
    mode = status.mode
    return _MODE_MARKS.get(mode, "closed"), Words(*MODES.get(mode, (mode, mode)))


def _need(need: Need, zone: ZoneInfo, at_ms: int) -> NeedRow:
    when = Words("", "")
    if need.since_ms:
        at, long = clock(need.since_ms, zone, at_ms), lasted(at_ms - need.since_ms)
        when = Words(f"{at} 起，已 {long.zh}", f"since {at}, for {long.en}")
        if need.is_over:
            when = Words(f"{at}，已结束，无人确认", f"{at}, over, seen by nobody")
    return NeedRow(
        GRADE_MARKS[need.grade],
        Words(*GRADE_WORDS[need.grade]),
        Words(*need.what),
        Words(*need.to_do),
        when,
        need.alert,
        need.seen_by,
    )


def _facts(room: RoomNow, zone: ZoneInfo, at_ms: int) -> list[Fact]:
    heard = clock(room.heard_ms, zone, at_ms)
    facts: list[Fact] = []
    status = room.room
    if status is not None:
        facts += _room_facts(status, zone, at_ms)
        if not room.is_there:
            mode = Words(*MODES.get(status.mode, (status.mode, status.mode)))
            facts.insert(0, Fact(Words("最后所知", "Known last"), mode))
    facts.append(Fact(Words("最近收到", "Heard last"), Words(heard, heard)))
    return facts


def _room_facts(status: RoomStatus, zone: ZoneInfo, at_ms: int) -> list[Fact]:
    people = NOT_KNOWN
    if status.people is not None:
        most = "" if status.people_limit is None else f" / {status.people_limit}"
        people = Words(f"{status.people}{most}", f"{status.people}{most}")
    doors = {None: NOT_KNOWN, "open": Words("开着", "open"), "closed": Words("关着", "closed")}
    locks = {
        None: NOT_KNOWN,
        "free": Words("已放开", "released"),
        "held": Words("锁着（里面可推开）", "locked (opens from inside)"),
    }
    since, closes = clock(status.since_ms, zone, at_ms), clock(status.closes_ms, zone, at_ms)
    cards = Words(*CARDS[status.cards])
    if status.cards == "list" and status.list_ms:
        age = lasted(at_ms - status.list_ms)
        cards = Words(f"{cards.zh}，{age.zh}前的", f"{cards.en}, {age.en} old")
    facts = [
        Fact(Words("人数", "People"), people),
        Fact(Words("门", "Door"), doors[status.door]),
        Fact(Words("门锁", "Lock"), locks[status.lock], "" if status.lock else "unknown"),
        Fact(Words("状态自", "State since"), Words(since, since)),
        Fact(Words("核对读者证", "Cards by"), cards),
        *(
            Fact(Words(*_output(one.output)), *_switched(one.is_on, one.failed))
            for one in status.outputs
            # How the strike is stands above, as the lock.
            if one.output != "strike" or one.failed
        ),
    ]
    if closes:
        facts.insert(4, Fact(Words("闭馆", "Closes"), Words(closes, closes)))
    return facts


def _output(name: str) -> tuple[str, str]:
    zh, en = OUTPUTS.get(name, (name, name))
    return zh, en[:1].upper() + en[1:]


def _switched(is_on: bool | None, failed: bool) -> tuple[Words, str]:
    if failed:
        return Words("没有反应", "does not respond"), "breach"
    if is_on is None:
        return NOT_KNOWN, "unknown"
    return (Words("开", "on"), "") if is_on else (Words("关", "off"), "")
