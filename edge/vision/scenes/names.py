"""How painted doors are named: `scene:SEED` or `scene:NAME:SEED[:HEIGHT]`. Needs no OpenCV."""

import math
from typing import Final, NamedTuple

from edge.vision.scenes.view import HIGHEST, LOWEST

PREFIX: Final = "scene:"
NAMES: Final = (
    "single",
    "groups",
    "shadows",
    "exposure",
    "shake",
    "standing",
    "crowd",
    "stream",
    "dense",
    "oblique",
    "lights",
    "covered",
    "empty",
    "frozen",
    "dark",
    "day",
)


class SceneName(NamedTuple):
    """What a name says; `kind` None is the small door of `scene:SEED`, `height` is in metres."""

    kind: str | None
    seed: int
    height: float | None = None


def parse_scene(spec: str) -> SceneName:
    """Read a name; raises ValueError with a sentence that says what is wrong with it."""
    parts = spec.removeprefix(PREFIX).split(":")
    kind = None if len(parts) == 1 else parts.pop(0)
    seed, *rest = parts
    if kind is not None and kind not in NAMES:
        raise ValueError(f"no scene is named {kind!r}: there are {', '.join(NAMES)}")
    if not (seed.isascii() and seed.isdecimal()) or len(seed) > 18 or len(rest) > 1:
        raise ValueError(
            "a scene is named by a whole number, as in scene:7, "
            "or by what happens in it too, as in scene:crowd:7"
        )
    return SceneName(kind, int(seed), _height(rest[0]) if rest else None)


def _height(text: str) -> float:
    try:
        height = float(text)
    except ValueError:
        height = math.nan
    if not LOWEST <= height <= HIGHEST:
        raise ValueError(
            f"the height of a scene's camera is {LOWEST:g} to {HIGHEST:g} metres, not {text}"
        )
    return height
