"""One session of each screen, as full as it can be: what axe and people look at."""

from contracts.hours import Closure, PublicHours, Text
from contracts.sip2.codes import Alert
from contracts.venue_facts import NearbyVenue, TypicalHour, VenueFacts
from kiosk.lending.effects import Notice
from kiosk.lending.services import Mode, Services
from kiosk.lending.slip import Aside, Ending, SlipRow
from kiosk.lending.stack import Obstacle, Obstructed, OnPad, PadItem
from kiosk.lending.transaction import Action, Transaction
from kiosk.lending.unfinished import Case, Unfinished
from kiosk.room.settings import RoomSettings
from kiosk.room.state import RoomState
from kiosk.room.view import staff_rows
from kiosk.session import words
from kiosk.session.events import (
    ArNow,
    DeviceNow,
    DevicesNow,
    FactsNow,
    OutOfUse,
    PadSeen,
    RoomNow,
    ServicesNow,
    SlipWay,
    UnfinishedNow,
)
from kiosk.session.offers import put
from kiosk.session.patron import Account, Fee, HoldShown, ItemSaid, Loan, Patron
from kiosk.session.screen import ScreenName
from kiosk.session.state import Handled, Visit, Waiting
from tests.flows.looking import GATE
from tests.integration.kiosk.served import NOW_S

DAY = 86_400
_MIDNIGHT = NOW_S - (NOW_S + 8 * 3600) % DAY
HOURS = PublicHours(
    "Asia/Shanghai",
    _MIDNIGHT - DAY,
    _MIDNIGHT + 14 * DAY,
    tuple((_MIDNIGHT + n * DAY + 9 * 3600, _MIDNIGHT + n * DAY + 20 * 3600) for n in range(13)),
    (Closure(_MIDNIGHT + 3 * DAY, _MIDNIGHT + 4 * DAY, "维修", "空调检修", "Air conditioning"),),
)
FACTS = FactsNow(
    VenueFacts(
        "room",
        "我嘉书房·州桥",
        "Zhouqiao Book Room",
        NOW_S * 1000,
        HOURS,
        12,
        40,
        "known",
        tuple(TypicalHour(day, hour, hour % 7 + 1.0) for day in range(7) for hour in range(9, 20)),
        (
            NearbyVenue("museum", "嘉定博物馆", "Jiading Museum", HOURS, 830, 5, 100, "known"),
            NearbyVenue("library", "嘉定区图书馆", "Jiading Library", HOURS, 2140),
        ),
    )
)
SERVICES = ServicesNow(
    Services(Mode.ONLINE, may_borrow=True, may_return=True, may_renew=True),
    None,
    frozenset(SlipWay),
)
AWAY = ServicesNow(
    Services(Mode.OFFLINE, may_borrow=True, may_return=True, may_renew=False), NOW_S - 600
)
CLOSED = ServicesNow(
    Services(Mode.CLOSED, may_borrow=False, may_return=False, may_renew=False), NOW_S - 600
)
BOOKS = tuple(PadItem(f"3100{n}", "CN-110108", "", (f"E004{n}",)) for n in range(5))
PAD = PadSeen(
    OnPad(
        BOOKS,
        (
            Obstructed(("E1",), Obstacle.INCOMPLETE, "31999", (2, 3)),
            Obstructed(("E2",), Obstacle.PATRON_CARD),
            Obstructed(("E3",), Obstacle.FOREIGN),
        ),
    ),
    {
        book.item_id: ItemSaid(title)
        for book, title in zip(
            BOOKS, ("红楼梦", "水浒传", "三国演义", "西游记", "Pride and Prejudice"), strict=True
        )
    },
)
PATRON = Patron("21101080001234", "陈*")
ROWS = (
    SlipRow(Action.BORROW, "31000", "红楼梦", "2026-12-27", Ending.DONE),
    SlipRow(Action.BORROW, "31001", "水浒传", "", Ending.REFUSED, "已被预约"),
    SlipRow(Action.BORROW, "31002", "三国演义", "2026-12-27", Ending.SEE_STAFF),
    SlipRow(Action.BORROW, "31003", "西游记", "", Ending.REFUSED, "费用"),
)
ASIDE = SlipRow(
    Action.RETURN, "31008", "呐喊", "", Ending.DONE, aside=Aside(Alert.TRANSFER, "", "museum")
)
HANDLED = {
    row.item_id: Handled(row, f"t{row.item_id}", "2.00" if row.reason == "费用" else "")
    for row in (*ROWS, ASIDE)
}
ACCOUNT = Account(
    (
        Loan("31005", "儒林外史", "2026-12-01"),
        Loan("31006", "聊斋志异", "2026-11-20", is_overdue=True),
        Loan("31007", "镜花缘", "2026-12-05", may_renew=False),
    ),
    (HoldShown("老残游记", is_ready=True, pick_up="州桥"), HoldShown("海上花列传", False, 3)),
    (Fee("逾期", "2.00"),),
    "2.00",
)
UNFINISHED = UnfinishedNow(
    tuple(
        Unfinished(case, NOW_S * 1000, Transaction(f"x{n}", "s", Action.BORROW, f"3{n}", (), 0))
        for n, case in enumerate(Case)
    )
)
DEVICES = DevicesNow(
    (
        DeviceNow("pad", "pad", True, NOW_S),
        DeviceNow("printer", "printer", False, NOW_S, "out of paper"),
        DeviceNow("library", "library", True, NOW_S),
    )
)
AROUND = {
    "facts": FACTS,
    "services": SERVICES,
    "devices": DEVICES,
    "unfinished": UNFINISHED,
    "ar": ArNow(),
}
ALERT = Text("密码不对，请再输一次", "The PIN is wrong. Please try again")

