"""What can go wrong at the desk, and what a visitor should see then. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    """How a fault is brought about."""

    SWITCH = "switch"
    """On until it is switched off."""
    ONCE = "once"
    """Waits for its moment, happens once."""
    THING = "thing"
    """Something is laid on the desk; it is taken away again like any book."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault, and what the kiosk should do about it, each in one sentence."""

    name: str
    kind: FaultKind
    zh: str
    en: str
    expect_zh: str
    expect_en: str


FAULTS: tuple[Fault, ...] = (
    Fault(
        "take_early",
        FaultKind.ONCE,
        "借出之后、关安全位之前把书拿走",
        "Take the book away after the loan, before its bit is off",
        "屏幕请你把书放回；放回后自动关掉安全位，借阅不变。",
        "The screen asks to put the book back, then switches its bit; the loan stands.",
    ),
    Fault(
        "reply_lost",
        FaultKind.ONCE,
        "借出的答复在路上丢失",
        "Lose the library's answer to a loan",
        "自助机不会再借一次：它问系统这本书在谁手里，然后继续。",
        "The kiosk never lends twice: it asks the library who has the book, and goes on.",
    ),
    Fault(
        "power_cut",
        FaultKind.ONCE,
        "切断自助机的电源一秒",
        "Cut the kiosk's power for a second",
        "重启后先问清楚：借成的算数，没借成的当没发生；没关的安全位等书回来再关。",
        "Started again it asks first: what was lent stands; bits wait for their books.",
    ),
    Fault(
        "library_cut",
        FaultKind.SWITCH,
        "断开到图书馆系统的网络",
        "Cut the line to the library's system",
        "屏幕说明哪些还能用；允许时离线借还，恢复后上传。",
        "The screen says what works; where it may, it lends alone, and uploads later.",
    ),
    Fault(
        "library_slow",
        FaultKind.SWITCH,
        "图书馆系统每次答复慢 2 秒",
        "Let the library take 2 s for every answer",
        "屏幕说明正在处理；再按一次也只做一次。",
        "The screen says that it is at work; a second tap does nothing twice.",
    ),
    Fault(
        "district_cut",
        FaultKind.SWITCH,
        "断开到区平台的网络",
        "Cut the line to the district's hub",
        "借还照常；开放时间标明是何时的；事件留在本机，之后补送。",
        "Lending goes on; hours say how old they are; events wait on disk and follow later.",
    ),
    Fault(
        "pad_out",
        FaultKind.SWITCH,
        "拔掉台面下的读写器",
        "Unplug the pad under the shelf",
        "五秒内屏幕说明不能借还、可以做什么；插回后自己恢复。",
        "Within five seconds the screen says what cannot be done and what can; it recovers alone.",
    ),
    Fault(
        "card_reader_out",
        FaultKind.SWITCH,
        "拔掉读卡器",
        "Unplug the card reader",
        "仍可用键盘输入证号，或扫码。",
        "The card number can still be typed, or its code scanned.",
    ),
    Fault(
        "printer_out",
        FaultKind.SWITCH,
        "拔掉打印机",
        "Unplug the printer",
        "借还不受影响；屏幕不再提供打印，可用邮件或二维码。",
        "Lending is not touched; the screen offers mail or a QR code in place of paper.",
    ),
    Fault(
        "no_paper",
        FaultKind.SWITCH,
        "打印机没纸了",
        "Let the printer run out of paper",
        "借还已完成；屏幕请你选别的方式，并告诉工作人员。",
        "The loan stands; the screen asks to choose another way, and the staff is told.",
    ),
    Fault(
        "two_cards",
        FaultKind.THING,
        "同时放两张读者证",
        "Hold two cards to the reader at once",
        "屏幕请你一次只放一张。",
        "The screen asks for one card at a time.",
    ),
    Fault(
        "card_on_pad",
        FaultKind.THING,
        "把读者证放到台面上",
        "Lay a reader's card on the shelf of the books",
        "屏幕说这是读者证，请放到读卡器上；什么也不发送。",
        "The screen says that this is a card, and where it belongs; nothing is sent.",
    ),
    Fault(
        "cd_missing",
        FaultKind.THING,
        "只放书，不放它的光盘",
        "Lay a book down without its CD",
        "屏幕说出缺少哪一件；整套齐了才借。",
        "The screen names the missing part; the set is lent when it is whole.",
    ),
    Fault(
        "foreign",
        FaultKind.THING,
        "放一本别家图书馆的书",
        "Lay down a book of another library",
        "屏幕说这本不属于本馆；其余照常。",
        "The screen says that it is not of this library; the others go on.",
    ),
    Fault(
        "other_trade",
        FaultKind.THING,
        "放一个别行业的标签",
        "Lay down a tag of another trade",
        "屏幕说它不是馆藏；其余照常。",
        "The screen says that it is no item; the others go on.",
    ),
    Fault(
        "blank",
        FaultKind.THING,
        "放一个空白标签",
        "Lay down a blank tag",
        "屏幕说标签是空的，请交给工作人员。",
        "The screen says that its tag is empty, and to give it to the staff.",
    ),
    Fault(
        "damaged",
        FaultKind.THING,
        "放一本标签损坏的书",
        "Lay down a book with a damaged tag",
        "屏幕说标签读不出，请交给工作人员。",
        "The screen says that its tag cannot be read, and to give it to the staff.",
    ),
)
