"""The words of the venue's and the device's page, Chinese and English side by side."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from hub.history import Period
from hub.live.climate import quantity_name
from hub.pages.words import Words

WEEKDAYS: Final = tuple(
    Words(zh, en)
    for zh, en in zip(
        ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
        ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
        strict=True,
    )
)
MONTHS: Final = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

RANGE_WORDS: Final[Mapping[str, Words]] = {
    "day": Words("日", "Day"),
    "week": Words("周", "Week"),
    "month": Words("月", "Month"),
    "year": Words("年", "Year"),
}
STEP_WORDS: Final[Mapping[str, Words]] = {
    "hour": Words("按小时", "by hour"),
    "day": Words("按日", "by day"),
    "week": Words("按周", "by week"),
}
WATCHED: Final[Mapping[str, Words]] = {
    "known": Words("完整", "complete"),
    "partial": Words("有缺口，至少", "gaps, at least"),
    "degraded": Words("缺口之后，可能有偏差", "after a gap, may be off"),
    "unknown": Words("无人看守，不详", "not watched, not known"),
    "future": Words("尚未到", "not yet"),
}
NOT_KNOWN: Final = Words("不详", "not known")
NO_SENSE: Final = Words("—", "—")

REASONS: Final[Mapping[str, Words]] = {
    "never": Words("此前没有数据", "no data before it"),
    "silent": Words(
        "设备没有再发来数据，可能离线或尚未补传", "nothing more came: offline, or not yet sent"
    ),
    "stopped": Words("边缘程序已停止", "the agent was stopped"),
    "restarted": Words("边缘程序重新启动", "the agent started again"),
    "source_failed": Words("摄像头或端口故障", "camera or port failed"),
    "input_ended": Words("输入结束", "its input ended"),
    "pictures_missing": Words("画面中断", "pictures were missing"),
    "counter_unseen": Words("光束未及时查询", "nobody looked at the beams in time"),
    "unheard": Words("未收到报警触点", "the alarm contact was not heard"),
    "beam_blocked": Words("光束被遮挡", "the beam was blocked"),
    "dark": Words("画面全黑，看不见", "the picture was dark"),
    "covered": Words("镜头被遮挡", "the camera was covered"),
    "frozen": Words("画面定格", "the picture stood still"),
    "defocused": Words("画面模糊", "the camera was out of focus"),
    "moved": Words("摄像头被移动", "the camera was moved"),
    "flood": Words("画面骤变", "most of the picture changed at once"),
    "gap": Words("数据丢失或无法读取", "data were lost or cannot be read"),
}

HEADINGS: Final[Mapping[str, Words]] = {
    "from": Words("起", "From"),
    "until": Words("止", "Until"),
    "entered": Words("入馆人次", "Entered"),
    "left": Words("离馆人次", "Left"),
    "typical_10": Words("常见下限（10%）", "Usual, lower 10 %"),
    "typical_median": Words("常见（中位数）", "Usual, median"),
    "typical_90": Words("常见上限（90%）", "Usual, upper 90 %"),
    "watched": Words("看守比例 %", "Watched, %"),
    "quality": Words("质量", "Quality"),
    "least": Words("最少", "Least"),
    "mean": Words("平均", "Mean"),
    "most": Words("最多", "Most"),
    "corrected": Words("回摊后平均", "Mean, corrected"),
    "unknown": Words("不详（秒）", "Not known, s"),
    "declared_open": Words("申报开放（小时）", "Declared open, h"),
    "watched_open": Words("其中有看守（小时）", "Watched of it, h"),
    "node": Words("设备", "Node"),
    "sensor": Words("传感器", "Sensor"),
    "quantity": Words("量", "Quantity"),
    "lines": Words("计数线", "Lines"),
    "reason": Words("原因", "Reason"),
}

DEVICE_STATES: Final[Mapping[str, tuple[str, Words]]] = {
    "online": ("known", Words("在线", "Online")),
    "offline": ("unknown", Words("离线", "Offline")),
    "silent": ("degraded", Words("有数据，未报状态", "Sends, told no status")),
    "expected": ("unknown", Words("从未上线", "Never heard")),
}


def quantity_words(quantity: str) -> tuple[Words, str]:
    """Return what a quantity is called and its unit; an unknown one is called as it is written."""
    zh, en, unit = quantity_name(quantity)
    return Words(zh, en), unit


def reason_words(reason: str) -> Words:
    """Return why nobody watched; a reason that this release does not know is told as it came."""
    return REASONS.get(reason) or Words(reason, reason.replace("_", " "))


def day_words(day: date, *, year: bool = False) -> Words:
    """Return a day with its weekday."""
    weekday = WEEKDAYS[day.weekday()]
    zh, en = f"{day.month}月{day.day}日", f"{day.day} {MONTHS[day.month - 1]}"
    if year:
        zh, en = f"{day.year}年{zh}", f"{en} {day.year}"
    return Words(f"{zh} {weekday.zh}", f"{weekday.en} {en}")


def period_words(period: Period) -> Words:
    """Return what a range is called."""
    first, last = period.first, period.last
    if first == last:
        return day_words(last, year=True)
    if first.day == 1 and period.name == "month":
        return Words(f"{last.year}年{last.month}月", f"{MONTHS[last.month - 1]} {last.year}")
    if first.day == 1 and first.month == 1:
        return Words(f"{last.year}年", f"{last.year}")
    same = first.year == last.year
    return Words(
        f"{first.year}年{first.month}月{first.day}日至"
        + ("" if same else f"{last.year}年")
        + f"{last.month}月{last.day}日",
        f"{first.day} {MONTHS[first.month - 1]}"
        + ("" if same else f" {first.year}")
        + f" to {last.day} {MONTHS[last.month - 1]} {last.year}",
    )


def clock(at_s: float, zone: ZoneInfo) -> str:
    """Return the time of day."""
    return datetime.fromtimestamp(at_s, zone).strftime("%H:%M")


def moment(at_s: float, zone: ZoneInfo) -> Words:
    """Return a day and the time of it."""
    at = datetime.fromtimestamp(at_s, zone)
    return Words(
        f"{at.month}月{at.day}日 {at:%H:%M}", f"{at.day} {MONTHS[at.month - 1]} {at:%H:%M}"
    )


def lasting(seconds: float) -> Words:
    """Return a duration as one says it."""
    minutes = round(seconds / 60)
    if minutes < 60:
        return Words(f"{minutes} 分钟", f"{minutes} min")
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        more = f" {rest} 分" if rest else ""
        return Words(f"{hours} 小时{more}", f"{hours} h" + (f" {rest} min" if rest else ""))
    return Words(f"{hours // 24} 天", f"{hours // 24} days")
