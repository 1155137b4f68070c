"""The statement of an audit: in a terminal, and as a page to print, Chinese and English."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from rich.table import Table

from edge.audit.record import Record
from edge.counting.accuracy import Interval
from edge.counting.geometry import Direction
from edge.pages import render

_PLOT: Final = (680, 150)
_MOST_STEPS: Final = 400


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the plot: the points of a growing total."""

    name: str
    points: str


def page(record: Record) -> str:
    """Return the page."""
    found = record.accuracy()
    width, height = _PLOT
    most = max(len(record.taps), len(record.counted), 1)
    steps = [
        Step(name, _growing([at for at, _ in marks], record.seconds, most))
        for name, marks in (("tapped", record.taps), ("counted", record.counted))
    ]
    return render(
        "statement.html",
        record=record,
        found=found,
        rows=[
            ("进", "in", found.ways[Direction.IN]),
            ("出", "out", found.ways[Direction.OUT]),
            ("合计", "both", found.both),
        ],
        began=record.began_at.strftime("%Y-%m-%d %H:%M"),
        minutes=f"{record.seconds / 60:.0f}"
        if record.seconds >= 60
        else f"{record.seconds / 60:.1f}",
        gap_seconds=round(sum(until - since for since, until in record.gaps)),
        recall=_shares(found.recall),
        precision=_shares(found.precision),
        error=_signed(found.count_error),
        steps=steps,
        width=width,
        height=height,
        most=most,
    )


def table(record: Record) -> Table:
    """Return the statement for a terminal."""
    found = record.accuracy()
    shown = Table(
        title=f"{record.venue}/{record.node}  {record.camera} / {record.line}  "
        f"{record.began_at:%Y-%m-%d %H:%M}, {record.seconds / 60:.1f} min",
        title_justify="left",
        caption=_caption(record),
        caption_justify="left",
    )
    for name in ("", "tapped", "counted", "matched", "missed", "false"):
        shown.add_column(name, justify="right" if name else "left")
    for name, way in (*((w.value, found.ways[w]) for w in Direction), ("both", found.both)):
        numbers = (way.tapped, way.counted, way.matched, way.missed, way.false)
        shown.add_row(name, *map(str, numbers))
    return shown


def _caption(record: Record) -> str:
    found = record.accuracy()
    lines = [
        f"error of the count   {_signed(found.count_error)}",
        f"counted of tapped    {_shares(found.recall)}",
        f"tapped of counted    {_shares(found.precision)}",
        f"occupancy drifted by {found.drift:+d}; counted the wrong way: {found.turned}",
    ]
    if found.lateness_seconds is not None:
        lines.append(f"taps came {found.lateness_seconds:.1f} s after the crossing (median)")
    if found.left_out:
        lines.append(f"left out, since the camera gave nothing: {found.left_out}")
    if found.is_few:
        lines.append("few were tapped: a hundred or more make the intervals narrow")
    return "\n".join([*lines, "in brackets: 95 % confidence"])


def _shares(interval: Interval | None) -> str:
    if interval is None:
        return "–"
    value, low, high = (f"{100 * part:.1f}" for part in interval)
    return f"{value} % ({low} – {high})"


def _signed(interval: Interval | None) -> str:
    if interval is None:
        return "–"
    value, low, high = (f"{100 * part:+.1f}".replace("-", "−") for part in interval)
    return f"{value} % ({low} – {high})"


def _growing(instants: list[float], seconds: float, most: int) -> str:
    """Return a staircase from nothing to all, as the points of a polyline."""
    width, height = _PLOT
    told = sorted(instants)
    thin = max(1, len(told) // _MOST_STEPS)
    places = [(0.0, 0)]
    places += [(at, number) for number, at in enumerate(told, 1) if number % thin == 0]
    places.append((seconds, len(told)))
    corners: list[tuple[float, float]] = [places[0]]
    for (_, before), (at, after) in pairwise(places):
        corners += [(at, before), (at, after)]
    scale = max(seconds, 1e-6)
    return " ".join(
        f"{min(at / scale, 1) * width:.1f},{height - number / most * height:.1f}"
        for at, number in corners
    )
