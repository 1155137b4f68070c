"""A film of hand-held postcards as a camera gives it: drawn before, coded as JPEGs, with its truth.

A camera draws nothing on the processor that looks through it; what it costs there is one JPEG to be
decoded for each frame, and so it is here.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from examples.ar_scenes.view import Placed
from examples.demo.postcard_film import PostcardFilm
from examples.demo.postcards import the_film
from kiosk.ar.frames import Frame, Image, SyntheticSource
from kiosk.ar.pictures import as_jpeg, read_picture
from tests.integration.kiosk.camera import stamped

FPS: Final = 30.0
BEGAN: Final = 0.5
"""Seconds of the film at which the reel begins."""
_QUALITY: Final = 95


@dataclass
class Reel:
    """A film that was drawn and coded before: what a camera sends, over and over.

    Frame k is of the instant `BEGAN` + k / `FPS` of the film, and says k in its corner.
    """

    film: PostcardFilm
    jpegs: Sequence[bytes]

    @property
    def size(self) -> tuple[int, int]:
        return self.film.size

    def picture(self, seconds: float) -> Image | None:
        return read_picture(self.jpegs[round(seconds * FPS) % len(self.jpegs)])

    def held(self, number: int) -> Placed | None:
        return self.film.held(BEGAN + number / FPS)


@dataclass
class Noted:
    """The kiosk's camera; notes of each frame which of the reel it is, and its instant."""

    reel: Reel
    source: SyntheticSource = field(init=False)
    frames: dict[int, tuple[int, float]] = field(default_factory=dict)
    """By number: the frame of the reel, and Unix seconds at which it was due."""

    def __post_init__(self) -> None:
        self.source = SyntheticSource(self.reel, fps=FPS)
        self._first: float | None = None

    @property
    def size(self) -> tuple[int, int]:
        return self.reel.size

    def read(self) -> Frame | None:
        frame = self.source.read()
        if frame is not None:
            self._first = frame.at if self._first is None else self._first
            which = round((frame.at - self._first) * FPS) % len(self.reel.jpegs)
            self.frames[frame.number] = which, time.time() - time.monotonic() + frame.at
        return frame

    def close(self) -> None:
        self.source.close()


def drawn_reel(seconds: float) -> Reel:
    """Draw the sample pack's film, at most as long as its frames' numbers fit into a corner."""
    film = the_film()
    count = round(seconds * FPS)
    drawn = (stamped(film.picture(BEGAN + k / FPS), k) for k in range(count))
    return Reel(film, [as_jpeg(image, _QUALITY) for image in drawn])
