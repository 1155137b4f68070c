"""Visits of those who borrow, return and renew."""

from contracts.events import EventName
from contracts.hours import Text as Said
from contracts.sip2.codes import Alert
from kiosk.lending.services import Mode
from kiosk.lending.slip import Aside
from kiosk.lending.stack import Obstacle
from kiosk.session import acts
from kiosk.session import effects as x
from kiosk.session.patron import IdentifyRefusal
from kiosk.session.screen import ScreenName as S
from tests.flows.desk import BLOCKED_CARD, CARD, NAME, NOW_S, PIN
from tests.flows.steps import (
    Asked,
    BadCard,
    Book,
    Card,
    Expect,
    Flow,
    GoOn,
    Hold,
    Idle,
    Lay,
    Press,
    PressTwice,
    Step,
    Take,
    Told,
    Type,
    world,
)

FIVE = tuple(
    Book(f"3100{n}", title)
    for n, title in enumerate(("红楼梦", "城南旧事", "边城", "朝花夕拾", "呐喊"), 1)
)
ONE = FIVE[:1]
PATRON = (CARD, PIN, NAME)
TITLES = tuple(book.title for book in FIVE)

TO_THE_PAD: tuple[Step, ...] = (
    Press(acts.HOME),
    Press(acts.BORROW),
    Card(CARD),
    Type(acts.PIN, PIN),
    Expect(S.PAD, says=(Said("请把书放到台面上", "Please lay your books on the shelf"),)),
)
NO_SLIP: tuple[Step, ...] = (
    Press(acts.FINISH),
    Expect(S.RECEIPT, says=(Said("凭条上没有姓名和卡号", "no name and no card number"),)),
    Press(acts.SLIP, "none"),
    Expect(
        S.FAREWELL, says=(Said("请带走您的书和读者证", "Please take your books and your card"),)
    ),
    Press(acts.FINISH),
    Expect(S.ATTRACT),
)

