"""Which enrolled features look like those of a frame: a large index, or exact search for few.

OpenCV 5 has an approximate index over bits (Annoy); OpenCV 4 has not, and there every part of the
features is compared.
"""

from pathlib import Path
from typing import Final, Protocol

import cv2
import numpy as np

from kiosk.ar.features import Bits, Numbers
from kiosk.ar.settings import RecogniserSettings

HAS_INDEX: Final = hasattr(cv2, "ANNIndex")

_SEED: Final = 20
_MOST_COMPARED: Final = 100_000
_MOST_ASKED: Final = 400
_FEWEST_INDEXED: Final = 3000


class Neighbours(Protocol):
    """Nearest features of many that stand still."""

    def search(self, bits: Bits, k: int) -> tuple[Numbers, Numbers]:
        """Return indices and distances in bits, both (n, k); index -1 where there is none."""


class AnnNeighbours:
    """The approximate index of OpenCV 5. What is added after it was built is silently ignored."""

    def __init__(self, bits: Bits, settings: RecogniserSettings, file: Path | None = None) -> None:
        """Build over features (n, 32), or take what `save` wrote of the same ones from `file`.

        Raises ValueError for a file of another number of features.
        """
        self._nodes = settings.search_nodes
        self._number = len(bits)
        self._index = cv2.ANNIndex.create(bits.shape[1], cv2.ANNIndex_DIST_HAMMING)
        if file is None:
            self._index.setSeed(_SEED)
            self._index.addItems(np.ascontiguousarray(bits))
            self._index.build(settings.trees)
            return
        try:
            self._index.load(str(file))
        except cv2.error as error:
            raise ValueError(f"{file}: is no index: {error.err}") from error
        if self._index.getItemNumber() != len(bits):
            raise ValueError(f"{file}: is an index of other targets")

    def search(self, bits: Bits, k: int) -> tuple[Numbers, Numbers]:
        """Return indices and distances in bits, both (n, k)."""
        k = min(k, self._number)
        found, far = self._index.knnSearch(bits, k, search_k=self._nodes)
        return np.asarray(found, np.int64), np.asarray(far, np.int64)

    def save(self, file: Path) -> None:
        """Write the index to a file. Raises OSError."""
        try:
            self._index.save(str(file))
        except cv2.error as error:
            raise OSError(f"{file}: cannot be written: {error.err}") from error


class ExactNeighbours:
    """Compares everything; of very many features an even part, and of very many askers, too."""

    def __init__(self, bits: Bits) -> None:
        step = max(1, -(-len(bits) // _MOST_COMPARED))
        self._kept = np.arange(0, len(bits), step)
        self._bits = np.ascontiguousarray(bits[self._kept])

    def search(self, bits: Bits, k: int) -> tuple[Numbers, Numbers]:
        """Return indices and distances in bits, both (n, k); -1 for features not compared."""
        indices = np.full((len(bits), k), -1, np.int64)
        distances = np.full((len(bits), k), 256, np.int64)
        step = 1 if len(self._bits) < 20_000 else -(-len(bits) // _MOST_ASKED)
        asked = np.arange(0, len(bits), step)
        if len(self._bits) and len(asked):
            found, far = nearest(bits[asked], self._bits, k)
            indices[asked, : found.shape[1]] = self._kept[found]
            distances[asked, : far.shape[1]] = far
        return indices, distances


def nearest(asked: Bits, known: Bits, k: int) -> tuple[Numbers, Numbers]:
    """Compare all with all: indices into `known` and distances, both (n, min(k, known))."""
    far, found = cv2.batchDistance(
        asked, known, dtype=cv2.CV_32S, normType=cv2.NORM_HAMMING, K=min(k, len(known))
    )
    return np.asarray(found, np.int64), np.asarray(far, np.int64)


def build_neighbours(bits: Bits, settings: RecogniserSettings) -> Neighbours:
    """Choose by what this OpenCV has, and by whether an index is worth its building."""
    if HAS_INDEX and len(bits) > _FEWEST_INDEXED:
        return AnnNeighbours(bits, settings)
    return ExactNeighbours(bits)