S = ScreenName
SCREENS: dict[str, tuple[Visit, dict[str, object]]] = {
    "attract": (Visit(), {}),
    "home": (Visit(name=S.HOME), {}),
    "home with books, library away": (Visit(name=S.HOME), {"pad": PAD, "services": AWAY}),
    "home, nothing works": (Visit(name=S.HOME), {"services": CLOSED}),
    "home, who is known": (Visit(name=S.HOME, patron=PATRON), {}),
    "identify": (Visit(name=S.IDENTIFY, wanted=Action.BORROW), {"pad": PAD}),
    "pin, wrong": (Visit(name=S.PIN, card="2110", alert=ALERT), {}),
    "pad, empty": (Visit(name=S.PAD, wanted=Action.RETURN), {}),
    "pad": (Visit(name=S.PAD, wanted=Action.BORROW, patron=PATRON), {"pad": PAD}),
    "pad, under way": (
        Visit(
            name=S.PAD,
            wanted=Action.BORROW,
            patron=PATRON,
            waiting=Waiting.HANDLE,
            asked=tuple(book.item_id for book in BOOKS),
            told={"31001": Notice.PUT_BACK},
        ),
        {"pad": PAD},
    ),
    "pad, done": (
        Visit(name=S.PAD, wanted=Action.BORROW, patron=PATRON, handled=HANDLED),
        {"pad": PAD},
    ),
    "account": (Visit(name=S.ACCOUNT, patron=PATRON, account=ACCOUNT), {}),
    "receipt": (Visit(name=S.RECEIPT, slip=ROWS), {}),
    "receipt as code": (Visit(name=S.RECEIPT, slip=ROWS, is_qr=True), {}),
    "email": (Visit(name=S.EMAIL, slip=ROWS), {}),
    "farewell": (Visit(name=S.FAREWELL, is_leaving=True), {}),
    "hours": (Visit(name=S.HOURS), {}),
    "nearby": (Visit(name=S.NEARBY), {}),
    "privacy": (Visit(name=S.PRIVACY), {}),
    "ar": (Visit(name=S.AR), {"ar": ArNow(is_offered=True)}),
    "ar, seen": (Visit(name=S.AR, exhibit=GATE), {"ar": ArNow(is_offered=True)}),
    "ar, hotspot": (
        Visit(name=S.AR, exhibit=GATE, spot="lions"),
        {"ar": ArNow(is_offered=True)},
    ),
    "ar, camera away": (
        Visit(name=S.AR, exhibit=GATE),
        {"ar": ArNow(is_offered=True, trouble="camera 0: no picture")},
    ),
    "home with a camera": (Visit(name=S.HOME), {"ar": ArNow(is_offered=True)}),
    "help": (Visit(name=S.HELP), {}),
    "help, called": (Visit(name=S.HELP, called=put(words.CALLED, at="07:53")), {}),
    "rating": (Visit(name=S.RATING), {}),
    "rating, about": (Visit(name=S.RATING, stars=4), {}),
    "need": (Visit(name=S.NEED), {}),
    "need, words": (Visit(name=S.NEED, about="books"), {}),
    "staff, card": (Visit(name=S.STAFF), {}),
    "staff": (Visit(name=S.STAFF, staff="staff 7"), {}),
    "staff, unfinished": (Visit(name=S.STAFF_UNFINISHED, staff="staff 7"), {}),
    "staff, room": (
        Visit(name=S.STAFF_ROOM, staff="staff 7"),
        {"room": RoomNow(rows=staff_rows(RoomState(), RoomSettings()))},
    ),
    "staff, devices": (Visit(name=S.STAFF_DEVICES, staff="staff 7"), {}),
    "out of service": (Visit(), {"out": OutOfUse(True, "pad"), "services": CLOSED}),
}
