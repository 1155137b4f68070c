"""The air: when to ventilate, when it is too warm or too cold; each has two limits. Pure."""

from dataclasses import replace

from kiosk.room.events import AirNow
from kiosk.room.settings import RoomSettings
from kiosk.room.state import Air
from kiosk.session.moment import Moment


def measured(air: Air, event: AirNow, moment: Moment) -> Air:
    """Take what a sensor says; what it does not measure stays."""
    now = moment.monotonic
    if event.celsius is not None:
        air = replace(air, celsius=event.celsius, celsius_at=now)
    if event.co2_ppm is not None:
        air = replace(air, co2_ppm=event.co2_ppm, co2_at=now)
    return air


def advised(air: Air, moment: Moment, settings: RoomSettings) -> Air:
    """Return it with its advice; of what was not measured lately there is none."""
    now = moment.monotonic
    if air.co2_ppm is not None and now - air.co2_at > settings.air_seconds:
        air = replace(air, co2_ppm=None)
    if air.celsius is not None and now - air.celsius_at > settings.air_seconds:
        air = replace(air, celsius=None)
    co2, celsius, margin = air.co2_ppm, air.celsius, settings.air_margin_celsius
    limit = settings.co2_low_ppm if air.is_stale_air else settings.co2_high_ppm
    is_stale = co2 is not None and co2 >= limit
    warm = settings.warm_celsius - (margin if air.is_too_warm else 0)
    is_warm = celsius is not None and celsius >= warm
    cold = settings.cold_celsius + (margin if air.is_too_cold else 0)
    is_cold = celsius is not None and celsius <= cold
    if (is_stale, is_warm, is_cold) == (air.is_stale_air, air.is_too_warm, air.is_too_cold):
        return air
    return replace(air, is_stale_air=is_stale, is_too_warm=is_warm, is_too_cold=is_cold)
