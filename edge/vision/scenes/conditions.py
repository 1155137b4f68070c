"""What light, lens and mount do to the pictures of a painted door, act by act."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

Gain = tuple[float, float, float]
USUAL_NOISE: Final = 4.0
ACT_SECONDS: Final = 60.0
# Light of a room at night, as a share of the day's.
NIGHT: Final = 0.05


@dataclass(frozen=True, slots=True)
class Conditions:
    """One picture's: gain by channel (BGR), shift in pixels, the share that is covered, noise.

    `noise` is a standard deviation in grey levels, `cover` the grey of what lies over the lens.
    A picture that was `frozen_at` an instant is the picture of that instant.
    """

    gain: Gain = (1.0, 1.0, 1.0)
    shift: tuple[float, float] = (0.0, 0.0)
    covered: float = 0.0
    cover: int = 12
    noise: float = USUAL_NOISE
    frozen_at: float | None = None


#: Gives the conditions at an instant, in seconds from the beginning of the act.
Course = Callable[[float], Conditions]
#: Makes the course of an act.
Disturb = Callable[[np.random.Generator], Course]


def calm(rng: np.random.Generator) -> Course:
    """Leave the pictures as a good camera gives them, with noise."""
    noise = float(np.round(rng.uniform(2.5, 5.0), 1))
    return lambda _: Conditions(noise=noise)


def exposure(rng: np.random.Generator) -> Course:
    """Let an automatic exposure hunt: steps of a tenth of a second, ramps of up to five seconds.

    The gain stays within 0.7 and 1.3; the white balance moves with it by some hundredths.
    """
    instants, gains, now = [0.0], [1.0], 0.0
    while now < ACT_SECONDS:
        now += float(rng.uniform(1.5, 6.0))
        takes = 0.1 if rng.random() < 0.4 else float(rng.uniform(0.5, 5.0))
        instants += [now, now + takes]
        gains += [gains[-1], float(rng.uniform(0.7, 1.3))]
        now += takes
    tints = rng.normal(0, 0.08, 3)

    def course(seconds: float) -> Conditions:
        gain = float(np.interp(seconds, instants, gains))
        b, g, r = (round(gain * (1 + (gain - 1) * float(tint)), 4) for tint in tints)
        return Conditions(gain=(b, g, r))

    return course


def shaking(rng: np.random.Generator) -> Course:
    """Shake the mount: a slow sway, a fast tremor, and knocks that die away; 3 to 6 pixels."""
    reach = float(rng.uniform(3.0, 6.0))
    rates = rng.uniform((0.3, 0.3, 4.0, 4.0), (1.2, 1.2, 7.0, 7.0))
    phases = rng.uniform(0, 2 * np.pi, 4)
    knocks = np.sort(rng.uniform(0, ACT_SECONDS, 8))

    def course(seconds: float) -> Conditions:
        waves = np.sin(2 * np.pi * rates * seconds + phases)
        since = seconds - knocks[knocks <= seconds]
        knock = float(np.exp(-3 * since).sum()) if since.size else 0.0
        strong = min(1.0, 0.35 + knock)
        across = reach * (0.5 * float(waves[0]) + 0.5 * strong * float(waves[2]))
        down = reach * (0.5 * float(waves[1]) + 0.5 * strong * float(waves[3]))
        return Conditions(shift=(round(across, 2), round(down, 2)))

    return course


def switched_lights(rng: np.random.Generator) -> Course:
    """Switch the lights off twice; a lamp that comes back flickers."""
    dark = [(10 + float(rng.uniform(0, 4)), 22.0), (36 + float(rng.uniform(0, 4)), 47.0)]
    night = float(rng.uniform(0.03, 0.12))

    def course(seconds: float) -> Conditions:
        for off, on in dark:
            flickers = on <= seconds < on + 0.8 and int(8 * (seconds - on)) % 2 == 1
            if off <= seconds < on or flickers:
                return Conditions(gain=(night, night, night))
        return Conditions()

    return course


def night(rng: np.random.Generator) -> Course:
    """Leave what an emergency lamp leaves."""
    level = NIGHT * float(rng.uniform(0.6, 1.4))
    return lambda _: Conditions(gain=(level, level, level), noise=3.0)


def covered(rng: np.random.Generator) -> Course:
    """Lay something over the lens from above, within half a second, and take it away."""
    begin, end = 15 + float(rng.uniform(0, 5)), 40 + float(rng.uniform(0, 5))
    grey = int(rng.integers(4, 60))

    def course(seconds: float) -> Conditions:
        laid = min(1.0, max(0.0, (seconds - begin) / 0.5))
        taken = min(1.0, max(0.0, (seconds - end) / 0.5))
        return Conditions(covered=laid - taken, cover=grey)

    return course


def freezing(rng: np.random.Generator) -> Course:
    """Let the camera send one and the same picture again and again for twenty seconds."""
    begin = 15 + float(rng.uniform(0, 10))

    def course(seconds: float) -> Conditions:
        return Conditions(frozen_at=begin if begin <= seconds < begin + 20 else None)

    return course


def clouds(rng: np.random.Generator) -> Course:
    """Let the daylight wander slowly, by a tenth up and down."""
    rate, phase = float(rng.uniform(0.02, 0.06)), float(rng.uniform(0, 6.28))

    def course(seconds: float) -> Conditions:
        gain = round(1 + 0.1 * float(np.sin(2 * np.pi * rate * seconds + phase)), 4)
        return Conditions(gain=(gain, gain, gain))

    return course
