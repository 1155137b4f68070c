"""A believable day of a venue: who passes which line when. The same story gives the same day.

How many come, at what time of the day and for how long depends on the kind of venue, the kind of
day, the school holidays and the weather; some go on into an inner zone, and the last ones leave a
little after closing.
"""

import math
import random
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from typing import Final, NamedTuple

from examples.demo.almanac import at_ms
from examples.demo.story import MINUTE_MS, Gathering, Opening, Story
from hub.venues import OUTSIDE, Line, Venue

INNER_SHARE: Final = 0.35
"""How many of those who could go on into an inner zone do."""

Profile = tuple[tuple[float, float], ...]
"""How readily people set out, as (hour of the day, weight), straight lines between."""

READING: Final[Profile] = ((7, 0), (8.5, 7), (10, 9), (12, 4), (14, 8), (16, 7), (18, 5), (20, 2))
READING_REST: Final[Profile] = ((7, 0), (8.5, 10), (10, 12), (12, 5), (14, 10), (16, 7), (20, 1))
SIGHTS: Final[Profile] = ((8, 0), (9.5, 8), (10.5, 10), (12, 4), (14, 9), (15.5, 4), (17, 1))
CLASSES: Final[Profile] = ((7, 0), (9, 8), (10, 4), (12, 2), (14, 7), (16, 4), (18.5, 10), (20, 2))
VILLAGE: Final[Profile] = ((7, 1), (8.5, 8), (10, 5), (13, 6), (14, 7), (16, 2))
ROUND_THE_CLOCK: Final[Profile] = (
    (0, 0.8), (2, 0.3), (5, 0.2), (7, 2), (9, 5), (12, 7), (15, 6), (19, 9), (21, 6), (24, 0.8)
)  # fmt: skip
LEISURE: Final[Profile] = ((9, 1), (11, 5), (13, 7), (15, 8), (18, 7), (20, 6), (22, 1))


class Passing(NamedTuple):
    """Somebody passes a counting line, in its direction (`is_in`) or against it."""

    at_ms: int
    line: str
    is_in: bool


@dataclass(frozen=True, slots=True)
class Habits:
    """How a kind of venue is visited.

    `turnover`: visitors of a working day, as a share of the capacity. `stay_minutes`: how long they
    stay. `rest`, `statutory`, `vacation`: how many more come at weekends and in a break, on the
    public holiday itself, on a schoolday's date in the school holidays.
    """

    turnover: float
    stay_minutes: float
    profile: Profile
    rest_profile: Profile
    rest: float = 1.5
    statutory: float = 1.2
    vacation: float = 1.1


HABITS: Final = {
    "district_library": Habits(1.5, 95, READING, READING_REST, 1.35, 0.9, 1.3),
    "town_library": Habits(1.6, 80, READING, READING_REST, 1.4, 0.9, 1.35),
    "state_museum": Habits(1.3, 70, SIGHTS, SIGHTS, 2.0, 2.6, 1.5),
    "heritage_site_museum": Habits(1.2, 60, SIGHTS, SIGHTS, 2.1, 2.8, 1.4),
    "state_art_museum": Habits(0.9, 50, SIGHTS, SIGHTS, 2.0, 2.2, 1.2),
    "nonstate_museum": Habits(0.5, 50, SIGHTS, SIGHTS, 1.9, 2.2, 1.2),
    "district_cultural_centre": Habits(1.0, 100, CLASSES, CLASSES, 1.3, 1.0, 1.1),
    "community_cultural_centre": Habits(1.1, 90, CLASSES, CLASSES, 1.2, 0.9, 1.2),
    "village_cultural_room": Habits(0.35, 75, VILLAGE, VILLAGE, 1.1, 1.0, 1.2),
    "book_room": Habits(4.0, 55, ROUND_THE_CLOCK, ROUND_THE_CLOCK, 1.3, 1.1, 1.3),
    "new_space": Habits(2.2, 50, LEISURE, LEISURE, 1.6, 1.6, 1.1),
}
OTHERS: Final = Habits(1.0, 60, SIGHTS, SIGHTS)


def day_of(venue: Venue, day: date, story: Story) -> list[Passing]:
    """Return everything that passes on account of a local day, in order of time."""
    openings = story.kept(venue, day)
    if not openings:
        return []
    rng = random.Random(f"{story.seed}/{venue.id}/{day}")
    ways = _Ways(venue)
    habits = HABITS.get(venue.kind, OTHERS)
    passings: list[Passing] = []
    for opening, came in _arrivals(venue, habits, day, story, openings, rng):
        goes = _leaves(came, habits.stay_minutes, opening, rng)
        passings += ways.visit(came, goes, rng)
    for gathering in story.gatherings(venue, day):
        passings += _gathered(gathering, ways, rng)
    passings.sort()
    return passings


def weather(story: Story, day: date) -> float:
    """Return how much of the usual crowd the weather lets out, the same all over the district."""
    rng = random.Random(f"{story.seed}/weather/{day}")
    return rng.choices((1.0, 0.85, 0.65), (6, 3, 1))[0] * rng.uniform(0.96, 1.04)


