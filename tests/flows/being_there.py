"""Visits of those who ask, tell, look, wait or work there."""

from contracts.events import EventName
from contracts.hours import Text as Said
from kiosk.session import acts
from kiosk.session import effects as x
from kiosk.session.events import RoomNow
from kiosk.session.screen import Row
from kiosk.session.screen import ScreenName as S
from tests.flows.borrowing import ONE, PATRON, TITLES, TO_THE_PAD
from tests.flows.desk import CARD, NAME, NOW_S, STAFF_CARD, STAFF_NAME, STAFF_PIN
from tests.flows.steps import (
    Asked,
    Card,
    Expect,
    Flow,
    Idle,
    Lay,
    Press,
    Step,
    Take,
    Told,
    Type,
    world,
)

LENT: tuple[Step, ...] = (
    *TO_THE_PAD,
    Lay(ONE),
    Press(acts.CONFIRM),
    Press(acts.FINISH),
)
ADDRESS = "du.zhe@example.org"
WISH = "想要更多的连环画"

SLIPS = (
    Flow(
        "slip-printed",
        (*LENT, Press(acts.SLIP, "print"), Expect(S.FAREWELL), Asked(x.GiveSlip, 1)),
        (*PATRON, *TITLES[:1]),
    ),
    Flow(
        "slip-no-paper-then-code",
        (
            world(has_paper=False),
            *LENT,
            Press(acts.SLIP, "print"),
            Expect(S.RECEIPT, says=(Said("没有纸了，请换一种方式", "There is no paper"),)),
            Press(acts.SLIP, "qr"),
            Expect(S.RECEIPT, says=(Said("用手机拍下这个码", "Photograph this code"),)),
            Press(acts.SLIP, "none"),
            Expect(S.FAREWELL),
        ),
        (*PATRON, *TITLES[:1]),
    ),
    Flow(
        "slip-by-mail",
        (
            *LENT,
            Press(acts.SLIP, "email"),
            Expect(S.EMAIL, field=acts.EMAIL),
            Type(acts.EMAIL, "du.zhe"),
            Expect(S.EMAIL, says=(Said("邮箱地址不对", "This is no mail address"),)),
            Type(acts.EMAIL, ADDRESS),
            Expect(S.FAREWELL),
        ),
        (*PATRON, ADDRESS, "du.zhe"),
    ),
    Flow(
        "slip-mail-away",
        (
            world(is_mail_away=True),
            *LENT,
            Press(acts.SLIP, "email"),
            Type(acts.EMAIL, ADDRESS),
            Expect(S.RECEIPT, says=(Said("邮件没有发出", "The mail was not sent"),)),
        ),
        (*PATRON, ADDRESS),
    ),
)

SILENCE = (
    Flow(
        "more-time",
        (
            *TO_THE_PAD,
            Lay(ONE),
            Idle(32),
            Expect(S.PAD, says=(Said("您还在吗", "Are you still there?"),), countdown=True),
            Press(acts.MORE_TIME),
            Expect(S.PAD, says=(Said("借这 1 本", "Borrow this 1"),)),
            Idle(29),
            Expect(S.PAD),
            Idle(3),
            Expect(S.PAD, countdown=True),
        ),
        (*PATRON, *TITLES[:1]),
    ),
    Flow(
        "idle-wipe",
        (
            Card(CARD),
            Type(acts.PIN, PATRON[1]),
            Expect(S.ACCOUNT, says=(Said("只有读者知道的书", "只有读者知道的书"),)),
            Idle(51),
            Expect(S.ATTRACT, silent=(*PATRON, "只有读者知道的书")),
            Asked(x.Wipe, 1),
            Told(EventName.KIOSK_USE, {"ended": "silent", "left_at": "account"}),
        ),
        (*PATRON, "只有读者知道的书"),
    ),
    Flow(
        "finish-at-once",
        (
            Press(acts.HOME),
            Press(acts.BORROW),
            Card(CARD),
            Press(acts.FINISH),
            Expect(S.ATTRACT),
            Asked(x.Identify, 0),
        ),
        (CARD,),
    ),
)

