"""What would help who holds a target before the camera. Pure."""

from dataclasses import dataclass

from kiosk.ar.settings import EngineSettings
from kiosk.ar.sight import Hint


@dataclass(frozen=True)
class Place:
    """How a target lies in a frame: `share` of the frame's area, `tilt` in degrees."""

    share: float
    tilt: float


@dataclass(frozen=True)
class Light:
    """How a frame looks: mean grey level, and variance of its Laplacian."""

    level: float
    sharpness: float


def hint_of(
    seen: tuple[Place, ...], lost: Place | None, light: Light, settings: EngineSettings
) -> Hint:
    """Say what would help: for what is seen, for what was just lost, or for the frame.

    `lost` is how the last target lay before it went out of sight.
    """
    if seen:
        best = max(seen, key=lambda place: place.share)
        return _about(best, settings) or Hint.NONE
    if light.level < settings.dark_level or light.level > settings.bright_level:
        return Hint.LIGHT
    if lost is not None:
        return _about(lost, settings) or Hint.STEADIER
    return Hint.STEADIER if light.sharpness < settings.blurred_level else Hint.SEARCHING


def _about(place: Place, settings: EngineSettings) -> Hint | None:
    if place.tilt > settings.steep_degrees:
        return Hint.FLATTER
    if place.share < settings.small_share:
        return Hint.CLOSER
    return Hint.FARTHER if place.share > settings.large_share else None
