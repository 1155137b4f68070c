"""What kinds, severities and changes are called, in Chinese and English. Pure."""

from collections.abc import Mapping
from typing import Final

from hub.alerts.alert import Audience, Severity, What
from hub.alerts.condition import AlertKind
from hub.live.attention import Certainty

Pair = tuple[str, str]

KINDS: Final[Mapping[AlertKind, Pair]] = {
    AlertKind.PLAN_BREACH: ("公示时间不达标", "Declared hours fall short"),
    AlertKind.LATE_OPENING: ("未按时开放", "Not open in time"),
    AlertKind.EARLY_CLOSING: ("提前闭馆", "Closed early"),
    AlertKind.UNNOTIFIED_CLOSURE: ("未公示闭馆", "Closed without notice"),
    AlertKind.INSUFFICIENT_EVIDENCE: ("证据不足", "Not enough evidence"),
    AlertKind.CONFLICT: ("读数矛盾", "Readings disagree"),
    AlertKind.TREND: ("本期已不可能达标", "Out of reach this period"),
    AlertKind.LOW_USE: ("使用不足", "Little used"),
    AlertKind.OVER_CAPACITY: ("超过容量", "Over capacity"),
    AlertKind.DEVICE_OFFLINE: ("设备离线", "Device offline"),
    AlertKind.DEVICE_FAULT: ("设备故障", "Device fault"),
    AlertKind.CAMERA_HEALTH: ("摄像头异常", "Camera"),
    AlertKind.COUNTER_RESIDUAL: ("进出不平", "Out of balance"),
    AlertKind.UNWATCHED: ("客流不详", "Occupancy not known"),
    AlertKind.CLIMATE: ("环境超限", "Climate out of limits"),
    AlertKind.GATE_ALARM: ("安全门报警", "Security gate"),
    AlertKind.FIRE_ALARM: ("火灾报警", "Fire alarm"),
    AlertKind.TAMPER: ("设备被打开", "Tampering"),
    AlertKind.STAFF_CALL: ("读者呼叫", "A visitor calls"),
    AlertKind.ROOM_TROUBLE: ("无人书房需要处理", "Unstaffed room"),
    AlertKind.NODE_IDENTITY: ("设备身份异常", "Identity of a node"),
    AlertKind.UPDATE_FAILED: ("软件更新失败", "Update failed"),
    AlertKind.UNDECLARED_VENUE: ("未登记场馆", "Undeclared venue"),
    AlertKind.HUB_TROUBLE: ("中枢故障", "Hub trouble"),
    AlertKind.DISK_FILLING: ("磁盘将满", "Disk fills"),
}

SEVERITIES: Final[Mapping[Severity, Pair]] = {
    "critical": ("紧急", "Critical"),
    "warning": ("警告", "Warning"),
    "notice": ("提示", "Notice"),
}

AUDIENCES: Final[Mapping[Audience, Pair]] = {
    "venue": ("场馆", "Venue"),
    "district": ("区级督导", "District"),
    "admin": ("系统管理员", "Admin"),
}

CERTAINTIES: Final[Mapping[Certainty, Pair]] = {
    "known": ("证据确凿", "Certain"),
    "degraded": ("证据有缺口", "Evidence has gaps"),
    "reported": ("设备自报", "As reported"),
}

CHANGES: Final[Mapping[What, Pair]] = {
    "raised": ("触发", "Raised"),
    "again": ("再次触发", "Raised again"),
    "escalated": ("升级", "Escalated"),
    "cleared": ("解除", "Cleared"),
    "acknowledged": ("确认", "Acknowledged"),
    "assigned": ("指派", "Assigned"),
    "commented": ("备注", "Comment"),
    "corrected": ("据补传数据更正", "Corrected by late data"),
    "lapsed": ("无人确认，自动办结", "Lapsed: nobody looked"),
}
