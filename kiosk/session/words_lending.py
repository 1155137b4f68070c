"""What is said of books on the pad: in plain words, with what to do next. Pure."""

from collections.abc import Mapping
from typing import Final

from contracts.hours import Text
from kiosk.lending.effects import Notice
from kiosk.lending.offline import OfflineRefusal
from kiosk.lending.stack import Obstacle
from kiosk.lending.transaction import Action

PAD_TITLES: Final[Mapping[Action, Text]] = {
    Action.BORROW: Text("借书", "Borrow"),
    Action.RETURN: Text("还书", "Return"),
}
LAY_DOWN: Final = Text("请把书放到台面上", "Please lay your books on the shelf")
SEEN: Final = Text("看到 {n} 本书", "{n} books seen")
SEEN_ONE: Final = Text("看到 1 本书", "1 book seen")
COUNT_THEM: Final = Text(
    "和您手里的一样多吗？不一样就把书摊开放", "As many as you hold? If not, lay them side by side"
)
CONFIRM: Final[Mapping[Action, Text]] = {
    Action.BORROW: Text("借这 {n} 本", "Borrow these {n}"),
    Action.RETURN: Text("还这 {n} 本", "Return these {n}"),
}
CONFIRM_ONE: Final[Mapping[Action, Text]] = {
    Action.BORROW: Text("借这 1 本", "Borrow this 1"),
    Action.RETURN: Text("还这 1 本", "Return this 1"),
}
MORE_BOOKS: Final = Text("还可以再放书，或者结束", "Lay down more books, or finish")
ALL_DONE: Final = Text("好了，结束", "That is all, finish")
WORKING: Final = Text("请不要移动书", "Please leave the books where they are")
UNDER_WAY: Final = Text("正在办理", "Under way")
READY: Final = Text("可以办理", "Ready")
DONE: Final[Mapping[Action, Text]] = {
    Action.BORROW: Text("已借，应还 {due}", "Borrowed, due {due}"),
    Action.RETURN: Text("已还", "Returned"),
    Action.RENEW: Text("已续借，应还 {due}", "Renewed, due {due}"),
}
DONE_NO_DUE: Final[Mapping[Action, Text]] = {
    Action.BORROW: Text("已借", "Borrowed"),
    Action.RETURN: Text("已还", "Returned"),
    Action.RENEW: Text("已续借", "Renewed"),
}
RETURNED_ASIDE: Final = Text("已还。{aside}", "Returned. {aside}")
"""What is to be done with it: `kiosk.session.aside`."""
REFUSED: Final = Text("没有办成：{why}", "Not done: {why}")
REFUSED_ASK: Final = Text(
    "图书馆系统没有接受；请呼叫帮助", "The library's system did not accept it; call for help"
)
FEE: Final = Text("要先同意费用 {fee}", "A fee of {fee} has to be accepted first")
ACCEPT_FEE: Final = Text("同意费用 {fee}", "Accept {fee}")
NOTICES: Final[Mapping[Notice, Text]] = {
    Notice.PUT_BACK: Text(
        "请把这本书放回台面，60 秒内", "Please put this book back on the shelf within 60 seconds"
    ),
    Notice.SEE_STAFF: Text(
        "这本书请交给工作人员看一下，出门可能报警",
        "Please show this book to the staff: the gate may sound",
    ),
}
PUT_BACK: Final = Text("请把《{title}》放回台面", "Please put “{title}” back on the shelf")
NO_TITLE: Final = Text("读不出书名的书", "A book without a readable title")
UNTITLED: Final[Mapping[Obstacle, Text]] = {
    Obstacle.PATRON_CARD: Text("读者证", "A library card"),
    Obstacle.FOREIGN: Text("别的标签", "Some other tag"),
}
"""What lies there and is no book."""
OBSTACLES: Final[Mapping[Obstacle, Text]] = {
    Obstacle.BLANK: Text(
        "标签是空的，这台机器办不了；请交给工作人员",
        "Its tag is empty; please hand it to the staff",
    ),
    Obstacle.FOREIGN: Text(
        "不是图书馆的标签；请把它从台面拿开", "This is no library tag; please take it off the shelf"
    ),
    Obstacle.DAMAGED: Text(
        "标签读不清；请平放再试一次，不行就交给工作人员",
        "Its tag cannot be read; lay it flat once more, else hand it to the staff",
    ),
    Obstacle.UNKNOWN: Text(
        "不认识这种标签；请交给工作人员",
        "Its tag is of an unknown kind; please hand it to the staff",
    ),
    Obstacle.PATRON_CARD: Text(
        "这是读者证，不是书；请拿到读卡处",
        "This is a library card; please lay it on the card reader",
    ),
    Obstacle.OTHER_LIBRARY: Text(
        "是别的图书馆的书；请还到那里", "It belongs to another library; please return it there"
    ),
    Obstacle.NOT_FOR_LOAN: Text(
        "这本书只在馆内看，不外借", "It is for reading here and is not lent"
    ),
    Obstacle.INCOMPLETE: Text(
        "缺少第 {parts} 部分；请把一套都放上来",
        "Part {parts} is missing; please lay down the whole set",
    ),
    Obstacle.CHECK: Text(
        "标签互相矛盾；请交给工作人员",
        "Its tags contradict each other; please hand it to the staff",
    ),
}
OFFLINE: Final[Mapping[OfflineRefusal, Text]] = {
    OfflineRefusal.NOT_ALLOWED: Text(
        "图书馆系统没有回应，现在不能办；请晚些再来",
        "The library's system is away and this cannot be done without it; please come back later",
    ),
    OfflineRefusal.NO_CARD_LIST: Text(
        "系统断开太久，不能核对读者证；请晚些再来",
        "The library's system has been away too long to check cards; please come back later",
    ),
    OfflineRefusal.BLOCKED: Text(
        "这张读者证现在不能借书；请到有工作人员的柜台",
        "This card may not borrow now; please go to a staffed desk",
    ),
    OfflineRefusal.TOO_MANY_FOR_PATRON: Text(
        "系统断开时每人只能借这么多；恢复后可以再借",
        "This is as much as one may borrow while the library's system is away",
    ),
    OfflineRefusal.TOO_MANY_PATRONS: Text(
        "系统断开期间借书的人数已满；请晚些再来",
        "No more people can borrow while the library's system is away; please come back later",
    ),
    OfflineRefusal.TOO_MANY_ITEMS: Text(
        "系统断开期间可借的册数已满；请晚些再来",
        "No more items can be lent while the library's system is away; please come back later",
    ),
    OfflineRefusal.ALREADY_LENT: Text(
        "这本书刚从这里借出，还没有还", "This kiosk lent it, and it has not come back"
    ),
}
JOURNAL_TROUBLE: Final = Text(
    "机器的存储出了问题，没有办理的书请留着；工作人员已得到通知",
    "This machine cannot keep records. What was not done is unchanged; the staff has been told",
)
"""What is done in the pad's trouble is decided by the journal; here it is only said."""
