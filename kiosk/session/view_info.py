"""The screens that inform: hours, places nearby, privacy. Pure."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from contracts.hours import (
    REASONS_EN,
    REASONS_ZH,
    PublicHours,
    Text,
    day_text,
    hours_now,
    hours_sentence,
    sessions_text,
)
from contracts.venue_facts import NearbyVenue, VenueFacts
from kiosk.session import acts, words
from kiosk.session.moment import Moment
from kiosk.session.offers import clock, put
from kiosk.session.parts import Shown, button
from kiosk.session.screen import Bar, Mark, Row, Section
from kiosk.session.settings import SessionSettings
from kiosk.session.state import State

DAYS = 7
FIRST_HOUR, LAST_HOUR = 7, 23
_KILOMETRE = 1000


def hours(state: State, moment: Moment, settings: SessionSettings) -> Shown:
    """Show today, the days after it, notices, and how busy it is."""
    facts = state.around.facts.facts
    more = (button(acts.NEARBY, weight="main"),)
    if facts is None:
        return Shown(words.LABELS[acts.HOURS], says=(words.HOURS_AWAY,), buttons=more)
    away_s = state.around.facts.hub_away_since_s
    says = [hours_sentence(facts.hours, moment.wall_s)]
    says.append(busy(facts) if away_s is None else words.BUSY_UNKNOWN)
    if away_s is not None:
        says.append(put(words.FACTS_OLD, at=clock(facts.at_ms // 1000, settings)))
    return Shown(
        Text(
            words.HOURS_TITLE.zh.format(zh=facts.name_zh),
            words.HOURS_TITLE.en.format(en=facts.name_en),
        ),
        says=tuple(says),
        rows=day_rows(facts.hours, moment.wall_s),
        sections=_closures(facts.hours, moment.wall_s),
        bars=_bars(facts, moment.wall_s),
        buttons=more,
    )


def hours_mark(hours: PublicHours, at_s: int) -> Mark:
    """Return the mark of a place at an instant."""
    if not hours.is_declared or not hours.from_s <= at_s < hours.until_s:
        return "unknown"
    return "good" if hours_now(hours, at_s).is_open else "none"


def busy(facts: VenueFacts | NearbyVenue) -> Text:
    """Return how many are inside, and how sure that is."""
    if facts.occupancy is None or facts.quality == "unknown":
        return words.BUSY_UNKNOWN
    if facts.quality == "degraded":
        return put(words.BUSY_ABOUT, n=_people(facts.occupancy))
    if facts.capacity is None:
        return put(words.BUSY_NOW, n=_people(facts.occupancy))
    return put(words.BUSY_OF, n=_people(facts.occupancy), most=facts.capacity)


def _people(count: int) -> Text:
    return Text(str(count), "1 person" if count == 1 else f"{count} people")


def day_rows(hours: PublicHours, at_s: int) -> tuple[Row, ...]:
    """Return today and the six days after it, as far as the hours are known."""
    zone = ZoneInfo(hours.timezone)
    today = datetime.fromtimestamp(at_s, zone).date()
    rows = []
    for n in range(DAYS):
        day = today + timedelta(days=n)
        begin_s = _midnight_s(day.isoformat(), zone)
        end_s = _midnight_s((day + timedelta(days=1)).isoformat(), zone)
        if begin_s >= hours.until_s or end_s <= hours.from_s or not hours.is_declared:
            break
        # A session that began the evening before is of that day.
        of_day = [
            (max(opens, begin_s) - begin_s, closes - begin_s)
            for opens, closes in hours.sessions
            if begin_s <= opens < end_s or (opens < begin_s and closes >= end_s)
        ]
        cut = [(a, min(b, 2 * 86_400) if a else min(b, 86_400)) for a, b in of_day]
        name = day_text(day)
        told = sessions_text(cut)
        rows.append(Row(day.isoformat(), name.zh, name, "good" if cut else "none", told))
    return tuple(rows)


def _midnight_s(day: str, zone: ZoneInfo) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=zone).timestamp())


def _closures(hours: PublicHours, at_s: int) -> tuple[Section, ...]:
    zone = ZoneInfo(hours.timezone)
    rows = []
    for n, one in enumerate(c for c in hours.closures if c.end_s > at_s):
        begins = day_text(datetime.fromtimestamp(one.start_s, zone).date())
        ends = day_text(datetime.fromtimestamp(one.end_s - 1, zone).date())
        span = begins if begins == ends else Text(
            f"{begins.zh} 至 {ends.zh}", f"{begins.en} to {ends.en}"
        )  # fmt: skip
        why = Text(one.zh or REASONS_ZH[one.reason], one.en or REASONS_EN[one.reason])
        rows.append(Row(f"closure {n}", span.zh, span, "warning", why))
    return (Section(words.NOTICES, tuple(rows)),) if rows else ()


def _bars(facts: VenueFacts, at_s: int) -> tuple[Bar, ...]:
    now = datetime.fromtimestamp(at_s, ZoneInfo(facts.hours.timezone))
    today = {one.hour: one.people for one in facts.typical if one.weekday == now.weekday()}
    if not any(people is not None for people in today.values()):
        return ()
    most = max((people for people in today.values() if people), default=1.0)
    bars = []
    for hour in range(FIRST_HOUR, LAST_HOUR):
        people = today.get(hour)
        if people is None:
            told, share = put(words.TYPICAL_UNKNOWN, hour=hour), None
        else:
            count = round(people)
            come = Text(str(count), "1 comes" if count == 1 else f"{count} come")
            told = put(words.TYPICAL_BAR, hour=hour, n=come)
            share = people / most
        bars.append(Bar(str(hour), share, told, is_now=hour == now.hour))
    return tuple(bars)


def nearby(state: State, moment: Moment, _settings: SessionSettings) -> Shown:
    """Show places nearby, those that are open first."""
    facts = state.around.facts.facts
    found = facts.nearby if facts else ()
    at_s = moment.wall_s
    ordered = sorted(found, key=lambda one: not _is_open(one.hours, at_s))
    is_fresh = state.around.facts.hub_away_since_s is None
    rows = tuple(nearby_row(one, at_s, is_fresh=is_fresh) for one in ordered)
    says = () if rows else (words.NEARBY_NONE,)
    return Shown(words.NEARBY_TITLE, says=says, rows=rows, way_back=(acts.BACK, acts.HOME))


def _is_open(hours: PublicHours, at_s: int) -> bool:
    return hours_mark(hours, at_s) == "good"


def nearby_row(one: NearbyVenue, at_s: int, *, is_fresh: bool) -> Row:
    """Return what is told of a place: how far it is, its hours, how many are there now."""
    told = [hours_sentence(one.hours, at_s)]
    if one.metres is not None:
        told.insert(0, _distance(one.metres))
    if is_fresh and one.occupancy is not None and one.quality == "known":
        told.append(busy(one))
    detail = Text("，".join(t.zh for t in told), ", ".join(t.en for t in told))
    is_open = _is_open(one.hours, at_s)
    return Row(
        one.venue,
        one.name_zh,
        Text(detail.zh, f"{one.name_en}: {detail.en}"),
        hours_mark(one.hours, at_s),
        words.OPEN if is_open else words.CLOSED,
    )


def _distance(metres: int) -> Text:
    if metres < _KILOMETRE:
        return put(words.METRES, n=round(metres, -1))
    return put(words.KILOMETRES, n=f"{metres / _KILOMETRE:.1f}")


def privacy(_state: State, _moment: Moment, _settings: SessionSettings) -> Shown:
    """Say what is kept and what is not."""
    return Shown(words.PRIVACY_TITLE, says=words.PRIVACY_SAYS)
