"""The words of schedules: kinds of declarations, reasons, types of days, duties. Pure."""

from collections.abc import Mapping
from typing import Final

from hub.compliance.bounds import Status
from hub.compliance.calendar import DayType
from hub.compliance.titles import TITLES
from hub.pages.words import Words

KINDS: Final[Mapping[str, Words]] = {
    "timetable": Words("每周开放时间", "Weekly timetable"),
    "holiday": Words("节假日规则", "Holiday rule"),
    "exception": Words("特殊日期", "Dated exception"),
    "notice": Words("闭馆公告", "Closure notice"),
    "district": Words("区级文件", "District's file"),
}
REASONS: Final[Mapping[str, Words]] = {
    "维修": Words("维修", "repairs"),
    "设备": Words("设备", "equipment"),
    "活动": Words("活动", "an event"),
    "节日": Words("节日", "the holiday"),
    "突发": Words("突发情况", "a sudden cause"),
    "不可抗力": Words("不可抗力", "force majeure"),
    "其他": Words("其他", "another cause"),
}
DAY_TYPES: Final[Mapping[DayType, Words]] = {
    DayType.WORK: Words("工作日", "workday"),
    DayType.MAKEUP: Words("调休上班", "make-up workday"),
    DayType.REST: Words("周末", "weekend"),
    DayType.STATUTORY: Words("法定节假日", "statutory holiday"),
    DayType.IN_LIEU: Words("调休放假", "day off in lieu"),
}
SPECIALS: Final[Mapping[str, Words]] = {
    "exception": Words("特殊日期", "exception"),
    "holiday": Words("节假日规则", "holiday hours"),
    "notice": Words("闭馆公告", "closure notice"),
}
DUTIES: Final[Mapping[str, Words]] = {name: Words(*title) for name, title in TITLES.items()}
"""What a duty asks, by its metric."""
STATUSES: Final[Mapping[Status, tuple[str, Words]]] = {
    Status.COMPLIANT: ("open", Words("达标", "kept")),
    Status.WITH_EXCEPTION: ("open", Words("例外达标", "kept with exception")),
    Status.INSUFFICIENT: ("unknown", Words("无法判断", "cannot be told")),
    Status.NON_COMPLIANT: ("breach", Words("不达标", "not kept")),
    Status.NOT_APPLICABLE: ("closed", Words("不适用", "not applicable")),
}
"""The mark and the words of what is declared."""
