"""A history's charts with their legends and tables, in both languages. Pure."""

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from hub.history import History
from hub.history.calendar import CLIMATE_STEPS, midnight
from hub.history.climate import Climate
from hub.history.decimation import Column
from hub.history.tables import Cell, Field, Table, footfall_table, occupancy_table
from hub.history.typical import LEAST_SAMPLES
from hub.live.climate import QUANTITIES
from hub.pages.charts import (
    Chart,
    Frame,
    Rule,
    Step,
    Tick,
    bar,
    envelope,
    frame_around,
    frame_from_zero,
    level_ticks,
    number,
    steps_band,
    steps_line,
    unknown_bands,
)
from hub.pages.venue_words import (
    HEADINGS,
    MONTHS,
    NOT_KNOWN,
    STEP_WORDS,
    WATCHED,
    WEEKDAYS,
    clock,
    day_words,
    quantity_words,
)
from hub.pages.words import Words

TABLE_ROWS = 60
"""As many rows of a course as somebody reads; the CSV has all columns."""


@dataclass(frozen=True, slots=True)
class TableView:
    """A table as it is read."""

    headings: tuple[Words, ...]
    rows: tuple[tuple[Words, ...], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart, what its marks mean, and its table; `name` stands in the addresses of its data."""

    id: str
    name: str
    title: Words
    note: Words | None
    chart: Chart
    legend: tuple[tuple[str, Words], ...]
    table: TableView


def footfall_figure(history: History) -> Figure:
    """Return who came, and on a day what is usual on such a day."""
    slots, typical = history.footfall, history.typical
    habits: list[Step] = []
    medians: list[Step] = []
    if typical is not None and history.step == "hour":
        by_hour = {hour.hour: hour for hour in typical.hours}
        for slot in slots:
            habit = by_hour[datetime.fromtimestamp(slot.at_s, history.zone).hour]
            if habit.median is None or habit.low is None or habit.high is None:
                continue
            habits.append(Step(slot.at_s, slot.until_s, habit.low, habit.high))
            medians.append(Step(slot.at_s, slot.until_s, habit.median, habit.median))
    frame = frame_from_zero(
        history.start_s,
        history.end_s,
        [*(slot.entered for slot in slots), *(step.high for step in habits)],
    )
    chart = Chart(
        levels=level_ticks(frame),
        ticks=_ticks(history, frame),
        bars=tuple(
            bar(frame, slot.at_s, slot.until_s, slot.entered, slot.quality)
            for slot in slots
            if slot.entered is not None
        ),
        areas=(("usual", steps_band(frame, habits)),) if habits else (),
        lines=(("median", steps_line(frame, medians)),) if medians else (),
        unknown=unknown_bands(
            frame,
            [
                Column(s.at_s, s.until_s, None, None, None, 1.0)
                for s in slots
                if s.quality == "unknown"
            ],
        ),
        now=_now(history, frame),
    )
    legend = [("bar known", Words("入馆人次", "entered"))]
    if any(slot.quality == "partial" for slot in slots):
        legend.append(("bar partial", Words("有缺口，至少", "gaps: at least")))
    if habits:
        legend.append(("usual", Words("常见范围（80%）", "usual range (80 %)")))
        legend.append(("median", Words("常见中位数", "usual median")))
    if chart.unknown:
        legend.append(("hatched", WATCHED["unknown"]))
    title = Words(
        f"入馆人次，{STEP_WORDS[history.step].zh}", f"Visits {STEP_WORDS[history.step].en}"
    )
    return Figure(
        "footfall",
        "footfall",
        title,
        _habit_note(history),
        chart,
        tuple(legend),
        table_view(footfall_table(history), history.zone),
    )


def occupancy_figure(history: History) -> Figure:
    """Return how full it was, with its capacity and where that is not known."""
    columns = history.course
    capacity = history.venue.capacity
    peak = max((c.most for c in columns if c.most is not None), default=0.0)
    # A capacity far above everything would press the course flat; it is said in words then.
    shown = capacity is not None and capacity <= 3 * max(peak, 1.0)
    frame = frame_from_zero(
        history.start_s,
        history.end_s,
        [peak, float(capacity) if shown and capacity is not None else None],
    )
    area, band, raw = envelope(frame, columns)
    line = envelope(frame, history.corrected)[2]
    doubt = envelope(frame, [c if not c.is_sure else _blank(c) for c in history.corrected])[2]
    # Where a session left nothing over the two lie on each other, and one of them is enough.
    is_spread = any(
        abs((summed.mean or 0.0) - (even.mean or 0.0)) > 0.05
        for summed, even in zip(columns, history.corrected, strict=True)
    )
    raw = raw if is_spread else ""
    rules: tuple[Rule, ...] = ()
    if shown and capacity is not None:
        rules = (
            Rule(frame.y(capacity), Words(f"容量 {capacity}", f"capacity {capacity}"), "capacity"),
        )
    legend = [("line", Words("平均", "mean")), ("band", Words("最少至最多", "least to most"))]
    if raw:
        legend.append(("raw", Words("未回摊的累计", "before spreading the residual")))
    if doubt:
        legend.append(("doubt", WATCHED["degraded"]))
    unknown = unknown_bands(frame, [c for c in columns if c.at_s < history.now_s])
    if unknown:
        legend.append(("hatched", WATCHED["unknown"]))
    by_hour = history.course_step == "hour"
    note = Words("每小时末的人数", "at the end of each hour") if by_hour else None
    if history.minutes_from_s:
        day = datetime.fromtimestamp(history.minutes_from_s, history.zone).date()
        note = Words(
            f"{day} 以前只保留每小时的数据：每小时末的人数",
            f"before {day} only hours are kept: the number at the end of each",
        )
    if capacity is not None and not shown:
        told = Words(f"容量 {capacity}", f"capacity {capacity}")
        note = Words(f"{note.zh}，{told.zh}", f"{note.en}, {told.en}") if note else told
    return Figure(
        "occupancy",
        "occupancy",
        Words("在馆人数", "People inside"),
        note,
        Chart(
            levels=level_ticks(frame),
            ticks=_ticks(history, frame),
            areas=(("area", area), ("band", band)),
            lines=(("raw", raw), ("line", line), ("doubt", doubt)),
            unknown=unknown,
            rules=rules,
            now=_now(history, frame),
        ),
        tuple(legend),
        table_view(occupancy_table(history, TABLE_ROWS), history.zone),
    )


def climate_figures(history: History) -> tuple[Figure, ...]:
    """Return one figure for each quantity of each sensor."""
    order = [*QUANTITIES, *(series.quantity for series in history.climate)]
    told = sorted(history.climate, key=lambda s: (s.node, s.sensor, order.index(s.quantity)))
    return tuple(_climate_figure(history, series) for series in told)


def _climate_figure(history: History, series: Climate) -> Figure:
    words, unit = quantity_words(series.quantity)
    columns = [
        Column(p.at_s, p.until_s, p.least, p.mean, p.most, 1.0 if p.mean is None else 0.0)
        for p in series.pieces
    ]
    limits = series.limits
    values = [v for c in columns for v in (c.least, c.most)]
    frame = frame_around(history.start_s, history.end_s, [*values, *(limits or ())])
    _, band, line = envelope(frame, columns)
    rules = tuple(
        Rule(frame.y(limit), Words(f"{number(limit)} {unit}", f"{number(limit)} {unit}"), "limit")
        for limit in limits or ()
        if limit > 0
    )
    unknown = unknown_bands(frame, columns)
    legend = [("line", Words("平均", "mean")), ("band", Words("最低至最高", "least to most"))]
    if rules:
        legend.append(("limit", Words("参考界限", "limits, for comparison")))
    if unknown:
        legend.append(("hatched", Words("没有测量", "nothing measured")))
    known = [p for p in series.pieces if p.mean is not None]
    outside = [
        p for p in known if limits and ((p.least or 0) < limits[0] or (p.most or 0) > limits[1])
    ]
    note = Words(f"{series.node}/{series.sensor}", f"{series.node}/{series.sensor}")
    if limits and known:
        step = STEP_WORDS[CLIMATE_STEPS[history.period.name]]
        told = (
            Words("全程在参考界限内", "within the limits all the time")
            if not outside
            else Words(
                f"{len(outside)} 段超出参考界限（{step.zh}）",
                f"outside of the limits {len(outside)} times ({step.en})",
            )
        )
        note = Words(f"{note.zh}，{told.zh}", f"{note.en}, {told.en}")
    return Figure(
        f"climate-{series.node}-{series.sensor}-{series.quantity}",
        "climate",
        Words(f"{words.zh} {unit}".strip(), f"{words.en}, {unit}".rstrip(", ")),
        note,
        Chart(
            levels=level_ticks(frame),
            ticks=_ticks(history, frame),
            areas=(("band", band),),
            lines=(("line", line),),
            unknown=unknown,
            rules=rules,
            now=_now(history, frame),
        ),
        tuple(legend),
        table_view(_series_table(series), history.zone),
    )


def _series_table(series: Climate) -> Table:
    names = (("from", "instant"), ("until", "instant"), ("least", "number"), ("mean", "number"))
    fields = tuple(Field(name, kind) for name, kind in (*names, ("most", "number")))  # type: ignore[arg-type]  # kinds of Field
    return Table(
        "climate",
        fields,
        tuple((p.at_s, p.until_s, p.least, p.mean, p.most) for p in series.pieces),
    )


def table_view(table: Table, zone: ZoneInfo) -> TableView:
    """Return a table as it is read: local times, numbers with their digits, words for codes."""
    return TableView(
        tuple(HEADINGS.get(field.name, Words(field.name, field.name)) for field in table.fields),
        tuple(
            tuple(_read(field, value, zone) for field, value in zip(table.fields, row, strict=True))
            for row in table.rows
        ),
    )


def _read(field: Field, value: Cell, zone: ZoneInfo) -> Words:
    if value is None:
        return NOT_KNOWN
    if field.kind == "instant":
        at = datetime.fromtimestamp(float(value), zone)
        day = day_words(at.date())
        return Words(f"{day.zh} {at:%H:%M}", f"{day.en} {at:%H:%M}")
    if field.name == "quality":
        return WATCHED.get(str(value), Words(str(value), str(value)))
    if isinstance(value, int | float):
        text = number(round(value, 1))
        return Words(text, text)
    return Words(value, value)


def _habit_note(history: History) -> Words | None:
    typical = history.typical
    if typical is None or history.step != "hour":
        return None
    weekday = WEEKDAYS[history.period.last.weekday()]
    if not typical.is_known:
        return Words(
            f"过去 8 个{weekday.zh}中有看守的不足 {LEAST_SAMPLES} 个，没有可比的常见值",
            f"fewer than {LEAST_SAMPLES} of the last 8 {weekday.en} were watched: no habit to tell",
        )
    left_out = typical.left_out
    return Words(
        f"与过去 8 周的{weekday.zh}相比（{len(typical.days)} 天）"
        + (f"，{left_out} 个无人看守的小时不计" if left_out else ""),
        f"compared with {weekday.en} of the last 8 weeks ({len(typical.days)} days)"
        + (f"; {left_out} hours that were not watched are left out" if left_out else ""),
    )


def _ticks(history: History, frame: Frame) -> tuple[Tick, ...]:
    zone, days = history.zone, history.period.days
    starts = [midnight(zone, day) for day in days]
    match history.period.name:
        case "day":
            return tuple(
                Tick(frame.percent(at), Words(text, text), is_minor=i % 2 == 1)
                for i, at in enumerate(range(frame.start_s, frame.end_s, 3 * 3600))
                if (text := clock(at, zone))
            )
        case "week":
            return tuple(
                Tick(
                    frame.percent((at + until) / 2),
                    Words(WEEKDAYS[d.weekday()].zh, WEEKDAYS[d.weekday()].en),
                )
                for d, (at, until) in zip(days, pairwise([*starts, frame.end_s]), strict=True)
            )
        case "month":
            return tuple(
                Tick(
                    frame.percent(at + 43_200),
                    Words(f"{d.month}/{d.day}", f"{d.day} {MONTHS[d.month - 1]}"),
                    is_minor=(len(days) - 1 - i) % 10 != 0,
                )
                for i, (d, at) in enumerate(zip(days, starts, strict=True))
                if (len(days) - 1 - i) % 5 == 0
            )
        case "year":
            firsts = [(d, at) for d, at in zip(days, starts, strict=True) if d.day == 1]
            return tuple(
                Tick(
                    frame.percent(at),
                    Words(f"{d.month}月", MONTHS[d.month - 1]),
                    is_minor=i % 3 != 0,
                )
                for i, (d, at) in enumerate(firsts)
            )


def _now(history: History, frame: Frame) -> float | None:
    is_inside = frame.start_s < history.now_s < frame.end_s
    return frame.percent(history.now_s) if is_inside else None


def _blank(column: Column) -> Column:
    return Column(column.at_s, column.until_s, None, None, None, 0.0)
