"""What moves on a page between two looks at a venue: a number, a bar, the end of a course. Pure.

A card is sent whole only when its words change. A visitor changes figures: each is the text, or an
attribute, of one element with an id of its own, so that a hundred pages can share a few bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from hub.live.now import VenueNow
from hub.pages.view import (
    CURVE_BASE,
    CURVE_WIDTH,
    NEAR_RATIO,
    use_of,
)

_DAY_SECONDS = 86_400
_HOUR_MS = 3_600_000
_GROW_MS = 300_000
"""A hatched stretch is drawn longer so often."""

Figures = Mapping[str, str]
"""`id` -> text, `id.attribute` -> value."""


@dataclass(frozen=True, slots=True)
class Look:
    """A venue as a page shows it: the form in which it was drawn, and the figures in it."""

    form: object
    """Equal for as long as only figures differ."""
    figures: Figures


def look_at(now: VenueNow, at_ms: int, top: int, *, needs: bool) -> Look:
    """Return what a page shows of a venue, its course drawn up to `top`.

    `needs`: it stands in the attention strip.
    """
    id_, inside, capacity = now.venue.id, now.occupancy, now.venue.capacity
    share = inside / capacity if inside is not None and capacity else 0.0
    is_near = share > NEAR_RATIO
    form = (
        *(now.quality, now.since_ms, now.zero_ms > 0, now.opening, now.trend, now.declared),
        *(now.is_over_capacity, is_near, needs, top, inside is None),
        now.curve,
        # Times of another day are told with their day.
        at_ms // _HOUR_MS,
        (now.heard_ms, now.last_occupancy, at_ms // _GROW_MS) if inside is None else None,
        tuple(zone.occupancy is None for zone in now.zones),
    )
    figures = {f"o-{id_}": "—" if inside is None else f"{inside:,}"}
    if inside is not None:
        figures[f"u-{id_}"] = use_of(now)
        figures[f"f-{id_}.width"] = f"{round(min(100.0, share * 100), 1)}"
        start_s = now.curve[0].at_s if now.curve else at_ms // 1000
        x, y = _place(at_ms // 1000 - start_s, inside, top)
        tail = f"M{x} {y}"
        if now.curve and (last := now.curve[-1]).occupancy is not None:
            from_x, from_y = _place(last.at_s - start_s, last.occupancy, top)
            tail = f"M{from_x} {from_y}L{x} {y}"
        figures[f"t-{id_}.d"] = tail
        figures[f"e-{id_}.cx"], figures[f"e-{id_}.cy"] = str(x), str(y)
    if len(now.zones) > 1:
        for zone in now.zones:
            number = "—" if zone.occupancy is None else f"{zone.occupancy:,}"
            figures[f"z-{id_}-{zone.zone}"] = number
    return Look(form, figures)


def moved(before: Figures, after: Figures) -> dict[str, str]:
    """Return the figures that are others now."""
    return {name: value for name, value in after.items() if before.get(name) != value}


def _place(seconds: int, value: int, top: int) -> tuple[float, float]:
    x = seconds / _DAY_SECONDS * CURVE_WIDTH
    return round(min(x, CURVE_WIDTH), 1), round(CURVE_BASE - value * (CURVE_BASE - 3) / top, 1)