def _arrivals(
    venue: Venue,
    habits: Habits,
    day: date,
    story: Story,
    openings: Sequence[Opening],
    rng: random.Random,
) -> Iterator[tuple[Opening, int]]:
    kind = story.almanac.kind(day)
    profile = habits.profile if kind == "work" else habits.rest_profile
    factor = {"work": 1.0, "rest": habits.rest, "break": habits.rest, "statutory": habits.statutory}
    usual = (venue.capacity or 100) * habits.turnover * factor[kind] * story.share(venue)
    if day in story.almanac.vacation:
        usual *= habits.vacation
    usual *= weather(story, day) * rng.uniform(0.88, 1.12)
    midnight = at_ms(venue, day, 0)
    ready = [_readiness(profile, o, midnight) for o in openings]
    # A day of shorter hours has fewer visitors, though not as much shorter as it is.
    whole = max(1e-9, sum(_weight(profile, minute / 60) for minute in range(0, 1440, 10)) * 10)
    share = min(1.0, sum(weights[-1] for weights in ready if weights) / whole) ** 0.5
    total = sum(weights[-1] for weights in ready if weights)
    for opening, weights in zip(openings, ready, strict=True):
        if not weights or total <= 0:
            continue
        mean = usual * share * weights[-1] / total
        # The part of a visitor that is left over comes with that chance.
        for _ in range(int(mean + rng.random())):
            minute = bisect_left(weights, rng.random() * weights[-1])
            yield opening, opening.opens + minute * MINUTE_MS + int(rng.random() * MINUTE_MS)


def _readiness(profile: Profile, opening: Opening, midnight: int) -> list[float]:
    """Return, for each minute of a session, the sum of readiness up to it."""
    minutes = (opening.closes - opening.opens) // MINUTE_MS
    first = (opening.opens - midnight) // MINUTE_MS
    # Nobody sets out for a place that is about to close.
    return list(
        accumulate(
            _weight(profile, (first + n) / 60 % 24) * min(1.0, max(0.0, (minutes - 8 - n) / 45))
            for n in range(minutes)
        )
    )


def _weight(profile: Profile, hour: float) -> float:
    before = profile[0]
    if hour <= before[0]:
        return before[1]
    for knot in profile[1:]:
        if hour <= knot[0]:
            rise = (knot[1] - before[1]) / (knot[0] - before[0])
            return before[1] + rise * (hour - before[0])
        before = knot
    return before[1]


def _leaves(came: int, stay_minutes: float, opening: Opening, rng: random.Random) -> int:
    stay = max(3.0, rng.lognormvariate(math.log(stay_minutes * 0.8), 0.7))
    goes = came + round(min(stay, 600.0) * MINUTE_MS)
    if opening.closes - opening.opens >= 1440 * MINUTE_MS:
        return goes
    # Whoever is still there is asked to go around closing time.
    last = opening.closes + round(rng.triangular(-20, 9, 2) * MINUTE_MS)
    return max(min(goes, last, opening.locked), came + 1000)


def _gathered(gathering: Gathering, ways: "_Ways", rng: random.Random) -> Iterator[Passing]:
    """Return the passings of an event's visitors; as many as find a seat go to its zone."""
    for number in range(gathering.visitors):
        came = gathering.begins_ms + round(rng.triangular(-55, 12, -12) * MINUTE_MS)
        goes = gathering.ends_ms + round(rng.triangular(-15, 14, 3) * MINUTE_MS)
        line = gathering.line if number % 4 == 0 else ""
        yield from ways.visit(came, goes, rng, towards=line)


class _Ways:
    """The ways through a venue, by zone."""

    def __init__(self, venue: Venue) -> None:
        zones = {OUTSIDE, *(zone.id for zone in venue.zones)}
        self._at = {
            zone: [line for line in venue.lines if zone in {line.from_zone, line.to_zone}]
            for zone in zones
        }
        self._out = {z: [w for w in ways if w.touches_outside] for z, ways in self._at.items()}
        self._inner = {
            z: [w for w in ways if not w.touches_outside] for z, ways in self._at.items()
        }

    def visit(
        self, came: int, goes: int, rng: random.Random, *, towards: str | None = None
    ) -> Iterator[Passing]:
        """Return what one visitor passes between coming and going.

        `towards` names the inner line that they go for; "": none.
        """
        doors = [way for way in self._at[OUTSIDE] if way.to_zone != OUTSIDE] or self._at[OUTSIDE]
        door = _choose(doors, rng)
        zone = _beyond(door, OUTSIDE)
        yield _pass(door, OUTSIDE, came)
        inner = self._inner[zone]
        wanted = [way for way in inner if way.line == towards]
        goes_on = bool(wanted) or (
            towards is None and inner and rng.random() < INNER_SHARE and goes - came > 600_000
        )
        if goes_on:
            line = _choose(wanted or inner, rng)
            enters = came + int((goes - came) * rng.uniform(0.1, 0.4))
            yield _pass(line, zone, enters)
            inside = _beyond(line, zone)
            if self._out[inside] and rng.random() < 0.3:
                yield _pass(_choose(self._out[inside], rng), inside, goes)
                return
            yield _pass(line, inside, goes - int((goes - enters) * rng.uniform(0.05, 0.3)))
        back = door if rng.random() < 0.8 else _choose(self._out[zone], rng)
        yield _pass(back, zone, goes)


def _choose(lines: list[Line], rng: random.Random) -> Line:
    """Take one; the first that is declared is the one that most people take."""
    if len(lines) == 1:
        return lines[0]
    place = int(rng.random() * (len(lines) + 2))
    return lines[max(0, place - 2)]


def _pass(line: Line, origin: str, at: int) -> Passing:
    return Passing(at, line.line, line.from_zone == origin)


def _beyond(line: Line, zone: str) -> str:
    return line.to_zone if line.from_zone == zone else line.from_zone