TELLING = (
    Flow(
        "hours-and-nearby",
        (
            Press(acts.HOME),
            Press(acts.HOURS),
            Expect(
                S.HOURS,
                says=(
                    Said("我嘉书房开放时间", "Opening hours, Wojia Book Room"),
                    Said("现在 12 人，可容纳 60 人", "12 people here now, room for 60"),
                    Said("10 点，通常来 6 人", "10:00, usually 6 come in"),
                ),
            ),
            Press(acts.NEARBY),
            Expect(
                S.NEARBY,
                says=(
                    Said("嘉定区图书馆", "Jiading Library"),
                    Said("820 米", "820 m"),
                    Said("1.4 公里", "1.4 km"),
                ),
            ),
            Press(acts.BACK),
            Expect(S.HOURS),
            Press(acts.HOME),
            Press(acts.PRIVACY),
            Expect(S.PRIVACY, says=(Said("没有人脸识别", "No faces are recognised"),)),
            Press(acts.HOME),
            Expect(S.HOME),
        ),
    ),
    Flow(
        "the-hub-is-away",
        (
            world(hub_away_since_s=NOW_S - 600),
            Press(acts.HOME),
            Press(acts.HOURS),
            Expect(
                S.HOURS,
                says=(Said("网络断了", "the network is away"),),
                silent=("12 人", "12 people"),
            ),
            Press(acts.HOME),
            Press(acts.HELP),
            Press(acts.CALL, "book"),
            Expect(S.HELP, says=(Said("网络恢复就发出", "is sent when it is back"),)),
        ),
    ),
    Flow(
        "call-for-help",
        (
            Press(acts.HOME),
            Press(acts.HELP),
            Expect(S.HELP, says=(Said("120、110 或 119", "120, 110 or 119"),)),
            Press(acts.CALL, "unwell"),
            Expect(S.HELP, says=(Said("10:05 已通知工作人员", "The staff was told at 10:05"),)),
            Told(EventName.STAFF_CALL, {"reason": "unwell"}),
        ),
    ),
    Flow(
        "help-at-the-pin-and-back",
        (
            Card(CARD),
            Expect(S.PIN, buttons=(acts.HELP,)),
            Press(acts.HELP),
            Press(acts.CALL, "card"),
            Expect(S.HELP, says=(Said("10:05 已通知工作人员", "The staff was told at 10:05"),)),
            Press(acts.BACK),
            Expect(S.PIN),
            Type(acts.PIN, PATRON[1]),
            Expect(S.ACCOUNT),
            Card("21101080005555"),
            Expect(S.ACCOUNT, says=(Said("请先结束这次办理", "finish first, then the next card"),)),
            Told(EventName.STAFF_CALL, {"reason": "card"}),
        ),
        (*PATRON, "21101080005555"),
    ),
    Flow(
        "rating-in-three-taps",
        (
            Press(acts.HOME),
            Press(acts.RATING),
            Expect(S.RATING, says=(Said("非常满意", "Very good"),)),
            Press(acts.STARS, "4"),
            Press(acts.ABOUT, "books"),
            Expect(S.HOME, says=(Said("谢谢您的评价", "Thank you for telling us"),)),
            Told(EventName.RATING, {"stars": 4, "about": "books"}),
        ),
    ),
    Flow(
        "a-need",
        (
            Press(acts.HOME),
            Press(acts.NEED),
            Press(acts.ABOUT, "books"),
            Expect(S.NEED, field=acts.NEED_TEXT),
            Type(acts.NEED_TEXT, WISH),
            Expect(S.HOME, says=(Said("已经记下，谢谢", "It is noted, thank you"),)),
            Told(EventName.NEED, {"about": "books", "text": WISH}),
        ),
        (WISH,),
    ),
    Flow(
        "a-need-without-words",
        (
            Press(acts.HOME),
            Press(acts.NEED),
            Press(acts.ABOUT, "seats"),
            Type(acts.NEED_TEXT, ""),
            Expect(S.HOME),
            Told(EventName.NEED, {"about": "seats", "text": ""}),
        ),
    ),
    Flow(
        "nothing-can-be-kept",
        (
            world(is_disk_full=True),
            Press(acts.HOME),
            Press(acts.HELP),
            Press(acts.CALL, "book"),
            Expect(S.HELP, says=(Said("没有存下", "It could not be kept"),)),
        ),
    ),
)

