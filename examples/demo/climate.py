"""The air of a room, in five-minute means: season, weather, heating, people. The same every time.

Museums keep their climate, other rooms follow the season; carbon dioxide follows the people.
"""

import math
import random
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

from contracts.rows import MEASURE_BUCKET_SECONDS
from examples.demo.almanac import at_ms, local_day
from examples.demo.story import Story
from hub.venues import Venue

BUCKET_MS: Final = MEASURE_BUCKET_SECONDS * 1000
_KEEPS_CLIMATE: Final = frozenset({"state_museum", "state_art_museum", "heritage_site_museum"})
_BUCKETS_A_DAY: Final = 86_400 // MEASURE_BUCKET_SECONDS


class Air(NamedTuple):
    """One quantity in one bucket: three samples, of which the middle one is the mean."""

    quantity: str
    samples: tuple[float, float, float]


class Room:
    """The air at one climate sensor."""

    def __init__(self, story: Story, venue: Venue, node: str, sensor: str) -> None:
        self._story = story
        self._venue = venue
        self._sensor = sensor
        self._name = f"{story.seed}/air/{venue.id}/{node}/{sensor}"
        self._day = lru_cache(maxsize=4)(self._make_day)

    def air(self, bucket_ms: int) -> Iterator[Air]:
        """Return what is measured in the five minutes that begin at `bucket_ms`."""
        day = local_day(self._venue, bucket_ms)
        place = (bucket_ms - at_ms(self._venue, day, 0)) // BUCKET_MS
        shift = self._story.shift(self._venue, self._sensor, bucket_ms)
        for quantity, (values, spread, digits) in self._day(day).items():
            mean = round(values[min(place, len(values) - 1)] + shift.get(quantity, 0.0), digits)
            yield Air(quantity, (round(mean - spread, digits), mean, round(mean + spread, digits)))

    def _make_day(self, day: date) -> dict[str, tuple[list[float], float, int]]:
        rng = random.Random(f"{self._name}/{day}")
        outside, damp = _outside(self._story, day)
        keeps = self._venue.kind in _KEEPS_CLIMATE
        openings = self._story.kept(self._venue, day)
        midnight = at_ms(self._venue, day, 0)
        target = 21.5 if keeps else min(26.0, max(20.0, 0.3 * outside + 15.5))
        heat, wet, stale = target, 52.0 if keeps else damp, 430.0
        heats, wets, stales = [], [], []
        for place in range(_BUCKETS_A_DAY):
            hour = place / 12
            at = midnight + place * BUCKET_MS
            is_open = any(o.unlocked <= at < o.locked for o in openings)
            now_outside = outside + 4 * math.sin((hour - 9) / 24 * 2 * math.pi)
            aim = target if is_open or keeps else 0.55 * target + 0.45 * now_outside
            heat += (aim - heat) * 0.06 + rng.gauss(0, 0.03 if keeps else 0.06)
            wet_aim = 52.0 if keeps else damp + (hour - 12) * 0.15
            wet += (wet_aim - wet) * 0.05 + rng.gauss(0, 0.15 if keeps else 0.4)
            crowd = math.sin(max(0.0, min(1.0, (hour - 8) / 12)) * math.pi) if is_open else 0.0
            stale += (430 + 620 * crowd - stale) * 0.05 + rng.gauss(0, 8)
            heats.append(heat)
            wets.append(min(95.0, max(20.0, wet)))
            stales.append(max(400.0, stale))
        day_of_room = {
            "temperature_celsius": (heats, 0.08, 2),
            "humidity_percent": (wets, 0.4, 1),
        }
        if not keeps:
            day_of_room["co2_ppm"] = (stales, 12.0, 0)
        return day_of_room


def _outside(story: Story, day: date) -> tuple[float, float]:
    """Return the day's mean temperature and humidity outdoors, near Shanghai."""
    rng = random.Random(f"{story.seed}/outside/{day}")
    season = math.sin((day.timetuple().tm_yday - 115) / 365 * 2 * math.pi)
    return 17.5 + 11.5 * season + rng.gauss(0, 2), 58 + 8 * season + rng.gauss(0, 5)
