"""How a disk stands, in Chinese and English. Pure."""

from datetime import datetime

from hub.disks.forecast import LEAST_DAYS, Forecast

Pair = tuple[str, str]

YEARS_DAYS = 3650
"""What lasts longer is told as many years: nobody's rate holds for so long."""


def size(count: float) -> str:
    """Return bytes as people read them, in powers of ten as disks are sold."""
    for unit, name in ((10**12, "TB"), (10**9, "GB"), (10**6, "MB")):
        if abs(count) >= unit:
            return f"{count / unit:.1f} {name}"
    return f"{count / 1000:.0f} kB"


def filled(told: Forecast) -> Pair:
    """Return how full a disk is."""
    used, free, total = f"{told.used_share:.0%}", size(told.free), size(told.newest.total)
    return (
        f"已用 {used}，剩余 {free}（共 {total}）",
        f"{used} used, {free} free of {total}",
    )


def outlook(told: Forecast, full: datetime | None) -> Pair:
    """Return what becomes of it; `full`: when it is full, in the reader's zone."""
    if told.growth is None:
        return (
            f"增长速度尚不清楚，需测量 {LEAST_DAYS} 天",
            f"how fast it fills is not known yet: that takes {LEAST_DAYS} days",
        )
    days = told.days_left
    measured = round(told.measured_days)
    if days is None or full is None or told.growth < 1000:
        return f"近 {measured} 天没有变满", f"did not fill in the last {measured} days"
    rate = size(told.growth)
    if days > YEARS_DAYS:
        return f"每天增加 {rate}，十年内不会用满", f"{rate} a day: not full within ten years"
    count = max(0, round(days))
    return (
        f"每天增加 {rate}（近 {measured} 天），照此 {count} 天后用满（{full:%Y-%m-%d}）",
        f"{rate} a day (last {measured} days): full in {count} days at this rate ({full:%Y-%m-%d})",
    )


def said(told: Forecast, full: datetime | None) -> Pair:
    """Return both in one sentence."""
    (how_zh, how_en), (then_zh, then_en) = filled(told), outlook(told, full)
    return f"{how_zh}；{then_zh}", f"{how_en}; {then_en}"
