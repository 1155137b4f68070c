"""What kiosks told in some weeks: how they are used, what visitors said. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from contracts.events import EventName
from hub.feedback.said import read, stars_of
from hub.live.now import DeviceNow
from hub.pages.device_view import KIOSK_KINDS, SOURCE_KINDS, last_status
from hub.pages.venue_words import DEVICE_STATES
from hub.pages.words import Words
from hub.store.hidden_wish import HiddenWish
from hub.store.port import HappenedEvent
from hub.venues import Venue

MOST_WISHES: Final = 100
ABOUTS: Final[Mapping[str, Words]] = {
    "room": Words("环境", "the room"),
    "books": Words("图书", "books"),
    "kiosk": Words("自助机", "the kiosk"),
    "hours": Words("开放时间", "hours"),
    "staff": Words("服务", "service"),
    "activity": Words("活动、讲座", "events and talks"),
    "seats": Words("座位、环境", "seats, the room"),
    "access": Words("无障碍、老人、孩子", "access, elders, children"),
    "other": Words("其他", "something else"),
}
"""What a rating or a wish is about, as the kiosk's button says it."""
STEPS: Final[Mapping[str, Words]] = {
    "home": Words("首页", "first page"),
    "identify": Words("出示读者证", "showing the card"),
    "pin": Words("输入密码", "PIN"),
    "pad": Words("放书", "books on the shelf"),
    "account": Words("我的借阅", "account"),
    "receipt": Words("凭条", "receipt"),
    "email": Words("邮箱", "e-mail address"),
    "help": Words("呼叫帮助", "call for help"),
    "hours": Words("开放时间", "opening hours"),
    "nearby": Words("附近场馆", "places nearby"),
    "rating": Words("评价", "rating"),
    "need": Words("意见", "wish"),
    "privacy": Words("隐私", "privacy"),
}
"""Where a visitor was when they left."""
TOLD: Final = frozenset(
    {EventName.KIOSK_USE, EventName.RATING, EventName.NEED, EventName.STAFF_CALL}
)
"""The events that the page is made of."""


@dataclass(frozen=True, slots=True)
class KioskNow:
    """A kiosk as of now; `failing` is what does not work, as it said last."""

    venue: Words
    venue_id: str
    node: str
    mark: str
    state: Words
    failing: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class KioskRow:
    """One venue's kiosks over the days that were asked for."""

    venue: Words
    id: str
    sessions: int
    seconds: int | None
    """Half of the sessions took so long or less."""
    borrowed: int
    returned: int
    renewed: int
    refused: int
    silent_percent: int | None
    """Sessions that nobody ended: the visitor walked away."""
    left_at: Words | None
    """Where most of those were left."""
    alone: int
    """Sessions without the library's system."""
    calls: int
    ratings: int
    stars: float | None


@dataclass(frozen=True, slots=True)
class Wish:
    """What a visitor wishes for; anonymous."""

    id: str
    at: datetime
    venue: Words
    venue_id: str
    about: Words
    text: str
    hidden: HiddenWish | None = None
    """Then `text` is empty."""


@dataclass(frozen=True, slots=True)
class DayBar:
    """Sessions of a day, for the plot."""

    day: date
    sessions: int


@dataclass(frozen=True, slots=True)
class KioskView:
    """Everything on the page."""

    rows: tuple[KioskRow, ...]
    days: tuple[DayBar, ...]
    wishes: tuple[Wish, ...]
    more_wishes: int
    abouts: tuple[tuple[Words, int, float], ...]
    """What ratings were about: how many, and their mean."""

    @property
    def most(self) -> int:
        """Return the sessions of the busiest day."""
        return max((bar.sessions for bar in self.days), default=0)


def build_view(
    venues: Sequence[Venue],
    events: Mapping[str, Iterable[HappenedEvent]],
    first: date,
    last: date,
    zone: ZoneInfo,
    hidden: Mapping[str, HiddenWish] = MappingProxyType({}),
) -> KioskView:
    """Return the page of some venues; those without a kiosk that told anything are left out."""
    kept = {venue.id: [e for e in events.get(venue.id, ()) if e.name in TOLD] for venue in venues}
    rows = [_row(venue, kept[venue.id]) for venue in venues if kept[venue.id]]
    every = [event for found in kept.values() for event in found]
    wishes = sorted(
        (
            _wish(venue, event, zone, hidden.get(event.id))
            for venue in venues
            for event in kept[venue.id]
            if _is_wish(event)
        ),
        key=lambda wish: wish.at,
        reverse=True,
    )
    return KioskView(
        tuple(sorted(rows, key=lambda row: (-row.sessions, row.id))),
        _days(every, first, last, zone),
        tuple(wishes[:MOST_WISHES]),
        max(0, len(wishes) - MOST_WISHES),
        _about(every),
    )


