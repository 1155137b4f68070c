"""What rooms, orders and their journal are called, Chinese and English side by side. Pure."""

from collections.abc import Mapping
from typing import Final

Pair = tuple[str, str]

MODES: Final[Mapping[str, Pair]] = {
    "open": ("刷证进入", "Open with a card"),
    "closed": ("闭馆", "Closed"),
    "cleaning": ("打扫中", "Being cleaned"),
    "shut": ("工作人员已关闭", "Closed by the staff"),
    "unknown": ("开放时间不详", "Hours not known"),
    "fire": ("火灾报警", "Fire alarm"),
}
OUTPUTS: Final[Mapping[str, Pair]] = {
    "strike": ("门锁", "lock"),
    "lights": ("灯", "lights"),
    "ventilation": ("通风", "ventilation"),
    "siren": ("警笛", "siren"),
    "lamp": ("门口指示灯", "lamp at the door"),
}
CARDS: Final[Mapping[str, Pair]] = {
    "library": ("图书馆系统", "the library's system"),
    "list": ("离线名单", "the offline list"),
    "none": ("不能核对", "nothing: nobody can be checked"),
}
CASES: Final[Mapping[str, Pair]] = {
    "bit_pending": (
        "防盗位与系统不一致，请把书放回自助机",
        "the security bit disagrees with the system: lay the item on the pad",
    ),
    "not_known": ("系统还没有回答办成没有", "the system has not said what became of it"),
    "contradicted": ("系统说借给了别人", "the system names another patron"),
    "upload_refused": ("离线办理后被系统拒绝", "accepted offline, then refused by the system"),
    "not_uploaded": ("离线办理，尚未上传", "accepted offline, not uploaded yet"),
}
"""Why transactions of a kiosk wait for the staff."""
VERBS: Final[Mapping[str, Pair]] = {
    "announce": ("广播", "Announce"),
    "close": ("暂停开放", "Close"),
    "open": ("恢复开放", "Open again"),
    "unlock": ("开门一次", "Unlock once"),
    "reset": ("报警复位", "Reset alarms"),
}
ORDER_STATES: Final[Mapping[str, Pair]] = {
    "sent": ("等待回复", "Waiting for the answer"),
    "done": ("已执行", "Done"),
    "refused": ("被拒绝", "Refused"),
    "unanswered": ("没有回复", "No answer"),
    "unsent": ("没有送出", "Not sent"),
}
ORDER_REFUSALS: Final[Mapping[str, Pair]] = {
    "not_taken": (
        "这间书房不接受远程的这项操作",
        "this room does not take that order from afar",
    ),
    "too_old": ("命令到得太晚，或时钟不一致", "it came too late, or the clocks disagree"),
    "nothing_to_say": ("没有要广播的内容", "there is nothing to announce"),
    "free_by_fire": (
        "消防报警已锁定，门本来就开着",
        "the door is free already: a fire alarm is latched",
    ),
    "fire_sounds": ("消防报警还在响", "the fire alarm still sounds"),
    "fire_unread": (
        "读不到消防触点，请先修好",
        "the contact of the fire alarm cannot be read: mend that first",
    ),
    "housing_open": ("设备外壳还开着", "the housing is still open"),
    "broker_away": ("没有连上消息服务器", "the broker is away"),
}
"""Why an order was not carried out; what is no key here is a sentence of an older kiosk."""


def why_not(why: str) -> Pair:
    """Return why an order was not carried out, by what its record says; empty for nothing."""
    return ORDER_REFUSALS.get(why, (why, why))


TEMPLATES: Final[Mapping[str, Pair]] = {
    "quiet": (
        "各位读者，请保持安静，谢谢配合",
        "Dear readers, please keep quiet. Thank you",
    ),
    "closing_early": (
        "各位读者，书房今天提前闭馆，请尽快办好借还并离开。门从里面随时可以推开",
        "The room closes early today. Please finish and leave; the door always opens from inside",
    ),
    "weather": (
        "天气预警，请尽早离开并注意安全",
        "There is a weather warning. Please leave early and take care",
    ),
    "on_the_way": (
        "工作人员已收到您的呼叫，正在赶来",
        "The staff has received your call and is on the way",
    ),
    "door": ("请关好门，谢谢", "Please close the door. Thank you"),
}
"""Announcements that are ready to be made."""

ENTRY_REFUSALS: Final[Mapping[str, Pair]] = {
    "closed": ("闭馆", "closed"),
    "cleaning": ("打扫中", "being cleaned"),
    "shut": ("工作人员已关闭", "closed by the staff"),
    "hours_unknown": ("开放时间不详", "hours not known"),
    "fire": ("火灾报警", "fire alarm"),
    "full": ("已满", "full"),
    "door_stuck": ("门锁没有打开", "the lock did not open"),
    "unreadable": ("没有读出卡", "unreadable card"),
    "two_cards": ("两张卡", "two cards"),
    "unknown_card": ("没有这张证", "unknown card"),
    "blocked": ("证已停用", "blocked card"),
    "expired": ("证已过期", "expired card"),
    "class": ("证的类别不符", "class of card"),
    "too_young": ("年龄不够", "too young"),
    "age_unknown": ("年龄不详", "age not known"),
    "no_agreement": ("没有签约定", "no agreement"),
    "wrong_pin": ("密码不对", "wrong PIN"),
    "locked": ("密码错了太多次", "too many wrong PINs"),
    "too_slow": ("没有等到密码", "no PIN came"),
    "away": ("图书馆系统没有回应", "the library's system is away"),
    "not_listed": ("离线名单里没有", "not on the offline list"),
    "pin_not_known": ("离线不能核对密码", "PIN not known offline"),
    "staff_unknown": ("不是工作证，或密码不对", "no staff card, or a wrong PIN"),
}
VIAS: Final[Mapping[str, Pair]] = {
    "card": ("读者证", "card"),
    "staff": ("工作证", "staff card"),
    "remote": ("远程", "from afar"),
}
SAID: Final[Mapping[str, Pair]] = {
    "staff": ("工作人员的话", "words of the staff"),
    "closing": ("即将闭馆", "closing soon"),
    "closed": ("已闭馆", "closed"),
    "inside": ("里面还有人", "somebody is inside"),
    "fire": ("火灾报警", "fire alarm"),
    "gate": ("请办好借阅", "a book is not checked out"),
    "call": ("已通知工作人员", "the staff has been told"),
    "door_open": ("请关门", "close the door"),
}
"""What was announced."""
