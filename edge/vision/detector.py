"""The port behind which visitors are found in a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edge.counting.geometry import Box, PersonSize, Point

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Detection:
    """One visitor in one picture: a normalised box and how sure the detector is, from 0 to 1.

    `is_part` tells that it was cut out of something larger, by guess.
    """

    box: Box
    score: float = 1.0
    is_part: bool = False


class Detector(Protocol):
    """Finds visitors. Called with every processed picture, in order.

    `pieces` are (box, area as a share of the frame) of what it saw in the latest picture before it
    merged or split anything; the size of a person is learned from them. A detector that needs no
    size leaves them empty. `changed` is the share of the picture that differs from the background,
    `is_flooded` that it was too much to find anybody in.
    """

    pieces: list[tuple[Box, float]]
    changed: float
    is_flooded: bool

    def detect(
        self, image: Image, at_seconds: float, expected: Sequence[Point] = ()
    ) -> list[Detection]:
        """Give the visitors in a BGR picture (height, width, 3).

        `at_seconds` never decreases. `expected` are normalised centres where tracked visitors
        should be now; a detector may use them to tell merged visitors apart, or leave them.
        """
        ...

    def resize_person(self, person: PersonSize) -> None:
        """Take a newly calibrated person size."""
        ...
