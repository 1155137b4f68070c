"""What can be evaluated: a clip and its truth file, or a painted door that knows its own truth."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from edge.counting.geometry import PersonSize
from edge.counting.scoring import TOLERANCE_SECONDS
from edge.errors import EvaluationError
from edge.evaluate.truth import Truth
from edge.vision.capture import film_length, read_file, scene_of
from edge.vision.frames import Frame
from edge.vision.scene import SCENE_LINE, SCENE_PERSON, Scene
from edge.vision.scenes.catalogue import KINDS, StagedScene

CLOSE: Final = 0.1
"""Within this share two counts of frames, or two durations, are of one recording."""
SCENE_SECONDS: Final = 120.0


@dataclass(frozen=True)
class Footage:
    """Pictures that can be read again and again, and what is true of them.

    `read` takes the most frames a second and gives frames with media time, or raises SourceError.
    `seconds` is how long it is, as far as is known. `person` is used when no size can be learned.
    """

    name: str
    truth: Truth
    read: Callable[[float], Iterator[Frame]]
    seconds: float | None = None
    person: PersonSize | None = None

    def check(self, end_seconds: float) -> None:
        """Raise EvaluationError when the footage ended before its truth does."""
        last = max((t.at_seconds for t in self.truth.crossings), default=0.0)
        if last > end_seconds + TOLERANCE_SECONDS:
            raise EvaluationError(
                f"clip {self.name}: ends at {end_seconds:.1f} s, but its truth has a crossing at "
                f"{last:.1f} s: they do not belong together, or the clip is damaged"
            )


def of_clip(clip: Path, truth: Truth) -> Footage:
    """Give a video file as footage; raises SourceError when it cannot be opened."""
    length = film_length(clip)
    fps = _time_axis(length, truth)

    def read(max_fps: float) -> Iterator[Frame]:
        return read_file(clip, fps=fps, max_fps=max_fps)

    return Footage(clip.name, truth, read, None if length is None else length[1])


def of_scene(spec: str, seconds: float | None = None) -> Footage:
    """Give a painted door as footage of some seconds, or as long as its kind is usually.

    Raises SourceError for a name that there is not.
    """
    scene = scene_of(spec)
    if isinstance(scene, StagedScene):
        end = seconds or KINDS[scene.name].seconds
        line, person = scene.line, scene.person
    else:
        end = seconds or SCENE_SECONDS
        line, person = SCENE_LINE, SCENE_PERSON
    whole: Scene | StagedScene = replace(scene, seconds=end)

    def read(max_fps: float) -> Iterator[Frame]:
        some = replace(whole, fps=min(whole.fps, max_fps))
        return (Frame(image, at_seconds) for image, at_seconds in some.frames())

    truth = Truth(line, tuple(whole.crossings()), whole.fps)
    return Footage(spec, truth, read, end, person)


def _time_axis(length: tuple[int, float] | None, truth: Truth) -> float | None:
    """Return the rate that times the clip's frames; None where the clip's own times do."""
    if truth.fps is None or truth.frames is None or length is None:
        return truth.fps
    frames, seconds = length
    # Containers round their count of frames, and some leave the last ones out.
    is_as_annotated = abs(frames / truth.frames - 1) < CLOSE
    is_as_long = abs(seconds / (truth.frames / truth.fps) - 1) < CLOSE
    # The same minutes in another number of frames: the clip was made anew at another rate.
    return None if is_as_long and not is_as_annotated else truth.fps
