"""What was measured: least, mean and most of hours, days or weeks, and its limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hub.history.decimation import Piece
from hub.store.port import Bucket

LIMITS: Final[Mapping[str, tuple[float, float]]] = {
    "temperature_celsius": (16.0, 28.0),
    "humidity_percent": (30.0, 65.0),
    "co2_ppm": (0.0, 1000.0),
}
"""Between these people and paper are well; drawn for comparison, no rule is judged by them."""


@dataclass(frozen=True, slots=True)
class Climate:
    """One quantity of one sensor; a piece without a value: nothing was measured."""

    node: str
    sensor: str
    quantity: str
    pieces: tuple[Piece, ...]

    @property
    def limits(self) -> tuple[float, float] | None:
        """Return the limits of the quantity."""
        return LIMITS.get(self.quantity)


def climate_pieces(
    hours: Sequence[Bucket], stretches: Sequence[tuple[int, int]], now_s: int
) -> tuple[Piece, ...]:
    """Return one piece a stretch that has begun, from hours of (n, total, least, most)."""
    result: list[Piece] = []
    index = 0
    for at, until in stretches:
        if at >= now_s:
            break
        inside: list[tuple[float, ...]] = []
        while index < len(hours) and hours[index].at < until:
            if hours[index].at >= at:
                inside.append(hours[index].values)
            index += 1
        count = sum(values[0] for values in inside)
        if not count:
            result.append(Piece(at, min(until, now_s), None, None, None))
            continue
        result.append(
            Piece(
                at,
                min(until, now_s),
                min(values[2] for values in inside),
                sum(values[1] for values in inside) / count,
                max(values[3] for values in inside),
            )
        )
    return tuple(result)
