"""Every chart as a table: the same rows that a page lists, that JSON and CSV carry. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from hub.history.decimation import Column, Piece, decimate
from hub.history.footfall import Slot
from hub.history.read import History

Cell = int | float | str | None
FieldKind = Literal["instant", "count", "number", "percent", "code"]
"""`instant` is Unix seconds; `code` a word that stands for something; None is not known."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a table; `unit` as it is written beside the name."""

    name: str
    kind: FieldKind
    unit: str = ""

    @property
    def heading(self) -> str:
        """Return the name with its unit."""
        return f"{self.name} ({self.unit})" if self.unit else self.name


@dataclass(frozen=True, slots=True)
class Table:
    """A chart's rows."""

    name: str
    fields: tuple[Field, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def told(self, zone: ZoneInfo) -> Iterator[tuple[Cell | datetime, ...]]:
        """Yield the headings and the rows, instants as the clock of a zone shows them."""
        yield tuple(field.heading for field in self.fields)
        for row in self.rows:
            yield tuple(
                datetime.fromtimestamp(value, zone)
                if field.kind == "instant" and isinstance(value, int)
                else value
                for field, value in zip(self.fields, row, strict=True)
            )


_FROM, _UNTIL = Field("from", "instant", "ISO 8601"), Field("until", "instant", "ISO 8601")
_WATCHED, _QUALITY = Field("watched", "percent", "%"), Field("quality", "code")


def footfall_table(history: History) -> Table:
    """Return who came and left; with the habit of the weekday where the range is a day."""
    fields = [_FROM, _UNTIL, Field("entered", "count", "people"), Field("left", "count", "people")]
    rows: list[tuple[Cell, ...]] = [
        (slot.at_s, slot.until_s, slot.entered, slot.left) for slot in history.footfall
    ]
    if history.typical is not None and history.step == "hour":
        fields += [
            Field("typical_10", "number", "people"),
            Field("typical_median", "number", "people"),
            Field("typical_90", "number", "people"),
        ]
        by_hour = {hour.hour: hour for hour in history.typical.hours}
        zone = history.zone
        habits = [
            by_hour[datetime.fromtimestamp(slot.at_s, zone).hour] for slot in history.footfall
        ]
        rows = [(*row, h.low, h.median, h.high) for row, h in zip(rows, habits, strict=True)]
    shares = [
        _whole_share(slot) if history.step == "hour" else slot.share for slot in history.footfall
    ]
    return Table(
        "footfall",
        (*fields, _WATCHED, _QUALITY),
        tuple(
            (*row, percent(share), slot.quality)
            for row, share, slot in zip(rows, shares, history.footfall, strict=True)
        ),
    )


def occupancy_table(history: History, most_rows: int | None = None) -> Table:
    """Return least, mean and most inside of each stretch that has begun, raw and corrected."""
    begun = sum(column.at_s < history.now_s for column in history.course)
    raw, even = list(history.course[:begun]), list(history.corrected[:begun])
    if most_rows is not None:
        raw, even = merged(raw, most_rows), merged(even, most_rows)
    return Table(
        "occupancy",
        (
            _FROM,
            _UNTIL,
            Field("least", "count", "people"),
            Field("mean", "number", "people"),
            Field("most", "count", "people"),
            Field("corrected", "number", "people, mean"),
            Field("unknown", "count", "s"),
            _QUALITY,
        ),
        tuple(
            (
                column.at_s,
                column.until_s,
                _whole(column.least),
                rounded(column.mean),
                _whole(column.most),
                rounded(corrected.mean),
                int(column.unknown_s),
                column_quality(column),
            )
            for column, corrected in zip(raw, even, strict=True)
        ),
    )


def week_table(history: History) -> Table:
    """Return the week's map, a row an hour of the clock of a weekday (1: Monday)."""
    return Table(
        "week",
        (
            Field("weekday", "count", "1 = Monday"),
            Field("hour", "count", "local"),
            Field("entered", "number", "people, mean"),
            Field("hours", "count", "in the mean"),
            Field("left_out", "count", "hours not watched"),
            _QUALITY,
        ),
        tuple(
            (
                cell.weekday + 1,
                cell.hour,
                rounded(cell.entered),
                cell.hours,
                cell.left_out,
                cell.quality,
            )
            for row in history.heat
            for cell in row
        ),
    )


def climate_table(history: History) -> Table:
    """Return what was measured, one series after the other."""
    return Table(
        "climate",
        (
            Field("node", "code"),
            Field("sensor", "code"),
            Field("quantity", "code"),
            _FROM,
            _UNTIL,
            Field("least", "number", "unit of the quantity"),
            Field("mean", "number", "unit of the quantity"),
            Field("most", "number", "unit of the quantity"),
            _QUALITY,
        ),
        tuple(
            (
                series.node,
                series.sensor,
                series.quantity,
                piece.at_s,
                piece.until_s,
                rounded(piece.least),
                rounded(piece.mean),
                rounded(piece.most),
                "unknown" if piece.mean is None else "known",
            )
            for series in history.climate
            for piece in series.pieces
        ),
    )


def coverage_table(history: History) -> Table:
    """Return of each day how long it was declared open, and how much of that was watched."""
    return Table(
        "coverage",
        (
            _FROM,
            _UNTIL,
            Field("declared_open", "number", "h"),
            Field("watched_open", "number", "h"),
            _WATCHED,
            _QUALITY,
        ),
        tuple(
            (
                day.slot.at_s,
                day.slot.until_s,
                rounded(day.slot.due_s / 3600, 2),
                rounded(day.slot.due_watched_s / 3600, 2),
                percent(day.slot.share),
                day.slot.quality,
            )
            for day in history.days
        ),
    )


def doors_table(history: History) -> Table:
    """Return what each line counted in the range."""
    return Table(
        "doors",
        (
            Field("node", "code"),
            Field("line", "code"),
            Field("from_zone", "code"),
            Field("to_zone", "code"),
            Field("in", "count", "people"),
            Field("out", "count", "people"),
            _WATCHED,
            _QUALITY,
        ),
        tuple(
            (
                total.line.node,
                total.line.line,
                total.line.from_zone,
                total.line.to_zone,
                total.entered,
                total.left,
                percent(total.share),
                "unknown"
                if total.entered is None
                else "known"
                if (total.share or 0) >= 0.95
                else "partial",
            )
            for total in history.lines
        ),
    )


def unwatched_table(history: History) -> Table:
    """Return the stretches in which a line that touches outside was not watched, and why."""
    return Table(
        "unwatched",
        (_FROM, _UNTIL, Field("lines", "code", "node/line"), Field("reason", "code")),
        tuple(
            (gap.since_ms // 1000, gap.until_ms // 1000, " ".join(gap.lines), gap.reason)
            for gap in history.unwatched
        ),
    )


def residuals_table(history: History) -> Table:
    """Return what each session that ended in the range left over."""
    return Table(
        "residuals",
        (
            _FROM,
            _UNTIL,
            Field("entered", "count", "people"),
            Field("left", "count", "people"),
            Field("residual", "count", "people"),
            Field("allowed", "count", "people"),
        ),
        tuple(
            (
                balance.since_s,
                balance.until_s,
                balance.entered,
                balance.left,
                balance.residual,
                balance.allowed,
            )
            for balance in history.balances
        ),
    )


TABLES: Final[Mapping[str, Callable[[History], Table]]] = {
    "footfall": footfall_table,
    "occupancy": occupancy_table,
    "week": week_table,
    "climate": climate_table,
    "coverage": coverage_table,
    "doors": doors_table,
    "unwatched": unwatched_table,
    "residuals": residuals_table,
}
"""Every table that there is, by the name in its address."""


def column_quality(
    column: Column,
) -> Literal["known", "partial", "degraded", "unknown"]:
    """Return how sure a column is: `degraded` says that the sum may be off since a gap."""
    if column.mean is None:
        return "unknown"
    if column.unknown_s:
        return "partial"
    return "known" if column.is_sure else "degraded"


def merged(columns: list[Column], most: int) -> list[Column]:
    """Return no more than `most` columns, hiding neither a peak nor a gap."""
    if len(columns) <= most:
        return columns
    together = -(-len(columns) // most)
    edges = [column.at_s for column in columns[::together]] + [columns[-1].until_s]
    pieces: list[Piece] = []
    for c in columns:
        known_until = c.until_s - int(c.unknown_s) if c.mean is not None else c.at_s
        if c.mean is not None:
            pieces.append(Piece(c.at_s, known_until, c.least, c.mean, c.most, is_sure=c.is_sure))
        if known_until < c.until_s and c.unknown_s:
            pieces.append(Piece(known_until, c.until_s, None, None, None))
    return decimate(pieces, edges)


def percent(share: float | None) -> float | None:
    """Return a share in per cent; not all is never written as all."""
    if share is None:
        return None
    return 99.9 if 0.999 < share < 1 else round(share * 100, 1)


def rounded(value: float | None, digits: int = 1) -> float | None:
    """Return a number without digits that say nothing."""
    return None if value is None else round(value, digits)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _whole_share(slot: Slot) -> float | None:
    return min(1.0, slot.watched_s / slot.elapsed_s) if slot.elapsed_s else None
