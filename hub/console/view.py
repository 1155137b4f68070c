"""What the console shows, as plain strings: screens only place and colour it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from hub.console import words
from hub.console.answers import Occupancy, Venue
from hub.console.state import State
from hub.console.words import Lang

Mark = Literal["known", "degraded", "unknown", "breach", "near", "still", "closed"]
MARKS: Final[dict[Mark, str]] = {
    "known": "●",
    "degraded": "◐",
    "unknown": "◇",
    "breach": "▲",
    "near": "◔",
    "still": "○",
    "closed": "■",
}
FILTERS: Final = tuple(words.FILTERS)
ORDERS: Final = tuple(words.ORDERS)
NEAR_SHARE: Final = 0.9
BAR_CELLS: Final = 8
DISTRICT_ZONE: Final = ZoneInfo("Asia/Shanghai")
"""For times that belong to no venue."""
_URGENCY: Final = ("breach", "unknown", "near", "degraded", "known", "still")
_EIGHTHS: Final = " ▏▎▍▌▋▊▉"


@dataclass(frozen=True, slots=True)
class Choice:
    """What of the table is shown, and in which order."""

    show: str = "all"
    order: str = "urgency"
    text: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One venue of the table."""

    id: str
    mark: Mark
    state: str
    name: str
    inside: str
    capacity: str
    bar: str
    trend: str
    heard: str
    opening: str
    quality: str
    today: str


def link_line(state: State, lang: Lang) -> tuple[Mark, str]:
    """Return how the hub is reached: a mark and a sentence."""
    at = _clock(state.at, DISTRICT_ZONE, seconds=True) if state.at else ""
    if state.link == "connecting":
        return "still", words.CONNECTING.to(lang)
    if state.link == "live":
        return "known", f"{words.LIVE.to(lang)} {at}".rstrip()
    since = _clock(state.since, DISTRICT_ZONE, seconds=True) if state.since else ""
    if state.link == "denied":
        return "breach", words.DENIED.to(lang)
    why = words.WHYS[state.why or "broken"].to(lang)
    if state.status:
        why += f" {state.status}"
    told = words.OLD_SINCE.to(lang).format(at=at) if at else words.NO_NUMBERS.to(lang)
    return (
        "breach",
        f"{why}（{since} 起）；{told}" if lang == "zh" else f"{why} since {since}; {told}",
    )


def total_line(state: State, lang: Lang) -> str:
    """Return the sums over all venues; only what is told counts."""
    told = [o.occupancy for o in state.occupancy.values() if o.occupancy is not None]
    devices = state.devices or ()
    line = words.TOTAL.to(lang).format(
        inside=f"{sum(told):,}" if told else "—",
        told=len(told),
        venues=len(state.venues),
        online=sum(device.state == "online" for device in devices),
        devices=len(devices),
    )
    return line if state.devices is not None else line.partition(" · ")[0]


def rows(state: State, choice: Choice, lang: Lang, now: datetime) -> list[Row]:
    """Return the venues that a choice shows, in its order."""
    urgent = {item.venue for item in state.items or ()}
    chosen = [
        (venue, state.occupancy.get(venue.id))
        for venue in state.venues.values()
        if _is_shown(venue, state.occupancy.get(venue.id), choice, urgent)
    ]
    chosen.sort(key=lambda pair: _place(pair[0], pair[1], choice.order))
    return [_row(venue, told, state, lang, now) for venue, told in chosen]


def zone_of(state: State, venue: str) -> ZoneInfo:
    """Return the time zone of a venue."""
    known = state.venues.get(venue)
    return ZoneInfo(known.timezone) if known else DISTRICT_ZONE


def name_of(state: State, venue: str | None, lang: Lang) -> str:
    """Return a venue's name; one that nobody declared is called by its id."""
    known = state.venues.get(venue or "")
    if known is None:
        return venue or ""
    return known.name_zh if lang == "zh" else known.name_en


def bar(share: float | None, cells: int = BAR_CELLS) -> str:
    """Return a share as blocks; None is drawn as not known, never as empty."""
    if share is None:
        return "╌" * cells
    eighths = round(min(1.0, max(0.0, share)) * cells * 8)
    full, rest = divmod(eighths, 8)
    drawn = "█" * full + (_EIGHTHS[rest] if rest else "")
    return drawn + "░" * (cells - len(drawn))


def when(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """Return the time of day, or the day when that is not today; both fit the same cells."""
    local = at.astimezone(zone)
    is_today = local.date() == now.astimezone(zone).date()
    return local.strftime("%H:%M") if is_today else local.strftime("%m-%d")


def _row(venue: Venue, told: Occupancy | None, state: State, lang: Lang, now: datetime) -> Row:
    zone = ZoneInfo(venue.timezone)
    mark = _mark(told)
    share = _share(venue, told)
    inside = told.occupancy if told else None
    if state.is_stale:
        # The last number stays, and says that it is old by shape, word and brackets.
        mark = "still"
    number = "—" if inside is None else f"{inside:,}"
    heard = told.last_heard if told else None
    quality = words.QUALITIES[told.quality].to(lang) if told else ""
    since = told.since if told and told.quality != "known" else None
    return Row(
        id=venue.id,
        mark=mark,
        state=words.SHORT[mark].to(lang),
        name=venue.name_zh if lang == "zh" else venue.name_en,
        inside=f"({number})" if state.is_stale and inside is not None else number,
        capacity=f"{venue.capacity:,}" if venue.capacity else "",
        bar=bar(share) if venue.capacity else "",
        trend=words.TRENDS[told.trend].to(lang) if told and not state.is_stale else "",
        heard=when(heard, zone, now) if heard else words.NEVER.to(lang),
        opening=words.OPENINGS[told.opening.state].to(lang) if told else "",
        quality=f"{quality} {when(since, zone, now)}" if since else quality,
        today=f"{told.entered_today:,}" if told else "",
    )


def _mark(told: Occupancy | None) -> Mark:
    if told is None or told.quality == "unknown":
        return "unknown"
    if told.occupancy is not None and told.capacity:
        if told.occupancy > told.capacity:
            return "breach"
        if told.occupancy > NEAR_SHARE * told.capacity:
            return "near"
    return told.quality


def _share(venue: Venue, told: Occupancy | None) -> float | None:
    if told is None or told.occupancy is None or not venue.capacity:
        return None
    return told.occupancy / venue.capacity


def _is_shown(
    venue: Venue, told: Occupancy | None, choice: Choice, urgent: Iterable[str | None]
) -> bool:
    text = choice.text.strip().casefold()
    if text and not any(
        text in name.casefold() for name in (venue.id, venue.name_zh, venue.name_en)
    ):
        return False
    match choice.show:
        case "all":
            return True
        case "urgent":
            return venue.id in urgent or _mark(told) == "breach"
        case "unknown":
            return _mark(told) == "unknown"
        case level:
            return venue.level == level


def _place(venue: Venue, told: Occupancy | None, order: str) -> tuple[float, float, str]:
    inside = (told.occupancy if told else None) or 0
    heard = told.last_heard.timestamp() if told and told.last_heard else 0.0
    match order:
        case "name":
            return 0, 0, venue.name_en
        case "inside":
            return -inside, 0, venue.id
        case "share":
            return -(_share(venue, told) or 0), 0, venue.id
        case "heard":
            return heard, 0, venue.id
        case _:
            return _URGENCY.index(_mark(told)), -(venue.capacity or 0), venue.id


def _clock(at: datetime, zone: ZoneInfo, *, seconds: bool = False) -> str:
    return at.astimezone(zone).strftime("%H:%M:%S" if seconds else "%H:%M")
