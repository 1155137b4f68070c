"""The venues of the demo declare what its simulator goes by."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from examples.demo.almanac import read_almanac
from examples.demo.declarations import declare
from examples.demo.plan import DISTRICT
from hub.district import read_district
from hub.schedules import Schedules
from hub.store.records import Records

DAYS = 60


@pytest.mark.parametrize("now", [date(2026, 3, 2), date(2026, 11, 29)], ids=str)
def test_what_is_declared_is_what_the_story_announces(tmp_path: Path, now: date) -> None:
    now_ms = int(datetime(now.year, now.month, now.day, 4, tzinfo=UTC).timestamp() * 1000)
    almanac = read_almanac()
    with Records(tmp_path / "records.db") as records:
        records.load(read_district(DISTRICT))
        declare(records, now_ms, DAYS, now_ms)
        schedules, venues = Schedules(records), records.venues().values()
        told = sum(len(schedules.declarations(venue.id)) for venue in venues)
        assert told > 0
        for venue in venues:
            schedule = schedules.of(venue)
            for n in range(-DAYS, 30):
                day = now + timedelta(days=n)
                announced = tuple((a * 60, b * 60) for a, b in almanac.announced(venue, day))
                assert schedule.sessions_on(day) == announced, (venue.id, day)
        declare(records, now_ms, DAYS, now_ms)
        again = Schedules(records)
        assert sum(len(again.declarations(venue.id)) for venue in venues) == told
