"""What the board shows, as plain strings and numbers: templates only place it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from hub.live.attention import Attention
from hub.live.now import CurvePoint, DeviceNow, VenueNow
from hub.occupancy import Declared, Opening
from hub.pages.filters import Facts
from hub.pages.words import (
    ALL_DAY,
    BASES,
    LEVELS,
    NEAR,
    NEVER_HEARD,
    NO_WORD_OF_LOCK,
    OPENING_NOT_KNOWN,
    OPENINGS,
    OVER,
    QUALITIES,
    TRENDS,
    Words,
    kind_words,
)

NEAR_RATIO = 0.9
CURVE_WIDTH, CURVE_HEIGHT, CURVE_BASE = 130.0, 38.0, 35.0
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Curve:
    """Today's course as SVG paths: what was watched, and the stretches that were not."""

    area: str
    line: str
    unknown: tuple[tuple[float, float], ...]
    """(x, width) of each stretch without evidence."""
    tail: str
    """From the last half hour to now: the only piece that moves with every visitor."""
    end: tuple[float, float] | None
    rows: tuple[tuple[str, int | None], ...]
    """The same as a table: local time, occupancy."""
    peak: int | None


@dataclass(frozen=True, slots=True)
class Card:
    """One venue's card."""

    id: str
    name: Words
    kind: Words
    facts: Facts
    occupancy: str
    capacity: int | None
    fill: float
    """Per cent of the capacity, at most 100."""
    fill_class: str
    use: str
    """The same as text; empty where it is not known or nothing was declared."""
    is_stale: bool
    opening: Words
    basis: Words | None
    trend: Words | None
    mark: str
    state: Words
    hint: Words | None
    note: Words
    heard: Words | None
    zones: tuple[tuple[str, Words, str], ...]
    """Zone, its name, how many are in it."""
    curve: Curve


@dataclass(frozen=True, slots=True)
class Summary:
    """The four numbers on top."""

    inside: str
    open_now: int
    due: int
    """Venues whose declared hours say that they are open."""
    venues_known: int
    venues: int
    entered: str
    degraded: int
    unknown: int
    devices_online: int
    devices: int
    refused: int


def build_card(now: VenueNow, at_ms: int, top: int | None = None) -> Card:
    """Return a venue's card, its course drawn up to `top` or up to what it needs."""
    venue, zone = now.venue, ZoneInfo(now.venue.timezone)
    share = now.occupancy / venue.capacity if now.occupancy is not None and venue.capacity else 0.0
    near = share > NEAR_RATIO and not now.is_over_capacity
    fill_class = "over" if now.is_over_capacity else "near" if near else ""
    mark, state = now.quality, QUALITIES[now.quality]
    if now.is_over_capacity:
        mark, state = "breach", OVER  # type: ignore[assignment]  # a mark, no quality any more
    names = {z.id: Words(z.name_zh, z.name_en) for z in venue.zones}
    return Card(
        id=venue.id,
        name=Words(venue.name_zh, venue.name_en),
        kind=kind_words(venue.kind),
        facts=facts_of(now),
        occupancy=_number(now.occupancy),
        capacity=venue.capacity,
        fill=round(min(100.0, share * 100), 1),
        fill_class=fill_class,
        use=use_of(now),
        opening=OPENINGS[now.opening.state],
        basis=_basis(now.opening, zone, at_ms),
        trend=TRENDS.get(now.trend),
        is_stale=now.quality == "unknown",
        mark=mark,
        state=state,
        hint=NEAR if near else _doubt(now, zone, at_ms) or _counted(now, zone, at_ms),
        note=_declared(now.declared, zone, at_ms),
        heard=_heard(now, zone, at_ms),
        zones=tuple((z.zone, names[z.zone], _number(z.occupancy)) for z in now.zones)
        if len(now.zones) > 1
        else (),
        curve=build_curve(now.curve, now.occupancy, zone, at_ms, top),
    )


