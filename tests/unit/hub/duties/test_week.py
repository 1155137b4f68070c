"""A venue's week: the worked examples as somebody reads them."""

from dataclasses import replace
from datetime import date

from hub.compliance.schedule import Timetable, weekly
from hub.pages.week_view import build_week
from hub.store.records.overrides import OverrideRecord
from hub.verdicts.facts import Corrected
from tests.unit.hub.duties.worlds import LIBRARY, RULES, a_week, at

OFFLINE = ((at(2, 10), at(2, 12)),)
"""Wednesday, ten to twelve."""
ENTRIES = [at(day, hour) for day in range(1, 7) for hour in (9, 15)]


def test_two_hours_offline() -> None:
    """Example 12: 74 to 76 hours of 76, and nobody knows which."""
    week = build_week(a_week(unheard=OFFLINE, entries=ENTRIES))
    head = week.headline
    assert head is not None
    assert (head.mark, head.word.en) == ("unknown", "Not known")
    assert (head.low.en, head.high.zh) == ("74.00 h", "76.00 小时")
    assert head.declared == ("76.00 小时", "76.00 h")
    # Never rounded up: 97.36… per cent.
    assert (head.coverage, head.grade) == ("97.3%", "A")
    wednesday = week.days[2]
    assert wednesday.day.zh == "周三 3/4"
    assert wednesday.number == ("9.50 – 11.50 小时", "9.50 – 11.50 h")
    assert wednesday.summary.en == "open 9.50 h, unknown 2.00 h"
    assert [(p.clock, p.kind) for p in wednesday.pieces] == [
        ("08:30–10:00", "open"),
        ("10:00–12:00", "unknown"),
        ("12:00–20:00", "open"),
    ]
    assert [s.kind for s in wednesday.segments] == ["o", "u", "o", "d"]
    assert wednesday.segments[1].band.x == 25  # ten o'clock of six to twenty-two
    assert wednesday.segments[1].band.width == 12.5
    assert week.axis == tuple(f"{hour}:00" for hour in range(6, 23, 2))
    assert [reason.en for reason in week.reasons] == ["no device was heard"]
    assert [lack.settled_by for lack in week.missing] == ["node"]
    lock, front = wednesday.sources
    assert lock.name == "sim/lock"
    assert "no data 10:00–12:00" in lock.words.en
    assert front.words.zh == "2 个有人进入的分钟，09:00 至 15:00；10:00–12:00 没有数据"
    assert [day.number.en for day in week.days[:2]] == ["7.00 h", "11.50 h"]


def test_corrected_times_are_told_with_how_wrong_they_may_be() -> None:
    told, day = a_week(entries=ENTRIES), date(2026, 3, 4)
    facts = replace(
        told.facts[day],
        corrected=(
            Corrected("sim/lock", 1501, ((at(2, 8.5), at(2, 10)), (at(2, 11), at(2, 12)))),
            Corrected("sim/front", 0, ((at(2, 9), at(2, 24)),)),
        ),
    )
    week = build_week(replace(told, facts={**told.facts, day: facts}))
    lock, front = week.days[2].sources
    assert lock.words.zh.endswith(
        "；08:30–10:00 的时间经事后校正，±1.6 秒；11:00–12:00 的时间经事后校正，±1.6 秒"
    )
    assert "times of 08:30–10:00 were corrected later, ± 1.6 s" in lock.words.en
    assert front.words.en.endswith("; times of 09:00–24:00 were corrected later, ± 0.0 s")
    # Of the days around it nothing is said.
    assert "corrected" not in "".join(s.words.en for s in week.days[1].sources)


def test_late_on_a_tuesday() -> None:
    """Example 14: locked until nine, half an hour is missing for good."""
    week = build_week(a_week(locked=((at(1, 8.5), at(1, 9)),)))
    assert week.headline is not None
    assert week.headline.mark == "breach"
    assert week.headline.low == week.headline.high
    assert week.has_closed
    assert week.days[1].segments[0].kind == "c"
    assert week.days[1].summary.en == "open 11.00 h, closed 0.50 h"
    assert week.missing == ()


