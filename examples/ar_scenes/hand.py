"""A card held in a hand before a camera: it moves as a hand does, and is put away now and then."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from examples.ar_scenes.covers import clutter
from examples.ar_scenes.view import ORDINARY, Conditions, Image, Placed, place, render, turned
from kiosk.ar.camera_model import CameraModel


@dataclass(frozen=True, eq=False)
class HandHeld:
    """A scene of one picture, of `width_mm`, that moves with `pace` (0: it lies still).

    It is out of sight in the spans `away` (seconds). Of 30 frames a second each has its own noise.
    """

    picture_held: Image
    width_mm: float
    camera: CameraModel
    seed: int
    pace: float = 1.0
    range_mm: float = 320.0
    conditions: Conditions = ORDINARY
    away: Sequence[tuple[float, float]] = ()
    seconds: float = math.inf
    _background: list[Image] = field(default_factory=list)

    @property
    def size(self) -> tuple[int, int]:
        """Return width and height in pixels."""
        return self.camera.size

    def placed(self, seconds: float) -> Placed | None:
        """Return where the card is at an instant, None while it is away."""
        if any(begin <= seconds < end for begin, end in self.away):
            return None
        rng = np.random.default_rng([19, self.seed])
        phase = rng.uniform(0, 2 * np.pi, 6)
        spin, direction = rng.uniform(-25, 25), rng.uniform(0, 360)
        s = seconds * self.pace
        turn = turned(
            18 + 14 * math.sin(1.7 * s + phase[0]),
            direction + 30 * math.sin(0.7 * s + phase[1]),
            spin + 14 * math.sin(1.3 * s + phase[2]),
        )
        centre = (
            28 * math.sin(1.9 * s + phase[3]) + 3 * math.sin(9 * s),
            20 * math.sin(2.3 * s + phase[4]) + 2 * math.sin(11 * s),
            self.range_mm * (1 + 0.12 * math.sin(1.1 * s + phase[5])),
        )
        return place(self.picture_held, self.width_mm, turn, centre)

    def picture(self, seconds: float) -> Image | None:
        """Draw what the camera sees at an instant, None after the end."""
        if seconds >= self.seconds:
            return None
        if not self._background:
            width, height = self.camera.size
            self._background.append(clutter(self.seed, width // 2, height // 2))
        placed = self.placed(seconds)
        frame = self.seed * 100_000 + round(seconds * 30)
        shown = [] if placed is None else [placed]
        return render(self.camera, shown, frame, self.conditions, self._background[0])