def build_curve(
    points: Sequence[CurvePoint],
    occupancy: int | None,
    zone: ZoneInfo,
    at_ms: int,
    top: int | None = None,
) -> Curve:
    """Return today's course; x is the whole local day, y from zero to the day's peak."""
    known = [point.occupancy for point in points if point.occupancy is not None]
    peak = max([*known, occupancy or 0], default=0)
    scale = (CURVE_BASE - 3) / (top or top_of(peak))
    start = points[0].at_s if points else at_ms // 1000
    slots = [*((p.at_s, p.occupancy) for p in points), (at_ms // 1000, occupancy)]

    def place(at_s: int, value: int) -> tuple[float, float]:
        x = (at_s - start) / _DAY_SECONDS * CURVE_WIDTH
        return round(min(x, CURVE_WIDTH), 1), round(CURVE_BASE - value * scale, 1)

    pieces: list[list[tuple[float, float]]] = []
    unknown: list[tuple[float, float]] = []
    previous: tuple[int, int | None] | None = None
    for at_s, value in slots:
        if value is not None:
            if previous is None or previous[1] is None:
                pieces.append([])
            pieces[-1].append(place(at_s, value))
        if previous is not None and None in {value, previous[1]}:
            x, width = place(previous[0], 0)[0], place(at_s, 0)[0]
            unknown.append((x, round(width - x, 1)))
        previous = (at_s, value)
    tail: list[tuple[float, float]] = []
    if occupancy is not None:
        tail = pieces[-1][-2:]
        del pieces[-1][-1]
    return Curve(
        area="".join(
            f"{_path(piece)}L{piece[-1][0]} {CURVE_BASE}L{piece[0][0]} {CURVE_BASE}Z"
            for piece in pieces
            if piece
        ),
        line="".join(_path(piece) for piece in pieces),
        tail=_path(tail),
        unknown=_joined(unknown),
        end=tail[-1] if tail else None,
        rows=tuple((_clock(p.at_s * 1000, zone), p.occupancy) for p in points),
        peak=peak if known else None,
    )


def top_of(peak: int) -> int:
    """Return a round number at or above a day's peak: a course that rises is seldom drawn anew."""
    size: int = 10 ** max(0, len(str(peak)) - 2)
    return next(
        size * step
        for step in (5, 6, 8, 10, 12, 16, 20, 25, 30, 40, 50, 60, 80, 100)
        if size * step >= peak
    )


def peak_of(now: VenueNow) -> int:
    """Return the most of today's course, as far as it is known."""
    known = [point.occupancy for point in now.curve if point.occupancy is not None]
    return max([*known, now.occupancy or 0], default=0)


def facts_of(now: VenueNow) -> Facts:
    """Return what a venue is filtered and sorted by."""
    share = _share(now)
    return Facts(
        kind=now.venue.kind,
        level=now.venue.level,
        state=now.opening.state,
        quality=now.quality,
        use="over" if now.is_over_capacity else "near" if (share or 0) > NEAR_RATIO else "",
        occupancy=now.occupancy,
        share=share,
        names=f"{now.venue.name_zh} {now.venue.name_en} {now.venue.id}".lower(),
    )


def use_of(now: VenueNow) -> str:
    """Return how much of its capacity a venue uses, as text."""
    share = _share(now)
    return "" if share is None else f"{share:.0%}"


def _share(now: VenueNow) -> float | None:
    if now.occupancy is None or not now.venue.capacity:
        return None
    return now.occupancy / now.venue.capacity


def build_summary(
    venues: Iterable[VenueNow], devices: Iterable[DeviceNow], refused: int
) -> Summary:
    """Return the numbers on top; only what is told counts into the sum."""
    nows, nodes = tuple(venues), tuple(devices)
    told = [now.occupancy for now in nows if now.occupancy is not None]
    return Summary(
        inside=f"{sum(told):,}" if told else "—",
        open_now=sum(now.opening.state == "open" for now in nows),
        due=sum(now.declared is not None and now.declared.open for now in nows),
        venues_known=sum(now.quality == "known" for now in nows),
        venues=len(nows),
        entered=f"{sum(now.entered_today for now in nows):,}",
        degraded=sum(now.quality == "degraded" for now in nows),
        unknown=sum(now.quality == "unknown" for now in nows),
        devices_online=sum(node.state == "online" for node in nodes),
        devices=len(nodes),
        refused=refused,
    )


def group_by_level(venues: Mapping[str, VenueNow]) -> list[tuple[Words, list[VenueNow]]]:
    """Return venues under the headings of the board, in its order."""
    groups = [
        (words, [now for now in venues.values() if now.venue.level == level])
        for level, words in LEVELS.items()
    ]
    return [(words, sorted(nows, key=_importance)) for words, nows in groups if nows]


def since_words(item: Attention, zone: ZoneInfo, at_ms: int) -> Words:
    """Return since when something needs attention, and for how long by now."""
    if not item.since_ms:
        return NEVER_HEARD
    clock = _when(item.since_ms, zone, at_ms)
    lasts = lasting(at_ms - item.since_ms)
    return Words(f"{clock.zh} 起，{lasts.zh}", f"since {clock.en}, for {lasts.en}")


def lasting(milliseconds: int) -> Words:
    """Return a length of time in the unit that a person would say."""
    minutes = max(0, milliseconds) // 60_000
    if minutes < 1:
        return Words("不到 1 分钟", "under a minute")
    if minutes < 120:
        return Words(f"{minutes} 分钟", "1 minute" if minutes == 1 else f"{minutes} minutes")
    if minutes < 48 * 60:
        return Words(f"{minutes // 60} 小时", f"{minutes // 60} hours")
    return Words(f"{minutes // 1440} 天", f"{minutes // 1440} days")


def _importance(now: VenueNow) -> tuple[int, str]:
    return (-(now.venue.capacity or 0), now.venue.id)


def _number(value: int | None) -> str:
    return "—" if value is None else f"{value:,}"


def _doubt(now: VenueNow, zone: ZoneInfo, at_ms: int) -> Words | None:
    if now.quality != "degraded" or not now.since_ms:
        return None
    clock = _when(now.since_ms, zone, at_ms)
    if not now.zero_ms:
        # No session's zero was seen yet: who was inside before is not known.
        return Words(f"{clock.zh} 起计数", f"counted since {clock.en}")
    return Words(f"{clock.zh} 起有漏看", f"gap since {clock.en}")


def _basis(opening: Opening, zone: ZoneInfo, at_ms: int) -> Words | None:
    words = BASES[opening.basis]
    if not opening.since_ms:
        return NO_WORD_OF_LOCK if opening.basis == "silent" else words
    clock = _when(opening.since_ms, zone, at_ms)
    return Words(words.zh.format(clock.zh), words.en.format(clock.en))


def _declared(declared: Declared | None, zone: ZoneInfo, at_ms: int) -> Words:
    if declared is None:
        return OPENING_NOT_KNOWN
    if declared.always:
        return ALL_DAY
    if declared.until_s is None:
        return OPENING_NOT_KNOWN
    until = _when(declared.until_s * 1000, zone, at_ms)
    if declared.open:
        return Words(f"申报开放至 {until.zh}", f"Declared open until {until.en}")
    return Words(f"申报闭馆，{until.zh} 开", f"Declared closed until {until.en}")


def _counted(now: VenueNow, zone: ZoneInfo, at_ms: int) -> Words | None:
    if not now.counted_ms:
        return None
    clock = _when(now.counted_ms, zone, at_ms)
    return Words(f"{clock.zh} 人工清点", f"heads counted {clock.en}")


def _heard(now: VenueNow, zone: ZoneInfo, at_ms: int) -> Words | None:
    if now.quality != "unknown":
        return None
    if not now.heard_ms:
        return NEVER_HEARD
    clock = _when(now.heard_ms, zone, at_ms)
    if now.last_occupancy is None:
        return Words(f"末次 {clock.zh}", f"last heard {clock.en}")
    inside = now.last_occupancy
    return Words(f"末次 {clock.zh}，{inside} 人", f"last heard {clock.en}, {inside} inside")


def _clock(at_ms: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at_ms / 1000, zone).strftime("%H:%M")


def _when(at_ms: int, zone: ZoneInfo, now_ms: int) -> Words:
    """Return the time of day, with its day when that is not today."""
    at = datetime.fromtimestamp(at_ms / 1000, zone)
    clock = at.strftime("%H:%M")
    if at.date() == datetime.fromtimestamp(now_ms / 1000, zone).date():
        return Words(clock, clock)
    return Words(f"{at.month}月{at.day}日 {clock}", at.strftime("%b %-d ") + clock)


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "".join(f"{'L' if i else 'M'}{x} {y}" for i, (x, y) in enumerate(points))


def _joined(spans: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    result: list[tuple[float, float]] = []
    for x, width in spans:
        if result and abs(result[-1][0] + result[-1][1] - x) < 0.2:
            result[-1] = (result[-1][0], round(result[-1][1] + width, 1))
        else:
            result.append((x, width))
    return tuple(result)
