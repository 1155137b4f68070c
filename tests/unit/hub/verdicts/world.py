"""A venue with a store on disk and a clock that only moves when told; what is judged is real."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from contracts.ids import NodeId
from contracts.rows import Count, Coverage, Epoch, Event, Lost, Row, State
from hub.compliance.evidence import Parameters
from hub.compliance.explain import Finding
from hub.compliance.localtime import LocalTime
from hub.compliance.schedule import Schedule, Timetable, weekly
from hub.lawbook import read_law
from hub.store.records import Records
from hub.store.sqlite import SqliteStore
from hub.venues import Line, Sensor, Venue, Zone
from hub.verdicts import Bench, Docket, VerdictDesk
from link.intake import Gap, Group, Stored

CLOCK = LocalTime(ZoneInfo("Asia/Shanghai"))
LAW = read_law()
EPOCH = "e0" * 8
LIBRARY = Venue(
    id="library",
    name_zh="图书馆",
    name_en="Library",
    kind="district_library",
    level="district",
    capacity=100,
    timezone="Asia/Shanghai",
    hours=(((780, 1200),), *(((510, 1200),),) * 6),
    quiet_at=240,
    zones=(Zone("hall", "大厅", "Hall"),),
    lines=(Line("sim", "main", "outside", "hall"),),
    sensors=(Sensor("sim", "lock", "lock"),),
)


def at(day: date | str, clock: str) -> int:
    """Return an instant on the venue's clock, Unix seconds: `at("2026-03-02", "08:30")`."""
    hours, _, minutes = clock.partition(":")
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return CLOCK.midnight(day) + int(hours) * 3600 + int(minutes or 0) * 60


def schedule_of(venue: Venue) -> Schedule:
    """Return what a venue's file declares."""
    week = weekly(*([(o * 60, c * 60) for o, c in day] for day in venue.hours))
    return Schedule(CLOCK, LAW.calendar, (Timetable("district", week),))


class Declared:
    """Schedules that a test changes."""

    def __init__(self) -> None:
        self.schedules: dict[str, Schedule] = {}
        self.listeners: list[Callable[[str, date | None], None]] = []

    def of(self, venue: Venue) -> Schedule:
        return self.schedules.get(venue.id) or schedule_of(venue)

    def listen(self, changed: Callable[[str, date | None], None]) -> None:
        self.listeners.append(changed)

    def change(self, venue: str, schedule: Schedule, first: date | None = None) -> None:
        self.schedules[venue] = schedule
        for told in self.listeners:
            told(venue, first)


@dataclass
class World:
    """Store, records and desk of one venue. `tell` commits rows and marks them as intake does."""

    folder: Path
    now_s: int
    venues: Sequence[Venue] = (LIBRARY,)
    parameters: Parameters = field(default_factory=Parameters)
    told: dict[tuple[str, date], list[Finding]] = field(default_factory=dict)
    declared: Declared = field(default_factory=Declared)
    seq: int = 0
    docket: Callable[[], Docket] = Docket

    def __post_init__(self) -> None:
        self.store = SqliteStore(self.folder / "series.db")
        self.records = Records(self.folder / "records.db")
        self.records.load(self.venues)
        self.desk = self.make_desk()

    def make_desk(self) -> VerdictDesk:
        desk = VerdictDesk(
            Bench(self.store, LAW, self.parameters),
            self.records,
            self.declared,
            lambda: self.now_s * 1000,
            docket=self.docket(),
        )
        desk.listen(self._tell)
        return desk

    def again(self) -> None:
        """Do what a hub does that was killed: what was only in memory is gone."""
        self.desk.close()
        self.store.close()
        self.store = SqliteStore(self.folder / "series.db")
        self.told.clear()
        self.desk = self.make_desk()
        self.desk.open()

    def close(self) -> None:
        self.desk.close()
        self.records.close()
        self.store.close()

    def judge(self) -> None:
        """Judge all that is marked."""
        self.desk.look(everything=True)

    def _tell(self, venue: str, found: Sequence[Finding], day: date) -> None:
        self.told[venue, day] = list(found)

    def kinds(self, day: str, venue: str = "library") -> list[str]:
        return [finding.kind for finding in self.told.get((venue, date.fromisoformat(day)), [])]

    def tell(self, *rows: Row, venue: str = "library", node: str = "sim") -> None:
        """Commit rows and mark what they touch."""
        self.commit(*rows, venue=venue, node=node)
        for touched in self.store.touched():
            self.desk.touched(touched.venue, touched.first_ms, touched.last_ms)
        self.desk.marked_upto(self.store.turn)

    def commit(self, *rows: Row, venue: str = "library", node: str = "sim") -> None:
        numbered: list[Row] = [Epoch(self.next(), EPOCH, "b0" * 8, 0, "05" * 8)]
        numbered += rows
        stored = Stored(NodeId(venue, node), "5a" * 8, tuple(numbered), self.now_s * 1000)
        self.store.commit(Group(stored=[stored]))

    def gap(self, lost: Lost, *, venue: str = "library", node: str = "sim") -> None:
        """Commit that rows no longer exist anywhere."""
        gap = Gap(NodeId(venue, node), "5a" * 8, 1, 2, (lost,), self.now_s * 1000)
        self.store.commit(Group(gaps=[gap]))

    def next(self) -> int:
        self.seq += 1
        return self.seq

    def lock(self, value: str, since_s: int, until_s: int, *, name: str = "lock") -> State:
        return State(self.next(), EPOCH, name, value, since_s * 1000, until_s * 1000)

    def watched(self, since_s: int, until_s: int, *, line: str = "main") -> Coverage:
        return Coverage(self.next(), EPOCH, line, since_s * 1000, until_s * 1000)

    def entry(self, at_s: int, *, line: str = "main", entered: int = 1) -> Count:
        return Count(self.next(), EPOCH, line, at_s - at_s % 60, entered, 0)

    def event(self, name: str, at_s: int, *, source: str = "kiosk") -> Event:
        number = self.next()
        return Event(number, EPOCH, f"{number:08x}", name, source, at_s * 1000)

    def kept_week(self, monday: str, *, until_s: int | None = None) -> list[Row]:
        """Return the rows of a week whose lock keeps the declared hours to the second."""
        start = CLOCK.midnight(date.fromisoformat(monday))
        end = min(until_s or start + 7 * 86_400, start + 7 * 86_400)
        rows: list[Row] = [self.watched(start, end)]
        edge = start
        for opens, closes in schedule_of(self.venues[0]).declared(
            CLOCK.day_of(start), CLOCK.day_of(start + 6 * 86_400)
        ):
            for value, since, until in (("locked", edge, opens), ("unlocked", opens, closes)):
                if since < min(until, end):
                    rows.append(self.lock(value, since, min(until, end)))
            if opens < end:
                rows.append(self.entry(opens + 600))
            edge = closes
        if edge < end:
            rows.append(self.lock("locked", edge, end))
        return rows


def renamed(venue: Venue, id_: str, **changes: object) -> Venue:
    """Return a venue under another id."""
    return replace(venue, id=id_, **changes)  # type: ignore[arg-type]