TO_STAFF: tuple[Step, ...] = (
    Press(acts.HOME),
    Press(acts.STAFF),
    Expect(S.STAFF, field=acts.CARD_NUMBER),
    Card(STAFF_CARD),
    Expect(S.STAFF, field=acts.STAFF_PIN),
    Type(acts.STAFF_PIN, STAFF_PIN),
    Expect(S.STAFF, says=(Said(f"工作人员：{STAFF_NAME}", f"Staff: {STAFF_NAME}"),)),
)
AN_EMPTY_ROOM = RoomNow(
    rows=(Row("people", "", Said("里面的人", "People inside"), "good", Said("0 / 8", "0 of 8")),)
)
WORKING = (
    Flow(
        "staff-opens-and-closes",
        (
            *TO_STAFF,
            Press(acts.OPEN_ROOM),
            Expect(S.STAFF, says=(Said("10:05 已记录：开放", "Recorded at 10:05: open"),)),
            Press(acts.CLOSE_ROOM),
            Expect(S.STAFF, says=(Said("10:05 已记录：闭馆", "Recorded at 10:05: closed"),)),
            Told(EventName.STAFF_OPEN, {"by": STAFF_NAME}),
            Told(EventName.STAFF_CLOSE, {"by": STAFF_NAME}),
            Press(acts.HOME),
            Expect(S.HOME),
        ),
        (STAFF_CARD, STAFF_PIN, STAFF_NAME),
    ),
    Flow(
        "staff-sees-to-things",
        (
            *TO_STAFF,
            Press(acts.DEVICES),
            Expect(
                S.STAFF_DEVICES, says=(Said("打印机", "Printer"), Said("起不能用", "Out since"))
            ),
            Press(acts.BACK),
            Press(acts.UNFINISHED),
            Expect(S.STAFF_UNFINISHED, says=(Said("没有消磁的书", "没有消磁的书"),)),
            Press(acts.CLOSE_CASE, "t-77"),
            Expect(S.STAFF_UNFINISHED, says=(Said("没有未完成的书", "Nothing is unfinished"),)),
            Asked(x.CloseCase, 1),
        ),
        (STAFF_CARD, STAFF_PIN, STAFF_NAME, "没有消磁的书"),
    ),
    Flow(
        "staff-looks-after-the-room",
        (
            *TO_STAFF,
            world(room=AN_EMPTY_ROOM),
            Press(acts.ROOM),
            Expect(S.STAFF_ROOM, says=(Said("里面的人", "People inside"),)),
            Press(acts.ROOM_ORDER, "unlock"),
            Expect(S.STAFF_ROOM, says=(Said("已下令", "Ordered"),)),
            Asked(x.OrderRoom, 1),
            Press(acts.BACK),
            Expect(S.STAFF),
        ),
        (STAFF_CARD, STAFF_PIN, STAFF_NAME),
    ),
    Flow(
        "staff-take-over-from-a-visitor",
        (
            *TO_THE_PAD,
            Lay(ONE),
            Press(acts.CONFIRM),
            Take(),
            Press(acts.HOME),
            Press(acts.STAFF),
            Card(STAFF_CARD),
            Type(acts.STAFF_PIN, STAFF_PIN),
            Expect(S.STAFF, silent=(*PATRON, TITLES[0])),
            Asked(x.EndSession, 1),
            Told(EventName.KIOSK_USE, {"borrowed": 1, "ended": "staff"}),
            Press(acts.HOME),
            Expect(S.HOME, silent=(NAME,)),
            Press(acts.ACCOUNT),
            Expect(S.IDENTIFY),
            Told(EventName.SESSION, times=2),
            Told(EventName.KIOSK_USE),
        ),
        (*PATRON, TITLES[0], STAFF_CARD, STAFF_PIN, STAFF_NAME),
    ),
    Flow(
        "not-of-the-staff",
        (
            Press(acts.HOME),
            Press(acts.STAFF),
            Card(CARD),
            Type(acts.STAFF_PIN, "0000"),
            Expect(
                S.STAFF,
                says=(Said("不是工作证，或密码不对", "No staff card, or a wrong PIN"),),
                without=(acts.OPEN_ROOM,),
            ),
        ),
        (CARD, "0000"),
    ),
    Flow(
        "out-of-use-and-back",
        (
            *TO_STAFF,
            Press(acts.SET_OUT),
            Press(acts.HOME),
            Expect(
                S.OUT_OF_SERVICE,
                says=(Said("工作人员暂时停用了这台机器", "The staff has taken this machine"),),
                without=(acts.BORROW, acts.RETURN),
                buttons=(acts.HOURS, acts.HELP),
            ),
            Press(acts.HOURS),
            Expect(S.HOURS),
            Press(acts.HOME),
            *(Press(acts.STAFF), Card(STAFF_CARD), Type(acts.STAFF_PIN, STAFF_PIN)),
            Press(acts.SET_IN),
            Press(acts.HOME),
            Expect(S.HOME, buttons=(acts.BORROW, acts.RETURN)),
        ),
        (STAFF_CARD, STAFF_PIN),
    ),
    Flow(
        "the-pad-is-gone",
        (
            Press(acts.HOME),
            world(out="pad"),
            Expect(
                S.OUT_OF_SERVICE,
                says=(Said("读书台没有回应", "The shelf does not answer"),),
                buttons=(acts.NEARBY,),
            ),
            world(out=""),
            Expect(S.HOME, buttons=(acts.BORROW,)),
        ),
    ),
)
