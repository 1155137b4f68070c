"""A believable day of a venue: who passes which line when. The same seed gives the same day.

Visitors come in two waves, before noon and after it, more of them at weekends; they stay as long as
one stays in such a place, some go on into an inner zone, and the last ones leave a little after
closing.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hub.venues import OUTSIDE, Line, Venue

MINUTE_MS = 60_000
INNER_SHARE = 0.35
"""How many of those who could go on into an inner zone do."""


@dataclass(frozen=True, slots=True, order=True)
class Passing:
    """Somebody passes a counting line, in its direction (`is_in`) or against it."""

    at_ms: int
    line: str
    is_in: bool


@dataclass(frozen=True, slots=True)
class Habits:
    """How a kind of venue is visited: visitors on a working day, minutes that they stay."""

    visitors: int
    stay_minutes: float
    weekend_factor: float = 1.5


HABITS = {
    "district_library": Habits(1500, 95),
    "town_library": Habits(320, 80),
    "state_museum": Habits(560, 70, 2.0),
    "state_art_museum": Habits(190, 50, 2.0),
    "district_cultural_centre": Habits(480, 100, 1.3),
}
OTHERS = Habits(120, 45)


def day_of(venue: Venue, day: date, seed: int) -> list[Passing]:
    """Return everything that passes on a local day, in order of time."""
    rng = random.Random(f"{seed}/{venue.id}/{day}")
    habits = HABITS.get(venue.kind, OTHERS)
    sessions = [(at_ms(venue, day, o), at_ms(venue, day, c)) for o, c in hours_of(venue, day)]
    open_ms = sum(closes - opens for opens, closes in sessions)
    passings: list[Passing] = []
    for opens, closes in sessions:
        mean = habits.visitors * (closes - opens) / open_ms * rng.uniform(0.85, 1.15)
        mean *= habits.weekend_factor if day.weekday() >= 5 else 1.0
        for _ in range(round(mean)):
            passings.extend(_visit(venue, habits, opens, closes, rng))
    return sorted(passings)


def hours_of(venue: Venue, day: date) -> tuple[tuple[int, int], ...]:
    """Return the declared sessions of a day, in minutes of it."""
    return venue.hours[day.weekday()]


def at_ms(venue: Venue, day: date, minute: int) -> int:
    """Return the Unix milliseconds of a minute of a local day."""
    midnight = datetime.combine(day, time(), ZoneInfo(venue.timezone))
    return int((midnight + timedelta(minutes=minute)).timestamp() * 1000)


def _visit(
    venue: Venue, habits: Habits, opens: int, closes: int, rng: random.Random
) -> Iterator[Passing]:
    came = opens + round(_arrival(rng) * (closes - opens))
    stay = max(3.0, rng.lognormvariate(math.log(habits.stay_minutes * 0.8), 0.7))
    goes = came + round(stay * MINUTE_MS)
    # Whoever is still there is asked to go around closing time.
    goes = min(goes, closes + round(rng.triangular(-20, 9, 2) * MINUTE_MS))
    goes = max(goes, came + 90_000)
    door = _choose(_lines_at(venue, OUTSIDE), rng)
    yield _pass(door, OUTSIDE, came)
    zone = _beyond(door, OUTSIDE)
    inner = [line for line in _lines_at(venue, zone) if not line.touches_outside]
    if inner and rng.random() < INNER_SHARE and goes - came > 10 * MINUTE_MS:
        line = _choose(inner, rng)
        enters = came + round((goes - came) * rng.uniform(0.1, 0.4))
        yield _pass(line, zone, enters)
        inside = _beyond(line, zone)
        ways_out = [way for way in _lines_at(venue, inside) if way.touches_outside]
        if ways_out and rng.random() < 0.3:
            yield _pass(_choose(ways_out, rng), inside, goes)
            return
        yield _pass(line, inside, goes - round((goes - enters) * rng.uniform(0.05, 0.3)))
    doors = [line for line in _lines_at(venue, zone) if line.touches_outside]
    yield _pass(door if rng.random() < 0.8 else _choose(doors, rng), zone, goes)


def _arrival(rng: random.Random) -> float:
    """Return when somebody comes, as a share of the session."""
    while True:
        share = rng.random()
        morning = math.exp(-(((share - 0.16) / 0.12) ** 2))
        afternoon = 0.9 * math.exp(-(((share - 0.52) / 0.16) ** 2))
        # Nobody sets out for a place that is about to close.
        late = min(1.0, max(0.0, (0.95 - share) / 0.2))
        if rng.random() * 1.2 < (morning + afternoon + 0.15) * late:
            return share


def _lines_at(venue: Venue, zone: str) -> list[Line]:
    return [line for line in venue.lines if zone in {line.from_zone, line.to_zone}]


def _choose(lines: list[Line], rng: random.Random) -> Line:
    """Take one; the first that is declared is the one that most people take."""
    weights = [3.0 if place == 0 else 1.0 for place in range(len(lines))]
    return rng.choices(lines, weights)[0]


def _pass(line: Line, origin: str, at: int) -> Passing:
    return Passing(at, line.line, is_in=line.from_zone == origin)


def _beyond(line: Line, zone: str) -> str:
    return line.to_zone if line.from_zone == zone else line.from_zone
