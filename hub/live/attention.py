"""What needs a person now, most pressing first. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from hub.live.now import DeviceNow, Fault, VenueNow

Mark = Literal["breach", "unknown"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong with the hub itself."""

    code: Literal["store", "broker", "live"]
    reason: str
    since_ms: int


@dataclass(frozen=True, slots=True)
class Attention:
    """One line of the attention strip; texts in both languages."""

    code: str
    mark: Mark
    title_zh: str
    title_en: str
    text_zh: str
    text_en: str
    since_ms: int
    """Unix ms; 0: never heard."""
    venue: str | None = None
    name_zh: str = ""
    name_en: str = ""


_TROUBLES: Mapping[str, tuple[Mark, str, str, str, str]] = {
    "store": (
        "breach",
        "无法存储",
        "Store refuses",
        "新数据暂存于各边缘设备，恢复后补传",
        "edges keep their data and send it again",
    ),
    "broker": (
        "breach",
        "消息服务中断",
        "Broker lost",
        "收不到任何设备的数据",
        "nothing is received from any device",
    ),
    "live": (
        "breach",
        "读取失败",
        "Store unreadable",
        "页面数字暂停更新",
        "numbers on this page stand still",
    ),
}


def attention(
    venues: Mapping[str, VenueNow], devices: Iterable[DeviceNow], troubles: Iterable[Trouble]
) -> tuple[Attention, ...]:
    """Return what needs a person: the hub first, then crowds, devices, and what is not known."""
    items = [_of_trouble(trouble) for trouble in troubles]
    items += [_over_capacity(now) for now in venues.values() if now.is_over_capacity]
    devices = tuple(devices)
    away = [d for d in devices if d.state == "offline" and d.venue in venues]
    silent_venues = {device.venue for device in away}
    items += [_offline(device, venues[device.venue]) for device in away]
    items += [
        _fault(device, fault, venues[device.venue])
        for device in devices
        if device.venue in venues
        for fault in device.faults
    ]
    items += [
        _unknown(now)
        for now in venues.values()
        if now.quality == "unknown" and now.venue.id not in silent_venues
    ]
    strangers: dict[str, int] = {}
    for stranger in devices:
        if stranger.venue not in venues and stranger.device:
            first_ms = stranger.device.first_seen_ms
            strangers[stranger.venue] = min(first_ms, strangers.get(stranger.venue, first_ms))
    items += [_stranger(venue, since_ms) for venue, since_ms in strangers.items()]
    return tuple(items)


def _of_trouble(trouble: Trouble) -> Attention:
    mark, title_zh, title_en, text_zh, text_en = _TROUBLES[trouble.code]
    return Attention(
        trouble.code,
        mark,
        title_zh,
        title_en,
        f"{text_zh}（{trouble.reason}）" if trouble.reason else text_zh,
        f"{text_en} ({trouble.reason})" if trouble.reason else text_en,
        trouble.since_ms,
    )


def _over_capacity(now: VenueNow) -> Attention:
    inside, capacity = now.occupancy, now.venue.capacity
    doubt_zh, doubt_en = (
        ("", "") if now.quality == "known" else ("，计数有缺口", ", count has gaps")
    )
    return Attention(
        "over_capacity",
        "breach",
        "超过容量",
        "Over capacity",
        f"在馆 {inside} 人，容量 {capacity} 人{doubt_zh}",
        f"{inside} people inside, capacity {capacity}{doubt_en}",
        now.over_since_ms,
        now.venue.id,
        now.venue.name_zh,
        now.venue.name_en,
    )


def _offline(device: DeviceNow, now: VenueNow) -> Attention:
    since = device.device.status_at_ms if device.device else 0
    return Attention(
        "offline",
        "unknown",
        "设备离线",
        "Device offline",
        f"边缘设备 {device.node} 离线，恢复后数据将补传",
        f"edge {device.node} is offline; its data will be replayed",
        since,
        device.venue,
        now.venue.name_zh,
        now.venue.name_en,
    )


def _fault(device: DeviceNow, fault: Fault, now: VenueNow) -> Attention:
    if fault.code == "source":
        text_zh = f"{device.node} 的 {fault.name} 不工作"
        text_en = f"{device.node}: {fault.name} does not work"
    else:
        text_zh = f"{device.node} 的存储拒绝写入，计数暂存内存"
        text_en = f"{device.node} cannot write its spool; counts are in memory only"
    return Attention(
        "fault",
        "breach",
        "设备故障",
        "Device fault",
        f"{text_zh}（{fault.detail}）" if fault.detail else text_zh,
        f"{text_en} ({fault.detail})" if fault.detail else text_en,
        fault.since_ms,
        device.venue,
        now.venue.name_zh,
        now.venue.name_en,
    )


def _unknown(now: VenueNow) -> Attention:
    lines = "、".join(now.missing)
    lines_en = ", ".join(now.missing)
    if not now.venue.lines:
        text_zh, text_en = "没有计数线", "no counting line is declared"
    elif not now.heard_ms:
        text_zh, text_en = f"计数线 {lines} 尚无数据", f"{lines_en}: never heard"
    else:
        text_zh, text_en = f"计数线 {lines} 无人看守", f"{lines_en}: not watched"
    return Attention(
        "unknown",
        "unknown",
        "证据不足",
        "Not known",
        text_zh,
        text_en,
        now.since_ms,
        now.venue.id,
        now.venue.name_zh,
        now.venue.name_en,
    )


def _stranger(venue: str, since_ms: int) -> Attention:
    return Attention(
        "undeclared",
        "unknown",
        "未登记场馆",
        "Undeclared venue",
        "有设备以此名义发送数据，场馆档案中没有它",
        "devices send in its name, but no record declares it",
        since_ms,
        venue,
        venue,
        venue,
    )