def test_a_week_that_goes_on() -> None:
    week = build_week(a_week(as_of_s=at(3, 12)))
    assert week.headline is not None
    assert (week.headline.mark, week.headline.word.en) == ("going", "Under way")
    assert week.has_later
    assert [s.kind for s in week.days[3].segments] == ["o", "later", "d"]
    assert week.days[4].number.en == "0.00 – 11.50 h"
    assert week.reasons == ()
    assert any(lack.settled_by == "time" for lack in week.missing)


def test_versions_and_other_duties() -> None:
    week = build_week(a_week())
    assert [(v.number, v.mark, v.range.en) for v in week.versions] == [
        ("2", "kept", "74.00 h – 76.00 h"),
        ("1", "unknown", "74.00 h – 76.00 h"),
    ]
    assert [(r.words.en, r.word.en, r.is_current) for r in week.rules] == [
        ("Hours a week: at least 76 h", "Kept", True),
        ("Open for all of the hours that are declared", "Breach", False),
        ("Every day", "no verdict yet", False),
    ]


def test_a_venue_that_owes_something_else() -> None:
    told = a_week(rule=RULES["c10.weekly"])
    head = build_week(told).headline
    assert head is not None
    assert head.mark == "none"
    assert "is a duty of" in head.because


def test_the_night_widens_the_axis() -> None:
    """Until two at night: each calendar day has the end of the evening before in its morning."""
    late = weekly(*[((10 * 3600, 26 * 3600),)] * 7)
    schedule = replace(LIBRARY, timetables=(Timetable("late", late),))
    week = build_week(a_week(schedule=schedule))
    assert week.axis == tuple(f"{hour}:00" for hour in range(0, 25, 4))
    tuesday = week.days[1]
    assert [p.clock for p in tuesday.pieces] == ["00:00–02:00", "10:00–24:00"]
    assert [(s.kind, s.band.x) for s in tuesday.segments if s.kind == "d"] == [
        ("d", 0.0),
        ("d", 41.67),
    ]
    assert tuesday.number.en == "16.00 h"


def test_a_day_without_hours() -> None:
    closed = weekly((), *[((9 * 3600, 17 * 3600),)] * 6)
    schedule = replace(LIBRARY, timetables=(Timetable("closed", closed),))
    monday = build_week(a_week(schedule=schedule)).days[0]
    assert (monday.number.zh, monday.pieces, monday.segments) == ("—", (), ())
    assert monday.summary.en == "nothing declared"


def test_a_venue_without_hours_owes_none() -> None:
    week = build_week(a_week(schedule=replace(LIBRARY, timetables=())))
    assert week.headline is not None
    assert (week.headline.declared.en, week.headline.coverage) == ("0.00 h", "—")
    assert {day.number.en for day in week.days} == {"—"}
    assert week.missing == ()


def test_a_correction_says_who_and_why() -> None:
    made = OverrideRecord(
        1, "library", at(2, 10) * 1000, at(2, 12) * 1000, is_open=True, why="断电，前台有人",
        document="值班表 3/4", who="front desk", made_ms=0,
    )  # fmt: skip
    gone = replace(made, id=2, withdrawn_ms=1, withdrawn_by="supervisor")
    told = replace(a_week(unheard=OFFLINE), corrections=(made, gone))
    sources = build_week(told).days[2].sources
    assert [source.name for source in sources[-2:]] == ["front desk"] * 2
    assert sources[-2].words.zh == "10:00–12:00 更正为开放：断电，前台有人（凭据 值班表 3/4）"
    assert sources[-1].words.en.endswith("withdrawn by supervisor")
    assert all(source.name != "front desk" for source in build_week(told).days[3].sources)
