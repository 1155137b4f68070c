"""What is marked is judged once, whatever was killed meanwhile; nothing else is judged again."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from contracts.rows import Lost
from hub.compliance.bounds import Status
from hub.store.port import Touched
from hub.verdicts import Docket, WantedVerdicts
from hub.verdicts.docket import LIVE_S, MOST
from hub.verdicts.venue_judge import VenueJudge
from tests.unit.hub.verdicts.world import CLOCK, World, at

WEEKLY = "c09.district_weekly"
NOW = at("2026-03-09", "12:00")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path, NOW)
    world.desk.open()
    yield world
    world.close()


class TestMemory:
    def test_the_present_is_due_at_once_and_the_past_when_its_replay_is_through(self) -> None:
        docket = Docket(2.0, 30.0)
        docket.mark("a", (NOW, NOW + 60), now=0.0, present_s=NOW)
        docket.mark("a", (NOW - 864_000, NOW - 860_000), now=0.0, present_s=NOW)
        taken = docket.take(now=0.5)
        assert taken.due == {"a": ((NOW, NOW + 60),)}
        assert not taken.whole
        docket.mark("a", (NOW - 860_000, NOW - 850_000), now=2.1, present_s=NOW)
        assert not docket.take(now=4.0).due
        taken = docket.take(now=4.2)
        assert taken.due == {"a": ((NOW - 864_000, NOW - 850_000),)}
        assert taken.whole == {"a"}
        assert not docket.take(now=99.0).due

    def test_a_replay_without_end_is_not_left_waiting(self) -> None:
        docket, taken = Docket(2.0, 30.0), 0
        for second in range(100):
            docket.mark("a", (second * 60, second * 60 + 1), now=float(second), present_s=NOW)
            taken += bool(docket.take(now=float(second)).due)
        assert 2 <= taken <= 4

    def test_a_replay_that_reached_the_present_is_through_sooner(self) -> None:
        docket, days_ago = Docket(5.0, 120.0), NOW - 864_000
        docket.mark("a", (days_ago, days_ago + 60), now=0.0, present_s=NOW)
        docket.mark("a", (NOW - 40_000, NOW - LIVE_S + 1), now=0.0, present_s=NOW)
        assert not docket.take(now=0.9).due
        # Another node of the venue is still behind: it is waited for as long as ever.
        docket.mark("a", (days_ago + 60, days_ago + 90), now=0.9, present_s=NOW)
        assert not docket.take(now=5.8).due
        docket.mark("a", (NOW - 40_000, NOW), now=5.8, present_s=NOW)
        assert not docket.take(now=6.7).due
        [stretches] = docket.take(now=6.9).due.values()
        assert stretches == ((days_ago, days_ago + 90), (NOW - 40_000, NOW))

    def test_a_replay_that_fills_up_to_what_was_judged_is_through_sooner(self) -> None:
        docket, yesterday, began = Docket(5.0, 120.0), NOW - 86_400, NOW - 864_000
        docket.mark("a", (yesterday, NOW), now=0.0, present_s=NOW)
        assert docket.take(now=1.1).due == {"a": ((yesterday, NOW),)}
        docket.mark("a", (began, began + 60), now=2.0, present_s=NOW)
        assert not docket.take(now=6.9).due
        docket.mark("a", (began, yesterday - 30), now=6.9, present_s=NOW)
        assert docket.take(now=8.0).due == {"a": ((began, yesterday - 30),)}
        # What is sent once more inside of it may go on: it is waited for as long as ever.
        docket.mark("a", (began + 60, yesterday), now=9.0, present_s=NOW)
        assert not docket.take(now=13.9).due
        assert docket.take(now=14.0).due
        # Nor does what ends before it join it.
        docket.mark("a", (began - 7200, began - 3600), now=20.0, present_s=NOW)
        assert not docket.take(now=24.9).due

    def test_it_tells_whether_a_replay_waits(self) -> None:
        docket = Docket(2.0, 30.0)
        docket.mark("a", (NOW, NOW + 60), now=0.0, present_s=NOW)
        assert not docket.has_past
        docket.mark("a", (NOW - 864_000, NOW - 860_000), now=0.0, present_s=NOW)
        for now, waits in ((0.5, True), (2.5, False)):
            docket.take(now=now)
            assert docket.has_past is waits

    def test_it_is_bounded_and_forgets_nothing(self) -> None:
        docket, rng = Docket(), random.Random(1)
        marked = [rng.randrange(0, 10**7) * 7 for _ in range(1000)]
        for start in marked:
            docket.mark("a", (start, start + 1), now=0.0, present_s=NOW)
        [stretches] = docket.take(now=99.0).due.values()
        assert len(stretches) <= MOST
        assert all(any(a <= start < b for a, b in stretches) for start in marked)


class TestStore:
    def test_a_commit_leaves_what_it_touched_until_it_is_struck_off(self, world: World) -> None:
        world.commit(world.entry(NOW))
        minute = NOW * 1000, NOW * 1000 + 59_999
        assert world.store.docket() == [Touched("library", *minute)]
        turn = world.store.turn
        world.commit(world.entry(NOW + 60))
        world.store.strike({"library": turn, "elsewhere": 99})
        assert [t.last_ms for t in world.store.docket()] == [minute[1] + 60_000]
        world.store.strike({"library": world.store.turn})
        assert not world.store.docket()

    def test_a_stretch_that_grows_touches_its_end_only(self, world: World) -> None:
        since = NOW - 5 * 86_400
        world.commit(world.lock("locked", since, NOW - 60))
        assert [t.first_ms for t in world.store.touched()] == [since * 1000]
        world.commit(world.lock("locked", since, NOW))
        [touched] = world.store.touched()
        assert (touched.first_ms, touched.last_ms) == ((NOW - 60) * 1000, NOW * 1000)
        world.commit(world.lock("locked", since, NOW))
        assert not world.store.touched()
        world.commit(world.lock("unlocked", since, NOW))
        assert [t.first_ms for t in world.store.touched()] == [since * 1000]

    def test_the_end_of_a_replay_is_struck_off_at_once(self, world: World) -> None:
        world.docket = lambda: Docket(0.0, 0.0)
        world.again()
        world.tell(world.entry(NOW - 120))
        world.desk.look()
        assert not world.store.docket()
        # Of the present the store is told now and then only.
        world.tell(world.entry(NOW - 60))
        world.desk.look()
        assert world.store.docket()
        world.tell(*world.kept_week("2026-02-09"))
        # A pass may end before all of it is judged.
        for _ in range(20):
            world.desk.look()
            if not world.store.docket():
                break
        assert not world.store.docket()
        [row] = world.desk.versions("library", WEEKLY, "2026-W07")
        assert row.status is Status.COMPLIANT

    def test_a_gap_touches_all_that_it_cuts(self, world: World) -> None:
        world.gap(Lost("main", (NOW - 90_000) * 1000, NOW * 1000, 5))
        [touched] = world.store.touched()
        assert (touched.first_ms, touched.last_ms) == ((NOW - 90_000) * 1000, NOW * 1000)


class TestKilled:
    def test_what_was_stored_and_not_judged_is_judged_after_a_kill(self, world: World) -> None:
        world.tell(*world.kept_week("2026-03-02"))
        world.judge()
        # Weeks ago, so that nothing but the store's own docket leads there.
        world.commit(*world.kept_week("2026-02-09"))
        world.again()
        world.judge()
        [row] = world.desk.versions("library", WEEKLY, "2026-W07")
        assert row.status is Status.COMPLIANT
        assert not world.store.docket()

    def test_what_was_judged_is_not_judged_again_after_a_kill(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.tell(*world.kept_week("2026-03-02"))
        world.judge()
        world.again()
        judged = _spy(monkeypatch)
        world.judge()
        assert {day for start, _ in judged for day in [_day(start)]} == {date(2026, 3, 9)}
        assert len(world.desk.versions("library", WEEKLY, "2026-W10")) == 1

    def test_a_week_that_ended_while_nobody_judged_gets_its_verdict(self, world: World) -> None:
        world.now_s = at("2026-03-07", "12:00")
        world.tell(*world.kept_week("2026-03-02", until_s=world.now_s))
        world.judge()
        [row] = world.desk.versions("library", WEEKLY, "2026-W10")
        assert not row.is_final
        world.now_s = at("2026-03-10", "09:00")
        world.again()
        world.judge()
        rows = world.desk.versions("library", WEEKLY, "2026-W10")
        assert [(r.version, r.is_final, r.status) for r in rows][-1] == (
            2, True, Status.INSUFFICIENT,
        )  # fmt: skip

    def test_another_law_judges_everything_anew(self, world: World) -> None:
        world.tell(*world.kept_week("2026-03-02"))
        world.judge()
        with world.records.writing() as connection:
            connection.exec_driver_sql("UPDATE verdict_bases SET basis = 'another'")
            connection.exec_driver_sql("DELETE FROM verdicts")
        world.again()
        world.judge()
        assert world.desk.versions("library", WEEKLY, "2026-W10")


class TestOnce:
    def test_a_replay_of_sixty_days_judges_each_week_once(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.judge()
        judged = _spy(monkeypatch)
        monday = date(2026, 1, 5)
        for week in range(9):
            for row in world.kept_week(str(monday + timedelta(weeks=week))):
                world.tell(row)
                world.desk.look()
        world.judge()
        wanted = WantedVerdicts(("library",), WEEKLY)
        weeks = [row.period for row in world.desk.newest(wanted)]
        assert weeks == [f"2026-W{week:02}" for week in range(1, 12)]  # W01: what reaches into it
        assert len([start for start, _ in judged if start < NOW - LIVE_S]) == 1
        for period in weeks[:-1]:
            assert len(world.desk.versions("library", WEEKLY, period)) == 1

    def test_late_data_judge_only_what_they_touch(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monday = date(2026, 1, 5)
        for week in range(9):
            world.tell(*world.kept_week(str(monday + timedelta(weeks=week))))
        world.judge()
        spans: list[str] = []
        plain = VenueJudge._judge

        def spied(self: VenueJudge, *given: object) -> None:
            spans.extend(span.name for span in given[2])  # type: ignore[attr-defined]
            plain(self, *given)  # type: ignore[arg-type]

        monkeypatch.setattr(VenueJudge, "_judge", spied)
        world.tell(world.entry(at("2026-01-21", "15:00")))
        world.judge()
        assert sorted(set(spans)) == ["2026", "2026-W04"]

    def test_a_locked_stretch_that_it_lies_in_is_judged_whole(self, world: World) -> None:
        # Locked from Sunday evening of W09 until Tuesday noon of W10; who comes on Tuesday
        # makes all of it unknown, also what of it lies in W09.
        since, until = at("2026-03-01", "15:00"), at("2026-03-03", "12:00")
        world.tell(
            world.watched(at("2026-02-23", "0:00"), NOW),
            world.lock("unlocked", at("2026-02-23", "0:00"), since),
            world.lock("locked", since, until),
            world.lock("unlocked", until, NOW),
        )
        world.judge()
        before = world.desk.versions("library", WEEKLY, "2026-W09")
        assert [row.status for row in before] == [Status.NON_COMPLIANT]
        world.tell(world.entry(at("2026-03-03", "10:00")))
        world.judge()
        after = world.desk.versions("library", WEEKLY, "2026-W09")
        assert [row.status for row in after] == [Status.NON_COMPLIANT, Status.INSUFFICIENT]
        assert "conflict" in world.kinds("2026-03-01")


def _spy(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Note the stretches that are judged."""
    judged: list[tuple[int, int]] = []
    plain = VenueJudge.near

    def near(self: VenueJudge, touched: tuple[tuple[int, int], ...], now_s: int) -> object:
        judged.extend([(touched[0][0], touched[-1][1])])
        return plain(self, touched, now_s)

    monkeypatch.setattr(VenueJudge, "near", near)
    return judged


def _day(at_s: int) -> date:
    return CLOCK.day_of(at_s)
