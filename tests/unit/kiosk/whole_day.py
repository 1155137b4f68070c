"""A kiosk and its room in virtual time: who comes, what fails, what the clock does.

Real are the session, its screens as HTML, the core of lending with its journal on the disk, and the
room. Visitors press whatever their screen offers, and go away when they like. Each day is made of
one number.
"""

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from contracts.hours import PublicHours
from contracts.venue_facts import VenueFacts
from kiosk.desk.journal import Journal
from kiosk.host import SessionHost
from kiosk.lending.effects import Confirmed, SessionEnded, Shown
from kiosk.lending.services import Mode as Lending
from kiosk.lending.services import Services
from kiosk.lending.slip import ending_of, row_of, slip
from kiosk.lending.stack import OnPad, PadItem
from kiosk.lending.transaction import Transaction
from kiosk.lending.unfinished import unfinished
from kiosk.room import effects as r
from kiosk.room import events as v
from kiosk.room.machine import begin, step
from kiosk.room.settings import Cleaning, Output, RoomSettings, Verb
from kiosk.room.state import Mode
from kiosk.room.view import notices, staff_rows
from kiosk.session import acts
from kiosk.session import effects as x
from kiosk.session import events as e
from kiosk.session.moment import Moment
from kiosk.session.patron import Account, IdentifyRefusal, Loan, Patron
from kiosk.session.reducer import idle_seconds
from kiosk.session.screen import Button, Screen, ScreenName
from kiosk.session.settings import SessionSettings
from kiosk.session.state import Visit, Waiting
from kiosk.web.render import Pages
from kiosk.web.settings import WebSettings
from tests.unit.kiosk.lending import test_worlds as lending

ZONE = ZoneInfo("Asia/Shanghai")
MIDNIGHT = datetime(2026, 11, 30, tzinfo=ZONE)
HOUR, DAY = 3600, 86_400
CARD, PIN, NAME = "21101080001234", "1949", "陈*"
STAFF_CARD, STAFF_PIN = "90000001", "246810"
SETTINGS = SessionSettings()
ROOM = RoomSettings(
    people_limit=6, cleaning=(Cleaning(None, 6 * HOUR, 7 * HOUR),), commands=frozenset(Verb)
)
LEAVING = frozenset({acts.HOME, acts.FINISH})
ANSWERS_WITHIN = 30.0
"""Seconds, of anything that a visitor waits for here."""
SLACK = 3.0


class KeptJournal(dict[str, Transaction]):
    """What the world of lending writes down goes onto a disk as well."""

    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self.disk = journal
        self.now_ms = 0

    def __setitem__(self, key: str, one: Transaction) -> None:
        if self.get(key) != one:
            self.disk.write(one, self.now_ms)
        super().__setitem__(key, one)


