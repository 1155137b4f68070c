"""What needs a person now, most pressing first. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from hub.live.now import DeviceNow, Fault, Leftover, VenueNow

Mark = Literal["breach", "warn", "unknown"]
"""`breach`: something is wrong. `warn`: worth a look. `unknown`: something is not known."""
Certainty = Literal["known", "degraded", "reported"]
"""`known`: evidence without holes. `degraded`: with holes. `reported`: somebody's word."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong with the hub itself."""

    code: Literal["store", "broker", "live", "identity"]
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
    node: str | None = None
    """The node that it is about, if it is about one."""
    subject: str = ""
    """What tells two of one code in one venue apart."""
    certainty: Certainty = "known"
    amount: float | None = None
    """How much: percent of the capacity, people of a residual; None: there is no measure."""


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
    "identity": (
        "breach",
        "准入名单未生效",
        "Access lists not in force",
        "消息服务仍按旧名单放行，中枢已拒收被吊销设备的数据",
        "the broker still goes by its old lists; the hub itself refuses revoked devices",
    ),
    "live": (
        "breach",
        "读取失败",
        "Store unreadable",
        "页面数字暂停更新",
        "numbers on this page stand still",
    ),
}

_FAULTS: Mapping[str, tuple[Mark, str, str, str, str]] = {
    "source": (
        "breach",
        "设备故障",
        "Device fault",
        "{node} 的 {name} 不工作",
        "{node}: {name} does not work",
    ),
    "camera": (
        "breach",
        "摄像头看不清",
        "Camera cannot see",
        "{node} 的摄像头 {name}：{detail}",
        "{node}, camera {name}: {detail}",
    ),
    "view": (
        "warn",
        "画面已变",
        "View changed",
        "{node} 的摄像头 {name} 画面与最初不同，请检查计数线",
        "{node}, camera {name} shows another view; see whether its lines still lie right",
    ),
    "spool": (
        "breach",
        "设备故障",
        "Device fault",
        "{node} 的存储拒绝写入，计数暂存内存",
        "{node} cannot write its spool; counts are in memory only",
    ),
    "dropped": (
        "breach",
        "数据丢失",
        "Data lost",
        "{node} 存满，丢弃了 {count} 行未上传的数据；这段时间显示为缺口",
        "the spool of {node} was full: {count} rows were dropped; that time is a gap",
    ),
    "clock": (
        "warn",
        "时钟未校准",
        "Clock not set",
        "{node} 的时钟没有校准，{count} 行数据等待校时；请检查网络与 NTP",
        "{node} does not know the time: {count} rows wait for it; check its network and NTP",
    ),
    "certificate": (
        "warn",
        "证书未更新",
        "Certificate not renewed",
        "{node} 的证书无法更新，到期后将无法连接",
        "{node} cannot renew its certificate; once that ends it cannot connect",
    ),
    "store": (
        "warn",
        "另一中枢",
        "Another hub",
        "{node} 在同一消息服务上遇到另一个中枢的存储 {name}，未听从它",
        "{node} met the store {name} of another hub on this broker, and does not obey it",
    ),
}
"""Mark, title and text of what nodes say of themselves, by the fault's code."""

PICTURES: Mapping[str, tuple[str, str]] = {
    "dark": ("画面全黑", "dark"),
    "covered": ("镜头被遮挡", "covered"),
    "frozen": ("画面定格", "picture stands still"),
    "defocused": ("画面模糊", "out of focus"),
    "moved": ("位置被移动", "moved"),
    "flood": ("画面骤变", "picture changed at once"),
}
"""How the pictures of a camera are, by the word of its node; another word is told as it came."""


