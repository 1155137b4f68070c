"""A desk that answers what a session asks for, as a real one would, at once and in virtual time."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from contracts.events import EventName
from contracts.hours import PublicHours
from contracts.venue_facts import NearbyVenue, TypicalHour, VenueFacts
from kiosk.lending.effects import Notice
from kiosk.lending.offline import OfflineRefusal
from kiosk.lending.services import Mode, Services
from kiosk.lending.slip import Ending, SlipRow
from kiosk.lending.stack import Obstructed, OnPad, PadItem
from kiosk.lending.transaction import Action, Transaction
from kiosk.lending.unfinished import Case, Unfinished
from kiosk.session import effects as x
from kiosk.session import events as e
from kiosk.session.patron import (
    Account,
    Fee,
    HoldShown,
    IdentifyRefusal,
    ItemSaid,
    Loan,
    Patron,
)
from tests.flows.steps import Book

ZONE = ZoneInfo("Asia/Shanghai")
NOW_S = int(datetime(2026, 11, 24, 10, 5, tzinfo=ZONE).timestamp())
_DAY = 86_400
DUE, RENEWED_DUE = "2026-12-22", "2027-01-19"
STAFF_CARD, STAFF_PIN, STAFF_NAME = "90000001", "246810", "staff 7"
CARD, PIN, NAME = "21101080001234", "1949", "陈*"
BLOCKED_CARD = "21101080009999"


def sessions(first: int = -1, days: int = 9) -> tuple[tuple[int, int], ...]:
    """Return daily hours 09:00 to 20:00 around now."""
    midnight = int(datetime(2026, 11, 24, tzinfo=ZONE).timestamp())
    starts = (midnight + n * _DAY for n in range(first, days))
    return tuple((day + 9 * 3600, day + 20 * 3600) for day in starts)


def hours(*, is_closed: bool = False) -> PublicHours:
    """Return hours of which now is within a session, or in none."""
    return PublicHours(
        "Asia/Shanghai", NOW_S - 2 * _DAY, NOW_S + 10 * _DAY, () if is_closed else sessions()
    )


FACTS = VenueFacts(
    "wojia",
    "我嘉书房",
    "Wojia Book Room",
    NOW_S * 1000,
    hours(),
    occupancy=12,
    capacity=60,
    quality="known",
    typical=tuple(TypicalHour(1, hour, float(3 + hour % 7)) for hour in range(8, 20)),
    nearby=(
        NearbyVenue("library", "嘉定区图书馆", "Jiading Library", hours(), 820, 140, 800, "known"),
        NearbyVenue("museum", "嘉定博物馆", "Jiading Museum", hours(is_closed=True), 1350),
    ),
)
ACCOUNT = Account(
    loans=(
        Loan("31001", "只有读者知道的书", "2026-12-01"),
        Loan("31002", "迟还的秘密", "2026-11-20", is_overdue=True),
        Loan("31003", "不能再续的秘密", "2026-12-05", may_renew=False),
    ),
    holds=(
        HoldShown("等待中的秘密", is_ready=True, pick_up="我嘉书房"),
        HoldShown("排队的秘密", is_ready=False, position=3),
    ),
    fees=(Fee("逾期费", "1.50"),),
    owed="1.50",
)
CASE = Unfinished(
    Case.BIT_PENDING,
    (NOW_S - 3600) * 1000,
    Transaction("t-77", "s-1", Action.BORROW, "31990", ("E1",), 0, title="没有消磁的书"),
)


@dataclass
class FakeDesk:
    """Answers by what is declared here; `post` gives its answers to the session."""

    post: Callable[[e.Event], object]
    on_pad: list[Book] = field(default_factory=list)
    account: Account = ACCOUNT
    mode: Mode = Mode.ONLINE
    ways: frozenset[e.SlipWay] = frozenset(e.SlipWay)
    has_paper: bool = True
    is_mail_away: bool = False
    is_disk_full: bool = False
    away_since_s: int | None = None
    hub_away_since_s: int | None = None
    offline_most: int = 2
    out: str = ""
    ar: e.ArNow = field(default_factory=e.ArNow)
    room: e.RoomNow = field(default_factory=e.RoomNow)
    unfinished: tuple[Unfinished, ...] = (CASE,)
    asked: list[x.Effect] = field(default_factory=list)
    is_held: bool = False
    _waiting: deque[x.Effect] = field(default_factory=deque)
    _slips: dict[str, tuple[x.Handle, Book]] = field(default_factory=dict)
    _ended: list[SlipRow] = field(default_factory=list)
    _number: int = 0

    def carry_out(self, effect: x.Effect) -> None:
        """Take an effect; it is answered by `work`."""
        self.asked.append(effect)
        self._waiting.append(effect)

    def begin(self) -> None:
        """Tell the session of everything that is around it."""
        self.post(e.FactsNow(FACTS, self.hub_away_since_s))
        self.post(self.room)
        self._tell_services()
        wall = NOW_S - 7200
        self.post(
            e.DevicesNow(
                (
                    e.DeviceNow("pad", "pad", True, wall),
                    e.DeviceNow("printer", "printer", False, wall, "out of paper"),
                )
            )
        )
        self.post(e.UnfinishedNow(self.unfinished))

    def mend(self) -> None:
        """Let everything work again, and forget what was asked."""
        fresh = FakeDesk(self.post)
        for name in ("mode", "ways", "has_paper", "is_mail_away", "is_disk_full", "unfinished"):
            setattr(self, name, getattr(fresh, name))
        self.asked.clear()
        self._ended.clear()
        self._slips.clear()
        self.change(
            out="", ar=e.ArNow(), room=e.RoomNow(), away_since_s=None, hub_away_since_s=None
        )
        self.post(e.UnfinishedNow(self.unfinished))

    def change(self, **changes: object) -> None:
        """Let the world change: `mode`, `has_paper`, `out`, `hub_away_since_s`, …"""
        for name, value in changes.items():
            if not hasattr(self, name):
                raise AttributeError(name)
            setattr(self, name, value)
        self.post(e.FactsNow(FACTS, self.hub_away_since_s))
        self.post(self.ar)
        self.post(self.room)
        self._tell_services()
        if "out" in changes:
            self.post(e.OutOfUse(bool(self.out), self.out))

    def lay(self, books: Iterable[Book]) -> None:
        """Lay books on the pad; one that was to be put back ends its transaction so."""
        for book in books:
            if book not in self.on_pad:
                self.on_pad.append(book)
        self._tell_pad()
        for book in [book for _, book in self._slips.values() if book in self.on_pad]:
            handle, _ = self._slips.pop(book.item_id)
            self.post(e.Told(book.item_id, Notice.PUT_BACK, is_over=True))
            self.post(self._end(handle, book))
            self._end_of(handle)

    def take(self, books: Iterable[Book]) -> None:
        """Take books from the pad; without any, all."""
        gone = tuple(books) or tuple(self.on_pad)
        self.on_pad = [book for book in self.on_pad if book not in gone]
        self._tell_pad()

    def work(self) -> bool:
        """Answer everything that waits; tell whether anything did."""
        did = False
        while self._waiting and not self.is_held:
            did = True
            self._answer(self._waiting.popleft())
        return did

    def _tell_services(self) -> None:
        may = self.mode is not Mode.CLOSED
        renews = self.mode is Mode.ONLINE
        now = Services(self.mode, may_borrow=may, may_return=may, may_renew=renews)
        self.post(e.ServicesNow(now, self.away_since_s, self.ways))

    def _tell_pad(self) -> None:
        items = tuple(
            PadItem(b.item_id, "CN-310114", "", (f"E00{b.item_id}",))
            for b in self.on_pad
            if b.obstacle is None
        )
        obstructed = tuple(
            Obstructed((f"E0F{b.item_id}",), b.obstacle, b.item_id, b.missing)
            for b in self.on_pad
            if b.obstacle is not None
        )
        said = {b.item_id: ItemSaid(b.title) for b in self.on_pad if b.title}
        self.post(e.PadSeen(OnPad(items, obstructed), said))

    def _answer(self, effect: x.Effect) -> None:  # noqa: C901  a case each
        match effect:
            case x.Identify():
                self.post(self._identify(effect))
            case x.ReadAccount():
                known = self.account if self.mode is Mode.ONLINE else None
                self.post(e.AccountRead(known))
            case x.Handle():
                self._handle(effect)
            case x.EndSession():
                rows, self._ended = tuple(self._ended), []
                self.post(e.SlipReady(rows))
            case x.GiveSlip():
                self.post(self._give(effect))
            case x.Report():
                if effect.is_answered:
                    self.post(e.Reported(not self.is_disk_full))
            case x.CheckStaff():
                is_right = (effect.number, effect.pin) == (STAFF_CARD, STAFF_PIN)
                self.post(e.StaffKnown(STAFF_NAME) if is_right else e.StaffUnknown())
            case x.CloseCase():
                self.unfinished = tuple(
                    one for one in self.unfinished if one.transaction.id != effect.transaction
                )
                self.post(e.UnfinishedNow(self.unfinished))
            case x.TakeOutOfUse():
                self.out = "staff" if effect.is_out else ""
                self.post(e.OutOfUse(effect.is_out, self.out))
            case x.NoteShown() | x.Wipe() | x.OrderRoom():
                pass
            case _:
                assert_never(effect)

    def _identify(self, effect: x.Identify) -> e.Event:
        if self.mode is not Mode.ONLINE:
            return e.Identified(Patron(effect.number, "读者", is_offline=True))
        if effect.number == BLOCKED_CARD:
            return e.NotIdentified(IdentifyRefusal.BLOCKED, "证件已挂失")
        if effect.number != CARD:
            return e.NotIdentified(IdentifyRefusal.UNKNOWN_CARD)
        if effect.pin != PIN:
            return e.NotIdentified(IdentifyRefusal.WRONG_PIN)
        return e.Identified(Patron(effect.number, NAME))

    def _handle(self, handle: x.Handle) -> None:
        books = {book.item_id: book for book in self.on_pad}
        loans = {loan.item_id: Book(loan.item_id, loan.title) for loan in self.account.loans}
        known = loans if handle.action is Action.RENEW else books
        for item_id in handle.item_ids:
            book = known.get(item_id, Book(item_id, item_id))
            if book.slips and not self._slips:
                self._slips[item_id] = handle, book
                self.post(e.Told(item_id, Notice.PUT_BACK))
            else:
                self.post(self._end(handle, book))
        self._end_of(handle)

    def _end_of(self, handle: x.Handle) -> None:
        if not any(one is handle for one, _ in self._slips.values()):
            self.post(e.HandlingEnded())

    def _end(self, handle: x.Handle, book: Book) -> e.ItemEnded:
        due = "" if handle.action is Action.RETURN else DUE
        due = RENEWED_DUE if handle.action is Action.RENEW else due
        accepted = book.item_id in handle.fee_for
        self._number += 1
        fee = book.fee if book.fee and not accepted else ""
        refused: OfflineRefusal | None = None
        if self.mode is Mode.OFFLINE and handle.action is Action.BORROW:
            lent = sum(row.ending is Ending.DONE for row in self._ended)
            refused = OfflineRefusal.TOO_MANY_FOR_PATRON if lent >= self.offline_most else None
        ending = Ending.REFUSED if fee or book.refused or refused else Ending.DONE
        is_done = ending is Ending.DONE
        due, refused_by = due if is_done else "", book.refused
        aside = book.aside if is_done and handle.action is Action.RETURN else None
        row = SlipRow(handle.action, book.item_id, book.title, due, ending, refused_by, aside=aside)
        self._ended = [one for one in self._ended if one.item_id != book.item_id] + [row]
        return e.ItemEnded(book.item_id, row, f"t-{self._number}", fee, refused, book.messages)

    def _give(self, effect: x.GiveSlip) -> e.Event:
        match effect.way:
            case e.SlipWay.PRINT if not self.has_paper:
                self.ways = self.ways - {e.SlipWay.PRINT}
                self._tell_services()
                return e.SlipGiven(effect.way, False, "no_paper")
            case e.SlipWay.EMAIL if "@" not in effect.address:
                return e.SlipGiven(effect.way, False, "bad_address")
            case e.SlipWay.EMAIL if self.is_mail_away:
                return e.SlipGiven(effect.way, False, "mail_away")
            case _:
                return e.SlipGiven(effect.way, True)

    def reports(self, name: EventName) -> list[x.Report]:
        """Return what was told of under this name."""
        return [one for one in self.asked if isinstance(one, x.Report) and one.name is name]