def _is_wish(event: HappenedEvent) -> bool:
    return event.name == EventName.NEED


def _row(venue: Venue, events: Sequence[HappenedEvent]) -> KioskRow:
    uses = [event.data for event in events if event.name == EventName.KIOSK_USE]
    stars = [number for event in events if (number := stars_of(event)) is not None]
    silent = [data for data in uses if data.get("ended") == "silent"]
    left = Counter(str(data.get("left_at", "")) for data in silent)
    steps = [step for step, _ in left.most_common() if step in STEPS]
    seconds = [_number(data, "seconds") for data in uses]
    return KioskRow(
        Words(venue.name_zh, venue.name_en),
        venue.id,
        len(uses),
        round(median(seconds)) if seconds else None,
        round(sum(_number(data, "borrowed") for data in uses)),
        round(sum(_number(data, "returned") for data in uses)),
        round(sum(_number(data, "renewed") for data in uses)),
        round(sum(_number(data, "refused") for data in uses)),
        round(100 * len(silent) / len(uses)) if uses else None,
        STEPS[steps[0]] if steps else None,
        sum(data.get("offline") is True for data in uses),
        sum(event.name == EventName.STAFF_CALL for event in events),
        len(stars),
        round(sum(stars) / len(stars), 1) if stars else None,
    )


def _number(data: Mapping[str, bool | int | float | str], name: str) -> float:
    """Return a number that a node told, nothing where it told something else or nonsense."""
    value = data.get(name)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= float(value) < 1e6 else 0.0  # type: ignore[arg-type]


def _days(
    events: Iterable[HappenedEvent], first: date, last: date, zone: ZoneInfo
) -> tuple[DayBar, ...]:
    counted = Counter(
        datetime.fromtimestamp(event.at_ms / 1000, zone).date()
        for event in events
        if event.name == EventName.KIOSK_USE
    )
    span = (last - first).days + 1
    return tuple(
        DayBar(day, counted[day]) for day in (first + timedelta(days=n) for n in range(span))
    )


def _wish(venue: Venue, event: HappenedEvent, zone: ZoneInfo, hidden: HiddenWish | None) -> Wish:
    told = read(event, hidden)
    return Wish(
        told.event,
        datetime.fromtimestamp(told.at_ms / 1000, zone),
        Words(venue.name_zh, venue.name_en),
        venue.id,
        ABOUTS.get(told.about, ABOUTS["other"]),
        told.text,
        hidden,
    )


def kiosks_now(venues: Sequence[Venue], devices: Iterable[DeviceNow]) -> tuple[KioskNow, ...]:
    """Return the kiosks of some venues as of now: those that fail first."""
    names = {venue.id: Words(venue.name_zh, venue.name_en) for venue in venues}
    found = []
    for now in devices:
        status = last_status(now)
        kinds = {source.kind for source in status.sources} if status is not None else set()
        if status is None or now.venue not in names or not kinds & KIOSK_KINDS:
            continue
        mark, state = DEVICE_STATES[now.state]
        failing = tuple(
            SOURCE_KINDS.get(source.kind, Words(source.kind, source.kind))
            for source in status.sources
            if source.state == "failed" and now.state == "online"
        )
        if failing:
            mark, state = "degraded", Words("在线，部分故障", "Online, partly failing")
        found.append(KioskNow(names[now.venue], now.venue, now.node, mark, state, failing))
    return tuple(sorted(found, key=lambda one: (one.mark == "known", one.venue_id, one.node)))


def _about(events: Iterable[HappenedEvent]) -> tuple[tuple[Words, int, float], ...]:
    found: dict[str, list[int]] = defaultdict(list)
    for event in events:
        stars = stars_of(event)
        if stars is not None:
            about = str(event.data.get("about", ""))
            found[about if about in ABOUTS else "other"].append(stars)
    return tuple(
        (ABOUTS[about], len(stars), round(sum(stars) / len(stars), 1))
        for about, stars in sorted(found.items(), key=lambda one: -len(one[1]))
    )
