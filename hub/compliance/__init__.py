"""The judge of opening hours: timetable, calendar and evidence into verdicts with bounds. Pure.

    timetable ─► declared D ─┐
    calendar  ─► day types ──┤
    evidence  ─► open O, closed C, unknown U of D ─► bounds ─► verdict, raw and adjusted

Every interval is in whole Unix seconds, half open; nothing is rounded before it is compared.
"""
