"""Fewer points than were measured, hiding neither a peak nor a gap: least, most and mean of each.

A line of a year has 8 760 hours, a chart some 400 columns. A column tells the least and the most
of what lies in it, so that no peak is lost, and for how long of it nothing was known.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

MOST_COLUMNS: Final = 400
"""As many as a chart on a wide screen has columns of two pixels or more."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of seconds with its values; all None: nobody knows."""

    at_s: int
    until_s: int
    least: float | None
    mean: float | None
    most: float | None
    is_sure: bool = True
    """The value stands, or something before it was missed."""


@dataclass(frozen=True, slots=True)
class Column:
    """What a chart shows in one of its columns."""

    at_s: int
    until_s: int
    least: float | None
    mean: float | None
    most: float | None
    unknown_s: float
    """For how long of it nothing was known."""
    is_sure: bool = True


def column_edges(start_s: int, end_s: int, columns: int, step_s: int = 1) -> list[int]:
    """Return the borders of at most `columns` equal columns, each some `step_s` wide."""
    steps = -(-(end_s - start_s) // step_s)
    width = max(1, -(-steps // columns)) * step_s
    return [*range(start_s, end_s, width), end_s]


def decimate(pieces: Iterable[Piece], edges: Sequence[int]) -> list[Column]:
    """Put pieces, in order of time, into the columns between edges; a piece may span several."""
    result: list[Column] = []
    waiting = iter(pieces)
    piece = next(waiting, None)
    for start, end in pairwise(edges):
        inside: list[tuple[Piece, int]] = []
        while piece is not None and piece.at_s < end:
            length = min(piece.until_s, end) - max(piece.at_s, start)
            if length > 0:
                inside.append((piece, length))
            if piece.until_s > end:
                break
            piece = next(waiting, None)
        result.append(_column(start, end, inside))
    return result


def _column(start: int, end: int, inside: Sequence[tuple[Piece, int]]) -> Column:
    told = [(piece, length) for piece, length in inside if piece.mean is not None]
    unknown = sum(length for piece, length in inside if piece.mean is None)
    if not told:
        return Column(start, end, None, None, None, unknown)
    weight = sum(length for _, length in told)
    return Column(
        start,
        end,
        min(piece.least for piece, _ in told if piece.least is not None),
        sum((piece.mean or 0.0) * length for piece, length in told) / weight,
        max(piece.most for piece, _ in told if piece.most is not None),
        unknown,
        is_sure=all(piece.is_sure for piece, _ in told),
    )
