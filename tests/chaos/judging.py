"""The judge of the chaos runs: a venue, a clock long after, and verdicts worked out from the truth.

The truth is what the spools hold; a fresh judge makes verdicts of it, without store or docket.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from contracts.messages import decode_row
from contracts.rows import Count, Coverage, State
from hub.compliance.judge import Judge, Unit
from hub.compliance.localtime import LocalTime, parse_period, week_of
from hub.lawbook import Law, read_law
from hub.schedules import Schedules
from hub.store.port import Interval
from hub.store.records import Records
from hub.store.records.verdicts import VerdictRecords, VerdictRow
from hub.store.sqlite import Ledger
from hub.store.sqlite.spans import joined
from hub.venues import Line, Sensor, Venue, Zone
from hub.verdicts import Bench, Docket, VerdictDesk
from hub.verdicts.facts import Told, evidence_of, facts_of
from hub.verdicts.reading import devices_of
from hub.verdicts.rows import row_of
from link.intake import Group

CLOCK = LocalTime(ZoneInfo("Asia/Shanghai"))
NOW_MS = int(datetime(2027, 1, 11, tzinfo=CLOCK.zone).timestamp()) * 1000
"""Long after the chaos, whose clock begins in October 2025: every period of it is over."""
OPEN = Venue(
    "venue", "馆", "Venue", "district_library", "district", None, "Asia/Shanghai",
    (((0, 1440),),) * 7, 240,
    zones=(Zone("hall", "大厅", "Hall"),),
    lines=tuple(
        Line(node, line, "outside", "hall")
        for node in ("north", "south") for line in ("front", "back")
    ),
    sensors=(Sensor("north", "lock", "lock"), Sensor("south", "lock", "lock")),
)  # fmt: skip
NO_TIME = 0.2
"""A replay of the chaos is through when nothing came for so long."""


class Judging:
    """A verdict desk as the hub has one, with the chaos' clock."""

    def __init__(self, store: Ledger, records_path: Path) -> None:
        law = read_law()
        self._store = store
        self._records = Records(records_path)
        self._records.load([OPEN])
        schedules = Schedules(self._records, law.calendar)
        self._desk = VerdictDesk(
            Bench(store, law), self._records, schedules, lambda: NOW_MS, docket=Docket(NO_TIME, 5.0)
        )

    def __enter__(self) -> Self:
        self._desk.open()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._desk.close()
        self._records.close()

    def stored(self, _group: Group) -> None:
        """Mark what a commit touched; on the intake's thread."""
        for touched in self._store.touched():
            self._desk.touched(touched.venue, touched.first_ms, touched.last_ms)
        self._desk.marked_upto(self._store.turn)

    def look(self) -> None:
        """Judge what is due."""
        self._desk.look()


def differences(spools: Mapping[str, Path], records_path: Path) -> str:
    """Return where the newest verdicts are not those of the truth; empty when none is.

    `spools`: by the node's name.
    """
    law = read_law()
    with Records(records_path) as records:
        kept = {row.key: row for row in VerdictRecords(records).newest() if row.is_final}
        schedule = Schedules(records, law.calendar).of(OPEN)
    told = _told(spools)
    evidence = evidence_of(facts_of(told, 3600), CLOCK, (), devices_of(OPEN))
    judge = Judge(Unit(OPEN.id, law.subjects.of(OPEN), schedule, evidence))
    wrong = [
        f"{key}: kept {_shown(row)}, due {_shown(due)}"
        for key, row in kept.items()
        if _shown(row) != _shown(due := _due(judge, law, row))
    ]
    missing = {week_of(day).name for day in _days(told)} - {period for _, _, period in kept}
    return ", ".join([*wrong, *(f"{week} was never judged" for week in sorted(missing))])


def _due(judge: Judge, law: Law, row: VerdictRow) -> VerdictRow:
    [rule] = [rule for rule in law.rules if rule.id == row.rule]
    return row_of(judge.judge(rule, parse_period(row.period)), 0)


def _shown(row: VerdictRow) -> tuple[object, ...]:
    return (row.status, row.raw, row.adjusted, row.open_s, row.closed_s, row.unknown_s, row.digest)


def _told(spools: Mapping[str, Path]) -> Told:
    locks: dict[str, list[Interval]] = {}
    watched: dict[str, list[Interval]] = {}
    entries: dict[str, set[int]] = {f"{line.node}/{line.line}": set() for line in OPEN.lines}
    for node, path in spools.items():
        for row in _rows(path):
            if isinstance(row, Count) and row.entered:
                entries[f"{node}/{row.line}"].add(row.bucket_at)
            elif isinstance(row, Coverage):
                stretch = Interval(row.since_ms, row.until_ms)
                watched.setdefault(f"{node}/{row.source}", []).append(stretch)
            elif isinstance(row, State):
                stretch = Interval(row.since_ms, row.until_ms, row.value)
                locks.setdefault(f"{node}/{row.sensor}", []).append(stretch)
    return Told(
        {f"{s.node}/{s.sensor}": locks.get(f"{s.node}/{s.sensor}", []) for s in OPEN.sensors},
        entries={source: sorted(minutes) for source, minutes in entries.items()},
        watched={source: joined(some) for source, some in watched.items()},
    )


def _rows(path: Path) -> Iterable[object]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
        return [decode_row(body) for (body,) in connection.execute("SELECT body FROM row")]


def _days(told: Told) -> set[date]:
    return {CLOCK.day_of(at) for minutes in told.entries.values() for at in minutes}