def attention(
    venues: Mapping[str, VenueNow], devices: Iterable[DeviceNow], troubles: Iterable[Trouble]
) -> tuple[Attention, ...]:
    """Return what needs a person: the hub first, then crowds, doors, devices, what is not known."""
    items = [_of_trouble(trouble) for trouble in troubles]
    items += [_over_capacity(now) for now in venues.values() if now.is_over_capacity]
    items += [_late(now) for now in venues.values() if now.late_since_ms]
    devices = tuple(devices)
    away = [d for d in devices if d.state == "offline" and d.venue in venues]
    silent_venues = {device.venue for device in away}
    items += [_offline(device, venues[device.venue]) for device in away]
    faults = [
        _fault(device, fault, venues[device.venue])
        for device in devices
        if device.venue in venues
        for fault in device.faults
        if not _is_night(fault, venues[device.venue])
    ]
    items += [item for item in faults if item.mark == "breach"]
    items += [item for item in faults if item.mark != "breach"]
    items += [item for now in venues.values() for item in _leftovers(now)]
    blind = {(d.venue, d.node) for d in devices if any(f.code == "camera" for f in d.faults)}
    items += [_conflict(now) for now in venues.values() if now.opening.basis == "conflict"]
    items += [
        _unknown(now)
        for now in venues.values()
        if now.quality == "unknown"
        and now.venue.id not in silent_venues
        and not _is_explained(now, blind)
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


def _of_venue(
    now: VenueNow,
    code: str,
    mark: Mark,
    title: tuple[str, str],
    text: tuple[str, str],
    since_ms: int,
    node: str | None = None,
    *,
    subject: str = "",
    certainty: Certainty = "known",
    amount: float | None = None,
) -> Attention:
    venue = now.venue
    return Attention(
        code,
        mark,
        *title,
        *text,
        since_ms,
        venue.id,
        venue.name_zh,
        venue.name_en,
        node,
        subject,
        certainty,
        amount,
    )


def _over_capacity(now: VenueNow) -> Attention:
    inside, capacity = now.occupancy, now.venue.capacity
    doubt_zh, doubt_en = (
        ("", "") if now.quality == "known" else ("，计数有缺口", ", count has gaps")
    )
    text = (
        f"在馆 {inside} 人，容量 {capacity} 人{doubt_zh}",
        f"{inside} people inside, capacity {capacity}{doubt_en}",
    )
    title = ("超过容量", "Over capacity")
    return _of_venue(
        now,
        "over_capacity",
        "breach",
        title,
        text,
        now.over_since_ms,
        certainty="known" if now.quality == "known" else "degraded",
        amount=round(100 * (inside or 0) / capacity, 1) if capacity else None,
    )


def _late(now: VenueNow) -> Attention:
    zone = ZoneInfo(now.venue.timezone)
    due = datetime.fromtimestamp(now.late_since_ms / 1000, zone)
    locked = datetime.fromtimestamp(now.opening.since_ms / 1000, zone)
    day_zh = day_en = ""
    if locked.date() != due.date():
        day_zh, day_en = f" {locked.month}月{locked.day}日", locked.strftime(" %b %-d")
    text = (
        f"应 {due:%H:%M} 开放，门锁自{day_zh} {locked:%H:%M} 读作锁闭；可能临时闭馆，或读数有误",
        f"to open at {due:%H:%M}; locked since{day_en} {locked:%H:%M}: closed, or a wrong reading",
    )
    title = ("应开未开，请查看", "Not open, look")
    return _of_venue(
        now, "late", "warn", title, text, now.late_since_ms, subject=f"{due:%Y-%m-%dT%H:%M}"
    )


def _conflict(now: VenueNow) -> Attention:
    text = ("门锁读作锁闭，却有人进入", "the lock reads locked, and people enter")
    title = ("读数矛盾", "Readings disagree")
    since = datetime.fromtimestamp(now.opening.since_ms / 1000, ZoneInfo(now.venue.timezone))
    day = since.date().isoformat()
    return _of_venue(now, "conflict", "warn", title, text, now.opening.since_ms, subject=day)


def _leftovers(now: VenueNow) -> list[Attention]:
    """Return what the last sessions left over beyond what a counter may be off by."""
    names = {zone.id: (zone.name_zh, zone.name_en) for zone in now.venue.zones}
    told = [(now.leftover, ("", ""), "")]
    told += [(zone.leftover, names.get(zone.zone, ("", "")), zone.zone) for zone in now.zones]
    return [
        _residual(now, leftover, zone, subject)
        for leftover, zone, subject in told
        if leftover is not None and leftover.balance.is_excessive
    ]


def _residual(now: VenueNow, leftover: Leftover, zone: tuple[str, str], subject: str) -> Attention:
    balance, residual = leftover.balance, leftover.balance.residual or 0
    where_zh, where_en = (f"{zone[0]}：", f"{zone[1]}: ") if zone[0] else ("", "")
    # Said, since who passed while nobody watched is no fault of the counter.
    gap_zh, gap_en = ("", "") if leftover.is_watched else ("，其间计数有缺口", "; count had gaps")
    text_zh = (
        f"{where_zh}上一场次进 {balance.entered}、出 {balance.left}，结束时相差 {residual:+} 人"
        f"{gap_zh}；曲线已按客流回摊，请检查计数线"
    )
    text_en = (
        f"{where_en}last session {balance.entered} in, {balance.left} out: off by {residual:+}"
        f"{gap_en}; spread back over it; check the counting lines"
    )
    title = ("进出不平", "Out of balance")
    since_ms = (balance.until_s or 0) * 1000
    return _of_venue(
        now,
        "residual",
        "warn",
        title,
        (text_zh, text_en),
        since_ms,
        subject=subject,
        certainty="known" if leftover.is_watched else "degraded",
        amount=abs(residual),
    )


def _offline(device: DeviceNow, now: VenueNow) -> Attention:
    since = device.device.status_at_ms if device.device else 0
    text = (
        f"边缘设备 {device.node} 离线，恢复后数据将补传",
        f"edge {device.node} is offline; its data will be replayed",
    )
    title = ("设备离线", "Device offline")
    return _of_venue(
        now, "offline", "unknown", title, text, since, device.node, subject=device.node
    )


def _fault(device: DeviceNow, fault: Fault, now: VenueNow) -> Attention:
    mark, title_zh, title_en, text_zh, text_en = _FAULTS[fault.code]
    said = {"node": device.node, "name": fault.name, "count": f"{fault.count:,}"}
    detail_zh, detail_en = PICTURES.get(fault.detail, (fault.detail, fault.detail))
    text_zh = text_zh.format(**said, detail=detail_zh)
    text_en = text_en.format(**said, detail=detail_en)
    if fault.detail and fault.code != "camera":
        text_zh, text_en = f"{text_zh}（{fault.detail}）", f"{text_en} ({fault.detail})"
    title, text = (title_zh, title_en), (text_zh, text_en)
    return _of_venue(
        now,
        "fault",
        mark,
        title,
        text,
        fault.since_ms,
        device.node,
        subject="/".join(part for part in (device.node, fault.code, fault.name) if part),
        certainty="reported",
    )


def _is_night(fault: Fault, now: VenueNow) -> bool:
    """Tell whether a camera sees nothing because a closed venue has its lights off."""
    is_closed = now.declared is not None and not now.declared.open
    return (fault.code, fault.detail) == ("camera", "dark") and is_closed


def _is_explained(now: VenueNow, blind: Collection[tuple[str, str]]) -> bool:
    """Tell whether every line that is not watched is one of a camera that cannot see."""
    nodes = {line.partition("/")[0] for line in now.missing}
    return bool(nodes) and all((now.venue.id, node) in blind for node in nodes)


def _unknown(now: VenueNow) -> Attention:
    lines = "、".join(now.missing)
    lines_en = ", ".join(now.missing)
    if not now.venue.lines:
        text = ("没有计数线", "no counting line is declared")
    elif not now.heard_ms:
        text = (f"计数线 {lines} 尚无数据", f"{lines_en}: never heard")
    else:
        text = (f"计数线 {lines} 无人看守", f"{lines_en}: not watched")
    return _of_venue(now, "unknown", "unknown", ("证据不足", "Not known"), text, now.since_ms)


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