BORROWING = (
    Flow(
        "borrow-five-card-first",
        (
            Expect(S.ATTRACT, says=(Said("欢迎来到我嘉书房", "Welcome to Wojia Book Room"),)),
            *TO_THE_PAD,
            Lay(FIVE[:3]),
            Expect(
                S.PAD,
                says=(Said("看到 3 本书", "3 books seen"), Said("借这 3 本", "Borrow these 3")),
            ),
            Lay(FIVE[3:]),
            Expect(
                S.PAD,
                says=(
                    Said("看到 5 本书", "5 books seen"),
                    Said("和您手里的一样多吗", "As many as you hold?"),
                    *(Said(title, title) for title in TITLES),
                ),
            ),
            Press(acts.CONFIRM),
            Asked(x.Handle, 1),
            Expect(
                S.PAD,
                says=(Said("已借，应还 2026-12-22", "Borrowed, due 2026-12-22"),),
                without=(acts.CONFIRM,),
            ),
            *NO_SLIP,
            Told(EventName.KIOSK_USE, {"borrowed": 5, "refused": 0, "ended": "finished"}),
            Asked(x.EndSession, 1),
        ),
        (*PATRON, *TITLES),
    ),
    Flow(
        "borrow-books-first",
        (
            Lay(FIVE[:2]),
            Expect(S.HOME, says=(Said("看到 2 本书：要借还是要还", "2 books are on the shelf"),)),
            Press(acts.BORROW),
            Expect(S.IDENTIFY, says=(Said("2 本书已经看到", "2 books on the shelf are seen"),)),
            Type(acts.CARD_NUMBER, CARD),
            Expect(S.PIN, says=(Said("密码不会显示", "It is not shown"),)),
            Type(acts.PIN, PIN),
            Expect(S.PAD, says=(Said("借这 2 本", "Borrow these 2"),)),
            Press(acts.CONFIRM),
            Expect(S.PAD, says=(Said("已借", "Borrowed, due"),)),
            Take(),
            *NO_SLIP,
        ),
        (*PATRON, *TITLES[:2]),
    ),
    Flow(
        "books-then-card-alone",
        (
            Lay(ONE),
            Card(CARD),
            Expect(S.PIN),
            Type(acts.PIN, PIN),
            Expect(S.PAD, says=(Said("借这 1 本", "Borrow this 1"),)),
            Press(acts.CONFIRM),
            Expect(S.PAD, says=(Said("已借", "Borrowed"),)),
            Take(),
            *NO_SLIP,
        ),
        (*PATRON, *TITLES[:1]),
    ),
    Flow(
        "return-without-card",
        (
            Press(acts.HOME),
            Press(acts.RETURN),
            Lay(FIVE[:2]),
            Press(acts.CONFIRM),
            Asked(x.Identify, 0),
            Expect(S.PAD, says=(Said("已还", "Returned"),)),
            *NO_SLIP,
            Told(EventName.KIOSK_USE, {"returned": 2}),
        ),
        TITLES[:2],
    ),
    Flow(
        "returned-and-put-aside",
        (
            Press(acts.HOME),
            Press(acts.RETURN),
            Lay(
                (
                    Book("31070", "有人等的书", aside=Aside(Alert.HOLD_HERE)),
                    Book("31071", "远方的书", aside=Aside(Alert.TRANSFER, "", "library")),
                    Book("31072", "分拣的书", aside=Aside(bin="3")),
                )
            ),
            Press(acts.CONFIRM),
            Expect(
                S.PAD,
                says=(
                    Said("有读者预约了这本书，请放到预约架", "please lay it on the holds shelf"),
                    Said("这本书要送到嘉定区图书馆", "It goes to Jiading Library"),
                    Said("请放到 3 号箱", "Please lay it in bin 3"),
                ),
            ),
            Press(acts.FINISH),
            Expect(S.RECEIPT, says=(Said("请放到转送箱", "please lay it in the transfer box"),)),
        ),
        ("有人等的书",),
    ),
    Flow(
        "fee-accepted",
        (
            *TO_THE_PAD,
            Lay((Book("31050", "要付费的书", fee="2.00"),)),
            Press(acts.CONFIRM),
            Expect(
                S.PAD,
                says=(Said("要先同意费用 2.00", "A fee of 2.00 has to be accepted first"),),
                buttons=(acts.ACCEPT_FEE,),
            ),
            Press(acts.ACCEPT_FEE, "31050"),
            Expect(S.PAD, says=(Said("已借", "Borrowed"),), without=(acts.ACCEPT_FEE,)),
            *NO_SLIP,
            Told(EventName.KIOSK_USE, {"borrowed": 1}),
        ),
        (*PATRON, "要付费的书"),
    ),
    Flow(
        "refused-by-the-library",
        (
            *TO_THE_PAD,
            Lay((Book("31051", "不能借的书", refused="已被预约"), *ONE)),
            Press(acts.CONFIRM),
            Expect(
                S.PAD,
                says=(Said("没有办成：已被预约", "Not done: 已被预约"), Said("已借", "Borrowed")),
            ),
            *NO_SLIP,
            Told(EventName.KIOSK_USE, {"borrowed": 1, "refused": 1}),
        ),
        (*PATRON, "不能借的书"),
    ),
    Flow(
        "put-it-back",
        (
            *TO_THE_PAD,
            Lay((Book("31052", "拿得太早的书", slips=True),)),
            Press(acts.CONFIRM),
            Take(),
            Expect(
                S.PAD,
                says=(
                    Said("请把《拿得太早的书》放回台面", "put “拿得太早的书” back on the shelf"),
                ),
            ),
            Lay((Book("31052", "拿得太早的书", slips=True),)),
            Expect(
                S.PAD, says=(Said("已借", "Borrowed"),), silent=("放回台面", "back on the shelf")
            ),
            *NO_SLIP,
        ),
        (*PATRON, "拿得太早的书"),
    ),
    Flow(
        "double-tap",
        (
            *TO_THE_PAD,
            Lay(ONE),
            PressTwice(acts.CONFIRM),
            Asked(x.Handle, 1),
            Expect(S.PAD, says=(Said("已借", "Borrowed"),)),
            Press(acts.FINISH),
            PressTwice(acts.SLIP, "print"),
            Asked(x.GiveSlip, 1),
            Expect(S.FAREWELL),
        ),
        PATRON,
    ),
    Flow(
        "idle-in-mid-loan",
        (
            *TO_THE_PAD,
            Lay(ONE),
            Hold(),
            Press(acts.CONFIRM),
            Expect(S.PAD, says=(Said("请不要移动书", "Please leave the books where they are"),)),
            Idle(60),
            Expect(
                S.PAD,
                says=(Said("正在完成最后一步", "The last step is being finished"),),
                silent=(*PATRON, TITLES[0]),
            ),
            GoOn(),
            Expect(S.ATTRACT),
            Told(EventName.KIOSK_USE, {"borrowed": 1, "ended": "silent"}),
            Asked(x.EndSession, 1),
        ),
        (*PATRON, TITLES[0]),
    ),
)

