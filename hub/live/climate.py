"""The newest means of a venue's climate sensors, as far as they are of now. Pure."""

from collections.abc import Iterable, Mapping
from typing import Final

from hub.live.now import ClimateNow
from hub.store.port import SeriesKey
from hub.venues import Venue

CLIMATE: Final = "climate"
"""The kind of a declared sensor that measures climate."""
FRESH_SECONDS: Final = 900
"""A mean whose five minutes began earlier says nothing of now: two of them never came."""
AHEAD_SECONDS: Final = 300
"""A bucket that begins further ahead was named by a clock that is wrong."""

QUANTITIES: Final[Mapping[str, tuple[str, str, str]]] = {
    "temperature_celsius": ("温度", "Temperature", "°C"),
    "humidity_percent": ("相对湿度", "Relative humidity", "%"),
    "co2_ppm": ("二氧化碳", "Carbon dioxide", "ppm"),
    "pm2_5_micrograms_per_m3": ("细颗粒物 PM2.5", "Fine particles, PM2.5", "µg/m³"),
    "pm10_micrograms_per_m3": ("可吸入颗粒物 PM10", "Particles, PM10", "µg/m³"),
    "present": ("区域内人数", "Present in a zone", ""),
    "dwell_seconds": ("停留时间", "Dwell", "s"),
}
"""Chinese, English, unit."""

Mean = tuple[int, float]
"""A bucket's first second, Unix time, and its mean."""


def quantity_name(quantity: str) -> tuple[str, str, str]:
    """Return what a quantity is called and its unit; an unknown one is called as it is written."""
    return QUANTITIES.get(quantity) or (quantity, quantity.replace("_", " "), "")


class Climate:
    """What the declared climate sensors of one venue measured last."""

    def __init__(self, venue: Venue) -> None:
        self._sensors = {(s.node, s.sensor) for s in venue.sensors if s.kind == CLIMATE}
        self._means: dict[tuple[str, str, str], Mean] = {}

    def measured(self, node: str, sensor: str, quantity: str, mean: Mean, now_s: int) -> None:
        """Take a bucket's mean; an earlier bucket is history, a later word on the same wins."""
        if (node, sensor) not in self._sensors or mean[0] > now_s + AHEAD_SECONDS:
            return
        known = self._means.get((node, sensor, quantity))
        if known is None or mean[0] >= known[0]:
            self._means[node, sensor, quantity] = mean

    def now(self, now_s: int) -> tuple[ClimateNow, ...]:
        """Return what is of now, in order of node, sensor and quantity."""
        return tuple(
            ClimateNow(node, sensor, quantity, round(mean, 2), at_s * 1000)
            for (node, sensor, quantity), (at_s, mean) in sorted(self._means.items())
            if at_s > now_s - FRESH_SECONDS
        )

    def series(self, keys: Iterable[SeriesKey]) -> list[SeriesKey]:
        """Return those of the venue's series that hold what its climate sensors measured."""
        return [key for key in keys if (key.node, key.name.partition(".")[0]) in self._sensors]
