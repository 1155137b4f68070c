"""What a screen says: each refusal as one sentence that tells what to do. Chinese and English."""

from typing import Final, Literal

from hub.circulation.decide import Refusal

Tongue = Literal["zh", "en"]

_REFUSALS: Final[dict[Refusal, tuple[str, str]]] = {
    Refusal.NOT_LOGGED_IN: ("终端尚未登录，请联系工作人员", "This terminal has not logged in"),
    Refusal.FIELD_MISSING: ("请求缺少必要内容", "The request lacks a field that it needs"),
    Refusal.NOT_STORED: ("系统暂时无法记录，请稍后再试", "Nothing can be recorded now, try later"),
    Refusal.CARD_UNKNOWN: ("未找到此读者证", "This card is not known"),
    Refusal.CARD_LOST: (
        "此证已挂失，请到服务台",
        "This card is reported lost, please see the staff",
    ),
    Refusal.CARD_EXPIRED: (
        "读者证已过期，请到服务台续期",
        "This card has expired, please renew it",
    ),
    Refusal.BLOCKED: ("读者证已停用，请到服务台", "This card is blocked, please see the staff"),
    Refusal.PIN_WRONG: ("密码不正确", "The PIN is not right"),
    Refusal.PIN_LOCKED: ("密码错误次数过多，请稍后再试", "Too many wrong PINs, please wait"),
    Refusal.ITEM_UNKNOWN: (
        "未找到此文献，请交给工作人员",
        "This item is not known, give it to the staff",
    ),
    Refusal.NOT_FOR_LOAN: ("此文献不外借", "This item is not for loan"),
    Refusal.LENT_TO_ANOTHER: (
        "此文献已被他人借出，请交给工作人员",
        "This item is on loan to somebody else",
    ),
    Refusal.ALREADY_YOURS: ("您已借阅此文献", "You have this item already"),
    Refusal.HELD_FOR_ANOTHER: ("此文献已被预约", "Somebody waits for this item"),
    Refusal.TOO_MANY_LOANS: ("已达到可借数量上限", "You have as many items as you may"),
    Refusal.OVERDUE: ("有逾期文献，请先归还", "Something is overdue, please return it first"),
    Refusal.OWES: ("欠费超过限额，请先缴费", "Please pay what you owe first"),
    Refusal.CHARGE: ("借阅此文献需付费，是否同意", "Borrowing this costs something, do you agree"),
    Refusal.NOT_YOURS: ("此文献不在您的名下", "This item is not on loan to you"),
    Refusal.NO_RENEWAL_LEFT: ("已达到续借次数上限", "It cannot be renewed again"),
    Refusal.NOT_ON_LOAN: ("此文献不在借出状态", "This item was not on loan"),
    Refusal.NOT_CANCELLED: ("没有可以撤销的操作", "There is nothing to undo"),
    Refusal.HELD_ALREADY: ("您已预约此文献", "You wait for this already"),
    Refusal.TOO_MANY_HOLDS: ("已达到可预约数量上限", "You have as many holds as you may"),
    Refusal.NO_SUCH_HOLD: ("没有此预约", "There is no such hold"),
    Refusal.NO_SUCH_BRANCH: ("没有此取书地点", "There is no such branch"),
    Refusal.AMOUNT: ("金额不正确", "The amount is not right"),
    Refusal.CURRENCY: ("只接受人民币", "Only yuan (CNY) are taken"),
    Refusal.NO_SUCH_FEE: ("没有此项费用", "There is no such fee"),
    Refusal.PAID_OTHERWISE: ("此交易号已用于另一笔付款", "This transaction id paid something else"),
}
_DONE: Final = {
    "lent": ("借阅成功", "Borrowed"),
    "renewed": ("续借成功", "Renewed"),
    "returned": ("归还成功", "Returned"),
    "kept": ("请将此文献交给工作人员：有读者预约", "Please put this aside: somebody waits for it"),
    "fine": ("逾期费用：{amount} 元", "Overdue fine: {amount} yuan"),
    "held": ("预约成功", "Placed on hold"),
    "unheld": ("预约已取消", "The hold is cancelled"),
    "paid": ("已缴费", "Paid"),
    "cancelled": ("操作已撤销", "Undone"),
}


def refused(refusal: Refusal, tongue: Tongue) -> str:
    """Return the sentence of a refusal."""
    return _REFUSALS[refusal][tongue == "en"]


def done(what: str, tongue: Tongue, **values: str) -> str:
    """Return the sentence of what was done: lent, renewed, and so on."""
    return _DONE[what][tongue == "en"].format(**values)


def yuan(fen: int) -> str:
    """Return an amount as it stands in messages: `0.20`."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02}"


def fen_of(text: str) -> int | None:
    """Read an amount of at most two decimals, `.` or `,` before them; None when it is none."""
    whole, mark, rest = text.strip().replace(",", ".").partition(".")
    digits = whole + rest
    if not (digits.isascii() and digits.isdecimal() and len(rest) <= 2 and len(whole) <= 9):
        return None
    if mark and not rest:
        return None
    return int(whole or "0") * 100 + int(rest.ljust(2, "0") or "0")