TROUBLE = (
    Flow(
        "wrong-pin-thrice",
        (
            Press(acts.HOME),
            Press(acts.ACCOUNT),
            Card(CARD),
            Type(acts.PIN, "0001"),
            Expect(
                S.PIN, says=(Said("密码不对，请再输一次", "The PIN is wrong. Please try again"),)
            ),
            Type(acts.PIN, "0002"),
            Type(acts.PIN, "0003"),
            Expect(S.IDENTIFY, says=(Said("密码错了太多次", "Too many wrong PINs"),)),
            Card(CARD),
            Expect(S.IDENTIFY, says=(Said("密码错了太多次", "Too many wrong PINs"),)),
            Asked(x.Identify, 3),
        ),
        (CARD, "0001", "0002", "0003"),
    ),
    Flow(
        "unknown-card",
        (
            Press(acts.HOME),
            Press(acts.BORROW),
            Card("99999999"),
            Type(acts.PIN, "1234"),
            Expect(
                S.IDENTIFY,
                says=(
                    Said("没有找到这张读者证", "This card is not known"),
                    Said("输入证上的号码", "type its"),
                ),
            ),
            Card(CARD),
            Type(acts.PIN, PIN),
            Expect(S.PAD),
        ),
        (*PATRON, "99999999", "1234"),
    ),
    Flow(
        "blocked-card",
        (
            Press(acts.HOME),
            Press(acts.BORROW),
            Card(BLOCKED_CARD),
            Type(acts.PIN, "1234"),
            Expect(
                S.IDENTIFY,
                says=(Said("现在不能用", "cannot be used now"), Said("证件已挂失", "证件已挂失")),
            ),
        ),
        (BLOCKED_CARD,),
    ),
    Flow(
        "two-cards-then-one",
        (
            Press(acts.HOME),
            Press(acts.BORROW),
            BadCard(IdentifyRefusal.TWO_CARDS),
            Expect(S.IDENTIFY, says=(Said("有两张卡，请只放一张", "please lay down one only"),)),
            BadCard(IdentifyRefusal.UNREADABLE),
            Expect(S.IDENTIFY, says=(Said("请平放在读卡处", "Lay it flat on the card reader"),)),
            Card(CARD),
            Expect(S.PIN, silent=("有两张卡", "one only")),
        ),
        (CARD,),
    ),
    Flow(
        "what-does-not-belong-on-the-pad",
        (
            Press(acts.HOME),
            Press(acts.RETURN),
            Lay((Book("读者证", "", obstacle=Obstacle.PATRON_CARD),)),
            Expect(S.PAD, says=(Said("这是读者证，不是书", "This is a library card"),)),
            Take(),
            Lay((Book("", "", obstacle=Obstacle.FOREIGN),)),
            Expect(S.PAD, says=(Said("不是图书馆的标签", "This is no library tag"),)),
            Lay((Book("31060", "", obstacle=Obstacle.INCOMPLETE, missing=(2, 3)),)),
            Expect(S.PAD, says=(Said("缺少第 2、3 部分", "Part 2, 3 is missing"),)),
            Lay(ONE),
            Expect(S.PAD, says=(Said("还这 1 本", "Return this 1"),), buttons=(acts.CONFIRM,)),
        ),
        TITLES[:1],
    ),
)

