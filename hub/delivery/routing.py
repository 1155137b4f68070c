"""Whom an event of an alert goes to, and from when on. Pure: time and calendar are arguments."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from hub.delivery.book import WEEKDAYS, Book, Route
from hub.delivery.told import SEVERITIES, Lang, Step, Told

FARTHEST_DAYS: Final = 31
"""Hours that do not come within a month are taken for none."""

State = Literal["waiting", "sent", "withdrawn", "dead", "dropped", "tested"]
"""`withdrawn`: it was over before anybody was to be told. `dropped`: a person gave up on a dead
letter. `tested`: a test message that did not arrive."""


@dataclass(frozen=True, slots=True)
class Due:
    """One delivery that is to be: by which channel, in which language, not before when."""

    channel: str
    language: Lang
    at_ms: int


@dataclass(frozen=True, slots=True)
class Earlier:
    """A delivery of the same alert that is in the outbox already."""

    id: int
    channel: str
    language: Lang
    step: Step
    state: State
    next_ms: int
    attempts: int
    is_whole: bool = False
    """It says from when until when: it was over when it was told."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What an event does to the outbox."""

    due: Sequence[Due] = ()
    withdrawn: Sequence[int] = ()
    """Deliveries that nobody needs any more."""


def decide(
    book: Book,
    told: Told,
    earlier: Sequence[Earlier],
    now_ms: int,
    is_working: Callable[[date], bool],
) -> Decision:
    """Return what an event does to the outbox, given what its alert did before.

    An alert that is over is told to whom its raise went, whatever the routes say by now; not where
    the raise told the end already, and where it waits for somebody's hours neither is told.
    """
    if told.step == "cleared":
        return _cleared(book, earlier, now_ms)
    if told.is_late:
        return Decision()
    due = _recipients(book, told, now_ms, is_working)
    return Decision(due, _outrun(due, earlier, now_ms))


def opens_ms(
    route: Route, at_ms: int, zone: ZoneInfo, is_working: Callable[[date], bool]
) -> int | None:
    """Return the first instant at or after `at_ms` within a route's hours; None: not in a month."""
    today = datetime.fromtimestamp(at_ms / 1000, zone).date()
    # From yesterday on: its hours may pass midnight.
    for ahead in range(-1, FARTHEST_DAYS + 1):
        day = today + timedelta(days=ahead)
        if not _is_day(route, day, is_working):
            continue
        for begin, end in route.spans:
            if _instant_ms(day, end, zone) > at_ms:
                return max(at_ms, _instant_ms(day, begin, zone))
    return None


def _recipients(
    book: Book, told: Told, now_ms: int, is_working: Callable[[date], bool]
) -> Sequence[Due]:
    zone = ZoneInfo(told.timezone)
    found: dict[str, Due] = {}
    for route in book.route:
        if not _leads(route, told):
            continue
        at_ms = opens_ms(route, now_ms, zone, is_working)
        if at_ms is None or (at_ms > now_ms and route.outside == "skip"):
            continue
        for id_ in route.channels:
            channel = book.find(id_)
            if channel is None:
                continue
            due = Due(id_, route.language or channel.language, at_ms)
            # By two routes to one channel: once, as soon as one of them lets it.
            if id_ not in found or at_ms < found[id_].at_ms:
                found[id_] = due
    return tuple(found.values())


def _outrun(due: Sequence[Due], earlier: Sequence[Earlier], now_ms: int) -> Sequence[int]:
    """Return what waits for somebody's hours at a channel that is told more, and sooner."""
    soonest = {each.channel: each.at_ms for each in due}
    return [
        each.id
        for each in earlier
        if _is_held(each, now_ms) and each.next_ms > soonest.get(each.channel, each.next_ms)
    ]


def _leads(route: Route, told: Told) -> bool:
    step = "raised" if told.step == "again" else told.step
    return (
        step in route.on
        and SEVERITIES.index(told.severity) >= SEVERITIES.index(route.severity)
        and (not route.kinds or told.kind in route.kinds)
        and (not route.venues or told.venue in route.venues)
        and (not route.audience or told.audience in route.audience)
    )


def _cleared(book: Book, earlier: Sequence[Earlier], now_ms: int) -> Decision:
    withdrawn, due = [], []
    for channel in dict.fromkeys(each.channel for each in earlier):
        of_channel = [each for each in earlier if each.channel == channel]
        last_end = max((each.id for each in of_channel if each.step == "cleared"), default=0)
        open_ = [each for each in of_channel if each.id > last_end]
        held = [each for each in open_ if _is_held(each, now_ms)]
        withdrawn += [each.id for each in held]
        went = [each for each in open_ if each.state in {"waiting", "sent"} and each not in held]
        if went and not went[-1].is_whole and book.find(channel) is not None:
            due.append(Due(channel, went[-1].language, now_ms))
    return Decision(tuple(due), tuple(withdrawn))


def _is_held(delivery: Earlier, now_ms: int) -> bool:
    """Tell whether a delivery waits for somebody's hours, and was never tried."""
    return delivery.state == "waiting" and delivery.attempts == 0 and delivery.next_ms > now_ms


def _is_day(route: Route, day: date, is_working: Callable[[date], bool]) -> bool:
    if route.days == "all":
        return True
    if route.days == "working":
        return is_working(day)
    return WEEKDAYS[day.weekday()] in route.days


def _instant_ms(day: date, minutes: int, zone: ZoneInfo) -> int:
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001  given its zone below
    local = (midnight + timedelta(minutes=minutes)).replace(tzinfo=zone)
    return int(local.timestamp()) * 1000
