"""What a room says, aloud and at its door, Chinese and English side by side. Pure."""

from collections.abc import Mapping
from typing import Final

from contracts.hours import Text
from kiosk.room.rules import EntryRefusal, OrderRefusal
from kiosk.room.settings import Output
from kiosk.room.state import Mode, Told

ORDER_REFUSED: Final[Mapping[OrderRefusal, str]] = {
    OrderRefusal.NOT_TAKEN: "this room does not take that order from afar",
    OrderRefusal.TOO_OLD: "the order was too old when it came, or of another clock",
    OrderRefusal.NOTHING_TO_SAY: "there is nothing to announce",
    OrderRefusal.FREE_BY_FIRE: "the door is free already: a fire alarm is latched",
    OrderRefusal.FIRE_SOUNDS: "the fire alarm still sounds",
    OrderRefusal.FIRE_UNREAD: "the contact of the fire alarm cannot be read: mend that first",
    OrderRefusal.HOUSING_OPEN: "the housing is still open",
}
"""What the hub is answered, beside the word itself."""
REFUSED: Final[Mapping[EntryRefusal, Text]] = {
    EntryRefusal.CLOSED: Text(
        "现在闭馆，不能进入。请在开放时间再来",
        "The room is closed now. Please come back during opening hours",
    ),
    EntryRefusal.CLEANING: Text(
        "正在打扫，暂时不能进入。请打扫结束后再来",
        "The room is being cleaned. Please come back when that is done",
    ),
    EntryRefusal.SHUT: Text(
        "工作人员已临时关闭书房，请改天再来",
        "The staff has closed the room for now. Please come back another time",
    ),
    EntryRefusal.HOURS_UNKNOWN: Text(
        "还不知道现在的开放时间，门暂时不开。请稍后再试",
        "The opening hours are not known yet, so the door stays closed. Please try again later",
    ),
    EntryRefusal.FIRE: Text(
        "火灾报警，请不要进入，请离开这里",
        "Fire alarm. Please do not enter, and leave this place",
    ),
    EntryRefusal.FULL: Text(
        "里面已满{n}，请等有人出来再刷卡",
        "The room is full{n}. Please wait until somebody leaves, then show your card again",
    ),
    EntryRefusal.DOOR_STUCK: Text(
        "您的证没有问题，但是门锁没有打开，已通知工作人员。请稍后再试",
        "Your card is fine, but the lock did not open. The staff has been told; please try again"
        " later",
    ),
    EntryRefusal.UNREADABLE: Text(
        "没有读出这张卡，请平放一秒再试",
        "The card could not be read. Please hold it flat for a second",
    ),
    EntryRefusal.TWO_CARDS: Text(
        "有两张卡，请只放一张", "There are two cards: please show one only"
    ),
    EntryRefusal.UNKNOWN_CARD: Text(
        "图书馆没有这张证。新证请到有工作人员的图书馆办理",
        "The library does not know this card. A new one is made at a staffed library",
    ),
    EntryRefusal.BLOCKED: Text(
        "这张证已停用，请联系有工作人员的图书馆",
        "This card is blocked. Please ask at a staffed library",
    ),
    EntryRefusal.EXPIRED: Text(
        "这张证已过期，请到有工作人员的图书馆续期",
        "This card has expired. It is renewed at a staffed library",
    ),
    EntryRefusal.CLASS: Text(
        "这类读者证不能在无人时进入，请在有工作人员的图书馆使用",
        "This kind of card does not open an unstaffed room. Please use a staffed library",
    ),
    EntryRefusal.TOO_YOUNG: Text(
        "您还没到单独进入的年龄，请和大人一起用大人的证进入",
        "You are too young to come in alone. Please come with an adult and their card",
    ),
    EntryRefusal.AGE_UNKNOWN: Text(
        "图书馆没有您的出生日期，不能确认年龄。请到有工作人员的图书馆补上",
        "The library does not know your date of birth, so your age cannot be confirmed. Please have"
        " it added at a staffed library",
    ),
    EntryRefusal.NO_AGREEMENT: Text(
        "进入无人书房要先签使用约定，请到有工作人员的图书馆办理，只需一次",
        "An unstaffed room needs your agreement to its rules first: once, at a staffed library",
    ),
    EntryRefusal.WRONG_PIN: Text(
        "密码不对，请再刷卡重试", "The PIN is wrong. Please show your card and try again"
    ),
    EntryRefusal.LOCKED: Text(
        "密码错了太多次，请过一会儿再试", "Too many wrong PINs. Please try again in a while"
    ),
    EntryRefusal.TOO_SLOW: Text(
        "没有等到密码，请再刷一次卡", "No PIN came. Please show your card again"
    ),
    EntryRefusal.AWAY: Text(
        "图书馆系统没有回应，现在不能核对读者证。请稍后再试",
        "The library's system does not answer, so cards cannot be checked. Please try again later",
    ),
    EntryRefusal.NOT_LISTED: Text(
        "网络断了，最近的名单里没有这张证。请等网络恢复后再试",
        "The network is away, and this card is not on the last list. Please try again when it is"
        " back",
    ),
    EntryRefusal.PIN_NOT_KNOWN: Text(
        "网络断了，这里不能核对这个密码。请再试，或等网络恢复",
        "The network is away, and this PIN cannot be checked here. Please try again, or when it is"
        " back",
    ),
    EntryRefusal.STAFF_UNKNOWN: Text("不是工作证，或密码不对", "No staff card, or a wrong PIN"),
}
COME_IN: Final = Text("门已打开，请进", "The door is open, please come in")
CARD_PLEASE: Final = Text("请刷读者证", "Please show your library card")
PIN_PLEASE: Final = Text("请输入密码", "Please type your PIN")
CHECKING: Final = Text("正在核对，请稍候", "Checking, one moment")
OPENING: Final = Text("正在开门", "Opening the door")
FREE_OUT: Final = Text("出门不用刷卡，推开就行", "You need no card to leave: just push the door")
INSIDE_NOW: Final = Text("里面 {n} 人", "{n} inside")
INSIDE_OF: Final = Text("里面 {n} 人，最多 {most} 人", "{n} inside, room for {most}")
CLEANED_AT: Final = Text("{at} 起打扫", "Cleaned from {at}")