ACCOUNTS = (
    Flow(
        "renew-all",
        (
            Press(acts.HOME),
            Press(acts.ACCOUNT),
            Card(CARD),
            Type(acts.PIN, PIN),
            Expect(
                S.ACCOUNT,
                says=(
                    Said("陈*，您好", "Hello, 陈*"),
                    Said("应还 2026-12-01", "Due 2026-12-01"),
                    Said("已逾期", "Overdue"),
                    Said("可以取了", "Ready to pick up"),
                    Said("排在第 3 位", "Number 3 in the queue"),
                    Said("共 1.50，请向工作人员缴付", "1.50 in all"),
                ),
                buttons=(acts.RENEW, acts.RENEW_ALL),
            ),
            Press(acts.RENEW_ALL),
            Expect(
                S.ACCOUNT,
                says=(Said("已续借，应还 2027-01-19", "Renewed, due 2027-01-19"),),
                without=(acts.RENEW_ALL,),
            ),
            *NO_SLIP,
            Told(EventName.KIOSK_USE, {"renewed": 2}),
        ),
        (*PATRON, "只有读者知道的书", "迟还的秘密", "等待中的秘密"),
    ),
    Flow(
        "renew-one",
        (
            Card(CARD),
            Type(acts.PIN, PIN),
            Press(acts.RENEW, "31002"),
            Expect(S.ACCOUNT, says=(Said("已续借", "Renewed"),), buttons=(acts.RENEW_ALL,)),
            Press(acts.HOME),
            Expect(S.HOME, says=(Said("陈*，您好", "Hello, 陈*"),)),
            *NO_SLIP,
            Told(EventName.KIOSK_USE, {"renewed": 1}),
        ),
        (*PATRON, "迟还的秘密"),
    ),
)

ALONE = (
    Flow(
        "library-away",
        (
            world(mode=Mode.OFFLINE, away_since_s=NOW_S - 300),
            Press(acts.HOME),
            Expect(
                S.HOME,
                says=(Said("可以借还，稍后自动补录", "borrowing and returning work"),),
                buttons=(acts.BORROW, acts.RETURN),
                off=(acts.ACCOUNT,),
            ),
            Press(acts.ACCOUNT),
            Expect(S.HOME, says=(Said("看不到借阅情况", "your account cannot be shown"),)),
            Press(acts.BORROW),
            Card(CARD),
            Expect(S.PAD),
            Lay(FIVE[:3]),
            Press(acts.CONFIRM),
            Expect(
                S.PAD,
                says=(
                    Said("已借", "Borrowed"),
                    Said("系统断开时每人只能借这么多", "as much as one may borrow"),
                ),
            ),
            *NO_SLIP,
            Told(EventName.KIOSK_USE, {"borrowed": 2, "refused": 1, "offline": True}),
        ),
        (CARD, *TITLES[:3]),
    ),
    Flow(
        "library-goes-while-renewing",
        (
            Card(CARD),
            Type(acts.PIN, PIN),
            Expect(S.ACCOUNT, buttons=(acts.RENEW_ALL,)),
            world(mode=Mode.OFFLINE, away_since_s=NOW_S),
            Expect(
                S.ACCOUNT,
                says=(Said("不能续借", "Renewals need the library's system"),),
                off=(acts.RENEW_ALL,),
            ),
            Press(acts.RENEW_ALL),
            Asked(x.Handle, 0),
            world(mode=Mode.ONLINE, away_since_s=None),
            Press(acts.RENEW_ALL),
            Expect(S.ACCOUNT, says=(Said("已续借", "Renewed"),)),
        ),
        PATRON,
    ),
    Flow(
        "library-away-and-no-lending",
        (
            world(mode=Mode.CLOSED, away_since_s=NOW_S - 300),
            Press(acts.HOME),
            Press(acts.BORROW),
            Expect(
                S.HOME,
                says=(Said("10:00 起没有回应", "silent since 10:00"),),
                off=(acts.BORROW, acts.RETURN, acts.ACCOUNT),
                buttons=(acts.HOURS, acts.HELP),
            ),
        ),
    ),
)
