"""The disks that a device's page shows: its own, and the hub's that keeps its data. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from hub.alerts.rules import DiskLimit
from hub.disks.forecast import Forecast
from hub.disks.words import filled, outlook, size
from hub.pages.diagnosis import Finding
from hub.pages.words import Words


@dataclass(frozen=True, slots=True)
class DiskRow:
    """One disk."""

    name: Words
    mark: str
    state: Words
    percent: int
    filled: Words
    outlook: Words
    own: Words


def build_disks(
    node: str, told: Mapping[str, Forecast], place: str, limit: DiskLimit, zone: ZoneInfo
) -> tuple[DiskRow, ...]:
    """Return the disk of a node, if it told of it, and the hub's.

    `told`: by place; `place`: the node's; the hub's is the empty one.
    """
    rows = []
    if place in told:
        own = Words("其中待传与已传数据", "of it the spool")
        rows.append(_row(Words(node, node), told[place], limit, zone, own))
    if "" in told:
        own = Words("其中中枢的数据", "of it the hub's data")
        rows.append(_row(Words("中枢", "The hub"), told[""], limit, zone, own))
    return tuple(rows)


def disk_finding(told: Forecast | None, limit: DiskLimit, zone: ZoneInfo) -> Finding | None:
    """Return what is wrong with a node's disk, and what to do; None where nothing is."""
    if told is None:
        return None
    row = _row(Words("", ""), told, limit, zone, Words("", ""))
    if row.mark not in {"breach", "degraded"}:
        return None
    return Finding(
        row.mark,
        Words(
            f"它的磁盘{row.state.zh}：{row.outlook.zh}",
            f"Its disk: {row.state.en.lower()}; {row.outlook.en}",
        ),
        Words(
            "看看是什么在增长（日志、录像、旧文件），清理或换更大的卡；满了以后计数只在内存里。",
            "See what grows (logs, recordings, old files), clear it or give it a larger card; once"
            " it is full its counts are in memory only.",
        ),
    )


def _row(name: Words, told: Forecast, limit: DiskLimit, zone: ZoneInfo, own: Words) -> DiskRow:
    full = None if told.full_s is None else datetime.fromtimestamp(told.full_s, zone)
    days = told.days_left
    is_soon = days is not None and days < limit.least_days
    is_full = 100 * (1 - told.used_share) < limit.least_free_percent
    if is_full:
        mark, state = "breach", Words("将满", "Nearly full")
    elif is_soon:
        mark, state = "degraded", Words("不久用满", "Full soon")
    elif told.growth is None:
        mark, state = "unknown", Words("趋势不详", "Trend not known")
    else:
        mark, state = "known", Words("充足", "Enough room")
    mine = size(told.newest.own)
    text = Words(f"{own.zh} {mine}", f"{own.en} {mine}")
    if told.own_growth is not None and told.own_growth >= 1000:
        rate = size(told.own_growth)
        text = Words(f"{text.zh}，每天增加 {rate}", f"{text.en}, {rate} more a day")
    return DiskRow(
        name,
        mark,
        state,
        round(100 * told.used_share),
        Words(*filled(told)),
        Words(*outlook(told, full)),
        text,
    )