CLOSING: Final = Text("各位读者，书房还有 {n} 分钟闭馆", "The room closes in {n} minutes")
CLOSING_ONE: Final = Text("各位读者，书房还有 1 分钟闭馆", "The room closes in 1 minute")
CLOSED_SAYS: Final = Text(
    "书房已闭馆，请离开。门从里面随时可以推开",
    "The room is closed now, please leave. The door always opens from inside",
)
INSIDE_SAYS: Final = Text(
    "书房已闭馆。灯还亮着，门从里面随时可以推开，工作人员已得到通知",
    "The room is closed. The lights stay on, the door opens from inside, and the staff knows that"
    " you are here",
)
FIRE_SAYS: Final = Text(
    "火灾报警，请立即从门口离开。门已打开",
    "Fire alarm. Please leave at once through the door. The door is open",
)
GATE: Final = Text(
    "有一本书还没有办好借阅，请回到自助机",
    "A book is not checked out yet. Please return to the kiosk",
)
CALLED: Final = Text(
    "已通知工作人员。紧急情况请拨打 120、110 或 119",
    "The staff has been told. In an emergency call 120, 110 or 119",
)
DOOR_OPEN: Final = Text("门没有关好，请关上门", "The door stands open. Please close it")

MODES: Final[Mapping[Mode, Text]] = {
    Mode.OPEN: Text("刷证进入", "Open with a card"),
    Mode.CLOSED: Text("闭馆", "Closed"),
    Mode.CLEANING: Text("打扫中", "Being cleaned"),
    Mode.SHUT: Text("工作人员已关闭", "Closed by the staff"),
    Mode.UNKNOWN: Text("开放时间不详", "Hours not known"),
    Mode.FIRE: Text("火灾报警", "Fire alarm"),
}
OUTPUTS: Final[Mapping[Output, Text]] = {
    Output.STRIKE: Text("门锁", "Lock"),
    Output.LIGHTS: Text("灯", "Lights"),
    Output.VENTILATION: Text("通风", "Ventilation"),
    Output.SIREN: Text("警笛", "Siren"),
    Output.LAMP: Text("门口指示灯", "Lamp at the door"),
}
ON: Final = Text("开", "on")
OFF: Final = Text("关", "off")
FREE: Final = Text("已放开", "released")
HELD: Final = Text("锁着（里面可推开）", "locked (opens from inside)")
NOT_KNOWN: Final = Text("不详", "not known")
FAILED: Final = Text("没有反应，已报修", "does not respond; reported")
DOOR: Final = Text("门扇", "Door")
LEAF_OPEN: Final = Text("开着", "open")
LEAF_CLOSED: Final = Text("关着", "closed")
PEOPLE: Final = Text("人数", "People")
PEOPLE_UNSURE: Final = Text("不确定，不限人数", "not certain: nobody is refused for it")
AIR: Final = Text("空气", "Air")
AIR_SAYS: Final = Text("{celsius} °C，二氧化碳 {co2} ppm", "{celsius} °C, CO₂ {co2} ppm")
VENTILATE: Final = Text("空气不好，正在通风", "The air is stale: ventilating")
TOO_WARM: Final = Text("室内偏热", "It is too warm")
TOO_COLD: Final = Text("室内偏冷", "It is too cold")
FIRE_LATCHED: Final = Text(
    "火灾报警已锁定：门一直放开，警报结束后由工作人员复位",
    "Fire alarm latched: the door stays free until the staff resets it",
)
TAMPERED: Final = Text("设备外壳被打开过", "A housing was opened")
ROOM: Final = Text("书房与门", "Room and door")


def own(zh: str, en: str) -> Text:
    """Return what the staff wrote; in one language only, it is said in that one."""
    return Text(zh or en, en or zh)


def closing(minutes: int) -> Text:
    """Return what is said so many minutes before it closes."""
    if minutes == 1:
        return CLOSING_ONE
    return Text(CLOSING.zh.format(n=minutes), CLOSING.en.format(n=minutes))


def door_says(told: Told) -> Text:
    """Return what the door says of an attempt."""
    if told.refusal is None:
        return COME_IN
    text = REFUSED[told.refusal]
    if told.refusal is not EntryRefusal.FULL:
        return text
    zh = "" if told.people is None else f"（{told.people} 人）"
    en = "" if told.people is None else f" ({told.people} inside)"
    return Text(text.zh.format(n=zh), text.en.format(n=en))
