"""The live board goes by what is declared: a notice shows at once, a withdrawal too."""

from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hub.compliance.clocktext import read_week
from hub.occupancy import Sessions
from hub.schedules.declaration import ExceptionTerms, NoticeTerms, TimetableTerms
from hub.store.records import Records
from tests.unit.hub.access.serving import serving
from tests.unit.hub.board_world import CENTRE, MIDNIGHT, NOON, World
from tests.unit.hub.schedules.test_book import BY, declare, withdraw

HOUR = 3600


@pytest.fixture
def records(tmp_path: Path) -> Records:
    records = Records(tmp_path / "records.sqlite")
    records.load([CENTRE])
    return records


def a_world(records: Records) -> World:
    world = World(records)
    world.board.rebuild()
    return world


def test_without_declarations_the_files_hours_are_told(records: Records) -> None:
    world = a_world(records)
    declared = world.board.venues["centre"].declared
    assert declared is not None
    assert (declared.open, declared.until_s, declared.since_s) == (
        True,
        MIDNIGHT + 21 * HOUR,
        MIDNIGHT + 9 * HOUR,
    )


def test_a_closure_notice_and_its_withdrawal_show_at_the_next_look(records: Records) -> None:
    world = a_world(records)
    terms = NoticeTerms(NOON - HOUR, NOON + 2 * HOUR, "突发", "停电", "no power")
    number = declare(records, terms, "2026-04-01 11:50", "centre")
    world.now_s += 3
    assert world.board.look() == {"centre"}
    declared = world.board.venues["centre"].declared
    assert declared is not None
    assert (declared.open, declared.until_s) == (False, NOON + 2 * HOUR)
    withdraw(records, number, "2026-04-01 12:00")
    world.now_s += 3
    assert world.board.look() is not None
    declared = world.board.venues["centre"].declared
    assert declared is not None
    assert (declared.open, declared.since_s) == (True, NOON)


def test_who_is_left_at_a_closing_by_notice_goes_with_the_session(records: Records) -> None:
    world = a_world(records)
    world.now_s = NOON + 2 * HOUR
    world.watched()
    world.store_rows(world.count("main", NOON - HOUR, 0, 3))
    terms = NoticeTerms(NOON, NOON + 9 * HOUR, "突发", "停电", "no power")
    world.board.look()
    assert world.board.venues["centre"].occupancy is not None
    before = world.board.venues["centre"].zero_ms
    declare(records, terms, "2026-04-01 11:50", "centre")
    world.now_s += 3
    world.board.look()
    # Half an hour without anybody after the closing: empty, as after any session's end.
    assert world.board.venues["centre"].zero_ms == (NOON + HOUR // 2) * 1000 > before


def test_a_room_that_opens_round_the_clock_never_closes(records: Records) -> None:
    declare(
        records, TimetableTerms(read_week("24h"), date(2026, 1, 1)), "2026-01-01 00:00", "centre"
    )
    world = a_world(records)
    declared = world.board.venues["centre"].declared
    assert declared is not None
    assert declared.always
    assert (declared.until_s, declared.since_s) == (None, None)


def test_sessions_between_days_are_those_of_each_day_whatever_the_windows() -> None:
    weekly = Sessions(ZoneInfo("Asia/Shanghai"), CENTRE.hours)
    first = date(2026, 3, 1)
    for count in (1, 16, 17, 18, 40):
        last = first + timedelta(days=count - 1)
        expected = [
            (weekly.at(day, 540), weekly.at(day, 1260))
            for day in (first + timedelta(days=n) for n in range(count))
        ]
        dated = Sessions(ZoneInfo("Asia/Shanghai"), ((),) * 7, dated=Weekly(expected, weekly))
        assert weekly.between(first, last) == expected
        assert dated.between(first, last) == expected
    assert Sessions(ZoneInfo("Asia/Shanghai"), ((),) * 7).between(first, first) == []


class Weekly:
    """Sessions by date that are those of a list."""

    def __init__(self, sessions: list[tuple[int, int]], clock: Sessions) -> None:
        self.sessions, self.clock = sessions, clock

    def around(self, day: date) -> list[tuple[int, int]]:
        start = self.clock.at(day - timedelta(days=8), 0)
        end = self.clock.at(day + timedelta(days=9), 0)
        return [(a, b) for a, b in self.sessions if start <= a < end]


async def test_history_goes_by_what_was_declared(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        hub = served.hub
        venue = hub.live.declared["museum"]
        clock = hub.schedules.of(venue).clock
        day = clock.day_of(served.clock.at_ms // 1000) + timedelta(days=1)
        form = ExceptionTerms(day, day, ((8 * HOUR, 9 * HOUR),))
        hub.schedule_desk.declare(BY, venue, form, "tried", confirmed=True)
        [watch] = hub.history(venue, "day", day).days
        assert watch.sessions == ((clock.at(day, 8 * HOUR), clock.at(day, 9 * HOUR)),)
