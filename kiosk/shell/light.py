"""Whether the panel is lit. Pure."""

from dataclasses import dataclass
from typing import Final

from contracts.hours import PublicHours, hours_now

_MINUTE: Final = 60


@dataclass(frozen=True, slots=True)
class LightRules:
    """When the panel is lit; `is_ever_dark` is false where it always is."""

    is_ever_dark: bool = True
    before_minutes: int = 15
    after_minutes: int = 15
    touch_seconds: float = 120.0


def is_lit_by_hours(hours: PublicHours | None, now_s: int, rules: LightRules) -> bool:
    """Tell whether the panel is lit by the venue's hours at an instant, Unix seconds.

    Who does not know the hours keeps it lit: a dark kiosk looks broken.
    """
    if not rules.is_ever_dark or hours is None or not hours.is_declared:
        return True
    if not hours.from_s <= now_s < hours.until_s:
        return True
    if hours_now(hours, now_s).is_open:
        return True
    before, after = rules.before_minutes * _MINUTE, rules.after_minutes * _MINUTE
    return any(opens - before <= now_s < closes + after for opens, closes in hours.sessions)


def is_lit(*, by_hours: bool, used_seconds: float | None, rules: LightRules) -> bool:
    """Tell whether it is lit: by its hours, or while somebody used it `used_seconds` ago."""
    return by_hours or (used_seconds is not None and used_seconds < rules.touch_seconds)