@dataclass
class Day:
    """One kiosk from `from_hour` on. `run` lets hours go by; whatever is not right is an error."""

    seed: int
    folder: Path
    from_hour: int = 0
    now: float = 1000.0
    coils: dict[Output, bool] = field(default_factory=lambda: dict.fromkeys(Output, False))
    seen: Counter[str] = field(default_factory=Counter)
    later: list[tuple[float, int, e.Event]] = field(default_factory=list)
    over: int = -1
    is_library_there: bool = True
    hub_away_since_s: int | None = None
    inside: int = 0
    pad: tuple[PadItem, ...] = ()
    busy_until: float = 0.0
    is_staff: bool = False
    stays_until: float | None = None
    """Somebody is at the glass until then; None: nobody."""
    waits_since: float | None = None
    said: Counter[tuple[int, int]] = field(default_factory=Counter)
    """Announcements that were made, by what they are of."""
    pages: int = 0
    sizes: list[tuple[int, int]] = field(default_factory=list)
    """At each full hour, with nobody there: how large session and room are, written out."""

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.wall = (MIDNIGHT + timedelta(hours=self.from_hour)).timestamp()
        self.is_always_open = self.seed % 2 == 0
        self.disk = Journal(self.folder / f"journal-{self.seed}.db")
        self.world = lending.World(random.Random(self.seed), trouble=0.03, cancels=True)
        self.world.journal = self.kept_journal = KeptJournal(self.disk)
        self.numbers = 0
        self.room_kept = v.Kept()
        self.render = Pages(WebSettings(), "token", can_speak=False)
        self.start()

    @property
    def moment(self) -> Moment:
        return Moment(self.now, int(self.wall))

    @property
    def hours(self) -> PublicHours:
        start = int(MIDNIGHT.timestamp())
        days = range(-1, 4)
        sessions = [(start + n * DAY + 9 * HOUR, start + n * DAY + 20 * HOUR) for n in days]
        if self.is_always_open:
            sessions = [(start - DAY, start + 4 * DAY)]
        return PublicHours("Asia/Shanghai", start - DAY, start + 4 * DAY, tuple(sessions))

    def start(self) -> None:
        """Start the kiosk: the first time, and after its process or power was gone."""
        self.later.clear()
        self.over, self.busy_until = -1, 0.0
        self.stays_until = self.waits_since = None
        self.host = SessionHost(self.carry_out, lambda: self.moment, SETTINGS)
        self.host.watch(self.shown)
        self.room = begin(self.moment, self.room_kept)
        self.world.start()
        self.tell_around()
        self.give(*(v.ContactNow(contact, is_active=False) for contact in v.Contact))
        self.host.post(self.seen_on_pad())

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        next_hour = self.now + HOUR
        while self.now < end:
            self.second()
            if self.now >= next_hour and self.host.state.visit.name is ScreenName.ATTRACT:
                next_hour += HOUR
                self.weigh()

    def second(self) -> None:
        self.now += 1
        self.wall += 1
        self.kept_journal.now_ms = self.world.now_ms = int(self.wall * 1000)
        self.around()
        self.at_the_glass()
        due = [one for one in self.later if one[0] <= self.now]
        self.later = [one for one in self.later if one[0] > self.now]
        for _, visit, event in due:
            if visit > self.over:
                self.host.post(event)
        self.host.post(e.Ticked())
        self.give(v.Ticked())
        self.check()

    # What goes on around the visitor.

    def around(self) -> None:
        rng, seconds = self.rng, int(self.now)
        if seconds % 300 == 0:
            self.tell_around()
        chance = rng.random()
        if chance < 1 / 5000:
            self.is_library_there = not self.is_library_there
            self.tell_around()
        elif chance < 2 / 5000:
            away = None if self.hub_away_since_s else int(self.wall)
            self.hub_away_since_s = away
            self.tell_around()
        elif chance < 3 / 5000:
            # What NTP does to a clock that is off.
            self.wall += rng.choice((-90, -3, -1, 1, 3, 90))
            self.seen["clock set"] += 1
        elif chance < 3.3 / 5000:
            self.seen["killed"] += 1
            self.start()
        elif chance < 4 / 5000:
            contact = rng.choice((v.Contact.GATE, v.Contact.TAMPER, v.Contact.CALL))
            self.give(v.ContactNow(contact, is_active=True), v.ContactNow(contact, is_active=False))
        elif chance < 4.1 / 5000:
            self.give(v.ContactNow(v.Contact.FIRE, is_active=True))
            self.give(v.ContactNow(v.Contact.FIRE, is_active=False))
            self.seen["fire"] += 1
        if self.room.kept.fire_since_s is not None and rng.random() < 1 / 300:
            self.give(v.Commanded(Verb.RESET, "staff"))
        if rng.random() < 1 / 900:
            self.inside = max(0, self.inside + rng.choice((-1, -1, 1)))
            self.tell_people()

    def tell_around(self) -> None:
        works = self.is_library_there
        mode = Lending.ONLINE if works else Lending.CLOSED
        services = Services(mode, may_borrow=works, may_return=works, may_renew=works)
        since = None if works else int(self.wall) - 60
        self.host.post(e.ServicesNow(services, since, frozenset(e.SlipWay)))
        facts = VenueFacts("room", "书房", "Book Room", int(self.wall * 1000), self.hours)
        self.host.post(e.FactsNow(facts, self.hub_away_since_s))
        self.give(v.ClockNow(is_set=True), v.TimetableNow(self.hours))
        self.give(v.LibraryNow(works, int(self.wall) - 60))
        self.tell_people()

    def tell_people(self) -> None:
        quality = "known" if self.hub_away_since_s is None else "degraded"
        self.give(v.PeopleNow(self.inside, quality, 6, int(self.now)))  # type: ignore[arg-type]

    # The room.

    def give(self, *events: v.Event) -> None:
        for event in events:
            self.room, effects = step(self.room, event, self.moment, ROOM)
            told = notices(self.room, self.moment, ROOM), staff_rows(self.room, ROOM)
            room = e.RoomNow(*told)
            if room != self.host.state.around.room:
                self.host.post(room)
            for effect in effects:
                self.of_room(effect)

    def of_room(self, effect: r.Effect) -> None:
        match effect:
            case r.Switch(output, is_on, ticket):
                self.coils[output] = is_on
                self.give(v.Switched(output, ticket))
            case r.Keep(kept):
                fresh = [key for key in kept.said if key not in self.room_kept.said]
                self.said.update(fresh)
                self.room_kept = kept
            case r.Announce(kind):
                self.seen[f"says {kind}"] += 1
            case _:
                pass

    # Who stands at the glass.

    def at_the_glass(self) -> None:
        rng, visit = self.rng, self.host.state.visit
        if self.stays_until is None:
            local = datetime.fromtimestamp(self.wall, ZONE).hour
            every = 90 if self.is_always_open or 9 <= local < 20 else 1500
            if rng.random() < 1 / every:
                self.stays_until = self.now + rng.uniform(5, 240)
                self.is_staff = rng.random() < 0.1
            return
        if self.now >= self.stays_until:
            self.stays_until = None  # gone, without a word
            return
        if rng.random() < 0.6 or visit.is_hidden or self.host.screen.is_waiting:
            return
        self.press(self.host.screen)

    def press(self, screen: Screen) -> None:
        rng, serial = self.rng, screen.serial
        if screen.name is ScreenName.STAFF and self.is_staff and not self.host.state.visit.staff:
            self.host.post(e.CardSeen(STAFF_CARD, is_staff=True))
            return
        if screen.name is ScreenName.IDENTIFY:
            self.host.post(e.CardSeen(CARD))
            return
        if screen.name is ScreenName.PAD and rng.random() < 0.5:
            self.lay()
            return
        if screen.field is not None and rng.random() < 0.7:
            typed = {acts.PIN: PIN, acts.STAFF_PIN: STAFF_PIN}.get(screen.field.name, "好书")
            wrong = "0000" if rng.random() < 0.2 else typed
            self.host.post(e.Entered(screen.field.name, wrong, serial))
            return
        offered = [one for one in buttons(screen) if one.is_enabled]
        mains = [one for one in offered if one.weight == "main"]
        if mains and rng.random() < 0.5:
            offered = mains
        chosen = rng.choice(offered)
        self.seen[f"act {chosen.act}"] += 1
        # Now and then a finger comes after the screen has changed, or comes twice.
        late = serial - 1 if rng.random() < 0.05 else serial
        for _ in range(2 if rng.random() < 0.1 else 1):
            self.host.post(e.Pressed(chosen.act, late, chosen.choice))

    def lay(self) -> None:
        chosen = self.rng.sample(sorted(lending.ITEMS), self.rng.randrange(4))
        off = frozenset(self.world.off)
        self.pad = tuple(
            PadItem(name, "", "红楼梦", lending.ITEMS[name], off & set(lending.ITEMS[name]))
            for name in chosen
        )
        self.world.pad = {uid for one in self.pad for uid in one.uids}
        self.host.post(self.seen_on_pad())

    def seen_on_pad(self) -> e.PadSeen:
        return e.PadSeen(OnPad(self.pad))

    # What the session asks for.

    def carry_out(self, effect: x.Effect) -> None:
        match effect:
            case x.Identify(visit, number, pin):
                self.soon(visit, self.identified(number, pin))
            case x.ReadAccount(visit):
                loans = (Loan("31005", "儒林外史", "2026-12-01", may_renew=False),)
                self.soon(visit, e.AccountRead(Account(loans) if self.is_library_there else None))
            case x.Handle(visit):
                self.handle(visit, effect)
            case x.NoteShown(names):
                for name in names:
                    self.run_lending(name, Shown())
            case x.EndSession(visit):
                self.end_session(visit)
            case _:
                self.carry_out_other(effect)

    def carry_out_other(self, effect: x.Effect) -> None:
        match effect:
            case x.GiveSlip(visit, way):
                ok = way in {e.SlipWay.NONE, e.SlipWay.QR} or self.rng.random() < 0.7
                self.soon(visit, e.SlipGiven(way, ok, "" if ok else "printer_away"))
            case x.Report(visit, _, _, True):
                self.soon(visit, e.Reported(ok=True))
            case x.CheckStaff(visit, number, pin):
                is_staff = (number, pin) == (STAFF_CARD, STAFF_PIN)
                self.soon(visit, e.StaffKnown("staff 1") if is_staff else e.StaffUnknown())
            case x.TakeOutOfUse(is_out):
                self.soon(10**9, e.OutOfUse(is_out, "staff"))
            case x.OrderRoom(verb):
                self.give(v.Commanded(Verb(verb), "staff"))
            case x.Wipe(visit):
                self.over = max(self.over, visit)
            case _:
                pass

    def soon(self, visit: int, event: e.Event) -> None:
        self.later.append((self.now + self.rng.choice((0.0, 1.0, 2.0, 6.0)), visit, event))

    def identified(self, number: str, pin: str) -> e.Event:
        if not self.is_library_there:
            return e.NotIdentified(IdentifyRefusal.AWAY)
        if (number, pin) == (CARD, PIN):
            return e.Identified(Patron(CARD, NAME))
        return e.NotIdentified(IdentifyRefusal.WRONG_PIN)

    def handle(self, visit: int, effect: x.Handle) -> None:
        at = max(self.now, self.busy_until)
        for item in self.pad:
            if item.item_id not in effect.item_ids:
                continue
            self.numbers += 1
            name = f"t{self.numbers}"
            one = Transaction(
                name,
                f"{visit}",
                effect.action,
                item.item_id,
                item.uids,
                self.kept_journal.now_ms,
                patron="p1",
                title=item.title,
            )
            self.world.journal[name] = one
            self.run_lending(name, Confirmed(item.off_uids))
            done = self.world.journal[name]
            ending = ending_of(done)
            at += self.rng.uniform(0.5, 2)
            if ending is not None:
                self.seen[f"lent {ending.value}"] += 1
                row = row_of(done, ending)
                self.later.append((at, visit, e.ItemEnded(item.item_id, row, name)))
        self.busy_until = at
        self.later.append((at + 0.5, visit, e.HandlingEnded()))

    def run_lending(self, name: str, event: object) -> None:
        """Give a transaction an event; where the power fails on the way, the journal goes on."""
        try:
            self.world.run(self.world.journal[name], event)  # type: ignore[arg-type]
        except lending.PowerCut:
            self.world.start()

    def end_session(self, visit: int) -> None:
        mine = [one for one in self.world.journal.values() if one.session == f"{visit}"]
        for one in mine:
            self.run_lending(one.id, Shown())
            if self.world.journal[one.id].is_open:
                self.run_lending(one.id, SessionEnded())
            self.world.tend(one.item_id)
        self.soon(visit, e.SlipReady(slip(self.world.journal[one.id] for one in mine)))
        self.host.post(e.UnfinishedNow(tuple(unfinished(self.world.journal.values()))))

    # What must hold.

    def shown(self) -> None:
        screen = self.host.screen
        self.pages += 1
        self.seen[f"screen {screen.name.value}"] += 1
        html = self.render.screen(screen, self.pages)
        assert f'data-name="{screen.name.value}"' in html, self.where
        if screen.name is ScreenName.ATTRACT:
            assert CARD not in html, self.where
            assert NAME not in html, self.where
        self.check_way_home(screen)

    @property
    def where(self) -> str:
        return f"seed {self.seed} at {self.now - 1000:.0f} s: {self.host.screen.name.value}"

    def check_way_home(self, screen: Screen) -> None:
        if screen.name in {ScreenName.ATTRACT, ScreenName.OUT_OF_SERVICE} or screen.is_waiting:
            return  # the first one; what is waited for has its own limit
        if screen.name is ScreenName.HOME and not self.host.state.visit.staff:
            assert any(one.act == acts.FINISH for one in buttons(screen)), self.where
            return
        ways = [one for one in buttons(screen) if one.act in LEAVING and one.is_enabled]
        assert ways, self.where

    def check(self) -> None:
        state, visit = self.host.state, self.host.state.visit
        waits = visit.waiting is not None or visit.is_hidden
        self.waits_since = (self.waits_since or self.now) if waits else None
        if self.waits_since is not None:
            assert self.now - self.waits_since <= ANSWERS_WITHIN, self.where
        silent = self.now - visit.touched_at
        most = idle_seconds(visit, SETTINGS) + SETTINGS.countdown_seconds + SLACK
        if visit.name is not ScreenName.ATTRACT and visit.waiting is not Waiting.HANDLE:
            assert silent <= most or visit.is_hidden, self.where
        if visit.name is ScreenName.ATTRACT and visit.began_at is None:
            fresh = Visit(
                number=visit.number,
                serial=visit.serial,
                prefs=visit.prefs,
                touched_at=visit.touched_at,
            )
            assert replace(visit, alert=None) == fresh, self.where
        room = self.room
        if room.wire(Output.STRIKE).wanted:
            assert room.unlocking is not None or room.mode is Mode.FIRE, self.where
        assert self.coils[Output.STRIKE] is room.wire(Output.STRIKE).wanted, self.where
        assert max(self.said.values(), default=1) == 1, self.where
        assert state.around.room is not None, self.where

    def weigh(self) -> None:
        around = replace(self.host.state.around, unfinished=e.UnfinishedNow(()))
        session = len(repr(replace(self.host.state, around=around)))
        self.sizes.append((session, len(repr(self.room))))


def buttons(screen: Screen) -> list[Button]:
    """Return everything that can be pressed on a screen."""
    rows = [*screen.rows, *(row for section in screen.sections for row in section.rows)]
    found = [*screen.buttons, *screen.foot, *(one for row in rows for one in row.buttons)]
    return [*found, *([screen.countdown.more] if screen.countdown else [])]
