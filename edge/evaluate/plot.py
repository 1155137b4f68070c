"""Draw what was counted against what is true, over time, as an SVG that needs nothing else."""

from collections.abc import Sequence
from html import escape
from typing import Final

from edge.evaluate.assess import EvaluationReport

_WIDTH, _PANEL, _GAP = 760, 190, 54
_LEFT, _RIGHT = 52, 24
_INK, _PALE, _TRUE = "#1f2430", "#d9dde5", "#8a93a5"
_WAYS: Final = {"in": "#0b6e5f", "out": "#b3541e"}
_FONT: Final = "font-family='system-ui, Noto Sans, sans-serif'"

Instants = Sequence[tuple[float, str]]


def draw(reports: Sequence[EvaluationReport]) -> str:
    """Draw one panel a clip: the count of each way as a line, the truth behind it as a band.

    Errors stand on the axis: a cross for what was counted and is not true, a ring for what was
    missed. Raises ValueError when there are no reports.
    """
    if not reports:
        raise ValueError("nothing to draw")
    height = 36 + len(reports) * (_PANEL + _GAP)
    frame = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {_WIDTH} {height}' "
        f"width='{_WIDTH}' height='{height}' {_FONT} font-size='12' fill='{_INK}'>"
    )
    title = f"Counted against true: {escape(', '.join(r.clip for r in reports))}"
    paper = f"<rect width='{_WIDTH}' height='{height}' fill='#ffffff'/>"
    parts = [frame, f"<title>{title}</title>", paper, _legend()]
    for number, report in enumerate(reports):
        parts.append(_panel(report, 36 + number * (_PANEL + _GAP)))
    return "\n".join([*parts, "</svg>"]) + "\n"


def page(drawing: str) -> str:
    """Put a drawing into a page of its own."""
    return (
        "<!doctype html>\n<html lang='en'><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width'><title>Evaluation</title>\n"
        "<style>body{margin:1rem;background:#fff}svg{max-width:100%;height:auto}</style>\n"
        f"<body>\n{drawing}</body></html>\n"
    )


def _legend() -> str:
    spots = [
        _line(52, 18, 76, 18, _TRUE, 6, "0.45") + "<text x='82' y='22'>true and certain</text>",
        _line(200, 18, 224, 18, _WAYS["in"], 2) + "<text x='230' y='22'>counted in</text>",
        _line(306, 18, 330, 18, _WAYS["out"], 2) + "<text x='336' y='22'>counted out</text>",
        _cross(428, 18, _INK) + "<text x='438' y='22'>false</text>",
        _ring(486, 18, _INK) + "<text x='496' y='22'>missed</text>",
    ]
    return "".join(spots)


def _panel(report: EvaluationReport, top: float) -> str:
    span = max(report.clip_seconds, 1e-6)
    most = max(1, *(max(n) for n in _ends(report)))
    floor = top + _PANEL

    def x(seconds: float) -> float:
        return _LEFT + min(1.0, seconds / span) * (_WIDTH - _LEFT - _RIGHT)

    def y(count: float) -> float:
        return floor - 16 - count / most * (_PANEL - 44)

    score = (
        f"F1 {report.f1:.3f} · in {report.counted_in} of {report.true_in} · "
        f"out {report.counted_out} of {report.true_out} · "
        f"{report.fp} false, {report.fn} missed"
    )
    parts = [
        f"<text x='{_LEFT}' y='{top + 14:g}' font-weight='600'>{escape(report.clip)}</text>",
        f"<text x='{_WIDTH - _RIGHT}' y='{top + 14:g}' text-anchor='end'>{score}</text>",
    ]
    for count in _ticks(most, 4):
        parts.append(_line(_LEFT, y(count), _WIDTH - _RIGHT, y(count), _PALE, 1))
        parts.append(
            f"<text x='{_LEFT - 8}' y='{y(count) + 4:.1f}' text-anchor='end'>{count}</text>"
        )
    parts += [
        f"<text x='{x(tick):.1f}' y='{floor + 16:g}' text-anchor='middle'>"
        f"{_clock(tick, span)}</text>"
        for tick in _ticks(span, 8)
    ]
    for instants, is_truth in ((report.true, True), (report.counted, False)):
        for way, colour in _WAYS.items():
            passed = sorted(t for t, w in instants if w == way)
            steps = [f"H{x(t):.1f}V{y(count):.1f}" for count, t in enumerate(passed, 1)]
            line = f"M{x(0):.1f} {y(0):.1f}{''.join(steps)}H{x(span):.1f}"
            look = "stroke-width='6' stroke-opacity='0.3'" if is_truth else "stroke-width='2'"
            parts.append(f"<path d='{line}' fill='none' stroke='{colour}' {look}/>")
    parts += [_cross(x(t), floor - 4, _WAYS[way]) for t, way in report.false]
    parts += [_ring(x(t), floor - 4, _WAYS[way]) for t, way in report.missed]
    return "\n".join(parts)


def _ends(report: EvaluationReport) -> list[tuple[int, int]]:
    """Return the last (counted, true) count of each way."""
    return [
        (sum(w == way for _, w in report.counted), sum(w == way for _, w in report.true))
        for way in _WAYS
    ]


def _ticks(most: float, about: int) -> list[int]:
    """Return round numbers from 0 to the most, at most about as many as are wanted."""
    steps = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200)
    step = next((s for s in steps if most / s <= about), 14400)
    return list(range(0, int(most) + 1, step))


def _clock(seconds: int, span: float) -> str:
    if span < 120:
        return f"{seconds} s"
    if span < 3600:
        return f"{seconds // 60}:{seconds % 60:02d}"
    return f"{seconds // 3600}:{seconds // 60 % 60:02d} h"


def _line(
    x1: float, y1: float, x2: float, y2: float, colour: str, width: float, opacity: str = "1"
) -> str:
    return (
        f"<line x1='{x1:.1f}' y1='{y1:.1f}' x2='{x2:.1f}' y2='{y2:.1f}' stroke='{colour}' "
        f"stroke-width='{width:g}' stroke-opacity='{opacity}'/>"
    )


def _cross(x: float, y: float, colour: str) -> str:
    return (
        f"<path d='M{x - 4:.1f} {y - 4:.1f}l8 8m0 -8l-8 8' stroke='{colour}' stroke-width='2' "
        "fill='none'/>"
    )


def _ring(x: float, y: float, colour: str) -> str:
    return (
        f"<circle cx='{x:.1f}' cy='{y:.1f}' r='4' stroke='{colour}' stroke-width='2' fill='none'/>"
    )
